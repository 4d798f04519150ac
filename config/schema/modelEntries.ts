import * as v from "valibot";
import { gpuProducts } from "../../catalogue/gpus.ts";
import { engineEntries } from "./engineEntries.ts";
import { group, setting } from "./setting.ts";
import { shapeEntries } from "./shapeEntries.ts";
import {
  boolean,
  choice,
  cpuQuantity,
  form,
  imageDigest,
  imageReference,
  imageRepository,
  imageTag,
  integer,
  labelKey,
  labelValue,
  memoryQuantity,
  name,
  reason,
  subdomain,
} from "./values.ts";

const bounds = "'autoscaling' needs both min and max";

/** Settings of one model. They may stand at the top of a layer (for all models) or under `models.<name>`. */
export const modelEntries = {
  revision: setting(
    form(
      "letters, digits, '.', '_' and '-', at most 100, the first a letter or digit",
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    ),
    {
      description:
        "The folder under `s3://<bucket>/models/<model>/` that is served. Without it there is no server yet.",
      absent: true,
      example: "v1",
    },
  ),
  servedModelName: setting(name, {
    description: "The name that clients put into a request's `model`.",
    derived: "the model's name",
    followsImport: true,
    example: "qwen3-8b",
  }),
  labels: setting(v.record(labelKey, labelValue), {
    description: "Further labels of all objects of the model, for costs and owners. They select nothing.",
    default: {},
    followsImport: true,
    example: { team: "search" },
  }),
  image: group(
    {
      repository: setting(imageRepository, {
        description: "The image's repository, without tag or digest.",
        derived: "`vllm/vllm-openai`, on a CPU `vllm/vllm-openai-cpu`",
        example: "registry.example.com/mirror/vllm-openai",
      }),
      tag: setting(imageTag, {
        description: "The image's tag.",
        derived: "`v<engine.version>`",
        example: "v0.32.0",
      }),
      digest: setting(imageDigest, {
        description: "The image's digest: the one thing that always names the same image.",
        absent: true,
        example: `sha256:${"0123456789abcdef".repeat(4)}`,
      }),
      allowTag: setting(reason, {
        description: "Why a production stack may use a tag without a digest.",
        absent: true,
        example: "our registry never moves a tag",
      }),
      pullSecrets: setting(v.array(subdomain), {
        description: "Names of image pull Secrets in the namespace.",
        default: [],
        example: ["registry"],
      }),
      streamer: setting(boolean, {
        description: "Whether the image holds the Run:ai Model Streamer.",
        derived: "true on a GPU, false on a CPU, as it is with vLLM's own images",
        example: false,
      }),
    },
    "The container image of the engine.",
  ),
  delivery: group(
    {
      kind: setting(choice(["stream", "copy"]), {
        description:
          "How the weights come from the bucket: `stream` reads them straight into memory, `copy` has an init container copy them to the node's disk first.",
        derived: "`stream` where the image has the streamer, else `copy`",
        example: "copy",
      }),
      image: setting(imageReference, {
        description:
          "The image that copies where weights are copied: it holds the AWS CLI and a shell. It gets the variables of `engine.env` and `engine.secretEnv` by which that reaches S3, such as `HTTPS_PROXY`.",
        default: "amazon/aws-cli:2.37.4",
        example: "registry.example.com/mirror/aws-cli:2.37.4",
      }),
    },
    "The way of the weights into the engine.",
  ),
  gpu: group(
    {
      product: setting(choice(gpuProducts), {
        description: "The GPU model. Needed where a pod has GPUs.",
        absent: true,
        example: "L4",
      }),
      count: setting(integer(0, 8), {
        description: "GPUs a pod; 0 runs on the CPU.",
        default: 1,
        unit: "GPUs",
        followsImport: true,
        example: 4,
      }),
      labels: setting(choice(["nvidia", "karpenter", "eks-auto"]), {
        description:
          "Which labels the nodes carry: those of NVIDIA's GPU feature discovery, of Karpenter, or of EKS Auto Mode.",
        default: "nvidia",
        example: "karpenter",
      }),
      spare: setting(integer(0), {
        description:
          "GPUs of this product that are free while everything runs, so that rollouts may use them. It is one budget for all models of the stack on that product.",
        derived: "what other models on the same GPU product say, else 0",
        unit: "GPUs",
        example: 1,
      }),
    },
    "The GPUs of a pod.",
  ),
  scheduling: group(
    {
      nodeSelector: setting(v.record(labelKey, labelValue), {
        description: "Further labels that a node must have, beside those of `gpu`.",
        default: {},
        followsImport: true,
        example: { "node-role": "inference" },
      }),
      tolerations: setting(
        v.array(
          v.pipe(
            v.strictObject({
              key: v.optional(labelKey),
              operator: v.optional(choice(["Exists", "Equal"])),
              value: v.optional(labelValue),
              effect: v.optional(choice(["NoSchedule", "PreferNoSchedule", "NoExecute"])),
              tolerationSeconds: v.optional(integer(0)),
            }),
            v.check(
              ({ key, operator, value }) =>
                operator === "Exists" ? value === undefined : key !== undefined && value !== undefined,
              "a toleration: with operator Exists it has no value, without it (Equal) it has a key and a value",
            ),
            v.check(
              ({ effect, tolerationSeconds }) => tolerationSeconds === undefined || effect === "NoExecute",
              "a toleration that has tolerationSeconds only with effect NoExecute",
            ),
          ),
        ),
        {
          description: "Taints that the pods tolerate, beside `nvidia.com/gpu`, as Kubernetes has them in a pod.",
          default: [],
          followsImport: true,
          example: [{ key: "workload", operator: "Equal", value: "inference", effect: "NoSchedule" }],
        },
      ),
      priorityClassName: setting(subdomain, {
        description: "The PriorityClass of the pods, which has to be in the cluster.",
        derived: "the cluster's default priority",
        example: "inference",
      }),
    },
    "Where the pods may run.",
  ),
  resources: group(
    {
      cpu: setting(cpuQuantity, {
        description: "CPU that a pod requests, a Kubernetes quantity. There is no limit: start-up is bound by it.",
        derived: "three quarters of the GPUs' share of their smallest instance type; 3 without GPU",
        followsImport: true,
        example: "6",
      }),
      memory: setting(memoryQuantity, {
        description: "Memory that a pod requests and is limited to, a Kubernetes quantity in Mi, Gi or Ti.",
        derived: "three quarters of the GPUs' share of their smallest instance type; 12Gi without GPU",
        followsImport: true,
        example: "24Gi",
      }),
      shm: setting(memoryQuantity, {
        description:
          "Size of `/dev/shm`, a Kubernetes quantity in Mi, Gi or Ti. It is memory: it counts against `memory`.",
        derived: "2Gi, or 1Gi a GPU if that is more, and what `engine.args` keep there (`kv-offloading-size`)",
        example: "8Gi",
      }),
    },
    "What a pod asks of its node.",
  ),
  replicas: setting(integer(1, 1000), {
    description: "A fixed number of replicas.",
    default: 1,
    excludes: "autoscaling",
    followsImport: true,
    unit: "pods",
    example: 2,
  }),
  autoscaling: group(
    {
      min: setting(integer(1, 1000), {
        description: "The fewest replicas.",
        required: bounds,
        unit: "pods",
        example: 2,
      }),
      max: setting(integer(1, 1000), { description: "The most replicas.", required: bounds, unit: "pods", example: 8 }),
      waitingRequests: setting(integer(1), {
        description: "Requests waiting in a pod, on average, above which replicas are added.",
        default: 5,
        unit: "requests a pod",
        example: 5,
      }),
    },
    "Replicas by the waiting requests of the engine.",
    { optional: true, excludes: "replicas", followsImport: true },
  ),
  engine: group(engineEntries, "The inference engine."),
  shape: group(
    shapeEntries,
    "The model's own shape, from its `config.json`: with it the plan checks whether the model fits its GPUs. `npm run shape` writes it.",
    { optional: true },
  ),
  access: group(
    {
      kind: setting(choice(["podIdentity"]), {
        description: "How pods get AWS credentials: EKS Pod Identity, without keys.",
        default: "podIdentity",
        example: "podIdentity",
      }),
    },
    "The way to the bucket.",
  ),
  provisioning: group(
    {
      seconds: setting(integer(1, 7200), {
        description: "How long a new node and its image pull may take.",
        derived: "what a node and the pull of the image take: longer with a GPU, whose image is larger",
        unit: "seconds",
        example: 600,
      }),
    },
    "From the wish for a pod to its containers' start.",
  ),
  startup: group(
    {
      seconds: setting(integer(10, 14_400), {
        description: "How long vLLM may take from container start to ready.",
        derived:
          "the weights over the network's rate, and the engine's own start, which is longer with larger weights, several GPUs or less than one CPU, with a margin",
        unit: "seconds",
        example: 900,
      }),
    },
    "From the containers' start to ready.",
    { followsImport: true },
  ),
  drain: group(
    {
      seconds: setting(integer(35, 3600), {
        description:
          "From the wish to stop a pod to its end: requests under way get this long, less 30, and then end with an error.",
        default: 75,
        unit: "seconds",
        example: 120,
      }),
    },
    "The end of a pod.",
  ),
} as const;
