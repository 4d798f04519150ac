import { createHash } from "node:crypto";
import { namespace } from "../../config/sources/keys.ts";
import { readProjectFile, readStackFile, type SettingsFile } from "../../config/sources/stackFile.ts";
import { FileError } from "../../config/sources/yaml.ts";
import { drop, inKeyOrder, isTree, type Tree } from "../../config/tree.ts";

/** What each setting of a file says, as a digest, by its key in it: `vllm:gpu`, `vllm:base.gpu`, `aws:region`. */
export type Digests = Readonly<Record<string, string>>;

/** The files of a project that hold settings, by their names. */
export type Texts = ReadonlyMap<string, string>;

export const projectName = "Pulumi.yaml";

/** The files as they are shipped. Where one of them is changed, tests/cli/importSample.test.ts says what to write here. */
export const shipped: Readonly<Record<string, Digests>> = {
  "Pulumi.yaml": {
    "aws:region": "cda928f543728ab0",
    "vllm:base.namespace": "b47de1bc199f1174",
    "vllm:base.models": "f81d2f30453e79ab",
    "vllm:base.gpu": "6a7548d79733ad65",
    "vllm:base.engine": "b3c527df71686374",
  },
  "Pulumi.dev.yaml": {
    "vllm:cluster": "9ea58803f3d8c661",
    "vllm:namespace": "1651103ee88652ab",
    "vllm:modelStore": "fc6d0eb3d56774bb",
    "vllm:gpu": "180ceef99cae8f09",
    "vllm:resources": "faff2abfd1f240b4",
    "vllm:models": "d7ef11d269aa2852",
    "vllm:engine": "57e948a894a76a9b",
  },
  "Pulumi.test.yaml": {
    "vllm:cluster": "9360c7c236999796",
    "vllm:modelStore": "fc6d0eb3d56774bb",
  },
  "Pulumi.staging.yaml": {
    "vllm:cluster": "0638eeac4231bc65",
    "vllm:replicas": "cc11310c456c3690",
    "vllm:gpu": "a3c111a121232698",
  },
  "Pulumi.prod.yaml": {
    "vllm:cluster": "2ec472fbf7b0ce06",
    "vllm:production": "18d10c7d2b4b04aa",
    "vllm:image": "c87f1de05f4181cb",
    "vllm:autoscaling": "9b0c3147e3639519",
    "vllm:gpu": "04f9db7328088eba",
    "vllm:engine": "1a6ceef36ab38e84",
  },
};

/** Where a stack runs is a person's own, and says nothing about the sample. */
const freeKeys: readonly string[] = ["aws:region", "vllm:cluster", "vllm:base.cluster"];

/**
 * What of a project's settings is not the sample's, as `key (file)`: empty where the project is still the sample.
 * Comments, quotes, the order of keys, what is encrypted, Pulumi's own keys, and a stack that is gone do not count.
 */
export function changesOfSample(texts: Texts): string[] {
  return [...texts.keys()].flatMap((name) => {
    const found = digestsOf(texts, name);
    if (found === undefined) return [name];
    const wanted = shipped[name] ?? {};
    return [...new Set([...Object.keys(wanted), ...Object.keys(found)])]
      .filter((key) => !freeKeys.includes(key) && own(found, key) !== own(wanted, key))
      .map((key) => `${key} (${name})`);
  });
}

/** Whether a setting of a file is there, and is the sample's. */
export function isShipped(texts: Texts, name: string, key: string): boolean {
  const found = own(digestsOf(texts, name) ?? {}, key);
  return found !== undefined && found === own(shipped[name] ?? {}, key);
}

/** The digests of a file; undefined where it cannot be read, or has keys that nothing reads. */
export function digestsOf(texts: Texts, name: string): Digests | undefined {
  try {
    const project = readProjectFile(projectName, texts.get(projectName) ?? "");
    const text = texts.get(name) ?? "";
    const file = name === projectName ? project : readStackFile(name, text, project.project);
    const { base, ...rest } = withoutSecrets(file);
    if (file.problems.length > 0 || (base !== undefined && !isTree(base))) return undefined;
    const settings = [
      ...(file.region === undefined ? [] : [["aws:region", file.region]]),
      ...Object.entries(rest).map(([key, value]) => [`${namespace}:${key}`, value]),
      ...Object.entries(base ?? {}).map(([key, value]) => [`${namespace}:base.${key}`, value]),
    ] as [string, unknown][];
    return Object.fromEntries(settings.map(([key, value]) => [key, digest(value)]));
  } catch (error) {
    if (error instanceof FileError) return undefined;
    throw error;
  }
}

const own = (digests: Digests, key: string): string | undefined =>
  Object.hasOwn(digests, key) ? digests[key] : undefined;

/** The settings of a file without what is encrypted, and the groups that are empty without it. */
function withoutSecrets({ settings, encrypted }: SettingsFile): Tree {
  const plain = structuredClone(settings);
  for (const path of encrypted)
    for (let length = path.length; length > 0; length--) {
      const group = path.slice(0, length);
      if (length === path.length || isEmpty(plain, group)) drop(plain, group);
    }
  return plain;
}

function isEmpty(tree: Tree, [key = "", ...rest]: readonly string[]): boolean {
  const inner = tree[key];
  if (!isTree(inner)) return false;
  return rest.length === 0 ? Object.keys(inner).length === 0 : isEmpty(inner, rest);
}

/** Pulumi writes `true` and `"true"` for one another. */
function digest(value: unknown): string {
  const text = JSON.stringify(inKeyOrder(value), (_, one: unknown) =>
    one === null || typeof one === "object" ? one : String(one),
  );
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
