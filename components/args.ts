// biome-ignore-all lint/suspicious/noExplicitAny: what takes numbers and text has no other type in every language
// Made by "npm run reference" from config/schema/schema.ts.
import type * as pulumi from "@pulumi/pulumi";

/** The container image of the engine. */
export interface ImageSettings {
  /**
   * The image's repository, without tag or digest.
   *
   * @default `vllm/vllm-openai`, on a CPU `vllm/vllm-openai-cpu`
   * @example `registry.example.com/mirror/vllm-openai`
   */
  repository?: string;
  /**
   * The image's tag.
   *
   * @default `v<engine.version>`
   * @example `v0.32.0`
   */
  tag?: string;
  /**
   * The image's digest: the one thing that always names the same image.
   *
   * @example `sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`
   */
  digest?: string;
  /**
   * Why a production stack may use a tag without a digest.
   *
   * @example `our registry never moves a tag`
   */
  allowTag?: string;
  /**
   * Names of image pull Secrets in the namespace.
   *
   * @default `[]`
   * @example `["registry"]`
   */
  pullSecrets?: string[];
  /**
   * Whether the image holds the Run:ai Model Streamer.
   *
   * @default true on a GPU, false on a CPU, as it is with vLLM's own images
   * @example `false`
   */
  streamer?: boolean;
}

export const DeliveryKind = {
  Stream: "stream",
  Copy: "copy",
} as const;
export type DeliveryKind = (typeof DeliveryKind)[keyof typeof DeliveryKind];

/** The way of the weights into the engine. */
export interface DeliverySettings {
  /**
   * How the weights come from the bucket: `stream` reads them straight into memory, `copy` has an init container copy them to the node's disk first.
   *
   * @default `stream` where the image has the streamer, else `copy`
   * @example `copy`
   */
  kind?: DeliveryKind;
  /**
   * The image that copies where weights are copied: it holds the AWS CLI and a shell. It gets the variables of `engine.env` and `engine.secretEnv` by which that reaches S3, such as `HTTPS_PROXY`.
   *
   * @default `amazon/aws-cli:2.37.4`
   * @example `registry.example.com/mirror/aws-cli:2.37.4`
   */
  image?: string;
}

export const GpuProduct = {
  T4: "T4",
  A10G: "A10G",
  L4: "L4",
  L40S: "L40S",
  RTX_PRO_6000: "RTX-PRO-6000",
  A100_40GB: "A100-40GB",
  A100_80GB: "A100-80GB",
  H100: "H100",
  H200: "H200",
  B200: "B200",
} as const;
export type GpuProduct = (typeof GpuProduct)[keyof typeof GpuProduct];

export const GpuLabels = {
  Nvidia: "nvidia",
  Karpenter: "karpenter",
  EksAuto: "eks-auto",
} as const;
export type GpuLabels = (typeof GpuLabels)[keyof typeof GpuLabels];

/** The GPUs of a pod. */
export interface GpuSettings {
  /**
   * The GPU model. Needed where a pod has GPUs.
   *
   * @example `L4`
   */
  product?: GpuProduct;
  /**
   * GPUs a pod; 0 runs on the CPU. Unit: GPUs.
   *
   * @default `1`
   * @example `4`
   */
  count?: number;
  /**
   * Which labels the nodes carry: those of NVIDIA's GPU feature discovery, of Karpenter, or of EKS Auto Mode.
   *
   * @default `nvidia`
   * @example `karpenter`
   */
  labels?: GpuLabels;
  /**
   * GPUs of this product that are free while everything runs, so that rollouts may use them. It is one budget for all models of the stack on that product. Unit: GPUs.
   *
   * @default what other models on the same GPU product say, else 0
   * @example `1`
   */
  spare?: number;
}

export const TolerationOperator = {
  Exists: "Exists",
  Equal: "Equal",
} as const;
export type TolerationOperator = (typeof TolerationOperator)[keyof typeof TolerationOperator];

