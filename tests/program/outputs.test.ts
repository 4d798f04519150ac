import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import type { Tree } from "../../config/tree.ts";
import { outputs } from "../../program/outputs.ts";
import { deployPlatform, planned } from "../components/platform.ts";
import { least } from "../config/settings.ts";

/** What a stack gives out in the end: the platform's outputs, and notes. */
const notesOf = async (own: Tree, preview: boolean): Promise<string> => {
  const { result } = await deployPlatform({ own }, { preview });
  const { notes } = outputs(result, planned({ own }));
  assert.equal(await pulumi.isSecret(notes), false);
  return new Promise((done) => notes.apply(done));
};

test("before a revision, a preview already says where to publish it", async () => {
  const notes = await notesOf(least, true);
  assert.equal(
    notes.split("\n")[1],
    "  aws s3 cp --recursive ./chat s3://vllm-models-bucket-1234567/models/chat/v1/ --exclude 'consolidated*' --exclude 'original/*'",
  );
  assert.equal(await notesOf(least, false), notes);
});

test("with a revision, a preview says what the update will", async () => {
  const own = { ...least, revision: "v1" };
  const notes = await notesOf(own, true);
  assert.match(notes, /^chat serves 'chat', revision v1/);
  assert.equal(await notesOf(own, false), notes);
});

test("beside the notes a stack gives out what the platform does, and nothing else", async () => {
  const own = { ...least, revision: "v1" };
  const { result } = await deployPlatform({ own });
  const { notes: _, models, endpoint, ...rest } = outputs(result, planned({ own }));
  const { modelBucket, namespace, apiKey } = result;
  assert.deepEqual(rest, { modelBucket, namespace, apiKey });
  const address = "http://chat.vllm.svc/v1";
  assert.equal(endpoint, address);
  assert.deepEqual(models, { chat: { endpoint: address, servedModelName: "chat", revision: "v1", replicas: 1 } });
});

test("a fixed count is a number, bounds are bounds, also where they are equal; of several models none is the endpoint", async () => {
  const models = { a: { revision: "v1", replicas: 2 }, b: { autoscaling: { min: 2, max: 2 } } };
  const own = { ...least, model: null, models };
  const given = outputs((await deployPlatform({ own })).result, planned({ own }));
  assert.deepEqual(given.models, {
    a: { endpoint: "http://a.vllm.svc/v1", servedModelName: "a", revision: "v1", replicas: 2 },
    b: { servedModelName: "b", replicas: { min: 2, max: 2 } },
  });
  assert.equal("endpoint" in given, false);
});
