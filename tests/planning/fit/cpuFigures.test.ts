import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SettingsError } from "../../../config/problems.ts";
import { explain } from "../../../planning/explain.ts";
import { planStack } from "../../../planning/plan.ts";
import { resolved } from "../../config/settings.ts";

/** What is told of the fit on a CPU are figures of the pod, and nothing that stands for one. */

const shape = fc.record({
  parameters: fc.integer({ min: 10_000_000, max: 8_000_000_000 }),
  layers: fc.integer({ min: 1, max: 80 }),
  hiddenSize: fc.constantFrom(64, 1024, 8192),
  attentionHeads: fc.constantFrom(1, 16, 64),
  contextLength: fc.option(fc.integer({ min: 128, max: 10_000_000 }), { nil: undefined }),
});
const engine = fc.record({
  maxModelLen: fc.constantFrom(undefined, "auto", 2048, 131_072),
  maxNumSeqs: fc.constantFrom(undefined, 1, 4096),
});

test("each figure of a model on a CPU is a whole number that its pod's memory bounds, and they come to it", () => {
  let seen = 0;
  fc.assert(
    fc.property(
      shape,
      engine,
      fc.integer({ min: 6, max: 256 }),
      fc.integer({ min: 1, max: 30 }),
      (facts, own, gib, replicas) => {
        const all = resolved({
          own: {
            ...{ cluster: { eks: "lab" }, model: "chat", gpu: { count: 0 }, replicas },
            ...{ shape: facts, engine: own, resources: { memory: `${gib}Gi` } },
          },
        });
        let told: ReturnType<typeof explain>;
        try {
          told = explain(all, planStack(all));
        } catch (error) {
          assert.ok(error instanceof SettingsError, String(error));
          return;
        }
        const { fit, memory, rollout, gpus } = told.models.chat ?? assert.fail();
        for (const figure of [...Object.values(rollout), ...Object.values(gpus)])
          if (typeof figure === "number") assert.ok(Number.isSafeInteger(figure) && figure >= 0 && figure <= 30);
        if (!fit.checked) return;
        seen++;
        const { product, gpus: count, memoryBytes, usableBytes, context, longestContext, ...bytes } = fit;
        assert.deepEqual([product, count, memoryBytes, usableBytes], ["none", 0, gib * 2 ** 30, gib * 2 ** 30]);
        for (const figure of [bytes.weightsBytes, bytes.overheadBytes, bytes.kvCacheBytes, bytes.sequenceBytes])
          assert.ok(Number.isSafeInteger(figure) && figure > 0 && figure <= memoryBytes, JSON.stringify(fit));
        const rest = memory.parts.at(-1)?.bytes ?? Number.NaN;
        const sum = bytes.weightsBytes + bytes.overheadBytes + bytes.kvCacheBytes + rest;
        assert.ok(Math.abs(sum - memoryBytes) <= 4, JSON.stringify([sum, memoryBytes]));
        const longest = Math.max(context, facts.contextLength ?? 0);
        assert.ok(context > 0 && longestContext >= context && longestContext <= longest, JSON.stringify(fit));
        assert.ok(Number.isSafeInteger(bytes.fullSequences) && bytes.fullSequences >= 1);
        assert.ok([1, 128, 4096].includes(bytes.maxNumSeqs));
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(seen > 300, String(seen));
});
