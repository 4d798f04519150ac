import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../../config/tree.ts";
import { variantOf } from "../../given.ts";

const envOf = (own: Tree) => variantOf(own).pod.env;
/** What every pod has. */
const always = {
  HOME: "/cache",
  USER: "vllm",
  HF_HUB_OFFLINE: "1",
  VLLM_NO_USAGE_STATS: "1",
  PYTHONPATH: "/middleware",
};
const memory = { resources: { memory: "12Gi" } };
const streamer = { RUNAI_STREAMER_MEMORY_LIMIT: String(2.5 * 2 ** 30) };

test("the whole environment: the streamer's bound where it streams, the KV cache's where there is no GPU", () => {
  assert.deepEqual(envOf(memory), { ...always, ...streamer });
  assert.deepEqual(envOf({ ...memory, delivery: { kind: "copy" } }), always);
  const cpu = { ...memory, gpu: { count: 0 } };
  assert.deepEqual(envOf(cpu), { ...always, VLLM_CPU_KVCACHE_SPACE: "3" });
  assert.deepEqual(envOf({ ...cpu, image: { streamer: true } }), {
    ...always,
    // Half of what 3.2 GiB for the engine and 3 for the KV cache leave.
    RUNAI_STREAMER_MEMORY_LIMIT: String(Math.floor(2.9 * 2 ** 30)),
    VLLM_CPU_KVCACHE_SPACE: "3",
  });
});

test("the user's variables are taken, as text, beside the program's own", () =>
  assert.deepEqual(envOf({ ...memory, engine: { env: { A: 1, B: "x" } } }), {
    ...always,
    ...streamer,
    A: "1",
    B: "x",
  }));

test("what the user says of a variable counts", () => {
  const env = { HOME: "/home/me", HF_HUB_OFFLINE: "0", VLLM_CPU_KVCACHE_SPACE: "2" };
  const { pod } = variantOf({ ...memory, gpu: { count: 0 }, engine: { env, acknowledge: ["HOME"] } });
  assert.deepEqual(pod.env, { ...always, ...env });
  assert.equal(pod.memory.kvCacheGib, 2, "what the pod's memory is parted by, too");
});

test("the user's own Python path comes behind the program's", () => {
  const given = (own: string) =>
    envOf({ ...memory, engine: { env: { PYTHONPATH: own }, acknowledge: ["PYTHONPATH"] } });
  assert.equal(given("/mine:/more").PYTHONPATH, "/middleware:/mine:/more");
  // An empty part would be the folder that Python is started in.
  assert.equal(given("").PYTHONPATH, "/middleware");
});

test("secret variables are not among them: the plan has the keys that they are written under", () => {
  const { env, secretEnv } = variantOf({ ...memory, engine: { env: { A: "x" }, secretEnv: { B: "hunter2" } } }).pod;
  assert.deepEqual(env, { ...always, ...streamer, A: "x" });
  assert.deepEqual(secretEnv, { B: "vllm:engine.secretEnv.B" });
});
