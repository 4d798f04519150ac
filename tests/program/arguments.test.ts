import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { planned as ofArguments } from "../../components/arguments.ts";
import { isTree, type Tree } from "../../config/tree.ts";
import type { StackPlan } from "../../planning/plan.ts";
import { argumentsOf } from "../../program/arguments.ts";
import { deploy } from "../components/mocks.ts";
import { planned } from "../components/platform.ts";
import { validStack } from "../config/generate.ts";
import { type Given, givenBy, least, stacks } from "../config/settings.ts";

/** The arguments that this program hands over come to the plan that it has checked before. */

const cluster = { arn: "arn:aws:eks:eu-west-1:123456789012:cluster/lab", kubeconfig: "{}" };

/** A plan with its secrets' keys as the settings that they are at: these are written elsewhere in arguments. */
function withoutKeys(plan: StackPlan): unknown {
  const walk = (value: unknown, isSecret = false): unknown => {
    if (isSecret && typeof value === "string") return value.replace(/^.*\.(?=[^.]+$)/, "");
    if (Array.isArray(value)) return value.map((inner) => walk(inner, isSecret));
    if (!isTree(value)) return value;
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(
      entries.map(([key, inner]) => [key, walk(inner, isSecret || key === "secretEnv" || key === "apiKey")]),
    );
  };
  // What the component is given in other ways.
  const { cluster, ...rest } = plan;
  const { kubeconfig: _, ...place } = cluster;
  return walk({ ...rest, cluster: place });
}

async function samePlan(given: readonly Given[]): Promise<void> {
  await deploy(
    () => {
      const component = new pulumi.ComponentResource("vllm:index:InferencePlatform", "vllm");
      for (const one of given) {
        const settings = planned(one);
        const { eks } = settings.plan.cluster;
        const args = argumentsOf(settings, {
          ...cluster,
          arn: cluster.arn.replace("lab", eks),
          provider: undefined as never,
        });
        const { plan, inputs } = ofArguments(args, "vllm", component);
        assert.deepEqual(withoutKeys(plan), withoutKeys(settings.plan));
        assert.equal(inputs.region, settings.plan.region);
        for (const { variants } of plan.models)
          for (const key of Object.values(variants[0].pod.secretEnv))
            assert.ok(pulumi.Output.isInstance(inputs.secrets[key]));
      }
    },
    { stack: "prod" },
  );
}

test("of this repository's four stacks", () => samePlan(stacks.map((stack) => ({ ...givenBy(stack), stack: "prod" }))));

test("with secrets, several models, and what one of them takes back", () => {
  const models: Tree = {
    a: { engine: { secretEnv: { A: "the-secret-of-a", B: null } }, revision: "v1" },
    b: { gpu: { count: 0 }, autoscaling: { min: 1, max: 2 } },
    c: { replicas: 3, labels: { team: "" }, engine: { args: { seed: 1, "enable-lora": false } } },
  };
  const own = {
    ...{ ...least, model: null, models, engine: { secretEnv: { B: "the-secret-of-all" } } },
    ...{ apiKey: { value: "sk-0123456789abcdef" }, revision: "v2", cluster: { eks: "lab", context: "admin" } },
  };
  return samePlan([{ own }]);
});

test("of 500 generated stacks", () => samePlan(fc.sample(validStack, 500).map(({ base, own }) => ({ base, own }))));
