import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { modelPath } from "../../planning/engine/vllm/delivery.ts";
import { containerPort, type ModelPlan } from "../../planning/model.ts";
import { modelLabels } from "./labels.ts";

type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** What a pod's spec needs beside the plan. */
export interface PodInputs {
  serviceAccount: pulumi.Input<string>;
  /** Name of the Secret whose key `api-key` is the API key. */
  apiKeySecret: pulumi.Input<string>;
  /** Name of the Secret that holds the plan's secret environment variables, where it has any. */
  environmentSecret?: pulumi.Input<string>;
  /** `s3://<bucket>/models/<model>/<revision>/`. */
  source: pulumi.Input<string>;
  region: string;
}

/** Carries the AWS CLI, for an image of vLLM that cannot read S3. */
const copierImage = "amazon/aws-cli:2.37.4";
const cachePath = "/cache";

/** The CUDA image's own unprivileged user; the CPU image has none. Group 0 may write where the images expect to. */
const user = { runAsUser: 2000, runAsGroup: 0 };
const unprivileged = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** The pod that serves one model. Passes the Pod Security level `restricted`. */
export function podSpec(plan: ModelPlan, inputs: PodInputs): PodSpec {
  const forGpu = { key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" };
  const tolerations = [...(plan.gpuCount > 0 ? [forGpu] : []), ...plan.tolerations];
  return {
    serviceAccountName: inputs.serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: plan.budgets.drain.total,
    securityContext: { runAsNonRoot: true, ...user, seccompProfile: { type: "RuntimeDefault" } },
    ...(plan.pullSecrets.length > 0 ? { imagePullSecrets: plan.pullSecrets.map((name) => ({ name })) } : {}),
    ...(Object.keys(plan.nodeSelector).length > 0 ? { nodeSelector: plan.nodeSelector } : {}),
    ...(tolerations.length > 0 ? { tolerations } : {}),
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: modelLabels(plan.name) },
      matchLabelKeys: ["pod-template-hash"],
    })),
    ...(plan.streamed ? {} : { initContainers: [copier(inputs)] }),
    containers: [engine(plan, inputs)],
    volumes: [
      { name: "shm", emptyDir: { medium: "Memory", sizeLimit: plan.memory.shm } },
      { name: "cache", emptyDir: {} },
      { name: "tmp", emptyDir: {} },
      ...(plan.streamed ? [] : [{ name: "model", emptyDir: {} }]),
    ],
  };
}

function engine(plan: ModelPlan, inputs: PodInputs): Container {
  const { startup, drain } = plan.budgets;
  const health = { path: "/health", port: "http" };
  return {
    name: "vllm",
    image: plan.image,
    args: [plan.streamed ? inputs.source : modelPath, ...plan.args],
    env: environment(plan, inputs),
    ports: [{ name: "http", containerPort }],
    resources: {
      requests: { cpu: plan.cpu, memory: plan.memory.limit },
      limits: { memory: plan.memory.limit, ...(plan.gpuCount > 0 ? { "nvidia.com/gpu": String(plan.gpuCount) } : {}) },
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
      ...(plan.streamed ? [] : [{ name: "model", mountPath: modelPath, readOnly: true }]),
    ],
  };
}

function environment(plan: ModelPlan, inputs: PodInputs): types.input.core.v1.EnvVar[] {
  const { streamerBytes, kvCacheGib } = plan.memory;
  const values: Record<string, string> = {
    // The streamer's two halves read one each.
    AWS_REGION: inputs.region,
    AWS_DEFAULT_REGION: inputs.region,
    // Every cache of vLLM and its libraries lies below it.
    HOME: cachePath,
    // torch asks for the user's name, and not every image knows one for the number.
    USER: "vllm",
    HF_HUB_OFFLINE: "1",
    VLLM_NO_USAGE_STATS: "1",
    ...(streamerBytes === undefined ? {} : { RUNAI_STREAMER_MEMORY_LIMIT: String(streamerBytes) }),
    ...(kvCacheGib === undefined ? {} : { VLLM_CPU_KVCACHE_SPACE: String(kvCacheGib) }),
    ...plan.env,
  };
  const secret = (name: string, from: pulumi.Input<string>, key: string) => ({
    name,
    valueFrom: { secretKeyRef: { name: from, key } },
  });
  const { environmentSecret } = inputs;
  return [
    secret("VLLM_API_KEY", inputs.apiKeySecret, "api-key"),
    ...Object.entries(values).flatMap(([name, value]) =>
      Object.hasOwn(plan.secretEnv, name) ? [] : [{ name, value }],
    ),
    ...(environmentSecret ? Object.keys(plan.secretEnv).map((name) => secret(name, environmentSecret, name)) : []),
  ];
}

const copyScript = `aws s3 ls "$MODEL_SOURCE" > /dev/null || {
  echo "nothing to read under $MODEL_SOURCE: publish this revision, or check the role's policy" >&2
  exit 1
}
exec aws s3 cp --recursive --only-show-errors "$MODEL_SOURCE" ${modelPath}
`;

function copier(inputs: PodInputs): Container {
  return {
    name: "copy-model",
    image: copierImage,
    command: ["/bin/sh", "-c", copyScript],
    env: [
      { name: "MODEL_SOURCE", value: inputs.source },
      { name: "AWS_REGION", value: inputs.region },
      { name: "HOME", value: "/tmp" },
    ],
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
    securityContext: { ...unprivileged, readOnlyRootFilesystem: true },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      { name: "model", mountPath: modelPath },
    ],
  };
}
