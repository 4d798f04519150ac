import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { type Finished, Project } from "../../lab/project.ts";
import { Cluster } from "./cluster.ts";
import { typed } from "./process.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

/** The rules as a policy pack, on the engine: what keeps them, what breaks them, and what an operation comes to then. */

const stack = "prod";
const namespace = `e2e-policy-${unique}`;
const digest = `sha256:${"0a".repeat(32)}`;
const keyId = `AKIA${"ABCDEFGH12345678"}`;
const token = "trace-token-that-stays-secret";

/** A copy of the program that breaks every rule of objects once. */
const breaks: [file: string, from: string, to: string][] = [
  ["components/objects/pod.ts", "image: imageReference(pod.image)", 'image: "vllm/vllm-openai:latest"'],
  ["components/modelStore.ts", "blockPublicAcls: true", "blockPublicAcls: false"],
  ["components/modelStore.ts", "tlsOnly(arn)", 'tlsOnly("arn:aws:s3:::another")'],
  [
    "components/modelStore.ts",
    '{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }',
    "{ bucketKeyEnabled: true }",
  ],
  ["components/modelStore.ts", "{ forceDestroy, tags }, child)", "{ tags }, { ...child, protect: false })"],
  ["components/platformNodes.ts", '"api-key": key }', `"api-key": key, note: pulumi.secret("${keyId}") }`],
  [
    "components/access/readerRole.ts",
    "readPrefix(arn, prefix, key))",
    'readPrefix(arn, prefix, key)).replace("GetObject", "Get*")',
  ],
  ["components/objects/disruptionBudget.ts", "maxUnavailable: 1", 'maxUnavailable: "100%"'],
];
/** What the pack says of it: rule, what it is about, and what is there. */
const broken: Record<string, [level: string, name: string, says: RegExp]> = {
  imageDigest: ["mandatory", "vllm-chat-main-deployment", /^spec.*\.image: vllm\/vllm-openai:latest may be another/],
  bucketPrivate: ["mandatory", "vllm-models-public-access-block", /^blockPublicAcls: blockPublicAcls is not on; /],
  bucketTls: ["mandatory", "vllm-models-policy", /^policy: the bucket can be reached without TLS; /],
  bucketEncryption: ["mandatory", "vllm-models-encryption", /^rules: the bucket does not say how it encrypts; /],
  staticKeys: ["mandatory", "vllm-api-key", /^(stringData|data)\.note: it holds the id of an AWS key; /],
  modelAccess: ["mandatory", "vllm-chat-access-policy", /^policy\.Statement\[1\]\.Action: it allows s3:Get\*; /],
  gpuQuota: [
    "mandatory",
    "pulumi-vllm-prod",
    /^policy\.limits\.gpus: the stack takes 21 GPUs at most; allowed: at most 20; /,
  ],
  costCeiling: ["mandatory", "pulumi-vllm-prod", /^policy\.limits\.costPerHour: the stack costs 16\.8 USD /],
  availability: ["advisory", "vllm-chat-disruption-budget", /^spec: a drain may end all replicas at once; /],
  storeProtected: ["mandatory", "vllm-models-bucket", /^protect: a destroy deletes the bucket; /],
};

/** What a first preview cannot know yet: whose guard is whose, and documents with names in them. */
const inFirstPreview = ["bucketPrivate", "bucketTls", "bucketEncryption", "staticKeys", "modelAccess", "bucketKept"];

/** What a violation is of, whichever way it is told. */
interface Told {
  level: string;
  name: string | undefined;
  message: string;
}

