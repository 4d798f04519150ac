import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Resolved } from "../../config/settings.ts";
import { put, type Tree } from "../../config/tree.ts";
import { filesOf } from "../../render/documents.ts";
import { writeFolder } from "../../render/folder.ts";
import { renderStack } from "../../render/stack.ts";
import { type Causes, causesOf } from "../../review/renders/causes.ts";
import { ciphersIn } from "../../review/renders/ciphers.ts";
import { compare } from "../../review/renders/compare.ts";
import { type Rendered, readObjects } from "../../review/renders/objects.ts";
import { type SettingAt, settingChanges } from "../../review/renders/settings.ts";
import { unitsOf } from "../../review/renders/units.ts";
import { resolved } from "../config/settings.ts";
import { allStacks, publishedProject, publishedSettings } from "../render/stacks.ts";

/** What renders tell of a change: what differs, and which settings make it. */

const project = publishedProject();

for (const stack of allStacks)
  test(`${stack}: what its files hold is what was rendered`, async () => {
    const rendered = await renderStack(publishedSettings(stack, project));
    const folder = mkdtempSync(join(tmpdir(), "renders-"));
    after(() => rmSync(folder, { recursive: true }));
    writeFolder(folder, stack, filesOf(rendered));
    const read = readObjects(folder);
    assert.equal(read.length, rendered.objects.length);
    assert.deepEqual([...compare(rendered.objects, read)], []);
    // And the other way round, in everything that is compared.
    const sorted = (all: readonly Rendered[]) => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(sorted(read), sorted(rendered.objects));
  });

const least: Tree = { cluster: { eks: "lab" }, gpu: { product: "L4" } };
const side = (models: Tree, more: Tree = {}) => ({
  resolved: resolved({ own: { ...least, ...more, models } }),
  ciphers: new Map(),
});

async function causes(before: ReturnType<typeof side>, next: ReturnType<typeof side>) {
  const changes = settingChanges(before, next);
  const render = async (one: Resolved, otherSecrets: ReadonlySet<string>) =>
    (await renderStack(one, { otherSecrets })).objects;
  let count = 0;
  const counted = async (one: Resolved, others: ReadonlySet<string>) => {
    count++;
    return render(one, others);
  };
  const [base, head] = [await render(before.resolved, new Set()), await render(next.resolved, new Set())];
  const found = await causesOf(
    { resolved: before.resolved, objects: base },
    { resolved: next.resolved, objects: head },
    changes,
    counted,
  );
  return { found, changes, count, differing: compare(base, head) };
}

const names = (changes: readonly SettingAt[], indices: readonly number[] = []) =>
  indices.map((index) => changes[index]?.setting);

test("a single setting is the cause of all, and nothing more is rendered", async () => {
  const { found, changes, count, differing } = await causes(
    side({ chat: { revision: "v1" } }),
    side({ chat: { revision: "v2" } }),
  );
  assert.deepEqual([count, changes.length], [0, 1]);
  assert.deepEqual(Object.keys(found), [...differing.keys()]);
  for (const { whole } of Object.values(found)) assert.deepEqual(whole, [0]);
});

test("of several each has its own, and what they share has both", async () => {
  const { found, changes, differing } = await causes(
    side({ chat: { revision: "v1", replicas: 2 } }),
    side({ chat: { revision: "v1", replicas: 3, labels: { team: "x" }, drain: { seconds: 90 } } }),
  );
  assert.deepEqual(Object.keys(found).sort(), [...differing.keys()].sort());
  const deployment = found["kubernetes:apps/v1:Deployment::vllm-chat-main-deployment"];
  assert.deepEqual(names(changes, deployment?.properties["spec.replicas"]), ["replicas"]);
  assert.deepEqual(names(changes, deployment?.properties["metadata.labels.team"]), ["labels.team"]);
  assert.deepEqual(names(changes, deployment?.whole), ["drain.seconds", "labels.team", "replicas"]);
});

test("what one setting makes only together with another has both: a model is served where it has a revision", async () => {
  const { found, changes } = await causes(
    side({ chat: {} }),
    side({ chat: { revision: "v1", engine: { maxModelLen: 1024 } } }),
  );
  const deployment = found["kubernetes:apps/v1:Deployment::vllm-chat-main-deployment"];
  assert.ok(names(changes, deployment?.whole).includes("revision"));
});

