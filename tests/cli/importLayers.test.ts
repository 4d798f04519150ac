import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { difference } from "../../cli/import/import.ts";
import { ImportError, mergeValues, parseValues } from "../../cli/import/values.ts";
import { merge } from "../../config/layers/merge.ts";
import { at, type Tree } from "../../config/tree.ts";
import { effective, importTrees, read } from "./values.ts";

/** Layers: values as Helm merges them, settings as the program does. */

test("values are merged as Helm merges them", () => {
  const first = { a: { b: 1, c: [1, 2], d: { e: 1 } }, x: 1, gone: { y: 1 } };
  const second = { a: { b: null, c: [3], d: { f: null, g: 2 } }, x: { z: 1 }, gone: null, never: null };
  assert.deepEqual(mergeValues([first, second]), { a: { c: [3], d: { e: 1, g: 2 } }, x: { z: 1 } });
  assert.deepEqual(mergeValues([first, second, { gone: { w: 1 } }]).gone, { w: 1 });
  const odd = JSON.parse('{"__proto__": {"polluted": true}}') as Tree;
  assert.deepEqual(Object.keys(mergeValues([odd, odd])), ["__proto__"]);
  assert.equal(({} as Tree).polluted, undefined);
});

test("YAML as Helm reads it", () => {
  const { tree } = parseValues(
    "v.yaml",
    "on: yes\na: off\ntag: 2025-05-27\nbase: &b {q: 1}\nmore:\n  <<: *b\ntime: 1:30\n",
  );
  assert.deepEqual(tree, { true: true, a: false, tag: "2025-05-27", base: { q: 1 }, more: { q: 1 }, time: "1:30" });
  assert.deepEqual(parseValues("v.yaml", "").tree, {});
});

test("what is no YAML is told by file, line and what, and never quoted", () => {
  const wrong: [string, RegExp][] = [
    ["a: 1\nb: [hunter2", /^v\.yaml:\d: not YAML: \S/],
    ["a: *hunter2", /^v\.yaml: not YAML: Unresolved alias/],
    ['a: "x" hunter2', /^v\.yaml:1: not YAML: \S/],
    ["a:\n\t- b", /^v\.yaml:2: not YAML: \S/],
    ["a: 1\n---\nb: 2", /^v\.yaml: holds 2 YAML documents/],
    ["- hunter2", /^v\.yaml: holds no values/],
    ["hunter2", /^v\.yaml: holds no values/],
  ];
  for (const [text, message] of wrong)
    assert.throws(
      () => parseValues("v.yaml", text),
      (error) => {
        assert.ok(error instanceof ImportError);
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
});

const values = read("article/values.yaml").tree;
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** An environment's part of the article's values, `null` where it takes a key back. */
const environment: fc.Arbitrary<Tree> = fc
  .record({
    global: optional(fc.record({ environment: fc.constantFrom("dev", "prod") })),
    replicaCount: optional(fc.constantFrom(2, 3, null)),
    autoscaling: optional(
      fc.constantFrom(
        { enabled: true },
        { enabled: true, minReplicas: 2, maxReplicas: 9, targetQueueDepth: null },
        null,
      ),
    ),
    inference: optional(
      fc.record({
        maxSequenceLength: fc.constantFrom(4096, null),
        vllm: fc.constantFrom({ maxNumSeqs: null }, { tensorParallelSize: 2 }, null, {}),
      }),
    ),
    resources: optional(
      fc.record({
        limits: fc.constantFrom(null, { memory: "48Gi" }, { memory: null }, {}),
        gpu: fc.constantFrom({ enabled: true, count: 2, type: "nvidia-l4" }, null, {}),
      }),
    ),
    nodeSelector: optional(fc.constantFrom({ pool: "a" }, { pool: "b", zone: "c" }, null)),
    tolerations: optional(fc.constantFrom([{ key: "a", operator: "Exists" }], [], null)),
    model: optional(fc.constantFrom({ name: "Other Model" }, { name: null }, {})),
    healthCheck: optional(
      fc.constantFrom(null, { startupProbe: { failureThreshold: 9 } }, { startupProbe: { enabled: false } }),
    ),
    config: optional(fc.constantFrom({ logging: { level: null } }, { logging: { level: "INFO" } })),
  })
  .map((tree) => Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== undefined)));

