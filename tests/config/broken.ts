import fc from "fast-check";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import { reservedKeys, schemaAt } from "../../config/schema/schema.ts";
import { put, type Tree } from "../../config/tree.ts";
import { type Draw, drawing, type Stack, validStack } from "./generate.ts";

/** A stack that is wrong in one way, and what must be said of it. */
export interface Broken {
  stack: Stack;
  /** The setting, as the user writes it, or the one that it is in. */
  key: string;
  message: RegExp;
  /** More may be wrong than that, and is told too. */
  several?: true;
}

/** Values that a setting of the model does not take, and why. */
const wrongValues: readonly [string, fc.Arbitrary<unknown>, RegExp][] = [
  ["replicas", fc.constantFrom<unknown>(0, 1001, -1, 1.5, "two", true, [], "1e3"), /must be/],
  ["revision", fc.constantFrom<unknown>("../v1", "a b", "v".repeat(101), [1]), /must be/],
  ["gpu.count", fc.constantFrom<unknown>(-1, 9, "four", {}, 0.5), /must be/],
  ["gpu.product", fc.constantFrom("H10O", "RTX9090", "l4", "constructor"), /must be 'T4' or/],
  ["gpu.labels", fc.constantFrom("gke", "NVIDIA"), /must be 'nvidia' or/],
  ["gpu", fc.constantFrom<unknown>("L4", 4, ["L4"]), /must be a group/],
  ["image.tag", fc.constant("latest"), /other than 'latest'/],
  ["image.tag", fc.constantFrom("-x", "a b"), /an image tag/],
  ["image.digest", fc.constantFrom("sha256:abc", "0".repeat(64)), /64 hexadecimal/],
  ["image.repository", fc.constantFrom("a:b", "A/b", "a//b"), /without tag or digest/],
  ["image.pullSecrets", fc.constantFrom<unknown>("one", ["A_B"], [1]), /must be/],
  ["image.allowTag", fc.constant("because"), /a few words/],
  ["labels", fc.constantFrom<Tree>({ team: "a b" }, { team: "x".repeat(64) }), /value of a Kubernetes label/],
  ["labels", fc.constantFrom<Tree>({ "a b": "x" }, { "-a": "x" }, { "A.b/c": "x" }), /key of a Kubernetes label/],
  ["labels", fc.constant({ "app.kubernetes.io/name": "x" }), /is written by the program/],
  ["scheduling.nodeSelector", fc.constant({ "a/b/c": "x" }), /key of a Kubernetes label/],
  [
    "scheduling.tolerations",
    fc.constantFrom<unknown>([{ operator: "Exists", value: "x" }], [{ key: "a" }]),
    /a toleration/,
  ],
  ["resources.cpu", fc.constantFrom<unknown>("4 cores", "0", "0.0001", "1Gi"), /a CPU quantity/],
  ["resources.memory", fc.constantFrom<unknown>("8G", 8, "Gi", "0Gi"), /a memory quantity/],
  ["resources.memory", fc.constantFrom("1Gi", "512Mi"), /too little|does not fit/],
  ["engine.version", fc.constantFrom("0.32", "v0.32.0", "latest"), /a version such as/],
  ["engine.version", fc.constantFrom("0.11.0", "0.22.0", "0.23.9"), /CVE-/],
  ["engine.acceptCves", fc.constantFrom<unknown>(["all"], "CVE-2026-48746"), /must be/],
  ["engine.acknowledge", fc.constantFrom<unknown>(["a b"], "profiler-config"), /must be/],
  ["engine.acknowledge", fc.constantFrom<unknown>(["tokens-only"], ["seed"]), /engine\.acknowledge|names /],
  ["engine.maxModelLen", fc.constantFrom<unknown>(0, -2, 1.5, "1.5K", "8x", "0k", "automatic"), /must be/],
  ["engine.gpuMemoryUtilization", fc.constantFrom<unknown>(1, 0.05, "90%"), /must be/],
  ["engine.env", fc.constantFrom<Tree>({ "A-B": "x" }, { "": "x" }), /name of an environment variable/],
  ["drain.seconds", fc.constantFrom<unknown>(34, 3601, "1m"), /must be/],
  ["startup.seconds", fc.constantFrom<unknown>(9, 14_401), /must be/],
  ["access.kind", fc.constant("irsa"), /'podIdentity'/],
  ["delivery.kind", fc.constant("pvc"), /'stream' or 'copy'/],
  ["shape.layers", fc.constantFrom<unknown>(0, "many"), /must be/],
  ["shape.parameters", fc.constantFrom<unknown>("8 billion", "8G", 5), /must be/],
];

