import type { CoreV1Event, V1ContainerStatus, V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";

/** Objects as an API server has them, with what a test is about. */

export const at = (seconds: number) => new Date(Date.UTC(2026, 10, 21) + seconds * 1000);
const revision = (number: string) => ({ "deployment.kubernetes.io/revision": number });

/** When a Deployment was applied last, in seconds, unless a test says so. */
export const applied = 1000;

/** What a test says of a Deployment: a rollout of two pods that is complete, but for what it says. */
export interface Rollout {
  generation?: number;
  observed?: number;
  revision?: string;
  wanted?: number;
  /** Pods in all, and those of the present template. */
  replicas?: number;
  updated?: number;
  reason?: string;
  status?: string;
  message?: string;
  /** Seconds: when the condition was written, and when the Deployment was applied. */
  since?: number;
  applied?: number;
  deadline?: number | undefined;
  paused?: boolean;
  /** Who else changed it. */
  others?: NonNullable<V1Deployment["metadata"]>["managedFields"];
  /** Ready pods, whatever their template. */
  available?: number;
}

export function deployment(given: Rollout = {}): V1Deployment {
  const { generation = 2, wanted = 2, reason = "NewReplicaSetAvailable", replicas = wanted } = given;
  const { message = `ReplicaSet "chat-new" has successfully progressed.` } = given;
  const status = given.status ?? (reason === "ProgressDeadlineExceeded" ? "False" : "True");
  const deadline = "deadline" in given ? given.deadline : 100;
  return {
    metadata: {
      name: "chat",
      namespace: "inference",
      uid: "uid-of-chat",
      generation,
      annotations: revision(given.revision ?? "2"),
      managedFields: [
        { manager: "pulumi-kubernetes-1", operation: "Apply", time: at(given.applied ?? applied) },
        { manager: "kube-controller-manager", operation: "Update", subresource: "status", time: at(1e6) },
        ...(given.others ?? []),
      ],
    },
    spec: {
      replicas: wanted,
      selector: { matchLabels: { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat" } },
      template: {},
      ...(deadline === undefined ? {} : { progressDeadlineSeconds: deadline }),
      ...(given.paused ? { paused: true } : {}),
    },
    status: {
      observedGeneration: given.observed ?? generation,
      replicas,
      updatedReplicas: given.updated ?? replicas,
      availableReplicas: given.available ?? replicas,
      conditions: [
        { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
        { type: "Progressing", status, reason, message, lastUpdateTime: at(given.since ?? applied + 50) },
      ],
    },
  };
}

/** The ReplicaSet of a revision, with ready pods of as many as it is to have. */
export const replicaSet = (number: string, available: number, refused?: string, wanted = 2): V1ReplicaSet => ({
  metadata: {
    name: number === "2" ? "chat-new" : "chat-old",
    annotations: revision(number),
    labels: { "pod-template-hash": number === "2" ? "new" : "old" },
    ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "chat", uid: "uid-of-chat" }],
  },
  spec: { selector: {}, replicas: wanted },
  status: {
    replicas: available,
    availableReplicas: available,
    ...(refused
      ? { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: refused }] }
      : {}),
  },
});

/** A pod that is ready, but for what a test says. */
export function pod(
  name: string,
  status: V1Pod["status"] = ready(),
  stopping?: { grace: number },
  hash = "new",
): V1Pod {
  return {
    metadata: {
      name,
      namespace: "inference",
      uid: `uid-of-${name}`,
      labels: { "pod-template-hash": hash },
      ...(stopping ? { deletionTimestamp: at(0), deletionGracePeriodSeconds: stopping.grace } : {}),
    },
    status,
  };
}

const condition = (type: string, status: string, message?: string) => ({
  type,
  status,
  ...(message ? { message } : {}),
});
export const ready = (): NonNullable<V1Pod["status"]> => ({
  phase: "Running",
  conditions: [condition("PodScheduled", "True"), condition("Ready", "True")],
});
export const unscheduled = (message: string): NonNullable<V1Pod["status"]> => ({
  phase: "Pending",
  conditions: [condition("PodScheduled", "False", message)],
});
/** Placed, with containers that stand so. */
export const placed = (
  containers: Partial<V1ContainerStatus>[],
  init: Partial<V1ContainerStatus>[] = [],
): NonNullable<V1Pod["status"]> => ({
  phase: "Pending",
  conditions: [condition("PodScheduled", "True"), condition("Ready", "False")],
  containerStatuses: containers.map(containerStatus),
  ...(init.length > 0 ? { initContainerStatuses: init.map(containerStatus) } : {}),
});
const containerStatus = (given: Partial<V1ContainerStatus>): V1ContainerStatus => ({
  name: "vllm",
  image: "vllm/vllm-openai:v0.32.0",
  imageID: "",
  ready: false,
  restartCount: 0,
  ...given,
});

/** A warning about a pod, some seconds after the others. */
export const warning = (podName: string, reason: string, message: string, seconds = 0): CoreV1Event => ({
  metadata: { name: `${podName}.${reason}` },
  involvedObject: { kind: "Pod", name: podName, uid: `uid-of-${podName}` },
  type: "Warning",
  reason,
  message,
  lastTimestamp: at(seconds),
});

/** A kubeconfig whose context `at-lab` is a server of this machine, which its user asks with a token. */
export const kubeconfigAt = (port: number, token: string): string =>
  JSON.stringify({
    clusters: [{ name: "lab", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    contexts: [{ name: "at-lab", context: { cluster: "lab", user: "lab" } }],
    users: [{ name: "lab", user: { token } }],
  });
