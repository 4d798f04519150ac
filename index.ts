import { InferencePlatform } from "./components/inferencePlatform.ts";
import { connectCluster } from "./program/cluster.ts";
import { outputs } from "./program/outputs.ts";
import { planSettings, secretOutputs } from "./program/settings.ts";

const planned = await planSettings();
const { plan } = planned;
const cluster = await connectCluster(plan);
const platform = new InferencePlatform(
  "vllm",
  { plan, secrets: secretOutputs(planned), cluster },
  { providers: [cluster.provider] },
);

export default outputs(platform, planned);