export const TolerationEffect = {
  NoSchedule: "NoSchedule",
  PreferNoSchedule: "PreferNoSchedule",
  NoExecute: "NoExecute",
} as const;
export type TolerationEffect = (typeof TolerationEffect)[keyof typeof TolerationEffect];

/** One of a list, as Kubernetes has it. */
export interface TolerationSettings {
  /** `key`, as Kubernetes has it. */
  key?: string;
  /** `operator`, as Kubernetes has it. */
  operator?: TolerationOperator;
  /** `value`, as Kubernetes has it. */
  value?: string;
  /** `effect`, as Kubernetes has it. */
  effect?: TolerationEffect;
  /** `tolerationSeconds`, as Kubernetes has it. */
  tolerationSeconds?: number;
}

/** Where the pods may run. */
export interface SchedulingSettings {
  /**
   * Further labels that a node must have, beside those of `gpu`.
   *
   * @default `{}`
   * @example `{"node-role":"inference"}`
   */
  nodeSelector?: Record<string, string>;
  /**
   * Taints that the pods tolerate, beside `nvidia.com/gpu`, as Kubernetes has them in a pod.
   *
   * @default `[]`
   * @example `[{"key":"workload","operator":"Equal","value":"inference","effect":"NoSchedule"}]`
   */
  tolerations?: TolerationSettings[];
  /**
   * The PriorityClass of the pods, which has to be in the cluster.
   *
   * @default the cluster's default priority
   * @example `inference`
   */
  priorityClassName?: string;
}

/** What a pod asks of its node. */
export interface ResourcesSettings {
  /**
   * CPU that a pod requests, a Kubernetes quantity. There is no limit: start-up is bound by it.
   *
   * @default three quarters of the GPUs' share of their smallest instance type; 3 without GPU
   * @example `6`
   */
  cpu?: string;
  /**
   * Memory that a pod requests and is limited to, a Kubernetes quantity in Mi, Gi or Ti.
   *
   * @default three quarters of the GPUs' share of their smallest instance type; 12Gi without GPU
   * @example `24Gi`
   */
  memory?: string;
  /**
   * Size of `/dev/shm`, a Kubernetes quantity in Mi, Gi or Ti. It is memory: it counts against `memory`.
   *
   * @default 2Gi, or 1Gi a GPU if that is more, and what `engine.args` keep there (`kv-offloading-size`)
   * @example `8Gi`
   */
  shm?: string;
}

/** Replicas by the waiting requests of the engine. */
export interface AutoscalingSettings {
  /**
   * The fewest replicas. Required. Unit: pods.
   *
   * @example `2`
   */
  min?: number;
  /**
   * The most replicas. Required. Unit: pods.
   *
   * @example `8`
   */
  max?: number;
  /**
   * Requests waiting in a pod, on average, above which replicas are added. Unit: requests a pod.
   *
   * @default `5`
   * @example `5`
   */
  waitingRequests?: number;
}

