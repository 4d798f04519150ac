import type { ReadRequest, ReadResult } from "../plugin/provider.ts";
import { type Cluster, message } from "./cluster.ts";
import { annotatedManager } from "./create.ts";
import { kindOf, NoMatch } from "./discovery.ts";
import { uniqueName } from "./names.ts";
import { normalize, prune } from "./normalize.ts";
import { failedToBecomeReady } from "./notReady.ts";
import { type KubeObject, parseId } from "./objects.ts";
import { fromProperties, markSecrets, toObject, toProperties } from "./state.ts";
import { requireReady } from "./waiting/ready.ts";
import { NotReady, type Waiting } from "./waiting/wait.ts";

/** Reads an object as it is now; its inputs are those of before with the values of now. Nothing if it is gone. */
export async function readObject(
  cluster: Cluster,
  waiting: Waiting,
  request: ReadRequest,
): Promise<ReadResult | undefined> {
  const { namespace, name } = parseId(request.id);
  const old = fromProperties(request.properties);
  const known = normalize(toObject(request.inputs));
  const isImport = !known.kind && !old.live.kind;
  const wanted: KubeObject = {
    ...kindOf(request.type),
    ...known,
    metadata: { namespace, ...known.metadata, name },
  };
  const live = await find(cluster, wanted);
  if (!live) return undefined;
  const inputs = isImport ? importedInputs(live) : prune(live, known);
  const state = {
    inputs,
    fieldManager: annotatedManager(known) ?? old.fieldManager ?? uniqueName("pulumi-kubernetes-"),
    initialApiVersion: old.initialApiVersion ?? wanted.apiVersion,
  };
  if (!isImport) {
    await requireReady(waiting, known, live).catch((error: unknown) => {
      if (error instanceof NotReady) {
        throw failedToBecomeReady(error, message(error), state, request.inputs, markSecrets(inputs, request.inputs));
      }
      throw error;
    });
  }
  return {
    id: request.id,
    properties: toProperties({ ...state, live }, request.inputs),
    inputs: markSecrets(inputs, request.inputs),
  };
}

async function find(cluster: Cluster, wanted: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await cluster.api.find(await cluster.discovery.path(wanted));
  } catch (error) {
    if (error instanceof NoMatch) return undefined;
    throw error;
  }
}

/** For an import: all that a program could have written. */
function importedInputs(live: KubeObject): KubeObject {
  const { status: _, ...inputs } = live;
  return normalize(inputs);
}
