import { connectCluster } from "../../components/cluster.ts";
import { InferencePlatform } from "../../components/inferencePlatform.ts";
import { type Given, plan } from "../config/settings.ts";
import { type Deployed, deploy } from "./mocks.ts";

/** Deploys a stack's settings as `index.ts` does, under mocks. */
export function deployPlatform(given: Given, { preview = false } = {}): Promise<Deployed<InferencePlatform>> {
  const planned = plan(given);
  return deploy(
    async () => {
      const cluster = await connectCluster(planned);
      const args = { plan: planned, clusterArn: cluster.arn, access: cluster };
      return new InferencePlatform("vllm", args, { providers: [cluster.provider] });
    },
    { preview, stack: planned.stack },
  );
}