/** The inference engine. */
export interface EngineSettings {
  /**
   * Which engine.
   *
   * @default `vllm`
   * @example `vllm`
   */
  kind?: string;
  /**
   * The engine's version: it names the image's tag and decides which flags there are.
   *
   * @default `0.32.0`
   * @example `0.32.0`
   */
  version?: string;
  /**
   * Known holes of this version that are accepted, each by its name. Without it a version with a known hole is refused.
   *
   * @default `[]`
   * @example `["CVE-2026-48746"]`
   */
  acceptCves?: string[];
  /**
   * Flags of `args` and variables of `env` and `secretEnv`, each by its name, that open routes which answer without the key, or that displace what the program, the image or the node decides (`LD_PRELOAD`). Without it they are refused.
   *
   * @default `[]`
   * @example `["profiler-config"]`
   */
  acknowledge?: string[];
  /**
   * Tokens of prompt and answer together (`--max-model-len`): a number, one with a suffix (`32k` is 32000, `32K` is 32768), or `auto`, which is as much of the model's own context as fits. Unit: tokens.
   *
   * @default the model's own
   * @example `8192`
   */
  maxModelLen?: any;
  /**
   * Sequences in one batch (`--max-num-seqs`). Unit: sequences.
   *
   * @default vLLM's, by hardware
   * @example `256`
   */
  maxNumSeqs?: number;
  /**
   * Share of a GPU's memory that vLLM takes (`--gpu-memory-utilization`).
   *
   * @default vLLM's own, 0.92
   * @example `0.9`
   */
  gpuMemoryUtilization?: number;
  /**
   * GPUs that share each layer (`--tensor-parallel-size`). Times the pipeline parallel size it is the GPUs of a pod. Unit: GPUs.
   *
   * @default all GPUs of the pod
   * @example `4`
   */
  tensorParallelSize?: number;
  /**
   * Groups of GPUs that share the layers out (`--pipeline-parallel-size`). Unit: groups.
   *
   * @default `1`
   * @example `2`
   */
  pipelineParallelSize?: number;
  /**
   * Why `args: {trust-remote-code: true}` is acceptable: it runs Python that comes with the model.
   *
   * @example `we reviewed the model's code`
   */
  allowRemoteCode?: string;
  /**
   * Further flags of `vllm serve`, without the dashes. A list gives a flag several values, a group is passed as JSON (`null` in it too), `false` is the flag's `--no-` form.
   *
   * @default `{}`
   * @example `{"enable-prefix-caching":true,"max-logprobs":5}`
   */
  args?: Record<string, any>;
  /**
   * Further environment variables of the engine, in plain text.
   *
   * @default `{}`
   * @example `{"VLLM_LOGGING_LEVEL":"DEBUG"}`
   */
  env?: Record<string, string>;
  /**
   * Environment variables of the engine whose values are secret: they come from a Kubernetes Secret.
   *
   * @default `{}`
   * @example `{"OTEL_EXPORTER_OTLP_HEADERS":"authorization=…"}`
   */
  secretEnv?: Record<string, pulumi.Input<string>>;
}

export const ShapeDtype = {
  Bfloat16: "bfloat16",
  Float16: "float16",
  Float32: "float32",
} as const;
export type ShapeDtype = (typeof ShapeDtype)[keyof typeof ShapeDtype];

export const ShapeQuantization = {
  Fp8: "fp8",
  Int8: "int8",
  Int4: "int4",
  Mxfp4: "mxfp4",
  Nvfp4: "nvfp4",
} as const;
export type ShapeQuantization = (typeof ShapeQuantization)[keyof typeof ShapeQuantization];

/** Of a model whose layers, or some of them, see only a window. */
export interface ShapeSlidingWindowSettings {
  /**
   * `sliding_window`. Required. Unit: tokens.
   *
   * @example `1024`
   */
  size?: number;
  /**
   * How many of the layers keep only the window. Required. Unit: layers.
   *
   * @example `52`
   */
  layers?: number;
}

