import * as pulumi from "@pulumi/pulumi";
import type { InferencePlatformArgs, ModelSettings } from "../components/args.ts";
import { type Secrets, secretOf } from "../components/secrets.ts";
import type { EffectiveModel, Resolved } from "../config/settings.ts";
import type { Cluster } from "./cluster.ts";
import type { Planned } from "./settings.ts";

/** The arguments that this stack's settings are: what came out of their layers, with the secrets as Outputs. */
export function argumentsOf(planned: Planned, { arn, kubeconfig }: Cluster): InferencePlatformArgs {
  const { stack: _, models, apiKey, ...settings } = planned.settings;
  const { value, ...rotation } = apiKey;
  const secrets = secretOutputs(planned);
  return {
    ...settings,
    cluster: { ...planned.plan.cluster, arn, kubeconfig },
    apiKey: value === undefined ? rotation : { value: secretOf(secrets, value) },
    models: Object.fromEntries(models.map((model) => [model.name, modelArguments(model, secrets)])),
  };
}

/** The secrets of the settings, by the keys that they are written under. */
export const secretOutputs = ({ secrets }: Pick<Resolved, "secrets">): Secrets =>
  Object.fromEntries(Object.entries(secrets).map(([key, value]) => [key, pulumi.secret(value)]));

function modelArguments({ name: _, ...model }: EffectiveModel, secrets: Secrets): ModelSettings {
  const { engine } = model;
  const secretEnv = Object.entries(engine.secretEnv).map(([name, key]) => [name, secretOf(secrets, key)] as const);
  return { ...model, engine: { ...engine, secretEnv: Object.fromEntries(secretEnv) } };
}
