import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, isWhole } from "../../../config/layers/complete.ts";
import { modelEntries } from "../../../config/schema/modelEntries.ts";
import { stackEntries } from "../../../config/schema/stackEntries.ts";
import type { Tree } from "../../../config/tree.ts";

/** Defaults, and what is missing. */

const stack = (tree: Tree) => complete(stackEntries, tree);
const model = (tree: Tree) => complete(modelEntries, tree);
const missing = ({ gaps }: ReturnType<typeof complete>) => gaps.map(({ path }) => path.join("."));

test("each setting that has a default has it, in each group that is always there", () => {
  const ofStack = {
    production: false,
    cluster: { eks: "lab", ipFamily: "ipv4" },
    namespace: { name: "vllm", create: false },
    modelStore: { onDestroy: "keep" },
    apiKey: {},
    prices: {},
    policy: {
      ...{
        imageDigest: "mandatory",
        bucketPrivate: "mandatory",
        bucketTls: "mandatory",
        bucketEncryption: "mandatory",
      },
      ...{ staticKeys: "mandatory", modelAccess: "mandatory", gpuQuota: "mandatory", costCeiling: "mandatory" },
      ...{ availability: "advisory", storeProtected: "mandatory", bucketKept: "mandatory", limits: {} },
    },
  };
  assert.deepEqual(stack({ cluster: { eks: "lab" } }), { whole: ofStack, gaps: [] });
  const { whole, gaps } = model({});
  assert.deepEqual(gaps, []);
  assert.deepEqual(whole.gpu, { count: 1, labels: "nvidia" });
  assert.equal("autoscaling" in whole || "shape" in whole, false, "groups that may be left out are");
  assert.deepEqual(model({ gpu: { count: 2, product: "L4" }, labels: { a: "b" } }).whole, {
    ...whole,
    gpu: { product: "L4", count: 2, labels: "nvidia" },
    labels: { a: "b" },
  });
});

test("settings of another kind are not taken along", () => {
  const both = { cluster: { eks: "lab" }, model: "chat", replicas: 2, elsewhere: 1 };
  assert.deepEqual(Object.keys(stack(both).whole).sort(), [
    "apiKey",
    "cluster",
    "model",
    "modelStore",
    "namespace",
    "policy",
    "prices",
    "production",
  ]);
  assert.equal(model(both).whole.replicas, 2);
  for (const key of ["cluster", "model", "elsewhere"]) assert.equal(key in model(both).whole, false, key);
});

test("no two defaults share what they hold", () => {
  const tolerations = () => (model({}).whole.scheduling as { tolerations: unknown[] }).tolerations;
  tolerations().push("x");
  assert.deepEqual(tolerations(), []);
});

test("a default gives way to the setting that excludes it", () => {
  const scaled = model({ autoscaling: { min: 1, max: 2 } }).whole;
  assert.equal("replicas" in scaled, false);
  assert.equal(model({}).whole.replicas, 1);
  assert.equal(model({ replicas: 3 }).whole.replicas, 3);
});

test("a group that lacks what it needs is out, and each gap is told with what is needed", () => {
  const { whole, gaps } = stack({});
  assert.equal("cluster" in whole, false);
  const needs = "name the EKS cluster to deploy to (the ambient current context is never used)";
  assert.deepEqual(gaps, [{ path: ["cluster", "eks"], needs }]);
  assert.deepEqual(missing(stack({ cluster: { context: "lab" } })), ["cluster.eks"]);
  assert.deepEqual(stack({ cluster: { eks: "lab", context: "lab" } }), {
    whole: { ...stack({}).whole, cluster: { eks: "lab", context: "lab", ipFamily: "ipv4" } },
    gaps: [],
  });
  const scaled = model({ autoscaling: { min: 2 } });
  assert.deepEqual(scaled.gaps, [{ path: ["autoscaling", "max"], needs: "'autoscaling' needs both min and max" }]);
  assert.equal("autoscaling" in scaled.whole, false);
  assert.deepEqual(missing(model({ autoscaling: { waitingRequests: 2 } })), ["autoscaling.min", "autoscaling.max"]);
});