test("settings that are no stack one by one are tried together", async () => {
  // Alone, more GPUs than the tensor parallel size says, and the other way round, are refused.
  const { found, changes } = await causes(
    side({ chat: { revision: "v1", gpu: { count: 1 }, engine: { tensorParallelSize: 1 } } }),
    side({ chat: { revision: "v1", labels: { a: "b" }, gpu: { count: 2 }, engine: { tensorParallelSize: 2 } } }),
  );
  const deployment = found["kubernetes:apps/v1:Deployment::vllm-chat-main-deployment"];
  const limit = Object.entries(deployment?.properties ?? {}).find(([path]) =>
    path.endsWith('limits["nvidia.com/gpu"]'),
  );
  assert.deepEqual(names(changes, limit?.[1]), ["engine.tensorParallelSize", "gpu.count"]);
});

test("of a change that is too large to be tried, the names of the models tell", async () => {
  const models = (count: number, more: Tree) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`m${index}`, { revision: "v1", ...more }]));
  const { found, changes, count } = await causes(
    side(models(30, {})),
    side({ ...models(30, {}), m3: { revision: "v2" }, m30: { revision: "v1" }, m4: { revision: "v3" } }),
  );
  assert.equal(count, 0);
  const of = (name: string): Causes[string] | undefined =>
    found[`kubernetes:apps/v1:Deployment::vllm-${name}-main-deployment`];
  assert.deepEqual(names(changes, of("m30")?.whole), ["models.m30"]);
  assert.deepEqual(
    of("m3")?.whole.map((index) => changes[index]?.models),
    [["m3"]],
  );
});

test("settings that exclude each other, and those of one group, are one unit; alike in several models, too", () => {
  const at = (setting: string, models?: string[]): SettingAt => ({
    ...{ setting, path: setting.split("."), kind: "update" },
    ...(models ? { models } : {}),
  });
  const changes = [
    at("replicas", ["a", "b"]),
    at("autoscaling.min", ["a"]),
    at("autoscaling.max", ["b"]),
    at("gpu.count", ["a"]),
    at("apiKey.rotation"),
    at("apiKey.value"),
    at("production"),
  ];
  assert.deepEqual(unitsOf(changes), [[0, 1, 2], [3], [4, 5], [6]]);
});

test("what is encrypted is found wherever it stands, a list as one", () => {
  const text = `config:
  aws:secretKey: {secure: "v1:0"}
  vllm:apiKey: {value: {secure: "v1:a"}}
  vllm:models:
    chat: {engine: {secretEnv: {TOKEN: {secure: "v1:b"}}, args: {x: [{secure: "v1:c"}, 1, {secure: "v1:d"}]}}}
`;
  const expected: Tree = {};
  put(expected, ["vllm:apiKey.value"], "v1:a");
  put(expected, ["vllm:models.chat.engine.secretEnv.TOKEN"], "v1:b");
  put(expected, ["vllm:models.chat.engine.args.x"], "v1:c v1:d");
  const found = [...ciphersIn("Pulumi.s.yaml", text)].map(([key, cipher]) => [key, cipher.text]);
  assert.deepEqual(Object.fromEntries(found), expected);
});

test("a new key is another one to what holds it, in renders that are compared alone", async () => {
  const [old, next] = ["a", "b"].map(
    (rotation) => side({ chat: { revision: "v1" } }, { apiKey: { rotation } }).resolved,
  );
  assert.ok(old && next);
  const compared = compare(
    (await renderStack(old, { otherSecrets: new Set() })).objects,
    (await renderStack(next, { otherSecrets: new Set() })).objects,
  );
  assert.deepEqual([...compared.values()].map(({ name }) => name).sort(), [
    "vllm-api-key",
    "vllm-api-key",
    "vllm-chat-main-deployment",
  ]);
  assert.doesNotMatch(JSON.stringify([...compared.values()]), /\[secret\]\[/);
  const plain = compare((await renderStack(old)).objects, (await renderStack(next)).objects);
  assert.deepEqual(
    [...plain.values()].map(({ type }) => type),
    ["random:index/randomPassword:RandomPassword"],
  );
});