/** The model's own shape, from its `config.json`: with it the plan checks whether the model fits its GPUs. `npm run shape` writes it. */
export interface ShapeSettings {
  /**
   * All parameters, of a mixture of experts those of all experts. A number, or text in M, B or T. Unit: parameters.
   *
   * @example `8.19B`
   */
  parameters?: any;
  /**
   * Size of the weights as they are stored. Where it is given, it counts instead of `parameters`. Unit: bytes.
   *
   * @example `16381470720`
   */
  weightBytes?: number;
  /**
   * `num_hidden_layers`. Required. Unit: layers.
   *
   * @example `36`
   */
  layers?: number;
  /**
   * Of a hybrid model: how many of the layers have attention (`full_attention` in `layer_types`, `*` in `hybrid_override_pattern`, layers ÷ `full_attention_interval`). The others, of linear attention or Mamba, keep a state of one size. Unit: layers.
   *
   * @default all layers
   * @example `12`
   */
  attentionLayers?: number;
  /**
   * `hidden_size`. Required.
   *
   * @example `4096`
   */
  hiddenSize?: number;
  /**
   * `num_attention_heads`. Required. Unit: heads.
   *
   * @example `32`
   */
  attentionHeads?: number;
  /**
   * `num_key_value_heads`. Unit: heads.
   *
   * @default as many as attention heads
   * @example `8`
   */
  keyValueHeads?: number;
  /**
   * `head_dim`.
   *
   * @default hidden size ÷ attention heads
   * @example `128`
   */
  headSize?: number;
  /**
   * `max_position_embeddings`: the context where `engine.maxModelLen` gives none. Unit: tokens.
   *
   * @example `40960`
   */
  contextLength?: number;
  /**
   * `vocab_size`: embeddings are seldom quantised, and their share is counted with it. Unit: tokens.
   *
   * @example `151936`
   */
  vocabularySize?: number;
  /**
   * `tie_word_embeddings`: input and output embeddings are one table.
   *
   * @default false
   * @example `true`
   */
  tiedEmbeddings?: boolean;
  /**
   * `torch_dtype`.
   *
   * @default bfloat16
   * @example `bfloat16`
   */
  dtype?: ShapeDtype;
  /**
   * How the weights are stored where they are quantised: `int4` is what AWQ and GPTQ mostly are.
   *
   * @example `fp8`
   */
  quantization?: ShapeQuantization;
  /**
   * Of a model with multi-head latent attention: `kv_lora_rank` + `qk_rope_head_dim`, which is what its KV cache holds.
   *
   * @example `576`
   */
  latentSize?: number;
  /** Of a model whose layers, or some of them, see only a window. */
  slidingWindow?: ShapeSlidingWindowSettings;
}

/** The way to the bucket. */
export interface AccessSettings {
  /**
   * How pods get AWS credentials: EKS Pod Identity, without keys.
   *
   * @default `podIdentity`
   * @example `podIdentity`
   */
  kind?: string;
}

/** From the wish for a pod to its containers' start. */
export interface ProvisioningSettings {
  /**
   * How long a new node and its image pull may take. Unit: seconds.
   *
   * @default what a node and the pull of the image take: longer with a GPU, whose image is larger
   * @example `600`
   */
  seconds?: number;
}

/** From the containers' start to ready. */
export interface StartupSettings {
  /**
   * How long vLLM may take from container start to ready. Unit: seconds.
   *
   * @default the weights over the network's rate, and the engine's own start, which is longer with larger weights, several GPUs or less than one CPU, with a margin
   * @example `900`
   */
  seconds?: number;
}

/** The end of a pod. */
export interface DrainSettings {
  /**
   * From the wish to stop a pod to its end: requests under way get this long, less 30, and then end with an error. Unit: seconds.
   *
   * @default `75`
   * @example `120`
   */
  seconds?: number;
}

