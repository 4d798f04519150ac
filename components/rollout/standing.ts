import type { V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";

/** What the cluster says of one Deployment at a moment. */
export interface Observation {
  deployment: V1Deployment;
  /** Its own; none where they may not be read. */
  replicaSets: V1ReplicaSet[];
}

/** How a rollout stands, in pods. */
export interface Standing {
  /** By the Deployment alone: whether old pods still drain is a matter of the pods. */
  state: "complete" | "rolling" | "stuck";
  wanted: number;
  /** Ready pods of the present template. */
  available: number;
  /** Pods of older templates that are not being stopped. */
  old: number;
  /** The value of the label `pod-template-hash` on the pods of the present template. */
  hash: string | undefined;
}

const revision = "deployment.kubernetes.io/revision";
export const hashLabel = "pod-template-hash";

/** The ReplicaSet of the present template. */
export const newest = ({ deployment, replicaSets }: Observation): V1ReplicaSet | undefined =>
  replicaSets.find(({ metadata }) => {
    const number = metadata?.annotations?.[revision];
    return number !== undefined && number === deployment.metadata?.annotations?.[revision];
  });

/** How a rollout stands. */
export function standing(seen: Observation): Standing {
  const { spec, status = {}, metadata = {} } = seen.deployment;
  const set = newest(seen);
  const counts = {
    wanted: spec?.replicas ?? 1,
    available: set?.status?.availableReplicas ?? 0,
    old: (status.replicas ?? 0) - (status.updatedReplicas ?? 0),
    hash: set?.metadata?.labels?.[hashLabel],
  };
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return { state: "rolling", ...counts };
  const state = spec?.paused ? "stuck" : isTimedOut(seen.deployment) ? "stuck" : "rolling";
  return { state: isComplete(seen, counts) ? "complete" : state, ...counts };
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
  if (!set) return true;
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
  return reason === "ProgressDeadlineExceeded" && (lastUpdateTime?.getTime() ?? 0) > appliedAt(deployment);
}

/** When Pulumi last changed it, by the API server's clock, in milliseconds. */
const appliedAt = ({ metadata }: V1Deployment): number =>
  Math.max(
    0,
    ...(metadata?.managedFields ?? []).map(({ operation, time }) =>
      operation === "Apply" ? (time?.getTime() ?? 0) : 0,
    ),
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
  const applied = appliedAt(deployment);
  // What Kubernetes called complete after the last change had all pods.
  if ((progressing(deployment)?.lastUpdateTime?.getTime() ?? 0) >= applied) return 0;
  const brought = pods.filter(({ metadata, status }) => {
    if (metadata?.labels?.[hashLabel] !== hash || metadata?.deletionTimestamp || status?.phase === "Failed")
      return false;
    const age = (metadata?.creationTimestamp?.getTime() ?? 0) - applied;
    return age >= 0 && age <= broughtWithinMs && !wasReady(status);
  });
  return Math.max(0, count - (deployment.status?.replicas ?? 0)) + brought.length;
}

function wasReady(status: V1Pod["status"]): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  if (!ready || ready.status === "True") return ready !== undefined;
  const started = status?.startTime?.getTime() ?? 0;
  return (ready.lastTransitionTime?.getTime() ?? 0) - started > firstWordMs;
}
