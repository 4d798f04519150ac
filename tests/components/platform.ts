import * as pulumi from "@pulumi/pulumi";
import { InferencePlatform } from "../../components/inferencePlatform.ts";
import { type InferencePlatformNodes, platformNodes } from "../../components/platformNodes.ts";
import type { Secrets } from "../../components/secrets.ts";
import { planStack, type StackPlan } from "../../planning/plan.ts";
import { argumentsOf } from "../../program/arguments.ts";
import { connectCluster } from "../../program/cluster.ts";
import type { Planned } from "../../program/settings.ts";
import { type Given, resolved } from "../config/settings.ts";
import { type Deployed, deploy } from "./mocks.ts";

/** Settings as the program has them: with their plan, and their secrets beside it. */
export function planned(given: Given): Planned {
  const settings = resolved(given);
  return { ...settings, plan: planStack(settings) };
}

/** Deploys a stack's settings as `index.ts` does, under mocks. */
export const deployPlatform = (given: Given, options?: { preview?: boolean }): Promise<Deployed<InferencePlatform>> =>
  deployPlanned(planned(given), options);

/** The same of settings that are planned. */
export function deployPlanned(
  settings: Planned,
  options: { preview?: boolean; ipFamily?: string } = {},
): Promise<Deployed<InferencePlatform>> {
  const { plan } = settings;
  return deploy(
    async () => {
      const cluster = await connectCluster(plan);
      return new InferencePlatform("vllm", argumentsOf(settings, cluster), { providers: [cluster.provider] });
    },
    { ...options, stack: plan.stack },
  );
}

/** Deploys a plan that no settings come to, with the secrets that it names. */
export function deployPlan(plan: StackPlan, secrets: Secrets = {}): Promise<Deployed<InferencePlatformNodes>> {
  return deploy(
    async () => {
      const { provider, arn: clusterArn, kubeconfig } = await connectCluster(plan);
      const { region } = plan;
      const options = { providers: [provider] };
      const platform = new pulumi.ComponentResource("vllm:index:InferencePlatform", "vllm", {}, options);
      return platformNodes(platform, "vllm", plan, {
        region,
        clusterArn,
        kubeconfig,
        bucket: undefined,
        kmsKey: undefined,
        secrets,
      }).nodes;
    },
    { stack: plan.stack },
  );
}
