import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { file, kinds, wrong } from "../given.ts";

/** Spare GPUs are one budget for each product. */

const of = (models: Tree, more: Tree = {}): Tree => ({ model: null, gpu: null, models, ...more });
const l4 = (spare?: unknown): Tree => ({ gpu: { product: "L4", ...(spare === undefined ? {} : { spare }) } });

const message = (key: string, found: number, other: string, has: number, where = file) =>
  `vllm:${key} ${where}: is ${found}, but model ${other}, on L4 too, has ${has}; it is one budget for each GPU product of the stack: write the same, or leave it out`;

test("two values: each further model that says another one is told", () => {
  const two = of({ chat: l4(2), code: l4(3) });
  assert.deepEqual(wrong(two), [message("models.code.gpu.spare", 3, "chat", 2)]);
  assert.deepEqual(kinds(two), [["conflict", "models.code.gpu.spare"]]);
  assert.deepEqual(wrong(of({ chat: l4(2), code: l4(3), math: l4(0) })), [
    message("models.code.gpu.spare", 3, "chat", 2),
    message("models.math.gpu.spare", 0, "chat", 2),
  ]);
  assert.deepEqual(wrong(of({ chat: l4(), code: l4(2), more: l4(2), math: l4(3) })), [
    message("models.math.gpu.spare", 3, "code", 2),
  ]);
});

test("what all models are given, and one's own: told once, where it stands", () => {
  const given = of({ chat: l4(3), code: {}, math: {} }, l4(2));
  assert.deepEqual(wrong(given), [message("gpu.spare", 2, "chat", 3)]);
  assert.deepEqual(wrong(of({ chat: {}, code: l4(3) }, l4(2))), [message("models.code.gpu.spare", 3, "chat", 2)]);
  assert.deepEqual(wrong(of({ code: l4(3), chat: {} }, { gpu: { product: "L4" } }), { gpu: { spare: 2 } }), [
    message("base.gpu.spare", 2, "code", 3, "(Pulumi.yaml)"),
  ]);
});

test("the same value, none, or one that is taken back", () => {
  for (const models of [
    { chat: l4(2), code: l4(2) },
    { chat: l4(2), code: l4() },
    { chat: l4(), code: l4("2"), math: l4(2) },
    { chat: l4(), code: l4() },
  ])
    assert.deepEqual(wrong(of(models)), []);
  assert.deepEqual(wrong(of({ chat: l4(null), code: l4(3) }), { gpu: { spare: 2 } }), []);
});

test("other products, and models without a GPU, say nothing of it", () => {
  const h100 = { gpu: { product: "H100", spare: 3 } };
  const onCpu = { gpu: { product: "L4", count: 0, spare: 3 } };
  assert.deepEqual(wrong(of({ chat: l4(2), code: h100, math: onCpu })), []);
  assert.deepEqual(wrong(of({ math: onCpu, chat: l4(2) })), []);
});

test("what hangs on a setting that is wrong is not told", () => {
  // What is wrong is dropped, and what stands above it counts: on an L4 with three spare.
  for (const [key, value] of [
    ["spare", -1],
    ["product", "L5"],
    ["count", 9],
    ["sapre", 2],
  ] as const) {
    const paths = (models: Tree) => kinds(of(models, l4(3))).map(([, path]) => path);
    const code = { gpu: { [key]: value } };
    assert.deepEqual(paths({ chat: l4(2), code }), [`models.code.gpu.${key}`]);
    assert.deepEqual(paths({ code, chat: l4(2) }), [`models.code.gpu.${key}`]);
  }
  assert.deepEqual(kinds(of({ chat: l4(2), code: { gpu: { spare: 3 } } })), [["missing", "gpu.product"]]);
});
