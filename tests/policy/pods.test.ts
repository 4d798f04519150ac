import assert from "node:assert/strict";
import { test } from "node:test";
import { altered, refused, rendered, unjudged, without } from "./subject.ts";

/** Pods: images by digest, and enough of them, in production. */

const { objects, context } = await rendered("prod");
const image = ["spec", "template", "spec", "containers", "0", "image"];
const digest = `vllm/vllm-openai@sha256:${"0a".repeat(32)}`;
const noReason = { ...context, models: { chat: { prefix: "models/chat/" } } };

test("imageDigest: a digest, or the model's written reason, in production", () => {
  assert.deepEqual(refused("imageDigest", { objects }, context), [], "image.allowTag says why");
  const tag = [["spec.template.spec.containers[0].image", "vllm/vllm-openai:v0.32.0 may be another image tomorrow"]];
  assert.deepEqual(refused("imageDigest", { objects }, noReason), tag);
  const another = {
    ...context,
    models: { ...noReason.models, code: { prefix: "models/code/", allowTag: "it stays" } },
  };
  assert.deepEqual(refused("imageDigest", { objects }, another), tag, "another model's reason is none");
  assert.deepEqual(refused("imageDigest", { objects }, { ...noReason, production: false }), []);
  for (const [name, wrong] of [
    [digest, 0],
    [digest.replace("@", ":v1@"), 0],
    [digest.slice(0, -1), 1],
  ] as const)
    assert.equal(
      refused("imageDigest", { objects: altered(objects, "Deployment", image, name) }, noReason).length,
      wrong,
    );
  const unknown = altered(objects, "Deployment", image, null);
  assert.deepEqual(refused("imageDigest", { objects: unknown }, noReason), []);
  assert.deepEqual(unjudged("imageDigest", { objects: unknown }, noReason), [
    ["spec.template.spec.containers[0].image", "the image is not known yet"],
  ]);
});

test("imageDigest: the container that copies a model too", () => {
  const pinned = altered(objects, "Deployment", image, digest);
  const copies = altered(
    pinned,
    "Deployment",
    ["spec", "template", "spec", "initContainers"],
    [{ name: "copy", image: "amazon/aws-cli:2.37.4" }],
  );
  assert.deepEqual(refused("imageDigest", { objects: copies }, noReason), [
    ["spec.template.spec.initContainers[0].image", "amazon/aws-cli:2.37.4 may be another image tomorrow"],
  ]);
});

test("availability: the fewest replicas are two or more, by the scaler where there is one", () => {
  assert.deepEqual(refused("availability", { objects }, context), []);
  const least = (count: unknown) => altered(objects, "HorizontalPodAutoscaler", ["spec", "minReplicas"], count);
  const one = [["spec.minReplicas", "it may have 1 replica"]];
  assert.deepEqual(refused("availability", { objects: least(2) }, context), []);
  assert.deepEqual(refused("availability", { objects: least(1) }, context), one);
  assert.deepEqual(refused("availability", { objects: least(undefined) }, context), one);
  assert.deepEqual(refused("availability", { objects: least(1) }, { ...context, production: false }), []);
  assert.deepEqual(unjudged("availability", { objects: least(null) }, context).length, 0, "null is one, to Kubernetes");
  const fixed = (replicas?: number) =>
    altered(without(objects, "HorizontalPodAutoscaler"), "Deployment", ["spec", "replicas"], replicas);
  assert.deepEqual(refused("availability", { objects: fixed(2) }, context), []);
  for (const replicas of [1, undefined])
    assert.deepEqual(refused("availability", { objects: fixed(replicas) }, context), [
      ["spec.replicas", "it may have 1 replica"],
    ]);
});

test("availability: a disruption budget of these pods that leaves one", () => {
  const budget = (path: string[], value: unknown) =>
    refused("availability", { objects: altered(objects, "PodDisruptionBudget", ["spec", ...path], value) }, context);
  const none = [["", "it has no disruption budget"]];
  const all = [["spec", "a drain may end all replicas at once"]];
  assert.deepEqual(refused("availability", { objects: without(objects, "PodDisruptionBudget") }, context), none);
  assert.deepEqual(budget(["selector", "matchLabels"], { "app.kubernetes.io/instance": "code" }), none);
  assert.deepEqual(budget(["selector", "matchLabels"], {}), none);
  // Of four replicas.
  assert.deepEqual(budget(["maxUnavailable"], 3), []);
  assert.deepEqual(budget(["maxUnavailable"], 4), all);
  assert.deepEqual(budget(["maxUnavailable"], "99%"), []);
  assert.deepEqual(budget(["maxUnavailable"], "100%"), all);
  assert.deepEqual(budget(["maxUnavailable"], undefined), all);
  for (const [minAvailable, told] of [
    [1, []],
    ["50%", []],
    [0, all],
    ["0%", all],
  ] as const) {
    const atLeast = altered(objects, "PodDisruptionBudget", ["spec", "maxUnavailable"]);
    const objectsWith = altered(atLeast, "PodDisruptionBudget", ["spec", "minAvailable"], minAvailable);
    assert.deepEqual(refused("availability", { objects: objectsWith }, context), told, String(minAvailable));
  }
  const elsewhere = altered(objects, "PodDisruptionBudget", ["metadata", "namespace"], "another");
  assert.deepEqual(refused("availability", { objects: elsewhere }, context), none);
});
