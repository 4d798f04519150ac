import fc from "fast-check";
import { isTree, type Tree } from "../../config/tree.ts";
import { putKey, type StackKey, stackKeys } from "./stackKeys.ts";

/** Values trees of production-stack's chart: every key of its schema and templates, with values of the types that they have. */

const ofModel = "servingEngineSpec.modelSpec[].";
const keys = [...stackKeys.schema, ...stackKeys.templates];

const word = fc.oneof(
  fc.constantFrom("", "x", "0", "true", "a b", "$(NAME)", "größe", "constructor", "--flag", "1.10", "http://h:1"),
  fc.string({ maxLength: 8 }),
);
const label = fc.constantFrom("team", "pool", "example.com/team", "app.kubernetes.io/name", "nvidia.com/gpu.product");
const memory = fc.constantFrom("4Gi", "16Gi", "64Gi", "512Gi", "30G", "1000Mi", "much", "");
const cpu = fc.oneof(fc.constantFrom<unknown>("500m", "6", 1.5, "lots"), fc.integer({ min: 0, max: 96 }));
const count = fc.integer({ min: 0, max: 9 });
const labels = fc.dictionary(label, word, { maxKeys: 2 });
const expression = fc.record({
  key: fc.oneof(label, fc.constantFrom("node.kubernetes.io/instance-type", "karpenter.k8s.aws/instance-gpu-name")),
  operator: fc.constantFrom("In", "NotIn", "Exists"),
  values: fc.array(fc.constantFrom("NVIDIA-L4", "l4", "g6e.12xlarge", "gpu", "a100"), { maxLength: 2 }),
});
const terms = fc.array(fc.record({ matchExpressions: fc.array(expression, { maxLength: 2 }) }), { maxLength: 2 });
const tolerations = fc.array(
  fc.record(
    {
      key: label,
      operator: fc.constantFrom("Exists", "Equal"),
      value: word,
      effect: fc.constantFrom("NoSchedule", "x"),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 2 },
);
const variable = fc.record({
  name: fc.constantFrom(
    ...[
      "VLLM_LOGGING_LEVEL",
      "HF_TOKEN",
      "DB_PASSWORD",
      "VLLM_CPU_KVCACHE_SPACE",
      "CUDA_VISIBLE_DEVICES",
      "VLLM_USE_V1",
    ],
    ...["LMCACHE_LOCAL_DISK", "VLLM_ALLOW_RUNTIME_LORA_UPDATING", "AWS_ACCESS_KEY_ID", "not a name", "PLAIN"],
  ),
  value: fc.oneof(word, fc.constantFrom("1", "0")),
});
const flag = fc.constantFrom(
  ...["--seed=1", "--enable-lora", "--max-lora-rank=32", "--lora-modules a=/data/a", "--device cpu", "--device=cuda"],
  ...["--tensor-parallel-size 2", "-tp 4", "--max-model-len 8k", "--no-enable-prefix-caching", "--load-format mistral"],
  ...["--trust-remote-code", "--swap-space 4", "--api-key x", "--host ::", "--kv-offloading-size 8", "--enforce-eager"],
  ...[
    '--kv-transfer-config {"kv_connector":"NixlConnector","kv_role":"kv_both"}',
    "positional",
    "--served-model-name a b",
  ],
);
const resources = fc.record(
  {
    requests: fc.record({ cpu, memory, "nvidia.com/gpu": count, "amd.com/gpu": count }, { requiredKeys: [] }),
    limits: fc.record({ cpu, memory, "nvidia.com/gpu": count, "nvidia.com/mig-1g.5gb": count }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

/** Values of keys whose texts mean something, by the last part of the key. */
const special: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  name: fc.oneof(fc.constantFrom("chat", "7B_Chat", "vllm"), word),
  repository: fc.constantFrom(
    ...["vllm/vllm-openai", "vllm/vllm-openai", "vllm/vllm-openai-cpu", "lmcache/vllm-openai", "rocm/vllm"],
    ...["registry.example.com/team/llm", "public.ecr.aws/q9t5s3a7/vllm-cpu-release-repo", "opea/vllm-gaudi", ""],
  ),
  tag: fc.constantFrom("v0.32.0", "v0.32.0-cu129", "latest", "v0.8.5.post1", "nightly-2025-08-25", "rocm6.3", ""),
  modelURL: fc.constantFrom("org/chat", "/data/chat", "s3://bucket/chat", "chat", ""),
  requestMemory: memory,
  limitMemory: memory,
  requestCPU: cpu,
  limitCPU: cpu,
  requestGPU: fc.oneof(count, fc.constantFrom<unknown>("1", 0.5, "2")),
  requestGPUType: fc.constantFrom("nvidia.com/gpu", "nvidia.com/mig-4g.71gb", "amd.com/gpu", "habana.ai/gaudi", ""),
  resources,
  labels,
  podLabels: labels,
  configs: fc.dictionary(fc.constantFrom("VLLM_LOGGING_LEVEL", "HTTP_PROXY"), word, { maxKeys: 2 }),
  env: fc.array(variable, { maxLength: 3 }),
  nodeSelectorTerms: terms,
  affinity: fc.record({
    nodeAffinity: fc.record({
      requiredDuringSchedulingIgnoredDuringExecution: fc.record({ nodeSelectorTerms: terms }),
    }),
  }),
  tolerations,
  extraArgs: fc.array(flag, { maxLength: 4 }).map((flags) => flags.flatMap((one) => one.split(" "))),
  dtype: fc.constantFrom("bfloat16", "auto", "half", "x"),
  gpuMemoryUtilization: fc.constantFrom<unknown>(0.9, "0.8", 1, 7, "x"),
  cpuOffloadingBufferSize: fc.oneof(count, fc.constantFrom<unknown>("30", "600", "0.5", "x")),
  kvRole: fc.constantFrom("kv_both", "kv_producer", "kv_consumer"),
  query: fc.constantFrom("vllm:num_requests_waiting", 'sum(vllm:num_requests_waiting{model="chat"})', "up"),
  routingLogic: fc.constantFrom("roundrobin", "session", "disaggregated_prefill"),
  baseModel: fc.constantFrom("chat", "other"),
  v0: fc.constantFrom("1", "0"),
};

const anything = fc.dictionary(word, fc.oneof(word, fc.integer(), fc.boolean()), { maxKeys: 2 });

function valuesOf({ key, type, values }: StackKey): fc.Arbitrary<unknown> {
  const last = key.split(".").at(-1) ?? "";
  const known = special[last];
  if (known && !values) return known;
  if (values) return fc.constantFrom(...values);
  const of: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
    string: word,
    boolean: fc.boolean(),
    integer: fc.oneof(count, fc.constantFrom(120, 4096, 2 ** 40)),
    number: fc.double({ noNaN: true, noDefaultInfinity: true }),
    object: anything,
    array: fc.array(fc.oneof(word, anything), { maxLength: 2 }),
  };
  return fc.oneof(...type.split("|").map((one) => of[one] ?? word));
}

/** Some of the keys, each with a value. */
const someOf = (from: readonly StackKey[], most: number) =>
  fc
    .subarray([...from], { maxLength: most })
    .chain((chosen) => fc.tuple(...chosen.map((one) => fc.tuple(fc.constant(one.key), valuesOf(one)))));

const isOfModel = ({ key }: StackKey) => key.startsWith(ofModel);
const byName = (...names: string[]) => keys.filter(({ key }) => names.includes(key.replace(ofModel, "")));
const core = byName(
  "name",
  "repository",
  "tag",
  "modelURL",
  "requestGPU",
  "requestMemory",
  "requestCPU",
  "replicaCount",
);
const switches = byName("enabled", "lmcacheConfig.enabled", "keda.enabled", "raySpec.enabled");
const model = fc.tuple(
  someOf(core, core.length),
  fc
    .tuple(...switches.map(({ key }) => fc.tuple(fc.constant(key), fc.boolean())))
    .map((all) => all.filter(([, on]) => on)),
  someOf(keys.filter(isOfModel), 12),
);

/** Values of the chart: models, and what stands beside them. */
export const stackTrees: fc.Arbitrary<Tree> = fc
  .tuple(
    fc.array(model, { maxLength: 3 }),
    someOf(
      keys.filter((one) => !isOfModel(one)),
      14,
    ),
  )
  .map(([models, others]) => {
    const tree: Tree = { servingEngineSpec: { modelSpec: [] } };
    for (const [key, value] of others) putKey(tree, key, structuredClone(value));
    for (const [at, parts] of models.entries()) {
      putKey(tree, `${ofModel}name`, "chat", at);
      for (const [key, value] of parts.flat() as [string, unknown][]) putKey(tree, key, structuredClone(value), at);
    }
    return tree;
  });

/** A tree with some of its leaves taken out or given other values: for charts whose schema is their values file. */
export const variantsOf = (tree: Tree): fc.Arbitrary<Tree> => {
  const places: (string | number)[][] = [];
  const walk = (value: unknown, path: (string | number)[]) => {
    const inner = Array.isArray(value) ? [...value.entries()] : isTree(value) ? Object.entries(value) : [];
    if (path.length > 0) places.push(path);
    for (const [key, one] of inner) walk(one, [...path, key]);
  };
  walk(tree, []);
  const value = fc.oneof(word, count, fc.boolean(), anything, fc.constantFrom<unknown>([], {}, null, "1.5", ["x"]));
  return fc
    .array(fc.tuple(fc.constantFrom(...places), fc.option(value, { nil: undefined })), { maxLength: 8 })
    .map((changes) => {
      const copy = structuredClone(tree);
      for (const [path, next] of changes) {
        const parent = path.slice(0, -1).reduce<unknown>((here, key) => (here as Tree | undefined)?.[key], copy);
        const key = path.at(-1) ?? "";
        if (next === undefined && isTree(parent)) delete parent[key];
        else if (isTree(parent) || (Array.isArray(parent) && Number(key) < parent.length))
          (parent as Tree)[key] = structuredClone(next ?? null);
      }
      return copy;
    });
};
