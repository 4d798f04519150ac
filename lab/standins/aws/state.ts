import { createHash, randomBytes } from "node:crypto";
import { PluginError } from "../plugin/errors.ts";
import type { CheckRequest, CheckResult, Received } from "../plugin/provider.ts";
import { isObject, type Properties, type PropertyValue, same } from "../plugin/values.ts";
import type { Kind, Remote } from "./kind.ts";
import { samePolicy } from "./policy.ts";

/** What the provider's configuration gives to every resource. */
export interface Defaults {
  region: string;
  tags: { [key: string]: string };
}

/** The list of inputs that the provider filled in, which Pulumi keeps and does not show. */
export const defaultedKey = "__defaults";

/** Completes the inputs of a resource: defaults, region, a name, all tags; and says what is wrong. */
export function completeInputs(kind: Kind, request: CheckRequest, defaults: Defaults): CheckResult {
  const given = request.news;
  const inputs: Properties = { ...given };
  const filled: string[] = [];
  const fill = (property: string, value: PropertyValue | undefined) => {
    if (inputs[property] !== undefined || value === undefined) return;
    inputs[property] = value;
    filled.push(property);
  };
  for (const [property, value] of Object.entries(kind.defaults ?? {})) fill(property, value);
  if (kind.inputs.region) fill("region", defaults.region);
  if (kind.autoName) fill(kind.autoName.property, automaticName(kind.autoName, request));
  if (kind.inputs.tagsAll) {
    const tags = { ...defaults.tags, ...(isObject(given.tags) ? given.tags : {}) };
    if (typeof given.tags === "string")
      inputs.tagsAll = given.tags; // unknown as a whole
    else if (Object.keys(tags).length > 0) inputs.tagsAll = tags;
  }
  const failures = [
    ...kind.required
      .filter((property) => inputs[property] === undefined)
      .map((property) => ({ property, reason: `Missing required argument: "${property}" is not set` })),
    ...Object.keys(given)
      .filter((property) => !kind.inputs[property] && property !== defaultedKey)
      .map((property) => ({
        property,
        reason: `The lab's stand-in for the AWS plugin does not have "${property}" of ${request.type}`,
      })),
  ];
  return { inputs: { [defaultedKey]: filled.sort(), ...inputs }, failures };
}

function automaticName(rule: NonNullable<Kind["autoName"]>, request: CheckRequest): string {
  const { property, maxLength, lowerCase } = rule;
  const { olds, news, name, randomSeed } = request;
  const oldDefaults = olds[defaultedKey];
  const old = olds[property];
  if (typeof old === "string" && Array.isArray(oldDefaults) && oldDefaults.includes(property)) return old;
  const seeded = randomSeed.length > 0;
  const hex = seeded
    ? createHash("sha256").update(randomSeed).update(request.urn).digest("hex")
    : randomBytes(8).toString("hex");
  const prefix = news[`${property}Prefix`] ?? (property === "name" ? news.namePrefix : undefined);
  const stem = typeof prefix === "string" ? prefix : `${lowerCase ? name.toLowerCase() : name}-`;
  // In the words of the real plugin, which refuses it too.
  if (stem.length + 7 > maxLength)
    throw new PluginError(`name '${stem}' plus 7 random chars is longer than maximum length ${maxLength}`);
  return stem + hex.slice(0, 7);
}

/** The state of a resource that exists: its inputs, and what AWS says of everything else. */
export function stateOf(kind: Kind, inputs: Received, remote: Remote): Properties {
  const { [defaultedKey]: _, ...given } = inputs;
  const known = Object.entries(remote).filter(([property, value]) => value !== null && given[property] === undefined);
  return { ...given, ...Object.fromEntries(known), ...(kind.inputs.tagsAll ? { tagsAll: given.tagsAll ?? {} } : {}) };
}

/** Inputs after a refresh: as they were where AWS still has them, else as AWS has them now. */
export function refreshedInputs(kind: Kind, inputs: Received, remote: Remote, tags: Defaults["tags"]): Properties {
  const result: Properties = { ...inputs };
  for (const [property, old] of Object.entries(inputs)) {
    const now = remote[property];
    if (now === undefined || property === "tagsAll") continue;
    const still = kind.policies?.includes(property) ? samePolicy(old, now) : covers(now, old);
    if (!still) result[property] = now ?? undefined;
  }
  const allTags = remote.tagsAll;
  if (kind.inputs.tagsAll && isObject(allTags) && !same(allTags, inputs.tagsAll ?? {})) {
    const own = Object.entries(allTags).filter(([key, value]) => tags[key] !== value);
    result.tagsAll = allTags;
    result.tags = Object.fromEntries(own);
  }
  return result;
}

/** Whether AWS's value has everything that the program asked for; AWS adds fields of its own. */
function covers(now: PropertyValue, asked: PropertyValue): boolean {
  if (isObject(now) && isObject(asked)) {
    return Object.entries(asked).every(([key, value]) => key === defaultedKey || covers(now[key] ?? null, value));
  }
  if (Array.isArray(now) && Array.isArray(asked)) {
    return now.length === asked.length && asked.every((item, i) => covers(now[i] ?? null, item));
  }
  return now === asked || (now === null && (asked === false || asked === ""));
}
