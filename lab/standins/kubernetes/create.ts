import { setTimeout as sleep } from "node:timers/promises";
import { PluginError } from "../plugin/errors.ts";
import type { CreateRequest, CreateResult } from "../plugin/provider.ts";
import { containsUnknown } from "../plugin/values.ts";
import { ApiError } from "./api.ts";
import { createObject } from "./apply.ts";
import { type Cluster, hasKind, message } from "./cluster.ts";
import { NoMatch } from "./discovery.ts";
import { uniqueName } from "./names.ts";
import { failedToBecomeReady } from "./notReady.ts";
import { idOf, type KubeObject } from "./objects.ts";
import { toObject, toProperties } from "./state.ts";
import { waitUntilReady } from "./waiting/ready.ts";
import { NotReady, type Waiting } from "./waiting/wait.ts";
import { BadWaitFor } from "./waiting/waitFor.ts";

/** Creates an object and waits until it is ready. In a preview the server is asked what it would make of it. */
export async function create(cluster: Cluster, waiting: Waiting, request: CreateRequest): Promise<CreateResult> {
  const { properties, preview } = request;
  const inputs = toObject(properties);
  if (preview && (containsUnknown(properties) || !(await hasKind(cluster, inputs)))) return { id: "", properties };
  const state = {
    inputs,
    fieldManager: annotatedManager(inputs) ?? uniqueName("pulumi-kubernetes-"),
    initialApiVersion: inputs.apiVersion,
  };
  let created: KubeObject;
  try {
    created = await withRetries(waiting, preview, () => createObject(cluster.api, cluster.discovery, inputs, preview));
  } catch (error) {
    if (preview && isPreviewLimit(error)) return { id: "", properties };
    throw new PluginError(explain(request.urn, inputs, error));
  }
  if (preview) {
    const { status: _, ...live } = created;
    return { id: "", properties: toProperties({ ...state, live }, properties) };
  }
  try {
    const live = await waitUntilReady(waiting, inputs, created, request.timeoutSeconds);
    return { id: idOf(live), properties: toProperties({ ...state, live }, properties) };
  } catch (error) {
    // As with the real plugin: the object is there by now, and is not kept in the state.
    if (error instanceof BadWaitFor) throw new PluginError(explain(request.urn, inputs, error));
    const failed = error instanceof NotReady ? error : new NotReady(message(error), created, []);
    const text = `resource "${request.urn}" was successfully created, but the Kubernetes API server reported that it failed to fully initialize or become live: ${failed.message}`;
    throw failedToBecomeReady(failed, text, state, properties);
  }
}

/** The field manager that an annotation asks for. */
export function annotatedManager(inputs: KubeObject): string | undefined {
  return inputs.metadata?.annotations?.["pulumi.com/patchFieldManager"] || undefined;
}

/** A namespace or a definition may be made at the same time: what is missing is tried again for a while. */
async function withRetries<Result>(waiting: Waiting, preview: boolean, attempt: () => Promise<Result>) {
  for (let retry = 0; ; retry++) {
    try {
      return await attempt();
    } catch (error) {
      const isMissing = error instanceof NoMatch || (error instanceof ApiError && error.code === 404);
      if (!isMissing || preview || retry === 5 || waiting.cancelled.aborted) throw error;
      waiting.status(`Retry #${retry}; creation failed: ${message(error)}`);
      await sleep(1000 * 2 ** retry, undefined, { signal: waiting.cancelled }).catch(() => {});
    }
  }
}

/** Errors of a dry run that say nothing about the real thing: its namespace, or its free name, may be yet to come. */
function isPreviewLimit(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  return (error.code === 404 && error.about === "namespaces") || error.reason === "AlreadyExists" || error.code === 403;
}

function explain(urn: string, inputs: KubeObject, error: unknown): string {
  if (error instanceof NoMatch) {
    return (
      `creation of resource "${urn}" with kind ${inputs.apiVersion}/${inputs.kind} failed because the Kubernetes API ` +
      "server reported that the apiVersion for this resource does not exist. Verify that any required CRDs have been " +
      `created: ${error.message}`
    );
  }
  return `resource "${urn}" was not successfully created by the Kubernetes API server: ${message(error)}`;
}
