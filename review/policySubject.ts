import type { Resolved } from "../config/settings.ts";
import { planStack } from "../planning/plan.ts";
import type { PolicyContext, PolicyObject } from "../policy/rule.ts";
import type { RenderedObject, RenderedStack } from "../render/objects.ts";
import { renderStack } from "../render/stack.ts";

/**
 * The objects of a stack's render, as the rules judge them.
 * @throws SettingsError with everything that is wrong with the settings
 */
export const renderedObjects = async (resolved: Resolved): Promise<PolicyObject[]> =>
  policyObjectsOf(await renderStack(resolved));

/** The same of a stack that is rendered already. */
export const policyObjectsOf = ({ objects }: RenderedStack): PolicyObject[] => objects.map(judgedObject);

function judgedObject({ type, name, properties, protect, placeholders }: RenderedObject): PolicyObject {
  const secrets = placeholders.filter(({ kinds }) => kinds.includes("secret")).map(({ path }) => path);
  return { type, name, properties, protect, ...(secrets.length > 0 ? { secrets } : {}) };
}

/**
 * What a stack's settings and its plan say beside its objects.
 * @throws SettingsError likewise
 */
export function policyContext(resolved: Resolved): PolicyContext {
  const { production, region, modelStore, models, policy } = resolved.settings;
  const { cost, gpus } = planStack(resolved);
  return {
    production,
    region,
    onDestroy: modelStore.onDestroy ?? "keep",
    ...(modelStore.bucket === undefined ? {} : { ownBucket: modelStore.bucket }),
    ...(modelStore.kmsKey === undefined ? {} : { kmsKey: modelStore.kmsKey }),
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
