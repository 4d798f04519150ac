import { join } from "node:path";
import { at, isTree, type Tree } from "../../config/tree.ts";
import type { Listed } from "./folder.ts";
import { readHeader, type Tensor } from "./safetensors.ts";
import type { Stored } from "./shape.ts";

/** The weights of a folder. */
export interface Weights {
  stored: Stored;
  /** Files whose weights are loaded, those that are not there among them. */
  served: ReadonlySet<string>;
  /** How the size is known. */
  from?: "headers" | "index";
  /** Why the folder cannot be served as it is; sentences. */
  problems: string[];
  /** Names of tensors, for who looks for what is not loaded. */
  tensors: readonly Tensor[];
}

/** The files that an index names, and the size that it says. */
export function indexOf(index: Tree): { shards: string[]; bytes?: number } {
  const map = index.weight_map;
  const shards = isTree(map) ? Object.values(map).filter((name) => typeof name === "string") : [];
  const bytes = at(index, ["metadata", "total_size"]);
  const size = Number.isSafeInteger(bytes) && Number(bytes) > 0 ? { bytes: Number(bytes) } : {};
  return { shards: [...new Set(shards)].sort(), ...size };
}

/** The weights by the headers of all their files; where some are missing or broken, by the index. */
export function weightsIn(folder: string, files: readonly Listed[], index: Tree | undefined): Weights {
  const there = new Set(files.map(({ path }) => path));
  const said = index && indexOf(index);
  const shards = said && said.shards.length > 0 ? said.shards : shardsOf(there);
  const problems: string[] = [];
  const missing = shards.filter((name) => !there.has(name));
  if (missing.length > 0)
    problems.push(`${missing.length} of ${shards.length} files of weights are missing: ${some(missing)}`);
  const tensors: Tensor[] = [];
  let whole = shards.length > 0 && missing.length === 0;
  for (const name of shards.filter((shard) => there.has(shard))) {
    const read = readHeader(join(folder, name));
    if (typeof read !== "string") tensors.push(...read);
    else {
      whole = false;
      problems.push(`${name} ${read}`);
    }
  }
  problems.push(...twice(tensors));
  if (whole) return { stored: storedIn(tensors), served: new Set(shards), from: "headers", problems, tensors };
  const stored = said?.bytes === undefined ? {} : { bytes: said.bytes };
  return { stored, served: new Set(shards), ...(said?.bytes ? { from: "index" } : {}), problems, tensors };
}

/** Without an index: a single file of the usual name, else all of a numbered row, else what there is. */
function shardsOf(there: ReadonlySet<string>): string[] {
  const top = [...there].filter((path) => /^[^/]+\.safetensors$/.test(path));
  if (top.includes("model.safetensors")) return ["model.safetensors"];
  const rows = top.flatMap((name) => {
    const [, stem, count = ""] = /^(.+)-\d{5}-of-(\d{5})\.safetensors$/.exec(name) ?? [];
    return stem === undefined || /^consolidated/.test(stem) ? [] : [{ stem, count }];
  });
  const [row] = rows;
  if (row && Number(row.count) <= 10_000)
    return Array.from(
      { length: Number(row.count) },
      (_, one) => `${row.stem}-${String(one + 1).padStart(5, "0")}-of-${row.count}.safetensors`,
    );
  const plain = top.filter((name) => !/^consolidated/.test(name) && !/^adapter_model/.test(name));
  return (plain.length > 0 ? plain : top.filter((name) => /^consolidated/.test(name))).sort();
}

function twice(tensors: readonly Tensor[]): string[] {
  const names = new Set<string>();
  const doubled = tensors.filter(({ name }) => names.size === names.add(name).size);
  if (doubled.length === 0) return [];
  return [`weights lie here twice: in two files stand ${some(doubled.map(({ name }) => name))}`];
}

const floats: Readonly<Record<string, string>> = { BF16: "bfloat16", F16: "float16", F32: "float32" };

function storedIn(tensors: readonly Tensor[]): Stored {
  const sums = new Map<string, number>();
  for (const { dtype, elements } of tensors) sums.set(dtype, (sums.get(dtype) ?? 0) + elements);
  const [[main = ""] = []] = [...sums].sort(([, a], [, b]) => b - a);
  const dtype = Object.hasOwn(floats, main) ? floats[main] : undefined;
  return {
    bytes: tensors.reduce((sum, { bytes }) => sum + bytes, 0),
    parameters: tensors.reduce((sum, { elements }) => sum + elements, 0),
    ...(dtype === undefined ? {} : { dtype }),
  };
}

/** The first few of some names. */
export const some = (names: readonly string[]): string =>
  names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");

/** Bytes of what is stored and vLLM leaves out: layers that predict further tokens, and a table that is tied to another. */
export function notLoaded(
  tensors: readonly Tensor[],
  layers: number | undefined,
  tied: boolean,
): { further: number; table: number } {
  const isFurther = (name: string) =>
    /(^|\.)mtp(_layers)?\./.test(name) ||
    Number(/(?:^|\.)model\.layers\.(\d+)\./.exec(name)?.[1] ?? -1) >= (layers ?? Infinity);
  const bytes = (is: (name: string) => boolean) =>
    tensors.filter(({ name }) => is(name)).reduce((sum, tensor) => sum + tensor.bytes, 0);
  const inputs = tensors.some(({ name }) => /embed_tokens\.weight$/.test(name) && !isFurther(name));
  return { further: bytes(isFurther), table: tied && inputs ? bytes((name) => name === "lm_head.weight") : 0 };
}
