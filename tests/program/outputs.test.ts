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
  const { notes: _, ...rest } = outputs(result, planned({ own }));
  assert.deepEqual(rest, result.outputs);
  assert.deepEqual(Object.keys(rest), ["models", "endpoint", "modelBucket", "namespace", "apiKey"]);
});
