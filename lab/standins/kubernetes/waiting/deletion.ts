import { annotation, isMarked, type KubeObject } from "../objects.ts";
import { NotReady, until, type Waiting, waitSeconds } from "./wait.ts";

const propagations: { [policy: string]: string } = { orphan: "Orphan", background: "Background" };

/** Kinds whose deletion is not waited for either where waiting is off. */
const skippable = new Set([
  "apps/v1/DaemonSet",
  "apps/v1/Deployment",
  "apps/v1/StatefulSet",
  "batch/v1/Job",
  "v1/Namespace",
  "v1/Pod",
  "v1/ReplicationController",
]);

/** Deletes an object with all that it owns, and waits until it is gone. */
export async function deleteObject(
  waiting: Waiting,
  inputs: KubeObject,
  object: KubeObject,
  timeoutSeconds: number,
): Promise<void> {
  const path = await waiting.discovery.path(object);
  const policy = annotation(inputs, "pulumi.com/deletionPropagationPolicy")?.toLowerCase() ?? "";
  if (!(await waiting.api.find(path))) return;
  await waiting.api.delete(path, { propagationPolicy: propagations[policy] ?? "Foreground" }).catch(ignoreMissing);
  if (isMarked(inputs, "pulumi.com/skipAwait") && skippable.has(`${object.apiVersion}/${object.kind}`)) return;
  const uid = object.metadata?.uid;
  let last = object;
  try {
    await until(waiting, waitSeconds(timeoutSeconds, inputs), object.metadata?.name ?? "", async () => {
      const live = await waiting.api.find(path);
      if (live) last = live;
      // Another one of the same name means that this one is gone.
      const isGone = !live || (uid !== undefined && live.metadata?.uid !== uid);
      return { object: last, ready: isGone, problems: [] };
    });
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    const finalizers = last.metadata?.finalizers?.join(", ");
    if (finalizers) waiting.status(`finalizers might be preventing deletion (${finalizers})`);
    throw new NotReady("timed out waiting for the condition", last, []);
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as { code?: number }).code !== 404) throw error;
}