/** Settings of a model; those of the whole platform are for all of its models. */
export interface ModelSettings {
  /**
   * The folder under `s3://<bucket>/models/<model>/` that is served. Without it there is no server yet.
   *
   * @example `v1`
   */
  revision?: string;
  /**
   * The name that clients put into a request's `model`.
   *
   * @default the model's name
   * @example `qwen3-8b`
   */
  servedModelName?: string;
  /**
   * Further labels of all objects of the model, for costs and owners. They select nothing.
   *
   * @default `{}`
   * @example `{"team":"search"}`
   */
  labels?: Record<string, string>;
  /** The container image of the engine. */
  image?: ImageSettings;
  /** The way of the weights into the engine. */
  delivery?: DeliverySettings;
  /** The GPUs of a pod. */
  gpu?: GpuSettings;
  /** Where the pods may run. */
  scheduling?: SchedulingSettings;
  /** What a pod asks of its node. */
  resources?: ResourcesSettings;
  /**
   * A fixed number of replicas. Excludes `autoscaling`. Unit: pods.
   *
   * @default `1`
   * @example `2`
   */
  replicas?: number;
  /** Replicas by the waiting requests of the engine. Excludes `replicas`. */
  autoscaling?: AutoscalingSettings;
  /** The inference engine. */
  engine?: EngineSettings;
  /** The model's own shape, from its `config.json`: with it the plan checks whether the model fits its GPUs. `npm run shape` writes it. */
  shape?: ShapeSettings;
  /** The way to the bucket. */
  access?: AccessSettings;
  /** From the wish for a pod to its containers' start. */
  provisioning?: ProvisioningSettings;
  /** From the containers' start to ready. */
  startup?: StartupSettings;
  /** The end of a pod. */
  drain?: DrainSettings;
}

export const ClusterIpFamily = {
  Ipv4: "ipv4",
  Ipv6: "ipv6",
} as const;
export type ClusterIpFamily = (typeof ClusterIpFamily)[keyof typeof ClusterIpFamily];

/** The cluster to deploy to. */
export interface ClusterSettings {
  /**
   * Name of the EKS cluster: for Pod Identity and, where neither kubeconfig nor context is given, for access. Required.
   *
   * @example `prod`
   */
  eks: string;
  /**
   * The context to use; the ambient current context never is.
   *
   * @default access through EKS
   * @example `prod`
   */
  context?: string;
  /**
   * The addresses of the cluster's pods, as EKS calls its IP family: servers listen on these.
   *
   * @default `ipv4`
   * @example `ipv6`
   */
  ipFamily?: ClusterIpFamily;
  /**
   * The ARN of the EKS cluster.
   *
   * @default looked up by `eks`
   */
  arn?: pulumi.Input<string>;
  /**
   * A kubeconfig of the cluster, its content, by which rollouts are checked: what the Kubernetes provider has. It is treated as a secret.
   *
   * @default access through EKS
   */
  kubeconfig?: pulumi.Input<string>;
}

/** The namespace of the servers. */
export interface NamespaceSettings {
  /**
   * Where the servers run.
   *
   * @default `vllm`
   * @example `inference`
   */
  name?: string;
  /**
   * Make the namespace too; otherwise it is a prerequisite.
   *
   * @default `false`
   * @example `true`
   */
  create?: boolean;
}

export const ModelStoreOnDestroy = {
  Keep: "keep",
  Delete: "delete",
} as const;
export type ModelStoreOnDestroy = (typeof ModelStoreOnDestroy)[keyof typeof ModelStoreOnDestroy];

/** The S3 bucket of the models. */
export interface ModelStoreSettings {
  /**
   * What a destroy does to the bucket: `keep` refuses to delete it. Excludes `bucket`.
   *
   * @default `keep`
   * @example `delete`
   */
  onDestroy?: ModelStoreOnDestroy;
  /**
   * The name of your own bucket, where there is one already: nothing of it is changed or deleted. Excludes `onDestroy`.
   *
   * @default a bucket of its own
   */
  bucket?: pulumi.Input<string>;
  /**
   * The ARN of your own KMS key: the bucket encrypts with it, your own `bucket` already does. The models' roles may decrypt with it; the key's policy has to leave that to IAM, and who uploads needs `kms:GenerateDataKey` on it.
   *
   * @default a key of S3 itself
   */
  kmsKey?: pulumi.Input<string>;
}

/** The key that clients send, one a stack. */
export interface ApiKeySettings {
  /**
   * Any text; another one makes another key. Excludes `value`.
   *
   * @example `2026-11`
   */
  rotation?: string;
  /**
   * Your own key, where clients have one already. Excludes `rotation`.
   *
   * @default a random key of 48 characters
   * @example `sk-0123456789abcdef`
   */
  value?: pulumi.Input<string>;
}

