import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { least } from "../../config/settings.ts";
import { deployPlatform } from "../platform.ts";

/** The objects that serve a model, exactly. */

const common = { "app.kubernetes.io/name": "vllm", "app.kubernetes.io/instance": "chat" };
const ofObjects = { ...common, "app.kubernetes.io/managed-by": "pulumi" };
const ofPods = { ...common, "app.kubernetes.io/component": "main" };
const metadata = { name: "chat", namespace: "vllm", labels: ofObjects };
const annotations = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}", "pulumi.com/patchForce": "true" };
const source = "s3://vllm-models-bucket-1234567/models/chat/v1/";
const v1 = { ...least, revision: "v1" };

const deploymentOf = async (own: Tree) =>
  (await deployPlatform({ own: { ...v1, ...own } })).one("kubernetes:apps/v1:Deployment");

const spread = (topologyKey: string) => ({
  topologyKey,
  maxSkew: 1,
  whenUnsatisfiable: "ScheduleAnyway",
  labelSelector: { matchLabels: common },
  matchLabelKeys: ["pod-template-hash"],
});
const health = { path: "/health", port: "http" };
const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
const environment = {
  AWS_REGION: "eu-west-1",
  AWS_DEFAULT_REGION: "eu-west-1",
  HOME: "/cache",
  USER: "vllm",
  HF_HUB_OFFLINE: "1",
  VLLM_NO_USAGE_STATS: "1",
};
const env = (values: Record<string, string>) => [
  { name: "VLLM_API_KEY", valueFrom: { secretKeyRef: { name: "vllm-api-key-0a1b2c3d", key: "api-key" } } },
  ...Object.entries(values).map(([name, value]) => ({ name, value })),
];
const rest = ["--shutdown-timeout", "45", "--port", "8000", "--middleware", "pulumi_vllm_drain.Drain"];
const gpuContainer = {
  name: "vllm",
  image: "vllm/vllm-openai:v0.32.0",
  args: [source, ...["--served-model-name", "chat", "--load-format", "runai_streamer"], ...rest],
  env: env({ ...environment, RUNAI_STREAMER_MEMORY_LIMIT: "2684354560", PYTHONPATH: "/middleware" }),
  ports: [{ name: "http", containerPort: 8000 }],
  resources: {
    requests: { cpu: "3", memory: "12Gi" },
    limits: { memory: "12Gi", "nvidia.com/gpu": "1" },
  },
  startupProbe: { httpGet: health, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 74 },
  readinessProbe: { httpGet: health, periodSeconds: 10, timeoutSeconds: 10, failureThreshold: 3 },
  livenessProbe: { httpGet: health, periodSeconds: 15, timeoutSeconds: 15, failureThreshold: 10 },
  lifecycle: { preStop: { sleep: { seconds: 15 } } },
  securityContext: unprivileged,
  volumeMounts: [
    { name: "shm", mountPath: "/dev/shm" },
    { name: "cache", mountPath: "/cache" },
    { name: "tmp", mountPath: "/tmp" },
    { name: "middleware", mountPath: "/middleware", readOnly: true },
  ],
};
const gpuPod = {
  serviceAccountName: "chat",
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: 75,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 2000,
    runAsGroup: 0,
    seccompProfile: { type: "RuntimeDefault" },
  },
  nodeSelector: { "nvidia.com/gpu.product": "NVIDIA-L4" },
  tolerations: [{ key: "nvidia.com/gpu", operator: "Exists", effect: "NoSchedule" }],
  topologySpreadConstraints: [spread("topology.kubernetes.io/zone"), spread("kubernetes.io/hostname")],
  containers: [gpuContainer],
  volumes: [
    { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "2Gi" } },
    { name: "cache", emptyDir: {} },
    { name: "tmp", emptyDir: {} },
    { name: "middleware", configMap: { name: "vllm-chat-main-middleware-0a1b2c3d" } },
  ],
};

