import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Budgets } from "../../planning/pod/budgets.ts";
import { imageReference } from "../../planning/pod/image.ts";
import { cachePath, middlewarePath, modelPath } from "../../planning/pod/paths.ts";
import type { PodPlan } from "../../planning/variant.ts";
import { copier } from "./copier.ts";
import { literal, secretVariable, variables } from "./environment.ts";
import { modelLabels } from "./labels.ts";
import { unprivileged, user } from "./securityContext.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** What a pod's spec needs beside the plan. */
export interface PodInputs {
  serviceAccount: pulumi.Input<string>;
  /** Name of the Secret whose key `api-key` is the API key. */
  apiKeySecret: pulumi.Input<string>;
  /** Name of the ConfigMap that holds the engine's middleware. */
  middleware: pulumi.Input<string>;
  /** Name of the Secret that holds the pod's secret environment variables, where it has any. */
  environmentSecret?: pulumi.Input<string>;
  /** `s3://<bucket>/models/<model>/<revision>/`. */
  source: pulumi.Input<string>;
  region: pulumi.Input<string>;
}

/** The pod that serves one model. Passes the Pod Security level `restricted`. */
export function podSpec(model: string, pod: PodPlan, budgets: Budgets, inputs: PodInputs): PodSpec {
  const forGpu = { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" };
  const tolerations = [...(pod.gpu.count > 0 ? [forGpu] : []), ...pod.scheduling.tolerations];
  const nodeSelector = { ...pod.gpu.nodeSelector, ...pod.scheduling.nodeSelector };
  return {
    serviceAccountName: inputs.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: budgets.drain.total,
    securityContext: { runAsNonRoot: true, ...user, seccompProfile: { type: "RuntimeDefault" } },
    ...(pod.pullSecrets.length > 0 ? { imagePullSecrets: pod.pullSecrets.map((name) => ({ name })) } : {}),
    ...(Object.keys(nodeSelector).length > 0 ? { nodeSelector } : {}),
    ...(tolerations.length > 0 ? { tolerations } : {}),
    ...(pod.scheduling.priorityClassName ? { priorityClassName: pod.scheduling.priorityClassName } : {}),
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: modelLabels(model) },
      matchLabelKeys: ["pod-template-hash"],
    })),
    ...(pod.streamed ? {} : { initContainers: [copier(pod, inputs)] }),
    containers: [engine(pod, budgets, inputs)],
    volumes: [
      { name: "shm", emptyDir: { medium: "Memory", sizeLimit: pod.memory.shm } },
      { name: "cache", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
      { name: "middleware", configMap: { name: inputs.middleware } },
      ...(pod.streamed ? [] : [{ name: "model", emptyDir: {} }]),
    ],
  };
}

function engine(pod: PodPlan, { startup, drain }: Budgets, inputs: PodInputs): Container {
  const health = { path: pod.server.healthPath, port: "http" };
  const { limit } = pod.memory;
  return {
    name: "vllm",
    image: imageReference(pod.image),
    args: [pod.streamed ? inputs.source : modelPath, ...pod.args.map(literal)],
    env: [
      secretVariable(pod.server.keyVariable, inputs.apiKeySecret, "api-key"),
      ...pod.regionVariables.map((name) => ({ name, value: inputs.region })),
      ...variables(pod, inputs.environmentSecret),
    ],
    ports: [{ name: "http", containerPort: pod.server.port }],
    resources: {
      // The scheduler counts the larger of all init containers and of all others; the copy stays as long as this one.
      requests: { cpu: pod.cpu, memory: limit, ...(pod.disk ? { "ephemeral-storage": pod.disk } : {}) },
      limits: { memory: limit, ...(pod.gpu.count > 0 ? { "nvidia.com/gpu": String(pod.gpu.count) } : {}) },
    },
    // The first try comes at once, so that many periods need one try more.
    startupProbe: {
      httpGet: health,
      periodSeconds: 10,
      timeoutSeconds: 5,
      failureThreshold: Math.ceil(startup / 10) + 1,
    },
    readinessProbe: { httpGet: health, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
    // A saturated engine answers late; only one that is silent for minutes is dead.
    livenessProbe: { httpGet: health, periodSeconds: 15, timeoutSeconds: 15, failureThreshold: 10 },
    lifecycle: { preStop: { sleep: { seconds: drain.preStop } } },
    securityContext: unprivileged,
    volumeMounts: [
      { name: "shm", mountPath: "/dev/shm" },
      { name: "cache", mountPath: cachePath },
      { name: "tmp", mountPath: "/tmp" },
      { name: "middleware", mountPath: middlewarePath, readOnly: true },
      ...(pod.streamed ? [] : [{ name: "model", mountPath: modelPath, readOnly: true }]),
    ],
  };
}
