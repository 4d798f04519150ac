import { InferencePlatform } from "../../components/inferencePlatform.ts";
import { planStack } from "../../planning/plan.ts";
import { connectCluster } from "../../program/cluster.ts";
import { type Planned, secretOutputs } from "../../program/settings.ts";
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

/** The same of a plan, which a test may have changed. */
export function deployPlanned(
  settings: Planned,
  { preview = false }: { preview?: boolean } = {},
): Promise<Deployed<InferencePlatform>> {
  const { plan } = settings;
  return deploy(
    async () => {
      const cluster = await connectCluster(plan);
      return new InferencePlatform(
        "vllm",
        { plan, secrets: secretOutputs(settings), cluster },
        { providers: [cluster.provider] },
      );
    },
    { preview, stack: plan.stack },
  );
}
