import { readFileSync } from "node:fs";
import type { types } from "@pulumi/kubernetes";
import { drain } from "../../planning/engine/vllm/middleware.ts";
import { type Owner, unnamed } from "./metadata.ts";

const source = readFileSync(new URL("drain.py", import.meta.url), "utf8");

/** Holds the engine's middleware. Named automatically, so that another one rolls the pods. */
export const middleware = (owner: Owner): types.input.core.v1.ConfigMap => ({
  metadata: unnamed(owner),
  immutable: true,
  data: { [drain.file]: source },
});
