import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { conflicts, merge } from "../../../config/layers/merge.ts";
import { isRemoval, isTree, type Tree } from "../../../config/tree.ts";

const keys = fc.constantFrom("a", "b", "c", "replicas", "autoscaling", "constructor", "__proto__", "toString");
const scalar = fc.oneof(fc.integer(), fc.boolean(), fc.string(), fc.constant(null));
const { layer } = fc.letrec<{ layer: Tree; value: unknown }>((tie) => ({
  layer: fc.dictionary(keys, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(scalar, { maxLength: 3 }), tie("layer")),
}));
/** A layer without the settings that exclude each other and without removals. */
const { plainLayer } = fc.letrec<{ plainLayer: Tree; value: unknown }>((tie) => ({
  plainLayer: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof({ depthSize: "small" }, fc.integer(), fc.array(scalar, { maxLength: 3 }), tie("plainLayer")),
}));
/** The same where a key is a group in all layers or in none, as the schema has it. */
const { typedLayer } = fc.letrec<{ typedLayer: Tree; value: unknown }>((tie) => ({
  typedLayer: fc.record(
    { a: tie("value"), b: tie("value"), g: tie("typedLayer"), h: tie("typedLayer") },
    { requiredKeys: [], noNullPrototype: true },
  ) as fc.Arbitrary<Tree>,
  value: fc.oneof(fc.integer(), fc.array(scalar, { maxLength: 3 })),
}));
const own = (tree: Tree, key: string) => (Object.hasOwn(tree, key) ? tree[key] : undefined);

test("merging one layer only takes out its removals, however deep, and twice is once", () => {
  const removals = (value: unknown): boolean =>
    isRemoval(value) || (isTree(value) && Object.values(value).some(removals));
  fc.assert(
    fc.property(layer, (tree) => {
      const merged = merge(tree);
      assert.equal(removals(merged), false);
      assert.deepEqual(merge(merged), merged);
      assert.deepEqual(merge({}, tree), merge(tree, {}));
    }),
  );
  assert.deepEqual(merge({ a: 1, b: { c: "", d: 2, e: null } }), { a: 1, b: { c: "", d: 2 } });
});

test("merging is associative where nothing is removed or excluded", () => {
  fc.assert(
    fc.property(typedLayer, typedLayer, typedLayer, (a, b, c) => {
      assert.deepEqual(merge(a, b, c), merge(merge(a, b), c));
      assert.deepEqual(merge(a, b, c), merge(a, merge(b, c)));
    }),
  );
});

test("layers may be merged from the left, one by one, whatever they hold", () => {
  fc.assert(fc.property(layer, layer, layer, (a, b, c) => assert.deepEqual(merge(a, b, c), merge(merge(a, b), c))));
});

test("the later layer wins, key by key; what it does not say stays", () => {
  fc.assert(
    fc.property(plainLayer, plainLayer, (a, b) => {
      const merged = merge(a, b);
      assert.deepEqual(Object.keys(merged).sort(), [...new Set([...Object.keys(a), ...Object.keys(b)])].sort());
      for (const [key, value] of Object.entries(merged)) {
        if (!(key in b)) assert.deepEqual(value, a[key]);
        else if (isTree(a[key]) && isTree(b[key])) assert.deepEqual(value, merge(a[key], b[key]));
        else assert.deepEqual(value, b[key]);
      }
    }),
  );
});

test("lists are replaced, never joined", () => {
  assert.deepEqual(merge({ a: [1, 2, 3] }, { a: [4] }), { a: [4] });
  assert.deepEqual(merge({ a: [1] }, { a: [] }), { a: [] });
  assert.deepEqual(merge({ a: { b: 1 } }, { a: [2] }, { a: { c: 3 } }), { a: { c: 3 } });
});

test("null removes what earlier layers say, and later ones may say it again", () => {
  assert.deepEqual(merge({ a: 1, b: 2 }, { a: null }), { b: 2 });
  assert.deepEqual(merge({ a: { b: { c: 1 }, d: 2 } }, { a: { b: null } }), { a: { d: 2 } });
  assert.deepEqual(merge({ a: { b: 1 } }, { a: null }, { a: { c: 2 } }), { a: { c: 2 } });
  assert.deepEqual(merge({ a: null }), {});
});

test("0, false and an empty text are values and remove nothing", () => {
  assert.deepEqual(merge({ a: 1, b: true, c: "x" }, { a: 0, b: false, c: "" }), { a: 0, b: false, c: "" });
});

test("replicas and autoscaling: the later layer's replaces the earlier's other", () => {
  const [fixed, scaled] = [{ replicas: 2 }, { autoscaling: { min: 1, max: 4 } }];
  assert.deepEqual(merge(fixed, scaled), scaled);
  assert.deepEqual(merge(scaled, fixed), fixed);
  assert.deepEqual(merge(fixed, scaled, fixed), fixed);
  assert.deepEqual(merge({ models: { a: fixed } }, { models: { a: scaled } }), { models: { a: scaled } });
  assert.deepEqual(merge(scaled, { autoscaling: { max: 9 } }), { autoscaling: { min: 1, max: 9 } });
});

