import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SettingsError, sentence } from "../../config/problems.ts";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import { schemaAt } from "../../config/schema/schema.ts";
import { assertRelations } from "../planning/relations.ts";
import { brokenStack } from "./broken.ts";
import { single, validStack } from "./generate.ts";
import { plan } from "./settings.ts";

/** 10,000 generated stacks: the right ones have a plan whose relations hold, the wrong ones their refusal. */

const runs = 5000;

test(`${runs} right stacks have plans, and all relations of a plan hold`, () => {
  fc.assert(
    fc.property(validStack, ({ base, own, name }) => {
      const { models } = plan({ base, own });
      const model = models.find((one) => one.name === name);
      assert.ok(model);
      assertRelations(model);
    }),
    { numRuns: runs },
  );
});

test(`${runs} wrong stacks are refused for what is wrong with them and for nothing else, in words`, () => {
  fc.assert(
    fc.property(brokenStack, ({ stack: { base, own }, key, message, several }) => {
      try {
        plan({ base, own });
      } catch (error) {
        assert.ok(error instanceof SettingsError, String((error as Error).stack));
        assert.doesNotMatch(error.message, /\n +at |\[object|undefined|is NaN/);
        const of = error.problems.filter((problem) => problem.key === key || problem.key.startsWith(`${key}.`));
        const told = of.map(sentence);
        assert.ok(
          told.some((text) => message.test(text)),
          `of ${key} ${message} should be told, but: ${error.message}`,
        );
        // What follows from it is not told.
        assert.ok(several || error.problems.length === 1, error.message);
        return;
      }
      assert.fail(`accepted, although ${key} is wrong: ${message}`);
    }),
    { numRuns: runs },
  );
});

/** Settings that the generator gives with others, so that they go together. */
const together = [
  ...["gpu.product", "gpu.count", "engine.tensorParallelSize", "engine.pipelineParallelSize", "engine.maxModelLen"],
  ...["resources.memory", "resources.shm", "replicas", "image.streamer", "delivery.kind"],
];

test("the generator knows every setting of a model", () => {
  const leaves = (path: string[]): string[] => {
    const members = schemaAt(path)?.members;
    return members ? Object.keys(members).flatMap((key) => leaves([...path, key])) : [path.join(".")];
  };
  const all = Object.keys(modelEntries).flatMap((key) => leaves([key]));
  const elsewhere = all.filter((path) => /^(shape|autoscaling)\./.test(path));
  assert.deepEqual(
    all.filter((path) => !elsewhere.includes(path)).sort(),
    [...Object.keys(single), ...together, "engine.acceptCves", "engine.acknowledge"].sort(),
  );
});
