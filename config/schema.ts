import * as v from "valibot";

/**
 * The settings of a stack: what a user may write, and what is checked before anything is deployed.
 * Every setting is optional in a layer; `config/resolve.ts` merges the layers and checks the result.
 */

/** A group of settings: each may be left out, another key is a mistake. */
const group = <const T extends v.ObjectEntries>(entries: T) => v.partial(v.strictObject(entries));

/** A name that Kubernetes takes as a label (RFC 1123) of at most `max` characters. */
const label = (max = 63) =>
  v.pipe(
    v.string(),
    v.regex(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      "lower-case letters, digits and '-', beginning and ending with a letter or digit",
    ),
    v.maxLength(max, `at most ${max} characters`),
  );

/** The CLI hands top-level scalars over as strings, so `"3"` is taken where a number is asked for. */
const number = v.union([v.number(), v.pipe(v.string(), v.regex(/^-?\d+(\.\d+)?$/), v.transform(Number))], "a number");

const integer = (min: number, max = 1_000_000) =>
  v.pipe(number, v.integer("a whole number"), v.minValue(min, `at least ${min}`), v.maxValue(max, `at most ${max}`));

const boolean = v.union(
  [
    v.boolean(),
    v.pipe(
      v.picklist(["true", "false"]),
      v.transform((text) => text === "true"),
    ),
  ],
  "true or false",
);

/** A number where text is meant (`rotation: 2`) is text. */
const text = v.union(
  [
    v.pipe(v.string(), v.minLength(1, "text that is not empty")),
    v.pipe(v.number(), v.transform(String)),
    v.pipe(v.boolean(), v.transform(String)),
  ],
  "text",
);

const quantity = (what: string, pattern: RegExp) => v.pipe(text, v.regex(pattern, what));

/** A model's name: it names the Kubernetes objects and the folder in the bucket, so it never changes. */
const modelName = v.pipe(
  v.string(),
  v.regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "a DNS label: lower-case letters, digits and '-', beginning with a letter and not ending with '-'",
  ),
  v.maxLength(40, "at most 40 characters"),
  v.check(
    (name) => !name.startsWith("vllm"),
    "a name that does not begin with 'vllm' (a Service of such a name injects VLLM_PORT into every pod beside it)",
  ),
);