test("a key of the stack's own replaces a rotation, and a rotation the key", () => {
  const [rotation, value] = [{ apiKey: { rotation: "a" } }, { apiKey: { value: "vllm:apiKey.value" } }];
  assert.deepEqual(merge(rotation, value), value);
  assert.deepEqual(merge(value, rotation), rotation);
  const elsewhere = { engine: { args: { rotation: 1 } } };
  assert.deepEqual(merge(elsewhere, { engine: { args: { value: 2 } } }), {
    engine: { args: { rotation: 1, value: 2 } },
  });
});

test("a variable is plain or secret: a later layer's word in one way takes back the other's, and null both", () => {
  const plain = { engine: { env: { A: "1", B: "2" } } };
  const secret = { engine: { secretEnv: { A: "key" } } };
  assert.deepEqual(merge(plain, secret), { engine: { env: { B: "2" }, secretEnv: { A: "key" } } });
  assert.deepEqual(merge(secret, plain), { engine: { secretEnv: {}, env: { A: "1", B: "2" } } });
  assert.deepEqual(merge(secret, { engine: { env: { A: null } } }), { engine: { secretEnv: {}, env: {} } });
  assert.deepEqual(merge({ models: { a: secret } }, { models: { a: { engine: { env: { A: "3" } } } } }), {
    models: { a: { engine: { secretEnv: {}, env: { A: "3" } } } },
  });
});

test("a removal of one of them does not bring in or take out the other", () => {
  assert.deepEqual(merge({ replicas: 2 }, { autoscaling: null }), { replicas: 2 });
  assert.deepEqual(merge({ autoscaling: { min: 1, max: 2 } }, { replicas: null }), { autoscaling: { min: 1, max: 2 } });
});

test("conflicts are what stands together in one tree, removals apart", () => {
  const both = { replicas: 1, autoscaling: {} };
  assert.deepEqual(conflicts(both), [{ path: ["replicas"], other: "autoscaling" }]);
  assert.deepEqual(conflicts({ models: { a: both, b: {} } }), [
    { path: ["models", "a", "replicas"], other: "autoscaling" },
  ]);
  assert.deepEqual(conflicts({ apiKey: { rotation: "1", value: "x" } }), [
    { path: ["apiKey", "rotation"], other: "value" },
  ]);
  assert.deepEqual(
    conflicts({ engine: both, models: both, rotation: 1, value: 2 }),
    [],
    "elsewhere they are other keys",
  );
  for (const tree of [{}, { replicas: 1 }, { autoscaling: {} }, { replicas: 1, autoscaling: null }])
    assert.deepEqual(conflicts(tree), []);
});

test("the result shares nothing with the layers, and the layers stay as they are", () => {
  const references = (value: unknown, found = new Set<unknown>()): Set<unknown> => {
    if (typeof value === "object" && value !== null) {
      found.add(value);
      for (const item of Object.values(value)) references(item, found);
    }
    return found;
  };
  fc.assert(
    fc.property(layer, layer, (a, b) => {
      const before = JSON.stringify([a, b]);
      const inputs = references([a, b]);
      for (const reference of references(merge(a, b))) assert.equal(inputs.has(reference), false);
      assert.equal(JSON.stringify([a, b]), before);
    }),
  );
});

test("__proto__ and constructor are keys like any other and change no prototype", () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
  const merged = merge({ a: 1 }, hostile, hostile);
  assert.equal(Object.getPrototypeOf(merged), Object.prototype);
  assert.equal("polluted" in {}, false);
  assert.deepEqual(own(merged, "__proto__"), { polluted: 1 });
  assert.deepEqual(own(merged, "constructor"), { prototype: { polluted: 1 } });
  assert.deepEqual(Object.keys(merge(hostile, JSON.parse('{"__proto__": null, "constructor": null}'))), []);
  fc.assert(
    fc.property(layer, layer, (a, b) => {
      merge(a, b);
      assert.deepEqual(Object.keys(Object.prototype), []);
    }),
  );
});

/** A group that is a flag's value: JSON as it is, with empty text and null in it. */
const { json } = fc.letrec<{ json: Tree; value: unknown }>((tie) => ({
  json: fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof({ depthSize: "small" }, fc.constantFrom(null, "", 0, false, "x"), fc.array(scalar), tie("json")),
}));
const inFlag = (value: unknown): Tree => ({ engine: { args: { "hf-overrides": value, seed: 1 } } });

test("what stands in a flag's group is a value, null and empty text too; null takes the whole flag back", () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      assert.deepEqual(merge(inFlag(a)), inFlag(a));
      const both = merge(inFlag(a), inFlag(b)) as { engine: { args: { "hf-overrides": Tree } } };
      const merged = both.engine.args["hf-overrides"];
      for (const key of Object.keys(merged)) {
        const [early, late] = [own(a, key), own(b, key)];
        if (!isTree(early) || !isTree(late)) assert.deepEqual(own(merged, key), Object.hasOwn(b, key) ? late : early);
      }
      assert.deepEqual(new Set(Object.keys(merged)), new Set([...Object.keys(a), ...Object.keys(b)]));
      assert.deepEqual(merge(inFlag(a), inFlag(null)), { engine: { args: { seed: 1 } } });
      assert.deepEqual(merge(inFlag(a), inFlag("")), inFlag(""));
    }),
  );
});