test("the Deployment on a GPU", async () => {
  assert.deepEqual((await deploymentOf({})).inputs, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...metadata, annotations },
    spec: {
      replicas: 1,
      selector: { matchLabels: ofPods },
      strategy: { type: "Recreate" },
      progressDeadlineSeconds: 1645,
      template: { metadata: { labels: ofPods }, spec: gpuPod },
    },
  });
});

test("the Deployment on a CPU: the copy first, no GPU's selector, toleration or limit", async () => {
  const { inputs } = await deploymentOf({ gpu: { count: 0 }, resources: { cpu: "2", memory: "8Gi" } });
  const { nodeSelector: _, tolerations: __, ...pod } = gpuPod;
  const initContainer = inputs.spec.template.spec.initContainers[0];
  assert.deepEqual(inputs, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...metadata, annotations },
    spec: {
      replicas: 1,
      selector: { matchLabels: ofPods },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: 1197,
      template: {
        metadata: { labels: ofPods },
        spec: {
          ...pod,
          initContainers: [
            {
              name: "copy-model",
              image: "amazon/aws-cli:2.37.4",
              command: ["/bin/sh", "-c", initContainer.command[2]],
              env: [
                { name: "MODEL_SOURCE", value: source },
                { name: "AWS_REGION", value: "eu-west-1" },
                { name: "HOME", value: "/tmp" },
              ],
              resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
              securityContext: unprivileged,
              volumeMounts: [
                { name: "tmp", mountPath: "/tmp" },
                { name: "model", mountPath: "/model" },
              ],
            },
          ],
          containers: [
            {
              ...gpuContainer,
              image: "vllm/vllm-openai-cpu:v0.32.0",
              args: ["/model", "--served-model-name", "chat", ...rest],
              env: env({ ...environment, VLLM_CPU_KVCACHE_SPACE: "2", PYTHONPATH: "/middleware" }),
              resources: {
                requests: { cpu: "2", memory: "8Gi", "ephemeral-storage": "11Gi" },
                limits: { memory: "8Gi" },
              },
              startupProbe: { ...gpuContainer.startupProbe, failureThreshold: 60 },
              volumeMounts: [...gpuContainer.volumeMounts, { name: "model", mountPath: "/model", readOnly: true }],
            },
          ],
          volumes: [...gpuPod.volumes, { name: "model", emptyDir: {} }],
        },
      },
    },
  });
});

test("the copy reads its source from the environment, fails without one, and says why", async () => {
  const { inputs } = await deploymentOf({ gpu: { count: 0 } });
  const script: string = inputs.spec.template.spec.initContainers[0].command[2];
  assert.deepEqual(script.split("\n"), [
    'aws s3 ls "$MODEL_SOURCE" > /dev/null || {',
    '  echo "nothing to read under $MODEL_SOURCE: publish this revision, or check the role\'s policy" >&2',
    "  exit 1",
    "}",
    'exec aws s3 cp --recursive --only-show-errors "$MODEL_SOURCE" /model',
    "",
  ]);
});

/** The fields that the Pod Security level `restricted` asks for (v1.36). */
for (const [hardware, gpu] of [
  ["GPU", { product: "L4" }],
  ["CPU", { count: 0 }],
] as const)
  test(`the pod on a ${hardware} passes the Pod Security level restricted`, async () => {
    const pod = (await deploymentOf({ gpu })).inputs.spec.template.spec;
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.ok(pod.securityContext.runAsUser > 0);
    assert.deepEqual(pod.securityContext.seccompProfile, { type: "RuntimeDefault" });
    for (const field of ["hostNetwork", "hostPID", "hostIPC", "hostUsers"]) assert.equal(pod[field], undefined, field);
    for (const { name, ...source } of pod.volumes)
      assert.deepEqual(Object.keys(source), [name === "middleware" ? "configMap" : "emptyDir"], name);
    const containers = [...pod.containers, ...(pod.initContainers ?? [])];
    assert.equal(containers.length, hardware === "GPU" ? 1 : 2);
    for (const { name, securityContext, ports = [] } of containers) {
      assert.equal(securityContext.allowPrivilegeEscalation, false, name);
      assert.equal(securityContext.readOnlyRootFilesystem, true, name);
      assert.deepEqual(securityContext.capabilities, { drop: ["ALL"] }, name);
      for (const field of ["privileged", "runAsUser", "runAsNonRoot", "seccompProfile", "procMount"])
        assert.equal(securityContext[field], undefined, `${name} ${field}`);
      for (const port of ports) assert.equal(port.hostPort, undefined);
    }
  });

