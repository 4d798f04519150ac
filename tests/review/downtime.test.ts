import assert from "node:assert/strict";
import { test } from "node:test";
import { deployment } from "../../components/objects/deployment.ts";
import type { Owner } from "../../components/objects/metadata.ts";
import { rollout } from "../../planning/pod/rollout.ts";
import type { VariantPlan } from "../../planning/variant.ts";
import { hasDowntime } from "../../review/downtime.ts";
import { variantOf } from "../planning/given.ts";

const type = "kubernetes:apps/v1:Deployment";
const step = (inputs: object, token = type) => ({ type: token, inputs });

const template = ["spec.template.spec.containers[0].image"];

test("the object says of a rollout what the plan says", () => {
  const variant = variantOf({ revision: "v1" });
  const owner: Owner = { model: "chat", namespace: "serving", labels: {} };
  const inputs = { serviceAccount: "a", apiKeySecret: "k", middleware: "m", source: "s3://b/", region: "eu-west-1" };
  const seen = new Set<boolean>();
  for (const min of [1, 2, 3, 8])
    for (const max of [min, min + 1, min + 5])
      for (const room of [0, 1, 2, Number.POSITIVE_INFINITY]) {
        const planned = rollout(min, max, room);
        const scaling = { ...variant.scaling, min, max } as VariantPlan["scaling"];
        const object = deployment(owner, { ...variant, scaling, rollout: planned }, inputs);
        const told = hasDowntime(step(object), "update", template);
        assert.equal(told, planned.downtime, JSON.stringify({ min, max, room }));
        seen.add(told);
      }
  assert.equal(seen.size, 2);
});

test("only where pods are replaced", () => {
  const recreate = { spec: { strategy: { type: "Recreate" } } };
  const paths = (...of: string[]) => hasDowntime(step(recreate), "update", of);
  assert.ok(paths("metadata.labels.a", "spec.template.metadata.labels.a"));
  assert.ok(paths("spec"));
  assert.ok(!paths("metadata.labels.a", "spec.replicas", "spec.strategy.type"));
  assert.ok(!paths());
  assert.ok(!hasDowntime(step(recreate, "kubernetes:apps/v1:StatefulSet"), "update", template));
});

test("a Deployment that is replaced has downtime however it rolls, one that comes or goes has none", () => {
  const rolling = { spec: { replicas: 3, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } };
  assert.ok(hasDowntime(step(rolling), "replace", ["metadata.namespace"]));
  for (const change of ["create", "delete", "same"] as const) assert.ok(!hasDowntime(step(rolling), change, template));
});
