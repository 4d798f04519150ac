import type { Condition, KubeObject } from "../objects.ts";
import { podProblems } from "./pod.ts";
import type { Standing, Waiting } from "./wait.ts";

const revisionAnnotation = "deployment.kubernetes.io/revision";

/**
 * How a Deployment stands. It is ready when it is Available, the ReplicaSet of its newest revision has all the pods
 * that it asks for now (a scaler may have changed the number), and the controller says that this one serves.
 */
export async function deploymentStanding(waiting: Waiting, name: KubeObject): Promise<Standing> {
  const object = await waiting.api.get(await waiting.discovery.path(name));
  const { metadata = {}, status = {} } = object;
  if (status.observedGeneration !== metadata.generation) {
    return { object, ready: false, problems: ["Minimum number of live Pods was not attained"] };
  }
  const conditions = (status.conditions ?? []) as Condition[];
  const available = conditions.find(({ type }) => type === "Available");
  const progressing = conditions.find(({ type }) => type === "Progressing");
  const isAvailable = available?.status === "True";
  const isRolledOut = progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable";

  const revision = metadata.annotations?.[revisionAnnotation];
  const replicaSet = await newestReplicaSet(waiting, object, revision);
  const wanted: number = replicaSet?.spec?.replicas ?? 1;
  const live: number = replicaSet?.status?.readyReplicas ?? 0;
  // A change of count and pods at once is first observed as one of the count, with everything else as it was before.
  const isUpdated = (status.updatedReplicas ?? 0) >= (object.spec?.replicas ?? 1);
  const isComplete = replicaSet !== undefined && live >= wanted && isUpdated;
  if (isAvailable && isComplete && (revision === "1" || isRolledOut)) return { object, ready: true, problems: [] };

  const problems = [progressing, available].flatMap((condition) =>
    condition && condition.status !== "True" ? [`[${condition.reason}] ${condition.message}`] : [],
  );
  if (!isAvailable) problems.push("Minimum number of live Pods was not attained");
  else if (revision === "1" || !isRolledOut) {
    problems.push("Minimum number of Pods to consider the application live was not attained");
  } else {
    problems.push("Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live");
  }
  if (replicaSet) problems.push(...podProblems(await podsOf(waiting, replicaSet)));
  return {
    object,
    ready: false,
    problems,
    progress: `Waiting for app ReplicaSet to be available (${live}/${wanted} Pods available)`,
  };
}

async function newestReplicaSet(waiting: Waiting, deployment: KubeObject, revision: string | undefined) {
  const path = await waiting.discovery.path({ ...kindOf("apps/v1", "ReplicaSet", deployment) });
  const { items } = await waiting.api.get<{ items: KubeObject[] }>(path, { labelSelector: selectorOf(deployment) });
  return items.find(
    (set) => isOwnedBy(set, deployment) && set.metadata?.annotations?.[revisionAnnotation] === revision,
  );
}

async function podsOf(waiting: Waiting, replicaSet: KubeObject): Promise<KubeObject[]> {
  const path = await waiting.discovery.path({ ...kindOf("v1", "Pod", replicaSet) });
  const { items } = await waiting.api.get<{ items: KubeObject[] }>(path, { labelSelector: selectorOf(replicaSet) });
  return items.filter((pod) => isOwnedBy(pod, replicaSet));
}

function kindOf(apiVersion: string, kind: string, beside: KubeObject): KubeObject {
  return { apiVersion, kind, metadata: { namespace: beside.metadata?.namespace } };
}

/** The equality part of an object's selector; owners are compared as well, so the rest is not needed. */
function selectorOf(object: KubeObject): string {
  const labels = Object.entries(object.spec?.selector?.matchLabels ?? {});
  return labels.map(([key, value]) => `${key}=${value}`).join(",");
}

function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata?.ownerReferences?.some(({ uid }) => uid === owner.metadata?.uid) ?? false;
}
