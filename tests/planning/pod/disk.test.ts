import assert from "node:assert/strict";
import { test } from "node:test";
import { copyDisk } from "../../../planning/pod/disk.ts";
import { variantOf } from "../given.ts";

const gib = 2 ** 30;

test("a copy asks for its weights and a margin, in whole Gi", () => {
  assert.equal(copyDisk(1.4 * gib, 0), "4Gi");
  assert.equal(copyDisk(100 * gib, 0), "112Gi");
  assert.equal(copyDisk(685e9, 0), "704Gi");
});

test("weights that are not known are what holds them, and no more than usual disks do", () => {
  assert.equal(copyDisk(undefined, 8 * gib), "11Gi");
  assert.equal(copyDisk(undefined, 1128 * gib), "24Gi");
});

test("only a pod with a copy asks for disk", () => {
  const shape = { layers: 36, hiddenSize: 4096, attentionHeads: 32, weightBytes: 16e9 };
  const engine = { maxModelLen: 1024 };
  const disk = (more = {}) => variantOf({ shape, engine, ...more }).pod.disk;
  assert.equal(disk(), undefined);
  assert.equal(disk({ delivery: { kind: "copy" } }), "19Gi");
  const onCpu = { gpu: { count: 0 }, resources: { memory: "64Gi" } };
  assert.equal(disk(onCpu), "19Gi");
  assert.equal(disk({ ...onCpu, image: { streamer: true } }), undefined);
});