/** Flags that `engine.args` must not have, and why. */
const wrongFlags: readonly [string, unknown, RegExp][] = [
  ["max-model-len", 5, /belongs to engine\.maxModelLen/],
  ["no-headless", true, /belongs to the Service/],
  ["data-parallel-rank", 1, /belongs to replicas/],
  ["root-path", "/", /answers without the key/],
  ["api-server-count", 2, /several API servers/],
  ["enable-auto-tool-choice", true, /needs 'tool-call-parser'/],
  ["data-parallel-size", 2, /belongs to replicas/],
  ["api-key", "x", /belongs to apiKey/],
  ["calculate-kv-scales", true, /removed in vLLM 0\.\d+/],
  ["disable-log-requests", true, /removed in vLLM 0\.\d+/],
  ["enable-prefix-cachin", true, /enable-prefix-caching/],
  ["max-logprobs", "many", /a whole number/],
  ["enforce-eager", "yes", /true or false/],
  ["tool-strict-level", "high", /one of auto/],
  ["default-chat-template-kwargs", "{", /JSON/],
  ["trust-remote-code", true, /runs Python/],
];

const wrongVariables: readonly [string, RegExp][] = [
  ["VLLM_SERVER_DEV_MODE", /remove it/],
  ["VLLM_API_KEY", /written by apiKey/],
  ["AWS_SECRET_ACCESS_KEY", /static key/],
  ["HF_TOKEN", /secret in plain text/],
  ["MY_API_KEY", /secret in plain text/],
];

/** Llama 3.1 405B in 16 bits fits no pod, and 3 GPUs share no 128 heads. */
const large = { parameters: "405B", layers: 126, hiddenSize: 16_384, attentionHeads: 128, keyValueHeads: 8 };

/** Sets of one model's settings that do not go together: what is set, where it is told, and what. */
const wrongTogether: readonly [Tree, string, RegExp][] = [
  [{ replicas: 2, autoscaling: { min: 1, max: 2 } }, "replicas", /excludes 'autoscaling'/],
  [{ replicas: null, autoscaling: { min: 5, max: 4 } }, "autoscaling.min", /more than autoscaling\.max/],
  [
    { gpu: { count: 4, product: "L4" }, engine: { tensorParallelSize: 3, pipelineParallelSize: 1 } },
    "engine.tensorParallelSize",
    /3 × 1/,
  ],
  // Whether it fits, and how its heads are shared out, is not told of GPUs that are not shared out.
  [
    {
      gpu: { count: 8, product: "H100", labels: "nvidia" },
      engine: { tensorParallelSize: 1, pipelineParallelSize: 1, maxModelLen: 1024 },
      shape: { ...large, weightBytes: null, quantization: null },
      resources: { memory: "1Ti", shm: null },
    },
    "engine.tensorParallelSize",
    /1 × 1/,
  ],
  [
    {
      gpu: { count: 3, product: "H100", labels: "nvidia" },
      engine: { tensorParallelSize: null, pipelineParallelSize: null, maxModelLen: 1024 },
      shape: { ...large, weightBytes: null, quantization: null },
    },
    "gpu.count",
    /128 attention heads cannot be shared out over 3 GPUs/,
  ],
  [
    {
      gpu: { count: 1, product: "L4" },
      image: { streamer: false },
      delivery: { kind: "stream" },
      engine: { tensorParallelSize: null, pipelineParallelSize: null },
    },
    "delivery.kind",
    /no streamer/,
  ],
  [
    {
      gpu: { count: 0 },
      image: { streamer: null },
      delivery: { kind: "stream" },
      engine: { tensorParallelSize: null, pipelineParallelSize: null },
    },
    "delivery.kind",
    /CPU image/,
  ],
  [
    {
      engine: { tensorParallelSize: null, pipelineParallelSize: null },
      gpu: { count: 1, product: "L4", labels: "nvidia" },
      scheduling: { nodeSelector: { "nvidia.com/gpu.product": "x" } },
    },
    "scheduling.nodeSelector",
    /written by gpu\.product and gpu\.labels/,
  ],
];

const at = (stack: Stack, path: string): string => `vllm:models.${stack.name}.${path}`;
/** The last layer of all. */
const setLast = (stack: Stack, path: readonly string[], value: unknown) =>
  put(stack.own, ["models", stack.name, ...path], value);

