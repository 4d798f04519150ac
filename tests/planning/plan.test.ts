import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tree } from "../../config/tree.ts";
import { planStack } from "../../planning/plan.ts";
import { validStack } from "../config/generate.ts";
import { least, plan, problemsOf, resolved } from "../config/settings.ts";
import { file } from "./given.ts";

test("all problems of all models at once, each at the place that decides", () => {
  const problems = problemsOf(() =>
    plan({
      base: { gpu: { product: "L4" }, models: { a: { gpu: { product: "X" } } } },
      own: {
        cluster: { eks: "lab" },
        models: { a: { engine: { args: { port: 1 } } }, b: { engine: { tensorParallelSize: 3 } }, c: {} },
      },
    }),
  );
  assert.deepEqual(
    problems.map((problem) => problem.split(": ")[0]),
    [
      "vllm:base.models.a.gpu.product (Pulumi.yaml)",
      `vllm:models.a.engine.args.port ${file}`,
      `vllm:models.b.engine.tensorParallelSize ${file}`,
    ],
  );
});

test("the stack's part: what a destroy leaves, and the rotation only where there is one", () => {
  const beside = (own: Tree) => plan({ own: { ...least, ...own } });
  assert.deepEqual(plan({}).modelStore, { onDestroy: "keep" });
  assert.deepEqual(beside({ modelStore: { onDestroy: "delete" } }).modelStore, { onDestroy: "delete" });
  assert.deepEqual(plan({}).apiKey, {});
  assert.deepEqual(beside({ apiKey: { rotation: 2 } }).apiKey, { rotation: "2" });
});

test("an own API key stands in the plan as the key that it is written under", () => {
  const own = { ...least, apiKey: { value: "sk-0123456789abcdef" } };
  assert.deepEqual(plan({ own }).apiKey, { value: "vllm:apiKey.value" });
  assert.doesNotMatch(JSON.stringify(plan({ own })), /sk-0123456789abcdef/);
});

test("a cluster, or all that was asked of one, is handed on", () => {
  const cluster = { eks: "lab", kubeconfig: "/k", context: "c", ipFamily: "ipv6" };
  assert.deepEqual(plan({ own: { ...least, cluster } }).cluster, cluster);
  assert.deepEqual(plan({}).cluster, { eks: "lab", ipFamily: "ipv4" });
});

test("what needs no planning is handed on whole, as the effective settings have it", () => {
  const seen = { tolerations: 0, nodeSelector: 0, pullSecrets: 0, labels: 0, secretEnv: 0, rotation: 0, delete: 0 };
  fc.assert(
    fc.property(validStack, ({ base, own }) => {
      const all = resolved({ base, own });
      const { settings } = all;
      const made = planStack(all);
      assert.deepEqual([made.stack, made.region], [settings.stack, settings.region]);
      const { cluster, namespace, modelStore, apiKey } = settings;
      assert.deepEqual(
        { cluster: made.cluster, namespace: made.namespace, modelStore: made.modelStore, apiKey: made.apiKey },
        { cluster, namespace, modelStore, apiKey },
      );
      seen.rotation += Number(apiKey.rotation !== undefined);
      seen.delete += Number(modelStore.onDestroy === "delete");

      const names = settings.models.map(({ name }) => name);
      assert.deepEqual(
        made.models.map(({ name }) => name),
        names,
      );
      for (const { name, labels, access, image, scheduling, engine } of settings.models) {
        const model = made.models.find((one) => one.name === name);
        assert.deepEqual([model?.labels, model?.access], [labels, access]);
        for (const { pod } of model?.variants ?? []) {
          assert.deepEqual(pod.scheduling, scheduling);
          assert.deepEqual(pod.pullSecrets, image.pullSecrets);
          assert.deepEqual(pod.secretEnv, engine.secretEnv);
        }
        seen.tolerations += scheduling.tolerations.length;
        seen.nodeSelector += Object.keys(scheduling.nodeSelector).length;
        seen.pullSecrets += image.pullSecrets.length;
        seen.labels += Object.keys(labels).length;
        seen.secretEnv += Object.keys(engine.secretEnv).length;
      }
    }),
    { numRuns: 500 },
  );
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 20, `${what}: ${count}`);
});
