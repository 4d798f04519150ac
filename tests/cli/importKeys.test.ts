import assert from "node:assert/strict";
import { test } from "node:test";
import { stackDefaults } from "../../cli/import/chartDefaults.ts";
import { covers } from "../../cli/import/place.ts";
import type { Tree } from "../../config/tree.ts";
import { putKey, type StackKey, stackKeys } from "./stackKeys.ts";
import { importTrees } from "./values.ts";

/** Every key of production-stack's chart is a setting, listed with its own reason, or known to say nothing. */

const ofModel = "servingEngineSpec.modelSpec[].";
const least = { name: "chat", repository: "vllm/vllm-openai", tag: "v0.32.0", modelURL: "org/chat", requestGPU: 1 };
const waiting = { type: "prometheus", metadata: { query: "vllm:num_requests_waiting", threshold: "5" } };

/** What has to stand beside a key so that the chart reads it. */
function beside({ key }: StackKey): Tree {
  const groups = { lmcacheConfig: {}, keda: key.includes("triggers") ? { triggers: waiting } : {}, raySpec: {} };
  const on = Object.entries(groups).filter(([name]) => key.startsWith(`${ofModel}${name}.`));
  return structuredClone({
    ...least,
    ...Object.fromEntries(on.map(([name, group]) => [name, { enabled: true, ...group }])),
  });
}

const keys = [...stackKeys.schema, ...stackKeys.templates];

test("the keys are those of the version whose defaults are known", () => {
  assert.deepEqual([stackKeys.chart, stackKeys.version], ["vllm-stack", stackDefaults.version]);
  assert.equal(stackKeys.schema.length, 307);
  assert.equal(new Set(keys.map(({ key }) => key)).size, keys.length);
});

for (const one of keys)
  test(`${one.key}: ${one.becomes}`, () => {
    const values: Tree = { servingEngineSpec: { modelSpec: [beside(one)] } };
    putKey(values, one.key, structuredClone(one.sample));
    const { mapped, unmapped, noops } = importTrees([values], "vllm-stack");
    const path = one.key.replaceAll("[]", "[0]");
    const isOf = ({ from }: { from: string }) => covers(path, from) || covers(from, path);
    const settings = [...new Set(mapped.filter(isOf).map(({ to }) => to.replace("models.chat.", "")))];
    const listed = unmapped.filter(isOf);
    const becomes =
      settings.join(" ") || (listed.length > 0 ? "listed" : noops.some((from) => isOf({ from })) && "nothing");
    assert.equal(becomes, one.becomes);
    for (const { reason } of listed) assert.doesNotMatch(reason, /is no key of vllm-stack that/);
  });