const kinds: readonly ((draw: Draw, stack: Stack) => Broken)[] = [
  (draw, stack) => {
    const [path, values, message] = draw(fc.constantFrom(...wrongValues));
    if (path === "replicas") setLast(stack, ["autoscaling"], null);
    setLast(stack, path.split("."), draw(values));
    return { stack, key: at(stack, path), message };
  },
  (draw, stack) => {
    const [flag, value, message] = draw(fc.constantFrom(...wrongFlags));
    setLast(stack, ["engine", "version"], "0.32.0");
    setLast(stack, ["engine", "allowRemoteCode"], null);
    setLast(stack, ["engine", "args", flag], value);
    return { stack, key: at(stack, `engine.args.${flag}`), message };
  },
  (draw, stack) => {
    const [name, message] = draw(fc.constantFrom(...wrongVariables));
    setLast(stack, ["engine", "env", name], "x");
    return { stack, key: at(stack, `engine.env.${name}`), message };
  },
  (draw, stack) => {
    const [tree, path, message] = draw(fc.constantFrom(...wrongTogether));
    for (const [key, value] of Object.entries(tree)) {
      const inner = typeof value === "object" && value !== null ? Object.entries(value) : undefined;
      if (inner) for (const [name, one] of inner) setLast(stack, [key, name], structuredClone(one));
      else setLast(stack, [key], value);
    }
    return { stack, key: at(stack, path), message };
  },
  // Misspelt: a setting of the model, at any depth.
  (draw, stack) => {
    const path = [draw(fc.constantFrom(...Object.keys(modelEntries)))];
    for (let members = schemaAt(path)?.members; members; members = schemaAt(path)?.members) {
      if (draw(fc.boolean())) break;
      path.push(draw(fc.constantFrom(...Object.keys(members))));
    }
    const word = path.pop() ?? "";
    const cut = draw(fc.nat({ max: word.length }));
    const wrong = `${word.slice(0, cut)}q${word.slice(cut)}`;
    setLast(stack, [...path, wrong], draw(fc.constantFrom<unknown>(1, "x", {}, null)));
    // It makes the group, which then lacks its bounds, or stands beside what it excludes.
    const several = path[0] === "autoscaling" ? { several: true as const } : {};
    return { stack, key: at(stack, [...path, wrong].join(".")), message: /there is no such setting/, ...several };
  },
  (_, stack) => {
    put(stack.own, ["cluster"], null);
    return { stack, key: "vllm:cluster.eks", message: /ambient current context/ };
  },
  (draw, stack) => {
    put(stack.own, ["cluster"], { eks: "lab", kubeconfig: draw(fc.constantFrom("/k", "~/k")) });
    const wrong = String((stack.own.cluster as Tree).kubeconfig).startsWith("~");
    return wrong
      ? { stack, key: "vllm:cluster.kubeconfig", message: /without '~'/ }
      : { stack, key: "vllm:cluster.context", message: /is not set/ };
  },
  (draw, stack) => {
    const name = draw(fc.constantFrom("Inference", "a_b", "n".repeat(64), "-a"));
    put(stack.own, ["namespace", "name"], name);
    return { stack, key: "vllm:namespace.name", message: /must be/ };
  },
  (draw, stack) => {
    const name = draw(fc.constantFrom("Chat", "vllm", "1a", "a.b", "x".repeat(40)));
    put(stack.own, ["models", name], {});
    return { stack, key: `vllm:models.${name}`, message: /must be/ };
  },
  (draw, stack) => {
    const key = draw(fc.constantFrom(...reservedKeys.stack, ...reservedKeys.model));
    put(stack.own, [key], {});
    return { stack, key: `vllm:${key}`, message: /reserved/ };
  },
  (_, stack) => {
    put(stack.own, ["production"], true);
    put(stack.own, ["modelStore", "onDestroy"], "delete");
    for (const name of Object.keys((stack.own.models as Tree | undefined) ?? {}))
      put(stack.own, ["models", name, "image", "allowTag"], "our registry never moves a tag");
    return { stack, key: "vllm:modelStore.onDestroy", message: /keeps its models/ };
  },
  (_, stack) => {
    put(stack.own, ["production"], true);
    for (const key of ["digest", "allowTag"]) setLast(stack, ["image", key], null);
    put(stack.own, ["modelStore"], null);
    setLast(stack, ["delivery", "image"], `r.example/aws-cli@sha256:${"0".repeat(64)}`);
    return { stack, key: at(stack, "image.digest"), message: /pins its image/ };
  },
  (draw, stack) => {
    for (const key of ["weightBytes", "quantization"]) setLast(stack, ["shape", key], null);
    for (const [key, value] of Object.entries(large)) setLast(stack, ["shape", key], value);
    const parallel = { tensorParallelSize: null, pipelineParallelSize: null, maxModelLen: 1024 };
    for (const [key, value] of Object.entries(parallel)) setLast(stack, ["engine", key], value);
    const gpu = { product: draw(fc.constantFrom("T4", "L4", "H100")), count: draw(fc.constantFrom(1, 8)) };
    for (const [key, value] of Object.entries(gpu)) setLast(stack, ["gpu", key], value);
    setLast(stack, ["resources", "memory"], "512Gi");
    setLast(stack, ["gpu", "labels"], "nvidia");
    return { stack, key: at(stack, "gpu.product"), message: /does not fit: [\d.]+ GiB/ };
  },
];

/** A right stack that is made wrong in one way. */
export const brokenStack: fc.Arbitrary<Broken> = drawing((draw) => {
  const stack = structuredClone(draw(validStack));
  // A memory that is right for any model that is drawn in its place.
  setLast(stack, ["resources"], { memory: "64Gi", shm: null });
  return draw(fc.constantFrom(...kinds))(draw, stack);
});