test("autoscaling without anything lacks both bounds", () =>
  assert.deepEqual(missing(model({ autoscaling: {} })), ["autoscaling.min", "autoscaling.max"]));

test("a group within a group: what is missing in it is told, and takes only it out", () => {
  const shape = { parameters: 1e6, layers: 2, hiddenSize: 4, attentionHeads: 1 };
  const { whole, gaps } = model({ shape: { ...shape, slidingWindow: { size: 4 } } });
  assert.deepEqual(whole.shape, shape);
  assert.deepEqual(gaps, [
    { path: ["shape", "slidingWindow", "layers"], needs: "a window needs its size and the number of its layers" },
  ]);
  assert.deepEqual(missing(model({ shape: { layers: 2, slidingWindow: { layers: 4 } } })), [
    "shape.slidingWindow.size",
    "shape.hiddenSize",
    "shape.attentionHeads",
    "shape.parameters",
  ]);
});

test("of two of which one is enough, either will do; without both the first is told, with the other", () => {
  const { parameters, ...shape } = { parameters: 1e6, layers: 2, hiddenSize: 4, attentionHeads: 1 };
  for (const either of [{ parameters }, { weightBytes: 2e6 }])
    assert.deepEqual(model({ shape: { ...shape, ...either } }), {
      whole: { ...model({}).whole, shape: { ...shape, ...either } },
      gaps: [],
    });
  const { whole, gaps } = model({ shape });
  assert.equal("shape" in whole, false);
  assert.deepEqual(
    gaps.map(({ path, other }) => [path.join("."), other?.join(".")]),
    [["shape.parameters", "shape.weightBytes"]],
  );
});

test("what is left empty of a shape is left out, and nothing is missing", () => {
  const shape = { parameters: 1e6, layers: 2, hiddenSize: 4, attentionHeads: 1 };
  assert.deepEqual(model({ shape: { ...shape, slidingWindow: {} } }).whole.shape, shape);
  for (const empty of [{}, { slidingWindow: {} }]) {
    const { whole, gaps } = model({ shape: empty });
    assert.deepEqual(gaps, []);
    assert.equal("shape" in whole, false, JSON.stringify(empty));
  }
});

test("a group that someone wrote has the defaults of its settings, unless they are written", () => {
  const { whole, gaps } = model({ autoscaling: { min: 1, max: 2 } });
  assert.deepEqual(gaps, []);
  assert.deepEqual(whole.autoscaling, { waitingRequests: 5, min: 1, max: 2 });
  assert.deepEqual(model({ autoscaling: { min: 1, max: 2, waitingRequests: 9 } }).whole.autoscaling, {
    min: 1,
    max: 2,
    waitingRequests: 9,
  });
});

test("what is complete is whole; what lacks a default is not", () => {
  assert.ok(isWhole(stackEntries, stack({}).whole), "without its cluster, whose lack was told");
  assert.ok(isWhole(stackEntries, stack({ cluster: { eks: "lab" } }).whole));
  assert.ok(isWhole(modelEntries, model({}).whole));
  assert.ok(isWhole(modelEntries, model({ autoscaling: { min: 1, max: 2 } }).whole), "without replicas");
  for (const key of ["gpu", "engine", "labels", "access"]) {
    const { [key]: _gone, ...rest } = model({}).whole;
    assert.equal(isWhole(modelEntries, rest), false, key);
  }
  assert.equal(isWhole(modelEntries, { ...model({}).whole, gpu: {} }), false);
});

test("what is given stays as it is", () => {
  const given = { autoscaling: { min: 1 }, shape: { slidingWindow: {} }, gpu: { count: 2 } };
  const before = structuredClone(given);
  complete(modelEntries, given);
  assert.deepEqual(given, before);
});
