import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf, told } from "./explanation.ts";
import { projectOf } from "./run.ts";

/** `npm run explain`: what is allowed and hardly meant, and a context that vLLM chooses. */

const project = projectOf({
  "Pulumi.yaml": "name: x\nruntime: nodejs\n",
  "Pulumi.s.yaml": `config:
  aws:region: eu-west-1
  vllm:cluster: {eks: lab}
  vllm:models:
    hasty: {gpu: {product: L4}, startup: {seconds: 60}}
    odd: {gpu: {product: L4, count: 3}}
    plain: {gpu: {product: L4}}
    stretched:
      gpu: {product: L4}
      engine: {maxModelLen: auto}
      shape:
        {parameters: 8.19B, layers: 36, hiddenSize: 4096, attentionHeads: 32, keyValueHeads: 8, contextLength: 40960}
`,
});
const text = (model: string) => textOf(project, "--model", model);
const notes = /is reckoned to take at the most|share each layer|which auto takes/;

test("as JSON: each of the model that it is of, and of no other", async () => {
  const { models } = await told(project, "s");
  const { startup = 0 } = models.plain?.budgets ?? {};
  const said = Object.entries(models).map(([name, { startupTooShort, headsUnknown, fit }]) => [
    name,
    startupTooShort,
    headsUnknown,
    fit.checked && fit.auto,
  ]);
  assert.deepEqual(said, [
    ["hasty", { seconds: 60, estimate: startup }, undefined, false],
    ["odd", undefined, { tensorParallelSize: 3 }, false],
    ["plain", undefined, undefined, false],
    ["stretched", undefined, undefined, true],
  ]);
});

test("as text: in the section that it belongs to, and nowhere else", async () => {
  const { models } = await told(project, "s");
  const { startup = 0 } = models.plain?.budgets ?? {};
  assert.ok(
    (await text("hasty")).includes(
      `s) at most\n  startup.seconds: 60 is less than the ${startup} s that this start is reckoned to take at the most; a pod that is not ready by then is killed, and starts again\n\nRollout\n`,
    ),
  );
  assert.ok(
    (await text("odd")).includes(
      "tell whether it fits\n  3 GPUs share each layer (engine.tensorParallelSize, or gpu.count ÷ engine.pipelineParallelSize); vLLM refuses to start where the model's attention heads cannot be shared out over 3, as most models' cannot; set shape, and it is checked\n\nMemory of a pod\n",
    ),
  );
  const stretched = await text("stretched");
  const { fit } = models.stretched ?? {};
  assert.ok(fit?.checked && fit.context < 40_960);
  assert.match(stretched, new RegExp(`^  longest context that fits +${fit.context} tokens, which auto takes$`, "m"));
  assert.match(stretched, /^ {4}--max-model-len auto \\$/m);
  assert.doesNotMatch(await text("plain"), notes);
});
