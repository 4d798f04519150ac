import { isObject } from "../plugin/values.ts";
import { type Api, ApiError } from "./api.ts";
import { parsePath } from "./diff.ts";
import type { Discovery } from "./discovery.ts";
import { adoptFields, creator, entriesOf, hasField, isFreshlyCreated } from "./managedFields.ts";
import { copy, isMarked, type Json, type KubeObject } from "./objects.ts";

/** One server-side apply. */
export interface Apply {
  inputs: KubeObject;
  fieldManager: string;
  ignoreChanges: string[];
  /** Only ask the server what it would do. */
  dryRun: boolean;
}

/** Creates an object by a plain create request: one that is already there is an error, never adopted. */
export async function createObject(
  api: Api,
  discovery: Discovery,
  inputs: KubeObject,
  dryRun: boolean,
): Promise<KubeObject> {
  const path = await discovery.path(inputs, "");
  // Strict, where the real plugin lets the server drop unknown fields without a word: the lab is to find them.
  const query = { fieldManager: creator, fieldValidation: "Strict", dryRun: dryRun ? "All" : undefined };
  try {
    return await api.post(path, query, inputs);
  } catch (error) {
    if (error instanceof ApiError && error.reason === "AlreadyExists") {
      throw new ApiError(error.code, { message: `${error.message}\n\n${alreadyExistsHelp}`, reason: error.reason });
    }
    throw error;
  }
}

/** Applies new inputs to an object that is there. Returns the object as the server had it and as it now is. */
export async function applyObject(api: Api, discovery: Discovery, apply: Apply): Promise<[KubeObject, KubeObject]> {
  const path = await discovery.path(apply.inputs);
  let before = await api.get(path);
  if (!apply.dryRun) before = await takeOver(api, path, before, apply.fieldManager);
  const body = withoutIgnored(apply, before);
  const query = {
    fieldManager: apply.fieldManager,
    force: String(isForced(apply, before)),
    dryRun: apply.dryRun ? "All" : undefined,
  };
  try {
    return [before, await api.apply(path, query, body)];
  } catch (error) {
    if (error instanceof ApiError && error.code === 409) throw conflict(error, apply.fieldManager);
    throw error;
  }
}

async function takeOver(api: Api, path: string, live: KubeObject, manager: string): Promise<KubeObject> {
  const value = adoptFields(live, manager);
  if (!value) return live;
  return await api.jsonPatch(path, [{ op: "replace", path: "/metadata/managedFields", value }]);
}

/**
 * What to send where changes to some fields are ignored: a field that another manager alone has is left out, so that
 * it stays theirs; any other is sent as it is live, so that it stays as it is.
 */
function withoutIgnored({ inputs, fieldManager, ignoreChanges }: Apply, live: KubeObject): KubeObject {
  const body = copy(inputs);
  const entries = entriesOf(live);
  const ours = entries.filter((entry) => entry.manager === fieldManager);
  const theirs = entries.filter((entry) => entry.manager !== fieldManager);
  for (const ignored of ignoreChanges) {
    const path = parsePath(ignored);
    const parent = step(body, path.slice(0, -1));
    const last = path.at(-1);
    if (last === undefined || !isObject(parent)) continue;
    const value = step(live, path);
    if (hasField(theirs, path) && !hasField(ours, path)) delete parent[last];
    else if (value !== undefined) parent[last] = value;
  }
  return body;
}

function step(object: KubeObject, path: (string | number)[]): Json | undefined {
  let value: Json | undefined = object as Json;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}

/**
 * Conflicts are errors unless the object is marked for force. A dry run right after the creation is forced as well:
 * the fields still belong to the creation's manager, and a dry run must not hand them over.
 */
function isForced({ inputs, dryRun }: Apply, live: KubeObject): boolean {
  if (isMarked(inputs, "pulumi.com/patchForce")) return true;
  return (dryRun && isFreshlyCreated(live)) || entriesOf(live).length === 0;
}

function conflict(error: ApiError, manager: string): ApiError {
  const page =
    "https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources";
  return new ApiError(error.code, {
    reason: error.reason,
    message:
      `server-side apply field conflict detected, see ${page} for troubleshooting help\n` +
      `The resource managed by field manager "${manager}" had an apply conflict: ${error.message}`,
  });
}

const alreadyExistsHelp = [
  "The resource already exists in the cluster. Give the Pulumi resource an alias if it was renamed,",
  "take the object over with `pulumi import`, or delete it.",
].join("\n");
