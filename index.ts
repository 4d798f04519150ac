import { InferencePlatform } from "./components/inferencePlatform.ts";
import { planStack } from "./planning/plan.ts";
import { connectCluster } from "./program/cluster.ts";
import { outputs } from "./program/outputs.ts";
import { loadSettings } from "./program/settings.ts";

const { plan, secrets } = loadSettings(planStack);
const cluster = await connectCluster(plan);
const platform = new InferencePlatform(
  "vllm",
  { plan, secrets, clusterArn: cluster.arn, access: cluster },
  { providers: [cluster.provider] },
);

export default outputs(platform, plan);
