import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../../config/tree.ts";
import { imageReference } from "../../../../planning/pod/image.ts";
import { variantOf } from "../../given.ts";

const digest = `sha256:${"0".repeat(64)}`;
const imageOf = (image: Tree, more: Tree = {}) => variantOf({ image, ...more }).pod.image;

test("images: by hardware and version, or the user's own", () => {
  const image = (image: Tree, more: Tree = {}) => imageReference(imageOf(image, more));
  assert.equal(image({}), "vllm/vllm-openai:v0.32.0");
  assert.equal(image({}, { gpu: { count: 0 } }), "vllm/vllm-openai-cpu:v0.32.0");
  assert.equal(image({}, { engine: { version: "0.33.1" } }), "vllm/vllm-openai:v0.33.1");
  assert.equal(image({ tag: "mine" }), "vllm/vllm-openai:mine");
  assert.equal(image({ repository: "localhost:5000/a/b", digest }), `localhost:5000/a/b:v0.32.0@${digest}`);
});

test("the plan has an image by its parts, and no digest where there is none", () => {
  assert.deepEqual(imageOf({}), { repository: "vllm/vllm-openai", tag: "v0.32.0" });
  assert.deepEqual(imageOf({ repository: "r.example/llm", tag: "nightly", digest }), {
    repository: "r.example/llm",
    tag: "nightly",
    digest,
  });
});

test("the names of pull Secrets are handed on", () =>
  assert.deepEqual(variantOf({ image: { pullSecrets: ["a", "b"] } }).pod.pullSecrets, ["a", "b"]));
