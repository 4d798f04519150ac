import type { InferencePlatform } from "../components/inferencePlatform.ts";
import { modelOutput, onlyEndpoint } from "../planning/outputs.ts";
import { notes } from "./notes.ts";
import type { Planned } from "./settings.ts";

/** The outputs of the stack: the platform's, and what to do next. */
export function outputs({ modelBucket, namespace, apiKey }: InferencePlatform, planned: Planned) {
  const { plan } = planned;
  const endpoint = onlyEndpoint(plan);
  const models = Object.fromEntries(
    plan.models.map((model) => {
      const { replicas, ...output } = modelOutput(model, plan);
      const { kind } = model.variants[0].scaling;
      return [model.name, { ...output, replicas: kind === "fixed" ? replicas.min : replicas }];
    }),
  );
  return {
    models,
    ...(endpoint ? { endpoint } : {}),
    modelBucket,
    namespace,
    apiKey,
    notes: modelBucket.apply((bucket) => notes(planned, bucket)),
  };
}