test("the rules as a policy pack", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const project = await Project.stage(lab, namespace);
  // As in a checkout: the pack beside the program.
  cpSync(join(repository, "policy"), join(project.folder, "policy"), { recursive: true });
  const on = ["--stack", stack];
  const said: string[] = [];
  const pulumi = async (...args: string[]): Promise<Finished> => {
    const finished = await project.pulumi([...args, ...on]);
    said.push(finished.output, JSON.stringify(finished.violations));
    return finished;
  };
  const pack = "--policy-pack=policy/pack";
  const judged = (name: string, ...args: string[]) =>
    pulumi(name, pack, "--policy-pack-config=policy-pack.json", ...args);

  /** Writes the pack's configuration, as the documentation says, for a stack of a project. */
  const configurePack = async (of: string, from: string): Promise<void> => {
    const file = join(project.folder, "policy-pack.json");
    const args = ["cli/policy.ts", "--stack", of, "--project", from, "--pack-config", file];
    await run(process.execPath, args, { cwd: repository, signal: AbortSignal.timeout(60_000) });
    said.push(readFileSync(file, "utf8"));
  };
  /** The stack with settings of its policy, and for the pack the same. */
  const configure = async (policy: Tree): Promise<void> => {
    await project.stack(stack, {
      ...quick,
      "vllm:namespace": { name: namespace, create: true },
      "vllm:models": { chat: { revision: "v1" } },
      "vllm:image": { allowTag: null, digest },
      "vllm:autoscaling": { min: 2 },
      "vllm:prices": { "g6.xlarge": 0.8 },
      "vllm:policy": policy,
    });
    const path = "vllm:engine.secretEnv.TRACE_TOKEN";
    succeeded(await project.pulumi(["config", "set", "--secret", "--path", path, token, ...on]));
    await configurePack(stack, project.folder);
  };
  /** Makes the program as it is, but for some of the breaks. */
  const alter = (...alterations: typeof breaks): void => {
    const text = (file: string) => readFileSync(join(repository, file), "utf8");
    const texts = new Map(breaks.map(([file]) => [file, text(file)]));
    for (const [file, from, to] of alterations) {
      const before = texts.get(file) ?? "";
      assert.ok(before.includes(from), `${file} has no ${from}`);
      texts.set(file, before.replace(from, to));
    }
    for (const [file, after] of texts) writeFileSync(join(project.folder, file), after);
  };

  const violations = ({ violations: all }: Finished): Map<string, Told[]> =>
    Map.groupBy(
      all.map(({ policy, enforcement, urn, message }) => ({
        ...{ policy, level: enforcement, name: urn?.split("::").at(-1), message },
      })),
      ({ policy }) => policy,
    ) as Map<string, Told[]>;
  const unseen = ({ level, message }: Told) => level === "advisory" && message.startsWith("not checked: ");
  /** The same of what is broken, one of each rule; of what is not checked there is `bucketKept` alone. */
  const brokenBy = (finished: Finished): Map<string, Told> => {
    const all = violations(finished);
    assert.deepEqual(all.get("bucketKept")?.map(unseen), [true], finished.output);
    all.delete("bucketKept");
    for (const [rule, told] of all) assert.ok(told.length === 1 && !told.some(unseen), `${rule}: ${finished.output}`);
    return new Map([...all].flatMap(([rule, [told]]) => (told ? [[rule, told]] : [])));
  };

  const limits = { gpus: 21, costPerHour: 16.8 };
  const below = { gpus: 20, costPerHour: 16.7 };
  await configure({ limits });

  await t.test("of a first preview, what is not known yet is not checked, and refuses nothing", async () => {
    const first = await judged("preview");
    succeeded(first);
    const all = violations(first);
    assert.deepEqual([...all.keys()].sort(), [...inFirstPreview].sort(), first.output);
    assert.ok([...all.values()].flat().every(unseen), first.output);
  });

  await t.test("the program as it is keeps all rules, at its limits", async () => {
    const deployed = await judged("up");
    succeeded(deployed);
    assert.deepEqual([...brokenBy(deployed)], []);
    const line = "pulumi preview --stack prod --policy-pack policy/pack --policy-pack-config policy-pack.json";
    const typedOne = await typed(line, project, lab);
    assert.equal(typedOne.code, 0, typedOne.output);
    assert.match(typedOne.output, /pulumi-vllm@v0\.1\.0 \(local: .*policy\/pack\)\n +- \[advisory\] +bucketKept/);
  });

  await t.test(
    "a program and settings that break every rule: each is told by its level, and the preview refused",
    async () => {
      alter(...breaks);
      await configure({ limits: below });
      const refused = await judged("preview");
      assert.notEqual(refused.code, 0);
      const all = brokenBy(refused);
      assert.deepEqual([...all.keys()].sort(), Object.keys(broken).sort(), refused.output);
      for (const [rule, [level, name, says]] of Object.entries(broken)) {
        assert.deepEqual([all.get(rule)?.level, all.get(rule)?.name], [level, name], rule);
        assert.match(all.get(rule)?.message ?? "", says);
      }
    },
  );

  await t.test(
    "by the settings advice alone, or nothing, is said of the same, and the preview goes through",
    async () => {
      const advisory = Object.fromEntries(Object.keys(broken).map((rule) => [rule, "advisory"]));
      await configure({ limits: below, ...advisory, imageDigest: "off", gpuQuota: "off" });
      const noted = await judged("preview");
      succeeded(noted);
      const all = brokenBy(noted);
      const on = Object.keys(broken).filter((rule) => !["imageDigest", "gpuQuota"].includes(rule));
      assert.deepEqual([...all.keys()].sort(), on.sort(), noted.output);
      assert.deepEqual(new Set([...all.values()].map(({ level }) => level)), new Set(["advisory"]));
    },
  );

  await t.test(
    "without its settings, or with those of another stack, the pack refuses and says what to run",
    async () => {
      alter();
      const runs = "run `npm run policy -- --stack prod --pack-config policy-pack.json` in the program's folder";
      const none = await pulumi("preview", pack);
      assert.notEqual(none.code, 0);
      const settings = ({ violations: all }: Finished) =>
        all.map(({ policy, message }) => [policy, message.split(", and give")[0]]);
      assert.deepEqual(settings(none), [["settings", `the pack has no settings, and judges nothing: ${runs}`]]);
      await configurePack("staging", repository);
      const other = await judged("up", "--skip-preview");
      assert.notEqual(other.code, 0);
      const said = `the pack's settings are of stack staging, and it judges nothing of prod: ${runs}`;
      assert.deepEqual(settings(other), [["settings", said]]);
      assert.deepEqual(changed(other), []);
    },
  );

  await t.test(
    "an up without a preview stops before a broken object, and tells at its end of objects beside each other",
    async () => {
      await configure({ limits });
      const [image, block] = breaks as [(typeof breaks)[0], (typeof breaks)[0]];
      alter(image);
      const stopped = await judged("up", "--skip-preview");
      assert.notEqual(stopped.code, 0);
      assert.deepEqual(
        [...violations(stopped).keys()].filter((rule) => rule !== "bucketKept"),
        ["imageDigest"],
      );
      assert.deepEqual(changed(stopped), []);
      const { containers } = (await cluster.get(namespace, "deployment", "chat")).spec.template.spec;
      assert.match(containers[0].image, new RegExp(`@${digest}$`));
      alter(block);
      const late = await judged("up", "--skip-preview");
      assert.notEqual(late.code, 0);
      assert.deepEqual([...brokenBy(late).keys()], ["bucketPrivate"]);
      assert.deepEqual(changed(late), ["update vllm-models-public-access-block"]);
    },
  );

  await t.test("no secret is in what the pack is told or says", () => {
    for (const secret of [token, keyId])
      for (const form of [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex")])
        for (const text of said) assert.ok(!text.includes(form));
  });

  await t.test("destroy", async () => {
    succeeded(await pulumi("destroy", "--exclude-protected"));
  });
});
