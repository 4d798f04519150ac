import assert from "node:assert/strict";
import { test } from "node:test";
import { expandShortForm } from "../../../config/layers/shortForm.ts";
import type { Layer } from "../../../config/layers/source.ts";
import type { Tree } from "../../../config/tree.ts";

/** `model: chat` written out, in any number of layers. */

const layer = (settings: Tree): Layer => ({
  name: "any",
  file: "any.yaml",
  prefix: "vllm:",
  written: settings,
  settings,
  encrypted: [],
  altered: [],
});
const expand = (...trees: Tree[]) => expandShortForm(trees.map(layer));
const models = (...trees: Tree[]) => expand(...trees).map((one) => one.models);

test("the short form is a model without settings of its own; the rest stands at the top", () => {
  assert.deepEqual(expand({ model: "chat", replicas: 2, gpu: { count: 1 } }), [
    { top: { replicas: 2, gpu: { count: 1 } }, models: { chat: {} } },
  ]);
  assert.deepEqual(expand({ models: { a: { replicas: 2 }, b: null }, replicas: 3 }), [
    { top: { replicas: 3 }, models: { a: { replicas: 2 }, b: null } },
  ]);
  assert.deepEqual(expand({}), [{ top: {}, models: {} }]);
  assert.deepEqual(expand(), []);
});

test("a later short form takes the place of all earlier ones, and of no long one", () => {
  assert.deepEqual(models({ model: "a" }, { model: "b" }), [{}, { b: {} }]);
  assert.deepEqual(models({ model: "a" }, {}, { model: "c" }), [{}, {}, { c: {} }]);
  assert.deepEqual(models({ model: "a" }, { model: "b" }, { model: "c" }), [{}, {}, { c: {} }]);
  assert.deepEqual(models({ models: { a: {} } }, { model: "b" }), [{ a: {} }, { b: {} }]);
  assert.deepEqual(models({ model: "a" }, { models: { b: {} } }), [{ a: {} }, { b: {} }]);
});

test("a short form that is taken back takes the earlier ones with it", () => {
  assert.deepEqual(models({ model: "a" }, { model: null }), [{}, {}]);
  assert.deepEqual(models({ model: "a" }, { model: null }, { models: { b: {} } }), [{}, {}, { b: {} }]);
  assert.deepEqual(models({ models: { a: {} } }, { model: null }), [{ a: {} }, {}]);
});

test("a layer that takes all models back takes the short forms before it too, and keeps its own", () => {
  assert.deepEqual(models({ model: "a" }, { models: null }), [{}, {}]);
  assert.deepEqual(models({ models: { a: {} } }, { model: "b" }, { models: null, model: "c" }), [{}, {}, { c: {} }]);
  assert.deepEqual(models({ models: { a: {} } }, { models: null }, { models: { a: {} } }), [{}, {}, { a: {} }]);
});

test("the layers stay as they are", () => {
  const trees = [{ model: "a", replicas: 1 }, { models: { b: {} } }, { models: null, model: "c" }];
  const before = structuredClone(trees);
  expand(...trees);
  assert.deepEqual(trees, before);
});
