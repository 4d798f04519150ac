import { isTree } from "../../../../config/tree.ts";
import { namesOf, unknownName } from "../names.ts";
import { always, atFlag, conflict, excludes, needs, type Relation } from "./relation.ts";

const serve = "vllm/entrypoints/launchers/cli_args.py validate_parsed_serve_args";
const observability = "vllm/config/observability.py";

const serving: readonly Relation[] = [
  needs("enable-auto-tool-choice", "tool-call-parser", serve),
  needs("enable-log-outputs", "enable-log-requests", serve),
  needs("lora-modules", "enable-lora", "vllm/v1/worker/lora_model_runner_mixin.py _ensure_lora_enabled"),
  needs("collect-detailed-traces", "otlp-traces-endpoint", `${observability} _validate_tracing_config`),
  excludes("enable-per-request-metrics", "disable-log-stats", serve),
  atFlag("sse-keep-alive-interval", serve, (asked) =>
    (asked.number("sse-keep-alive-interval") ?? 0) < 0
      ? { kind: "flag", found: asked.number("sse-keep-alive-interval"), allowed: "0, which turns it off, or more" }
      : undefined,
  ),
  atFlag("show-hidden-metrics-for-version", observability, (asked) => {
    const version = asked.text("show-hidden-metrics-for-version") ?? "";
    return /^\s*v?\d+(\.\d+)*([-_.]?(a|b|c|rc|alpha|beta|pre|preview|post|rev|r|dev)[-_.]?\d*)*(\+[a-z0-9.]+)?\s*$/i.test(
      version,
    )
      ? undefined
      : { kind: "flag", found: version, allowed: "a version such as 0.30" };
  }),
  atFlag("custom-histogram-buckets", observability, (asked) => {
    const known = namesOf("custom-histogram-buckets", asked.version);
    for (const [family, buckets] of Object.entries(asked.group("custom-histogram-buckets") ?? {})) {
      if (known.length > 0 && !known.includes(family))
        return unknownName(`a family of histograms of vLLM ${asked.version}`, family, known);
      const numbers = Array.isArray(buckets) ? buckets.map(Number) : [];
      const rising = numbers.every((number, at) => number > (at === 0 ? 0 : (numbers[at - 1] ?? 0)));
      if (numbers.length === 0 || !rising)
        return conflict(`has a list for '${family}' that is not one of rising numbers above 0`);
    }
    return undefined;
  }),
  // The parser takes text too, and the class behind it, `HfOverrides`, a group or a function.
  atFlag("hf-overrides", "vllm/config/model.py ModelConfig.hf_overrides", (asked) => {
    const said = asked.text("hf-overrides");
    return said === undefined || said === "" || asked.group("hf-overrides")
      ? undefined
      : { kind: "flag", found: said, allowed: "a group (a JSON object)" };
  }),
  atFlag("limit-mm-per-prompt", "vllm/config/multimodal.py limit_mm_per_prompt", (asked) => {
    const whole = (value: unknown) =>
      typeof value === "boolean" || (["number", "string"].includes(typeof value) && Number.isInteger(Number(value)));
    for (const [modality, limit] of Object.entries(asked.group("limit-mm-per-prompt") ?? {}))
      if (!whole(limit) && !(isTree(limit) && Object.values(limit).every(whole)))
        return conflict(`must give '${modality}' a whole number, or a group of whole numbers`);
    return undefined;
  }),
];

/** What vLLM takes, and the plan cannot: the key, and the drain. */
const deployed: readonly Relation[] = [
  // vLLM takes it, and strips it from a path before it looks whether the key is needed, where the router does not.
  atFlag("root-path", "vllm/entrypoints/serve/middleware/authenticate.py AuthenticationMiddleware", (asked) => {
    const root = asked.text("root-path") ?? "";
    const guarded = ["/v1", "/v2", "/inference", "/cohere"];
    if (root === "/v1") return conflict("which takes all routes below /v1 away; give another, or leave it out", root);
    // It strips within a name too: `/v1/c` of `/v1/chat/completions`.
    const cuts = (prefix: string) =>
      (prefix !== root && `${prefix}/`.startsWith(root)) || root.startsWith(`${prefix}/`);
    return root !== "" && guarded.some(cuts)
      ? conflict("with which vLLM answers without the key; give one such as /chat, or leave it out", root)
      : undefined;
  }),
  // vLLM takes it: one server's drain waits for answers under way, several cut them off; none is no HTTP at all.
  atFlag("api-server-count", "vllm/entrypoints/cli/serve.py ServeSubcommand.cmd", (asked) => {
    const count = asked.number("api-server-count");
    if (count === undefined || count === 1) return undefined;
    return conflict(
      count < 1
        ? "which starts no HTTP server at all; leave it out"
        : "and several API servers cut off all answers under way when their pod is drained; leave it out, and add replicas",
      count,
    );
  }),
];

/** What is asked of the HTTP server, its requests, its logs and its metrics. */
export const servingRelations: readonly Relation[] = [...serving, ...always(deployed)];