export const PolicyLevel = {
  Off: "off",
  Advisory: "advisory",
  Mandatory: "mandatory",
} as const;
export type PolicyLevel = (typeof PolicyLevel)[keyof typeof PolicyLevel];

/** What the stack may take and cost at most. */
export interface PolicyLimitsSettings {
  /**
   * GPUs that the stack may take at most: with the most replicas, while these are replaced. `npm run policy` judges it. Unit: GPUs.
   *
   * @example `16`
   */
  gpus?: number;
  /**
   * What the nodes of the stack may cost then. `npm run policy` judges it. Unit: USD an hour.
   *
   * @example `20.5`
   */
  costPerHour?: number;
}

/** Rules over what is deployed, which `npm run policy` judges; `docs/policy.md` has what each one checks. An `up` judges none by itself. */
export interface PolicySettings {
  /**
   * In production images have a digest, or `image.allowTag` says why a tag is enough.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  imageDigest?: PolicyLevel;
  /**
   * No bucket is public.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  bucketPrivate?: PolicyLevel;
  /**
   * Nobody reaches a bucket without TLS.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  bucketTls?: PolicyLevel;
  /**
   * What is in a bucket is encrypted.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  bucketEncryption?: PolicyLevel;
  /**
   * No static AWS key stands anywhere.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  staticKeys?: PolicyLevel;
  /**
   * A model's IAM policy names no `*` action, and nothing but the model's own prefix.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  modelAccess?: PolicyLevel;
  /**
   * The stack takes at most `policy.limits.gpus`.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  gpuQuota?: PolicyLevel;
  /**
   * The stack costs at most `policy.limits.costPerHour`; an unknown cost is too much.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  costCeiling?: PolicyLevel;
  /**
   * In production a model has two replicas or more, and a disruption budget.
   *
   * @default `advisory`
   * @example `mandatory`
   */
  availability?: PolicyLevel;
  /**
   * In production the bucket of the models is protected.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  storeProtected?: PolicyLevel;
  /**
   * No bucket is deleted or replaced, unless `modelStore.onDestroy` is `delete`.
   *
   * @default `mandatory`
   * @example `advisory`
   */
  bucketKept?: PolicyLevel;
  /** What the stack may take and cost at most. */
  limits?: PolicyLimitsSettings;
}

/** What an `InferencePlatform` is made from. */
export interface InferencePlatformArgs extends ModelSettings {
  /**
   * A stack that people depend on: what could lose data, or deploy another image tomorrow, is refused.
   *
   * @default `false`
   * @example `true`
   */
  production?: boolean;
  /** The cluster to deploy to. */
  cluster: ClusterSettings;
  /** The namespace of the servers. */
  namespace?: NamespaceSettings;
  /** The S3 bucket of the models. */
  modelStore?: ModelStoreSettings;
  /** The key that clients send, one a stack. */
  apiKey?: ApiKeySettings;
  /**
   * What instance types cost you, over the on-demand prices of `catalogue/prices.ts`: those of your region, or your discounts. The cost that `explain` tells is reckoned with them. Unit: USD an hour.
   *
   * @default `{}`
   * @example `{"g6.xlarge":0.8986}`
   */
  prices?: Record<string, number>;
  /** Rules over what is deployed, which `npm run policy` judges; `docs/policy.md` has what each one checks. An `up` judges none by itself. */
  policy?: PolicySettings;
  /**
   * The name of the only model: short for `models: {<name>: {}}`.
   *
   * @example `chat`
   */
  model?: string;
  /**
   * The models by their names, each with what differs from the settings above.
   *
   * @example `{"chat":{}}`
   */
  models?: Record<string, ModelSettings>;
  /**
   * The AWS region of bucket and credentials.
   *
   * @default the region of the AWS provider
   */
  region?: pulumi.Input<string>;
}
