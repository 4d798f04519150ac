import * as v from "valibot";
import { deepest, isDeep } from "../nesting.ts";
import { hiddenSign } from "../signs.ts";
import { isTree } from "../tree.ts";
import { setting } from "./setting.ts";
import { bytesOf, choice, contextTokens, form, integer, longestWord, number, reason, variables } from "./values.ts";

const argumentWords = "text, a number, true or false, a list, or a group (for a flag that takes JSON)";
/** A record of the library would take lists too. */
const json = v.custom<{ [key: string]: unknown }>(isTree, argumentWords);
const argument = v.pipe(
  v.union([v.string(), v.number(), v.boolean(), v.array(v.union([v.string(), v.number(), json])), json], argumentWords),
  v.check((value) => !isDeep(value), `nested at most ${deepest} levels deep`),
  v.check(
    (value) => isDeep(value) || hiddenIn(value) === undefined,
    ({ input }) => `text without ${hiddenIn(input)}, a sign that nobody sees`,
  ),
  v.check(
    (value) =>
      isDeep(value) || (Array.isArray(value) ? value : [value]).every((word) => wordBytes(word) <= longestWord),
    `at most ${longestWord} bytes, which is the longest argument that Linux takes`,
  ),
);

/** The first sign in a flag's value, its lists and groups that nobody sees. */
function hiddenIn(value: unknown): string | undefined {
  if (typeof value === "string") return hiddenSign(value);
  if (typeof value !== "object" || value === null) return undefined;
  for (const part of [...Object.keys(value), ...Object.values(value)]) {
    const sign = hiddenIn(part);
    if (sign !== undefined) return sign;
  }
  return undefined;
}

/** Bytes of a word on the command line: a group is JSON there. */
const wordBytes = (word: unknown) => bytesOf(typeof word === "object" ? JSON.stringify(word) : String(word));

/** Settings of the engine; see `planning/engine/vllm/arguments.ts` for the command line that they become. */
export const engineEntries = {
  kind: setting(choice(["vllm"]), { description: "Which engine.", default: "vllm", example: "vllm" }),
  version: setting(form("a version such as 0.32.0", /^(0|[1-9]\d{0,3})(\.(0|[1-9]\d{0,3})){2}$/), {
    description: "The engine's version: it names the image's tag and decides which flags there are.",
    default: "0.32.0",
    example: "0.32.0",
  }),
  acceptCves: setting(v.array(form("the name of a CVE such as CVE-2026-48746", /^CVE-\d{4}-\d{4,7}$/)), {
    description:
      "Known holes of this version that are accepted, each by its name. Without it a version with a known hole is refused.",
    default: [],
    example: ["CVE-2026-48746"],
  }),
  acknowledge: setting(
    v.array(
      form("the name of a flag or of a variable, such as profiler-config", /^([a-z][a-z0-9-]*|[A-Z][A-Z0-9_]*)$/),
    ),
    {
      description:
        "Flags of `args` and variables of `env` and `secretEnv`, each by its name, that open routes which answer without the key, or that displace what the program, the image or the node decides (`LD_PRELOAD`). Without it they are refused.",
      default: [],
      example: ["profiler-config"],
    },
  ),
  maxModelLen: setting(contextTokens(100_000_000), {
    description:
      "Tokens of prompt and answer together (`--max-model-len`): a number, one with a suffix (`32k` is 32000, `32K` is 32768), or `auto`, which is as much of the model's own context as fits.",
    derived: "the model's own",
    unit: "tokens",
    followsImport: true,
    mixed: true,
    example: 8192,
  }),
  maxNumSeqs: setting(integer(1), {
    description: "Sequences in one batch (`--max-num-seqs`).",
    derived: "vLLM's, by hardware",
    unit: "sequences",
    followsImport: true,
    example: 256,
  }),
  gpuMemoryUtilization: setting(v.pipe(number, v.minValue(0.1, "at least 0.1"), v.maxValue(0.99, "at most 0.99")), {
    description: "Share of a GPU's memory that vLLM takes (`--gpu-memory-utilization`).",
    derived: "vLLM's own, 0.92",
    followsImport: true,
    example: 0.9,
  }),
  tensorParallelSize: setting(integer(1, 64), {
    description:
      "GPUs that share each layer (`--tensor-parallel-size`). Times the pipeline parallel size it is the GPUs of a pod.",
    derived: "all GPUs of the pod",
    unit: "GPUs",
    followsImport: true,
    example: 4,
  }),
  pipelineParallelSize: setting(integer(1, 64), {
    description: "Groups of GPUs that share the layers out (`--pipeline-parallel-size`).",
    default: 1,
    unit: "groups",
    followsImport: true,
    example: 2,
  }),
  allowRemoteCode: setting(reason, {
    description: "Why `args: {trust-remote-code: true}` is acceptable: it runs Python that comes with the model.",
    absent: true,
    example: "we reviewed the model's code",
  }),
  args: setting(
    v.record(
      v.pipe(
        v.string(),
        v.regex(/^-{0,2}[A-Za-z][\w.-]*$/, "a flag of vllm serve without its dashes"),
        v.maxLength(256, "at most 256 characters"),
      ),
      argument,
    ),
    {
      description:
        "Further flags of `vllm serve`, without the dashes. A list gives a flag several values, a group is passed as JSON (`null` in it too), `false` is the flag's `--no-` form.",
      default: {},
      followsImport: true,
      example: { "enable-prefix-caching": true, "max-logprobs": 5 },
    },
  ),
  env: setting(variables, {
    description: "Further environment variables of the engine, in plain text.",
    default: {},
    followsImport: true,
    example: { VLLM_LOGGING_LEVEL: "DEBUG" },
  }),
  secretEnv: setting(variables, {
    description: "Environment variables of the engine whose values are secret: they come from a Kubernetes Secret.",
    default: {},
    example: { OTEL_EXPORTER_OTLP_HEADERS: "authorization=…" },
    secret: true,
    excludesNamesOf: "env",
  }),
} as const;