test("the engine's entry point is the image's own, and no Service's address is put into its environment", async () => {
  for (const gpu of [{ product: "L4" }, { count: 0 }]) {
    const pod = (await deploymentOf({ gpu })).inputs.spec.template.spec;
    assert.equal("command" in pod.containers[0], false);
    assert.equal(pod.enableServiceLinks, false);
    assert.equal(pod.automountServiceAccountToken, false);
  }
});

test("volumes in memory are counted in the pod's limit", async () => {
  const pod = (await deploymentOf({ gpu: { product: "L4", count: 4 } })).inputs.spec.template.spec;
  assert.deepEqual(pod.volumes[0], { name: "shm", emptyDir: { medium: "Memory", sizeLimit: "4Gi" } });
  assert.equal(pod.containers[0].resources.limits.memory, "144Gi");
  assert.equal(pod.containers[0].resources.limits["nvidia.com/gpu"], "4");
});

test("several GPUs: the engine is told to share them, and what it streams", async () => {
  const gpu = { product: "L4", count: 4 };
  const args = async (engine: Tree) =>
    (await deploymentOf({ gpu, engine })).inputs.spec.template.spec.containers[0].args;
  const streamed = [source, "--served-model-name", "chat", "--load-format", "runai_streamer"];
  const shared = ["--model-loader-extra-config", '{"distributed":true}'];
  assert.deepEqual(await args({}), [...streamed, ...shared, "--tensor-parallel-size", "4", ...rest]);
  assert.deepEqual(await args({ pipelineParallelSize: 4 }), [
    ...streamed,
    ...shared,
    ...["--pipeline-parallel-size", "4"],
    ...rest,
  ]);
});

test("the times of the plan reach their fields", async () => {
  const { inputs } = await deploymentOf({
    startup: { seconds: 61 },
    provisioning: { seconds: 39 },
    drain: { seconds: 100 },
  });
  const { spec } = inputs.spec.template;
  const { startupProbe, lifecycle, args } = spec.containers[0];
  // The first try comes at once: 8 tries are 70 s apart.
  assert.deepEqual([startupProbe.failureThreshold, startupProbe.periodSeconds], [8, 10]);
  assert.ok((startupProbe.failureThreshold - 1) * startupProbe.periodSeconds >= 61);
  assert.equal(inputs.spec.progressDeadlineSeconds, 39 + 61 + 100 + 60);
  assert.equal(spec.terminationGracePeriodSeconds, 100);
  assert.equal(lifecycle.preStop.sleep.seconds, 15);
  assert.equal(args[args.indexOf("--shutdown-timeout") + 1], "70");
});

test("the user's environment, pull secrets and arguments reach the pod; each variable stands once", async () => {
  const { inputs } = await deploymentOf({
    engine: { env: { HF_HUB_OFFLINE: "0", MINE: 1 }, args: { "max-logprobs": 5 } },
    image: { pullSecrets: ["registry"] },
  });
  const { containers, imagePullSecrets } = inputs.spec.template.spec;
  const found: { name: string; value?: string }[] = containers[0].env;
  assert.equal(new Set(found.map(({ name }) => name)).size, found.length);
  assert.equal(found.find(({ name }) => name === "HF_HUB_OFFLINE")?.value, "0");
  assert.equal(found.find(({ name }) => name === "MINE")?.value, "1");
  assert.deepEqual(imagePullSecrets, [{ name: "registry" }]);
  assert.deepEqual(containers[0].args.slice(-4, -2), ["--max-logprobs", "5"]);
});
