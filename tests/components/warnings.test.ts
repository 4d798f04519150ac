import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { stackWarnings } from "../../planning/warnings.ts";
import { least, plan } from "../config/settings.ts";
import { deployPlatform } from "./platform.ts";

/** What is allowed, and hardly meant, is told when it is deployed, each once. */

async function said(t: TestContext, ...stacks: Tree[]): Promise<unknown[]> {
  const { mock } = t.mock.method(console, "warn", (_: string) => {});
  for (const own of stacks) await deployPlatform({ own }, { preview: true });
  return mock.calls.map((call: { arguments: unknown[] }) => call.arguments[0]);
}

test("spare GPUs that are too few for a pod are told, and nothing else", async (t) => {
  const gpu = { product: "H100", count: 8, spare: 8 };
  const told =
    "warning: [runtime] model chat: the 4 spare H100 are fewer than the 8 GPUs of a pod, so an old pod goes before its successor comes";
  assert.deepEqual(await said(t, { ...least, gpu }, least, { ...least, gpu: { ...gpu, spare: 4 } }), [told]);
});

test("a start-up that is too short and heads that are not known are told of the model", async (t) => {
  const own = { ...least, startup: { seconds: 60 }, gpu: { product: "L4", count: 3 } };
  const texts = stackWarnings(plan({ own }));
  assert.equal(texts.length, 2);
  assert.deepEqual(
    await said(t, own),
    texts.map((text) => `warning: [runtime] ${text}`),
  );
});
