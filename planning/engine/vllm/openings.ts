import type { Asked } from "./asked.ts";

/** A flag or a variable that opens routes which answer without the key. */
export interface Opening {
  name: string;
  /** The routes, and what anyone who reaches the pod may do there. */
  opens: string;
  /** Whether it does so, as it is set. */
  open(asked: Asked): boolean;
}

/**
 * Where vLLM 0.32.0 adds them, outside what its `AuthenticationMiddleware` guards. Not here is what no acknowledgement
 * makes acceptable: `VLLM_SERVER_DEV_MODE`, by which anyone replaces the weights and calls any method of the workers.
 */
export const openings: readonly Opening[] = [
  // vllm/entrypoints/serve/profile/api_router.py: a profile of three answers took 8 GiB of memory, and the pod with it.
  {
    name: "profiler-config",
    opens: "/start_profile and /stop_profile, by which anyone who reaches the pod can slow and end it",
    open: (asked) => (asked.group("profiler-config")?.profiler ?? null) !== null,
  },
  // vllm/entrypoints/serve/tokenize/api_router.py
  {
    name: "enable-tokenizer-info-endpoint",
    opens: "/tokenizer_info, which shows the chat template and the tokenizer's configuration",
    open: (asked) => asked.has("enable-tokenizer-info-endpoint"),
  },
  // vllm/entrypoints/scale_out/token_in_token_out/api_router.py
  {
    name: "tokens-only",
    opens: "/abort_requests, by which anyone who reaches the pod can end the answers of others",
    open: (asked) => asked.has("tokens-only"),
  },
  // model_hosting_container_standards/sagemaker/lora/routes.py, which vLLM's app is bootstrapped with
  {
    name: "VLLM_ALLOW_RUNTIME_LORA_UPDATING",
    opens: "/adapters, by which anyone who reaches the pod can load and unload adapters",
    open: (asked) => asked.mayBeOn("VLLM_ALLOW_RUNTIME_LORA_UPDATING"),
  },
];
