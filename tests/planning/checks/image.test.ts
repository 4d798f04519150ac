import assert from "node:assert/strict";
import { test } from "node:test";
import { file, kinds, variantOf, wrong } from "../given.ts";

test("a tag of vLLM's says the version that is checked; another image's tag is its own", () => {
  assert.deepEqual(wrong({ image: { tag: "v0.6.3" } }), [
    `vllm:image.tag ${file}: is v0.6.3, but engine.version is 0.32.0; set the version, and leave the tag out`,
  ]);
  assert.deepEqual(kinds({ image: { tag: "v0.6.3" } }), [["conflict", "image.tag"]]);
  assert.equal(wrong({ image: { repository: "r.example/mirror/vllm-openai", tag: "0.31.0-cu129" } }).length, 1);
  for (const image of [
    { tag: "v0.32.0-cu129" },
    { tag: "nightly-0123456789" },
    { repository: "r.example/llm", tag: "v0.6.3" },
    { repository: "lmcache/vllm-openai", tag: "v0.4.0" },
    { repository: "public.ecr.aws/deep-learning-containers/vllm", tag: "0.10.2-gpu-py312-ec2" },
    { repository: "r.example/nvidia/vllm", tag: "0.9.0" },
    { repository: "r.example/team-vllm", tag: "0.4.1" },
  ])
    assert.deepEqual(wrong({ image }), []);
});

test("streaming needs an image with the streamer", () => {
  const told = (why: string) => [
    `vllm:delivery.kind ${file}: is stream, but the image has no streamer${why}; use 'copy'`,
  ];
  const delivery = { kind: "stream" };
  assert.deepEqual(wrong({ delivery, image: { streamer: false } }), told(" (image.streamer: false)"));
  assert.deepEqual(kinds({ delivery, image: { streamer: false } }), [["conflict", "delivery.kind"]]);
  assert.deepEqual(
    wrong({ delivery, gpu: { count: 0 } }),
    told(" (vLLM's CPU image does not; where yours does, set image.streamer: true)"),
  );
  for (const [own, streamed] of [
    [{ delivery }, true],
    [{ delivery, gpu: { count: 0 }, image: { streamer: true } }, true],
    [{ delivery: { kind: "copy" } }, false],
    [{ gpu: { count: 0 } }, false],
    [{ image: { streamer: false } }, false],
    [{ gpu: { count: 0 }, image: { streamer: true } }, true],
  ] as const)
    assert.equal(variantOf(own).pod.streamed, streamed, JSON.stringify(own));
});

test("a production stack pins its image, or says why not, at the place where the image is written", () => {
  const production = { production: true };
  const needs =
    "is not set; a production stack pins its image: give the digest, or in image.allowTag the reason why a tag is enough";
  assert.deepEqual(wrong(production), [`vllm:image.digest ${file}: ${needs}`]);
  assert.deepEqual(kinds(production), [["missing", "image.digest"]]);
  const models = { chat: { image: { tag: "mine" } } };
  assert.deepEqual(wrong({ ...production, model: null, models }), [`vllm:models.chat.image.digest ${file}: ${needs}`]);
  assert.deepEqual(wrong({ ...production, image: { digest: `sha256:${"0".repeat(64)}` } }), []);
  assert.deepEqual(wrong({ ...production, image: { allowTag: "our registry never moves a tag" } }), []);
  assert.deepEqual(
    kinds({ ...production, image: { digest: "sha256:0" } }),
    [["invalid", "image.digest"]],
    "and of one that is wrong nothing more is said",
  );
});

test("a production stack that copies pins the copier's image too, where it is written", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  const copied = { production: true, image: { digest }, delivery: { kind: "copy" } };
  const pin =
    "and a production stack pins its image: give the digest, or in image.allowTag the reason why a tag is enough";
  assert.deepEqual(wrong(copied), [`vllm:delivery.image ${file}: is amazon/aws-cli:2.37.4, ${pin}`]);
  assert.deepEqual(kinds(copied), [["conflict", "delivery.image"]]);
  assert.deepEqual(kinds({ ...copied, image: {} }), [
    ["missing", "image.digest"],
    ["conflict", "delivery.image"],
  ]);
  const models = { chat: { delivery: { image: "r.example/aws-cli:2" } } };
  assert.deepEqual(wrong({ ...copied, model: null, models }), [
    `vllm:models.chat.delivery.image ${file}: is r.example/aws-cli:2, ${pin}`,
  ]);
  for (const image of [`r.example/aws-cli@${digest}`, `r.example/aws-cli:2@${digest}`])
    assert.deepEqual(wrong({ ...copied, delivery: { kind: "copy", image } }), []);
  assert.deepEqual(wrong({ ...copied, image: { allowTag: "our registry never moves a tag" } }), []);
  assert.deepEqual(wrong({ ...copied, delivery: {} }), [], "nothing is copied");
  assert.deepEqual(wrong({ ...copied, production: false }), []);
  assert.deepEqual(
    kinds({ ...copied, delivery: { kind: "copied" } }),
    [["invalid", "delivery.kind"]],
    "and of what is wrong nothing more is said",
  );
});

test("the copier's image is one reference, with what names it; it may be said where nothing is copied", () => {
  const digest = `sha256:${"0".repeat(64)}`;
  for (const image of [
    "aws-cli:2",
    "r.example:5000/a/b:2.1",
    `a/b@${digest}`,
    `a/b:2@${digest}`,
    `a/b:latest@${digest}`,
  ])
    for (const kind of ["copy", "stream"]) assert.deepEqual(wrong({ delivery: { kind, image } }), [], image);
  const named = "an image with its tag or digest, such as registry.example.com/name:1.2.3";
  for (const image of ["amazon/aws-cli", "r.example:5000/a", "A/b:2", "a b:2", "a:", "a@sha256:0", `a@${digest}:2`])
    assert.deepEqual(wrong({ delivery: { image } }), [
      `vllm:delivery.image ${file}: is ${JSON.stringify(image)}, but must be ${named}`,
    ]);
  assert.deepEqual(wrong({ delivery: { image: "amazon/aws-cli:latest" } }), [
    `vllm:delivery.image ${file}: is "amazon/aws-cli:latest", but must be a tag other than 'latest', which is another image tomorrow`,
  ]);
});
