import { InferencePlatform } from "./components/inferencePlatform.ts";
import { argumentsOf } from "./program/arguments.ts";
import { connectCluster } from "./program/cluster.ts";
import { outputs } from "./program/outputs.ts";
import { planSettings } from "./program/settings.ts";

const planned = await planSettings();
const cluster = await connectCluster(planned.plan);
const platform = new InferencePlatform("vllm", argumentsOf(planned, cluster), { providers: [cluster.provider] });

export default outputs(platform, planned);
