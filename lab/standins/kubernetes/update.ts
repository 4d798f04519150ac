import { PluginError } from "../plugin/errors.ts";
import type { UpdateRequest } from "../plugin/provider.ts";
import { containsUnknown, type Properties } from "../plugin/values.ts";
import { ApiError } from "./api.ts";
import { applyObject } from "./apply.ts";
import { type Cluster, hasKind, message } from "./cluster.ts";
import { annotatedManager } from "./create.ts";
import { uniqueName } from "./names.ts";
import { normalize } from "./normalize.ts";
import { failedToBecomeReady } from "./notReady.ts";
import { idOf } from "./objects.ts";
import { fromProperties, toObject, toProperties } from "./state.ts";
import { waitUntilReady } from "./waiting/ready.ts";
import { NotReady, type Waiting } from "./waiting/wait.ts";

/** Applies new inputs and waits until the object is ready again. In a preview the server is only asked. */
export async function update(cluster: Cluster, waiting: Waiting, request: UpdateRequest): Promise<Properties> {
  const { news, preview } = request;
  const inputs = normalize(toObject(news));
  if (preview && (containsUnknown(news) || !(await hasKind(cluster, inputs)))) return news;
  const old = fromProperties(request.olds);
  const state = {
    inputs,
    fieldManager: annotatedManager(inputs) ?? old.fieldManager ?? uniqueName("pulumi-kubernetes-"),
    initialApiVersion: old.initialApiVersion ?? inputs.apiVersion,
  };
  const target = { ...inputs, metadata: { ...inputs.metadata, name: old.live.metadata?.name } };
  const { fieldManager } = state;
  const { ignoreChanges } = request;
  try {
    const apply = { inputs: target, fieldManager, ignoreChanges, dryRun: preview };
    const [, written] = await applyObject(cluster.api, cluster.discovery, apply);
    const live = preview ? written : await waitUntilReady(waiting, inputs, written, request.timeoutSeconds);
    return toProperties({ ...state, live }, news);
  } catch (error) {
    if (preview && error instanceof ApiError && error.code === 403) return news;
    const live = await cluster.api.find(await cluster.discovery.path(target)).catch(() => undefined);
    if (!live) throw new PluginError(`update of resource "${request.urn}" failed: ${message(error)}`);
    // The new inputs are stored even where nothing of them was applied: the reasons make the next update try again.
    const failed = new NotReady(message(error), live, error instanceof NotReady ? error.problems : []);
    const text = `the Kubernetes API server reported that "${idOf(live)}" failed to fully initialize or become live: ${failed.message}`;
    throw failedToBecomeReady(failed, text, state, news);
  }
}
