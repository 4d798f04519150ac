import * as pulumi from "@pulumi/pulumi";
import { InferencePlatform } from "../../components/inferencePlatform.ts";
import { connectCluster } from "../../program/cluster.ts";
import { type Given, plan } from "../config/settings.ts";
import { type Deployed, deploy } from "./mocks.ts";

/** Deploys a stack's settings as `index.ts` does, under mocks; `secrets` are by the keys that they are written under. */
export function deployPlatform(
  given: Given,
  { preview = false, secrets = {} }: { preview?: boolean; secrets?: Record<string, string> } = {},
): Promise<Deployed<InferencePlatform>> {
  const planned = plan(given);
  return deploy(
    async () => {
      const cluster = await connectCluster(planned);
      const outputs = Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, pulumi.secret(value)]));
      const args = { plan: planned, secrets: outputs, clusterArn: cluster.arn, access: cluster };
      return new InferencePlatform("vllm", args, { providers: [cluster.provider] });
    },
    { preview, stack: planned.stack },
  );
}
