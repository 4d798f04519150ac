import { connectCluster } from "./components/cluster.ts";
import { InferencePlatform } from "./components/inferencePlatform.ts";
import { loadSettings } from "./config/load.ts";
import { planStack } from "./planning/plan.ts";

const { plan, secrets } = loadSettings(planStack);
const cluster = await connectCluster(plan);
const platform = new InferencePlatform(
  "vllm",
  { plan, secrets, clusterArn: cluster.arn, access: cluster },
  { providers: [cluster.provider] },
);

export default platform.outputs;
