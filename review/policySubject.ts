import type { Resolved } from "../config/settings.ts";
import { planStack } from "../planning/plan.ts";
import type { PolicyContext, PolicyObject } from "../policy/rule.ts";
import type { RenderedObject, RenderedStack } from "../render/objects.ts";
import { renderStack } from "../render/stack.ts";

/**
 * What the rules judge of a stack: the objects of its render, and what its settings and its plan say beside them.
 * @throws SettingsError with everything that is wrong with the settings
 */
export const policySubject = async (resolved: Resolved): Promise<PolicySubject> =>
  subjectOf(resolved, await renderStack(resolved));

/** What the rules are given. */
export interface PolicySubject {
  objects: PolicyObject[];
  context: PolicyContext;
}

/** The same of a stack that is rendered already. */
export const subjectOf = (resolved: Resolved, { objects }: RenderedStack): PolicySubject => ({
  objects: objects.map(judgedObject),
  context: contextOf(resolved),
});

function judgedObject({ type, name, properties, protect, placeholders }: RenderedObject): PolicyObject {
  const secrets = placeholders.filter(({ kinds }) => kinds.includes("secret")).map(({ path }) => path);
  return { type, name, properties, protect, ...(secrets.length > 0 ? { secrets } : {}) };
}

function contextOf(resolved: Resolved): PolicyContext {
  const { production, region, modelStore, models, policy } = resolved.settings;
  const { cost, gpus } = planStack(resolved);
  return {
    production,
    region,
    onDestroy: modelStore.onDestroy ?? "keep",
    ...(modelStore.bucket === undefined ? {} : { ownBucket: modelStore.bucket }),
    models: Object.fromEntries(
      models.map(({ name, image }) => [
        name,
        { prefix: `models/${name}/`, ...(image.allowTag ? { allowTag: image.allowTag } : {}) },
      ]),
    ),
    limits: policy.limits,
    gpus: gpus.max,
    cost: {
      perHour: cost.most.perHour,
      unknown: cost.unknown,
      ...(cost.catalogue?.otherRegion ? { pricesOf: cost.catalogue.region } : {}),
    },
  };
}