test("base and stack come to what the merged values come to", () => {
  fc.assert(
    fc.property(fc.tuple(environment, environment, environment), fc.integer({ min: 0, max: 2 }), (all, more) => {
      const [first, ...later] = all.slice(0, more + 1) as [Tree, ...Tree[]];
      const base = mergeValues([values, first]);
      const layered = importTrees([base, ...later], "ai-inference");
      const whole = importTrees([mergeValues([base, ...later])], "ai-inference");
      assert.deepEqual(effective(layered), effective(whole));
      const again = merge(layered.base, layered.stack);
      assert.deepEqual(again, merge(whole.base, whole.stack));
    }),
    { numRuns: 150 },
  );
});

test("the models of a list that an environment replaces", () => {
  const spec = (name: string, more: Tree = {}) => ({
    name,
    repository: "vllm/vllm-openai",
    tag: "v0.32.0",
    modelURL: name,
    requestGPU: 1,
    replicaCount: 1,
    ...more,
  });
  const stack = (...modelSpec: Tree[]) => ({ servingEngineSpec: { modelSpec } });
  const keda = { enabled: true, minReplicaCount: 2, maxReplicaCount: 4 };
  const first = stack(spec("a", { requestCPU: 4 }), spec("b"));
  const later = stack(spec("a", { keda }), spec("c"));
  const imported = importTrees([first, later]);
  assert.deepEqual(imported.stack, {
    models: {
      b: null,
      a: { resources: null, autoscaling: { min: 2, max: 4, waitingRequests: 5 } },
      c: { engine: { version: "0.32.0" }, gpu: { count: 1 }, replicas: 1 },
    },
  });
  assert.deepEqual(effective(imported), effective(importTrees([later])));
});

const settings = fc.letrec((tie) => ({
  tree: fc.dictionary(
    fc.constantFrom("a", "b", "c", "__proto__"),
    fc.oneof(fc.integer(), fc.constantFrom("x", true), fc.array(fc.integer()), tie("tree")),
    { maxKeys: 3 },
  ),
})).tree as fc.Arbitrary<Tree>;

test("a difference over the first is the second", () => {
  const filled = (tree: Tree): unknown => merge(tree);
  fc.assert(
    fc.property(settings, settings, (from, to) => {
      assert.deepEqual(merge(from, difference(from, to)), filled(to));
      assert.deepEqual(difference(to, to), {});
    }),
  );
});

test("in a flag's group too, where null and empty text are values", () => {
  const value = fc.constantFrom<unknown>(null, "", 0, "x", true);
  const keys = fc.constantFrom("a", "b", "sliding_window");
  const flat = fc.dictionary(keys, value, { noNullPrototype: true });
  const group = fc.dictionary(keys, fc.oneof(value, flat), { noNullPrototype: true });
  const flagsOf = (overrides: Tree): Tree => ({ engine: { args: { "hf-overrides": overrides } } });
  fc.assert(
    fc.property(group, group, (from, to) => {
      const both = merge(flagsOf(from), difference(flagsOf(from), flagsOf(to)));
      const made = at(both, ["engine", "args", "hf-overrides"]);
      assert.deepEqual(typeof made === "string" ? JSON.parse(made) : made, to);
    }),
    { numRuns: 500, seed: 32 },
  );
});

test("production is a stack's word, never the base's", () => {
  const prod = importTrees([mergeValues([values, { global: { environment: "production" } }])]);
  assert.equal(prod.base.production, undefined);
  assert.deepEqual(prod.stack, { production: true });
});
