import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { type SpareTooSmall, sparesOf, spareTooSmallText } from "../../planning/spare.ts";
import { resolved } from "../config/settings.ts";
import { stackOf, variantOf } from "./given.ts";

const spares = (models: Tree) => [...sparesOf(resolved({ own: { cluster: { eks: "lab" }, models } }).settings.models)];

test("what is spare of a product is what one of its models says, whichever; else nothing", () => {
  const [l4, h100] = [{ product: "L4" }, { product: "H100" }];
  assert.deepEqual(spares({ chat: { gpu: l4 } }), [["L4", 0]]);
  assert.deepEqual(spares({ chat: { gpu: { ...l4, spare: 2 } }, code: { gpu: l4 } }), [["L4", 2]]);
  assert.deepEqual(spares({ code: { gpu: l4 }, chat: { gpu: { ...l4, spare: 2 } } }), [["L4", 2]]);
  assert.deepEqual(
    spares({ chat: { gpu: { ...l4, spare: 2 } }, code: { gpu: h100 } }),
    [
      ["H100", 0],
      ["L4", 2],
    ],
    "of no other product, and in the order of their names",
  );
});

test("models without a GPU play no part", () => {
  const onCpu = { gpu: { product: "L4", count: 0, spare: 9 } };
  assert.deepEqual(spares({ chat: onCpu }), []);
  assert.deepEqual(spares({ chat: onCpu, code: { gpu: { product: "L4" } } }), [["L4", 0]]);
  assert.deepEqual(spares({ chat: { gpu: { spare: 9 } }, code: { gpu: { product: "L4" } } }), [["L4", 0]]);
});

test("a model that says nothing rolls with what another says of its product", () => {
  const { models } = stackOf({
    chat: { gpu: { product: "L4" }, replicas: 4 },
    code: { gpu: { product: "L4", spare: 2 }, replicas: 4 },
    math: { gpu: { product: "H100" }, replicas: 4 },
  });
  assert.deepEqual(
    models.map(({ variants: [{ rollout }] }) => [rollout.surge, rollout.unavailable]),
    [
      [2, 0],
      [2, 0],
      [0, 1],
    ],
  );
});

test("spare GPUs that are fewer than a pod takes are told, and only those", () => {
  const told = (count: number, spare: number, replicas = 2) =>
    variantOf({ gpu: { product: "H100", count, spare }, replicas }).facts.spareTooSmall;
  const small: SpareTooSmall = { product: "H100", spare: 4, count: 8 };
  assert.deepEqual(told(8, 4), small);
  assert.deepEqual(told(8, 4, 1), small);
  for (const [count, spare] of [
    [8, 0],
    [8, 8],
    [8, 9],
    [1, 1],
    [4, 6],
  ] as const)
    assert.equal("spareTooSmall" in variantOf({ gpu: { product: "H100", count, spare } }).facts, false);
  assert.equal("spareTooSmall" in variantOf({ gpu: { product: "H100", count: 0, spare: 4 } }).facts, false);
  const text = (which: string, are: string) =>
    `the ${which} ${are} fewer than the 8 GPUs of a pod, so an old pod goes before its successor comes`;
  assert.equal(spareTooSmallText(small), text("4 spare H100", "are"));
  assert.equal(spareTooSmallText({ ...small, spare: 1 }), text("1 spare H100", "is"));
});

test("it is told of a model whose spare GPUs another one says", () => {
  const { models } = stackOf({
    chat: { gpu: { product: "L4", spare: 2 } },
    code: { gpu: { product: "L4", count: 4 } },
  });
  assert.deepEqual(
    models.map(({ variants: [{ facts }] }) => facts.spareTooSmall),
    [undefined, { product: "L4", spare: 2, count: 4 }],
  );
});
