import type { V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";

/** What the cluster says of one Deployment at a moment. */
export interface Observation {
  deployment: V1Deployment;
  /** Its own. */
  replicaSets: V1ReplicaSet[];
}

/** How a rollout stands, in pods. */
export interface Standing {
  /** `unseen` by the controller: the counts are of before. Whether old pods still end is a matter of the pods. */
  state: "unseen" | "complete" | "rolling" | "stuck";
  wanted: number;
  /** Ready pods of the present template. */
  available: number;
  /** Pods of older templates that are not being stopped, and the ready ones of them. */
  old: number;
  oldReady: number;
  /** The value of the label `pod-template-hash` on the pods of the present template. */
  hash: string | undefined;
}

const revision = "deployment.kubernetes.io/revision";
export const hashLabel = "pod-template-hash";

/** The ReplicaSet of the present template, once the controller has made it or come back to it. */
export const newest = ({ deployment, replicaSets }: Observation): V1ReplicaSet | undefined =>
  replicaSets.find(({ metadata }) => {
    const number = metadata?.annotations?.[revision];
    return number !== undefined && number === deployment.metadata?.annotations?.[revision];
  });

/** How a rollout stands. */
export function standing(seen: Observation): Standing {
  const { spec, status = {}, metadata = {} } = seen.deployment;
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status;
  const wanted = spec?.replicas ?? 1;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return { state: "unseen", wanted, available: 0, old: replicas, oldReady: availableReplicas, hash: undefined };
  const set = newest(seen);
  // A ReplicaSet that is not the present one yet has more ready pods than there are of the present template.
  const available = Math.min(set?.status?.availableReplicas ?? 0, updatedReplicas);
  const counts = {
    wanted,
    available,
    old: replicas - updatedReplicas,
    oldReady: Math.max(0, availableReplicas - available),
    hash: set?.metadata?.labels?.[hashLabel],
  };
  const isOver = spec?.paused || isTimedOut(seen.deployment);
  return { state: isComplete(seen, counts) ? "complete" : isOver ? "stuck" : "rolling", ...counts };
}

const progressing = ({ status }: V1Deployment) => status?.conditions?.find(({ type }) => type === "Progressing");

/**
 * Complete once, complete until the template changes: pods that a scaler asks for later, or that a lost node takes, do
 * not count against it, and Kubernetes leaves its condition as it is then.
 */
function isComplete(seen: Observation, { wanted, available, old }: Omit<Standing, "state">): boolean {
  const condition = progressing(seen.deployment);
  if (condition?.status !== "True" || condition.reason !== "NewReplicaSetAvailable" || old !== 0) return false;
  const set = newest(seen);
  // With `Recreate` the one of before stands for the present one while its pods end, and is scaled to none.
  if (!set || set.spec?.replicas !== wanted) return false;
  // A way back to a ReplicaSet that is still there, past a moment without any pod, leaves the condition of the rollout
  // before: it names the ReplicaSet that completed. Then only ready pods are proof.
  return condition.message?.includes(`"${set.metadata?.name}"`) === true || available >= wanted;
}

/**
 * Whether Kubernetes has given the present rollout up. Its verdict outlives a change that brings no new ReplicaSet (a
 * longer deadline, the way back): one from before the last change says nothing of it.
 */
function isTimedOut(deployment: V1Deployment): boolean {
  const { reason, lastUpdateTime } = progressing(deployment) ?? {};
  return reason === "ProgressDeadlineExceeded" && (lastUpdateTime?.getTime() ?? 0) > changedAt(deployment);
}

/** When it was last changed, by the API server's clock, in milliseconds; its status and its scale have their own times. */
const changedAt = ({ metadata }: V1Deployment): number =>
  Math.max(
    0,
    ...(metadata?.managedFields ?? []).map((entry) => (entry.subresource ? 0 : (entry.time?.getTime() ?? 0))),
  );

/** Time in which a rollout has to make a further pod ready; Kubernetes' own default where none is said. */
export const deadlineSeconds = ({ spec }: V1Deployment): number => spec?.progressDeadlineSeconds ?? 600;

/** Pods of older templates that are being stopped, and have not ended yet. */
export const draining = (pods: readonly V1Pod[], hash: string | undefined): V1Pod[] =>
  pods.filter(({ metadata }) => metadata?.deletionTimestamp && metadata.labels?.[hashLabel] !== hash);

/** A controller makes pods at once; what comes later is in place of another, or a scaler's. */
const broughtWithinMs = 60_000;
/** A kubelet writes down that a pod is not ready when it starts; one that was ready says so later. */
const firstWordMs = 5_000;

/**
 * Pods of a fixed count that the last change asked for and that are not there, or were never ready. Kubernetes calls a
 * Deployment complete whose count alone was raised. One that was ready before its node was lost is none of them.
 */
export function missing({ deployment }: Observation, pods: readonly V1Pod[], hash: string | undefined, count: number) {
  const changed = changedAt(deployment);
  // What Kubernetes called complete after the last change had all pods.
  if ((progressing(deployment)?.lastUpdateTime?.getTime() ?? 0) >= changed) return 0;
  const brought = pods.filter(({ metadata, status }) => {
    if (metadata?.labels?.[hashLabel] !== hash || metadata?.deletionTimestamp || status?.phase === "Failed")
      return false;
    const age = (metadata?.creationTimestamp?.getTime() ?? 0) - changed;
    return age >= 0 && age <= broughtWithinMs && !wasReady(status);
  });
  const { status, spec } = deployment;
  return Math.max(0, Math.min(count, spec?.replicas ?? 1) - (status?.replicas ?? 0)) + brought.length;
}

function wasReady(status: V1Pod["status"]): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (!ready || ready.status === "True") return ready !== undefined;
  const started = status?.startTime?.getTime() ?? 0;
  return (ready.lastTransitionTime?.getTime() ?? 0) - started > firstWordMs;
}
