import { middlewarePath } from "../../pod/paths.ts";

/** The middleware that sees a pod's requests through its end: its file, and the name by which vLLM imports it. */
export const drain = { file: "pulumi_vllm_drain.py", className: "pulumi_vllm_drain.Drain" } as const;

/** The program's own modules first, then the user's. */
export const pythonPath = (own: string | undefined): string =>
  own === undefined || own === "" ? middlewarePath : `${middlewarePath}:${own}`;
