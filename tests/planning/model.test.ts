import assert from "node:assert/strict";
import { test } from "node:test";
import { placeToSet } from "../../config/layers/origin.ts";
import type { Tree } from "../../config/tree.ts";
import { planStack } from "../../planning/plan.ts";
import { resolved } from "../config/settings.ts";
import { modelOf } from "./given.ts";

test("the served name: the model's, or the user's own, in the plan and on the command line alike", () => {
  for (const [own, name] of [
    [{}, "chat"],
    [{ servedModelName: "team/qwen3" }, "team/qwen3"],
  ] as [Tree, string][]) {
    const { servedModelName, variants } = modelOf(own);
    assert.equal(servedModelName, name);
    for (const { args } of variants.map(({ pod }) => pod))
      assert.equal(args[args.indexOf("--served-model-name") + 1], name);
  }
});

test("a model has one variant", () => {
  const { name, variants } = modelOf({});
  assert.equal(name, "chat");
  assert.deepEqual(
    variants.map((variant) => variant.name),
    ["main"],
  );
});

test("several models: each has its plan, in the order in which they are named", () => {
  const all = resolved({
    base: { gpu: { product: "L4" }, models: { b: { gpu: { count: 0 } } } },
    own: { cluster: { eks: "lab" }, models: { a: { replicas: 3 } } },
  });
  assert.deepEqual(
    planStack(all).models.map(({ name, variants }) => [
      name,
      ...variants.flatMap(({ pod, scaling }) => [pod.gpu.count, scaling.min]),
      placeToSet(all.origin, "revision", name).key,
    ]),
    [
      ["b", 0, 1, "vllm:models.b.revision"],
      ["a", 1, 3, "vllm:models.a.revision"],
    ],
  );
});
