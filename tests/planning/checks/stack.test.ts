import assert from "node:assert/strict";
import { test } from "node:test";
import { SettingsError } from "../../../config/problems.ts";
import { type Given, least, plan, problemsOf } from "../../config/settings.ts";
import { file, kinds, wrong } from "../given.ts";

test("the region: missing, or none of AWS", () => {
  const told = (region: string | undefined) => problemsOf(() => plan({ region }));
  assert.deepEqual(told(undefined), [
    `aws:region ${file}: is not set; bucket and credentials are made there: pulumi config set aws:region eu-west-1`,
  ]);
  assert.deepEqual(told("Ireland"), [
    `aws:region ${file}: is "Ireland", but must be the name of an AWS region such as eu-west-1`,
  ]);
  for (const region of ["eu-west-1", "us-gov-east-1", "ap-southeast-2"]) assert.deepEqual(told(region), []);
  const asData = (given: Given) => {
    try {
      plan(given);
    } catch (error) {
      if (error instanceof SettingsError) return error.problems.map(({ kind, path }) => [kind, ...path]);
      throw error;
    }
    return [];
  };
  assert.deepEqual(asData({ region: undefined }), [["missing", "region"]]);
  assert.deepEqual(asData({ region: "Ireland" }), [["invalid", "region"]]);
});

test("a kubeconfig names its context; a context needs no kubeconfig", () => {
  const own = { cluster: { eks: "lab", kubeconfig: "/k" } };
  assert.deepEqual(wrong(own), [
    `vllm:cluster.context ${file}: is not set; name the context of cluster.kubeconfig to use, its current one may change`,
  ]);
  assert.deepEqual(kinds(own), [["missing", "cluster.context"]]);
  for (const more of [{ kubeconfig: "/k", context: "c" }, { context: "c" }])
    assert.deepEqual(wrong({ cluster: { eks: "lab", ...more } }), []);
});

test("there is a model", () => {
  const { model: _, ...none } = least;
  const refused = () => plan({ own: none });
  assert.deepEqual(problemsOf(refused), [
    `vllm:model ${file}: is not set; name the model to serve ('model: chat'), or several under 'models'`,
  ]);
  assert.deepEqual(kinds({ model: null }), [["missing", "model"]]);
});

test("a production stack keeps its models", () => {
  const own = { production: true, image: { allowTag: "we looked at it" }, modelStore: { onDestroy: "delete" } };
  assert.deepEqual(wrong(own), [
    `vllm:modelStore.onDestroy ${file}: is delete, but a production stack keeps its models; remove it, or 'production: true'`,
  ]);
  assert.deepEqual(kinds(own), [["conflict", "modelStore.onDestroy"]]);
  assert.deepEqual(wrong({ ...own, production: false }), []);
});

test("a key is one of the bucket's region", () => {
  const kmsKey = "arn:aws:kms:us-east-1:123456789012:key/1234abcd";
  assert.deepEqual(wrong({ modelStore: { kmsKey } }), [
    `vllm:modelStore.kmsKey ${file}: is ${kmsKey}, but the bucket is in eu-west-1, and S3 takes keys of the bucket's region alone; name a key of eu-west-1`,
  ]);
  assert.deepEqual(kinds({ modelStore: { kmsKey } }), [["conflict", "modelStore.kmsKey"]]);
  assert.deepEqual(wrong({ modelStore: { kmsKey: kmsKey.replace("us-east-1", "eu-west-1") } }), []);
});
