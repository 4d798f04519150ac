import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds, wrong } from "../given.ts";

test("labels: the program's own are not for the user", () => {
  const own = ["name", "instance", "component", "managed-by"].map((key) => `app.kubernetes.io/${key}`);
  for (const key of [...own, "pod-template-hash"]) {
    const base = { labels: { [key]: "x" } };
    assert.deepEqual(wrong({ labels: { mine: "x" } }, base), [
      `vllm:base.labels.${key} (Pulumi.yaml): is written by the program, which selects by it; remove it here`,
    ]);
    assert.deepEqual(kinds({}, base), [["conflict", `labels.${key}`]]);
  }
  assert.deepEqual(wrong({ labels: { "app.kubernetes.io/part-of": "search" } }), []);
});