/** Settings of one model. They may stand at the top of a layer (for all models) or under `models.<name>`. */
export const modelEntries = {
  /** The folder under `s3://<bucket>/models/<model>/` that is served. Without it there is no server yet. */
  revision: v.pipe(
    text,
    v.regex(
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
      "letters, digits, '.', '_' and '-', at most 100, the first a letter or digit",
    ),
  ),
  /** The name that clients put into a request's `model`. Default: the model's name. */
  servedModelName: text,
  image: group({
    /** Default: `vllm/vllm-openai`, on a CPU `vllm/vllm-openai-cpu`. */
    repository: v.pipe(
      text,
      v.regex(
        /^([a-z0-9][a-z0-9.-]*(:\d+)?\/)?[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)*$/,
        "an image repository without tag or digest",
      ),
    ),
    /** Default: `v<engine.version>`. */
    tag: v.pipe(
      text,
      v.regex(/^\w[\w.-]{0,127}$/, "an image tag"),
      v.check((tag) => tag !== "latest", "a tag other than 'latest', which is another image tomorrow"),
    ),
    digest: v.pipe(text, v.regex(/^sha256:[0-9a-f]{64}$/, "sha256: and 64 hexadecimal digits")),
    /** Names of image pull Secrets in the namespace. */
    pullSecrets: v.array(label(253)),
  }),
  gpu: group({
    /** The GPU model, by the catalogue in `planning/data/gpus.ts`. */
    product: text,
    /** GPUs a pod; 0 runs on the CPU. Default 1. */
    count: integer(0, 8),
    /** Which labels the nodes carry. Default `nvidia` (GPU feature discovery). */
    labels: v.picklist(["nvidia", "karpenter", "eks-auto"]),
    /** GPUs that are free while everything runs, so that a rollout may use them. Default 0. */
    spare: integer(0),
  }),
  /** What a pod asks of its node, as Kubernetes quantities. Default: three quarters of the GPUs' share of their smallest instance. */
  resources: group({
    cpu: quantity("a CPU quantity such as 4 or 500m", /^(\d+(\.\d+)?|\d+m)$/),
    memory: quantity("a memory quantity such as 24Gi", /^\d+(\.\d+)?(Mi|Gi|Ti)$/),
  }),
  /** A fixed number of replicas. Excludes `autoscaling`. Default 1. */
  replicas: integer(1, 1000),
  /** Replicas by the waiting requests of the engine. Excludes `replicas`. */
  autoscaling: group({
    min: integer(1, 1000),
    max: integer(1, 1000),
    /** Requests waiting in a pod, on average, above which replicas are added. Default 5. */
    waitingRequests: integer(1),
  }),
  engine: group({
    kind: v.picklist(["vllm"]),
    version: v.pipe(text, v.regex(/^\d+\.\d+\.\d+$/, "a version such as 0.32.0")),
    /** Tokens of prompt and answer together (`--max-model-len`). Default: the model's own. */
    maxModelLen: integer(1),
    /** Sequences in one batch (`--max-num-seqs`). Default: vLLM's, by hardware. */
    maxNumSeqs: integer(1),
    /** Share of a GPU's memory that vLLM takes (`--gpu-memory-utilization`). Default: vLLM's 0.92. */
    gpuMemoryUtilization: v.pipe(number, v.minValue(0.1, "at least 0.1"), v.maxValue(0.99, "at most 0.99")),
    /** Default: all GPUs of the pod. */
    tensorParallelSize: integer(1, 64),
    pipelineParallelSize: integer(1, 64),
    /** Further flags of `vllm serve`, without the dashes: `enable-prefix-caching: true`, `max-logprobs: 5`. */
    args: v.record(
      v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]*$/, "a flag of vllm serve without its dashes")),
      v.union([v.string(), v.number(), v.boolean()], "text, a number, true or false"),
    ),
    /** Further environment variables of the engine. Not for secrets. */
    env: v.record(v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "the name of an environment variable")), text),
  }),
  access: group({
    /** How pods get AWS credentials. */
    kind: v.picklist(["podIdentity"]),
  }),
  /** How long a new node and its image pull may take. Default: measured figures of `planning/budgets.ts`. */
  provisioning: group({ seconds: integer(1, 7200) }),
  /** How long vLLM may take from container start to ready. Default: computed from the GPU and its network. */
  startup: group({ seconds: integer(10, 14_400) }),
  /** From the wish to stop a pod to its end: requests under way get this long. Default 75. */
  drain: group({ seconds: integer(35, 3600) }),
} as const;

/** Settings of the stack as a whole. */
export const stackEntries = {
  /** A stack that people depend on: what could lose data is refused. */
  production: boolean,
  cluster: group({
    /** Name of the EKS cluster: for Pod Identity and, where neither kubeconfig nor context is given, for access. */
    eks: text,
    /** Path of a kubeconfig file; needs `context`. */
    kubeconfig: v.pipe(text, v.regex(/^[^~]/, "a path without '~', which nothing expands here")),
    /** The context to use; the ambient current context never is. */
    context: text,
  }),
  namespace: group({
    /** Default `vllm`. */
    name: label(),
    /** Make the namespace too. Default false: it is a prerequisite. */
    create: boolean,
  }),
  modelStore: group({
    /** What a destroy does to the bucket. Default `keep`: it refuses to delete it. */
    onDestroy: v.picklist(["keep", "delete"]),
  }),
  apiKey: group({
    /** Any text; another one makes another key. */
    rotation: text,
  }),
  /** The name of the only model: short for `models: {<name>: {}}`. */
  model: modelName,
} as const;

/** Names that later versions give a meaning. */
export const reservedKeys: readonly string[] = ["services", "prerequisites", "backend", "portal"];

const modelPart = group(modelEntries);

/** One layer as it is written: everything optional. */
export const layerSchema = group({ ...stackEntries, ...modelEntries, models: v.record(modelName, modelPart) });

export type ModelSettings = v.InferOutput<typeof modelPart>;
export type Layer = v.InferOutput<typeof layerSchema>;
