import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Tree } from "../../../../config/tree.ts";
import { root } from "../../../config/settings.ts";
import { file, kinds, wrong } from "../../given.ts";

interface Route {
  path: string;
  methods: string[];
  /** It asks for the key. */
  key: boolean;
  /** What opens it, where it is not always there. */
  by?: string;
}
const routes: Route[] = JSON.parse(readFileSync(`${root}/tests/data/vllm-0.32.0-routes.json`, "utf8"));

/** What opens routes, how, and how it is told. */
const opened: Readonly<Record<string, Tree>> = {
  "profiler-config": { args: { "profiler-config": { profiler: "torch", torch_profiler_dir: "/tmp/p" } } },
  "enable-tokenizer-info-endpoint": { args: { "enable-tokenizer-info-endpoint": true } },
  "tokens-only": { args: { "tokens-only": true } },
  VLLM_ALLOW_RUNTIME_LORA_UPDATING: { env: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: "1" } },
};
const not: Readonly<Record<string, Tree>> = {
  "profiler-config": { args: { "profiler-config": { profiler: null } } },
  "enable-tokenizer-info-endpoint": { args: { "enable-tokenizer-info-endpoint": false } },
  "tokens-only": {},
  VLLM_ALLOW_RUNTIME_LORA_UPDATING: { env: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: "0" } },
};

for (const [name, engine] of Object.entries(opened))
  test(`${name} opens routes without the key: it is refused, or acknowledged by its name`, () => {
    const path = `engine.${/^V/.test(name) ? "env" : "args"}.${name}`;
    const [told = "", ...others] = wrong({ engine });
    assert.deepEqual(others, []);
    assert.ok(told.startsWith(`vllm:${path} ${file}: opens /`), told);
    assert.match(told, /; it needs no key\. Remove it, or name it in engine\.acknowledge$/);
    assert.deepEqual(kinds({ engine }), [["conflict", path]]);
    const without = routes.filter(({ by, key }) => by === name && !key);
    assert.ok(without.length > 0);
    for (const { path } of without) assert.ok(told.includes(path.replace(/\/\{.*/, "")), path);
    assert.deepEqual(wrong({ engine: { ...engine, acknowledge: [name] } }), []);
    assert.deepEqual(wrong({ engine: not[name] as Tree }), []);
    assert.deepEqual(wrong({ engine: { ...not[name], acknowledge: [name] } }), [
      `vllm:engine.acknowledge ${file}: names ${name}, which is not set; remove it`,
    ]);
  });

test("a secret variable is taken for one that is on", () => {
  const engine = { secretEnv: { VLLM_ALLOW_RUNTIME_LORA_UPDATING: "vllm:x" } };
  assert.deepEqual(kinds({ engine }), [["conflict", "engine.secretEnv.VLLM_ALLOW_RUNTIME_LORA_UPDATING"]]);
});

test("no acknowledgement outlives its reason, or is for what needs none", () => {
  for (const name of ["seed", "VLLM_LOGGING_LEVEL", "constructor"])
    assert.deepEqual(wrong({ engine: { acknowledge: [name] } }), [
      `vllm:engine.acknowledge ${file}: names ${name}, which needs no acknowledgement; remove it`,
    ]);
  const dev = { engine: { env: { VLLM_SERVER_DEV_MODE: "1" }, acknowledge: ["VLLM_SERVER_DEV_MODE"] } };
  assert.equal(wrong(dev).length, 2, "the development mode is refused all the same");
});

test("every route that needs no key is always there, or opened by what has to be acknowledged", () => {
  const by = new Set(routes.flatMap((route) => (route.by && route.by !== "VLLM_SERVER_DEV_MODE" ? [route.by] : [])));
  assert.deepEqual([...by].sort(), Object.keys(opened).sort());
  for (const { path, key } of routes) assert.equal(key, /^\/(v1|v2|inference|cohere)/.test(path), path);
});

test("a group written as JSON opens what the group does, whatever form its numbers have", () => {
  const text = '{"profiler":"torch","torch_profiler_dir":"/tmp/p","max_iterations":1k}';
  assert.deepEqual(kinds({ engine: { args: { "profiler-config": text } } }), [
    ["conflict", "engine.args.profiler-config"],
  ]);
});
