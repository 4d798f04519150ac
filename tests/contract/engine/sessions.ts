import { aborting } from "./aborting.ts";
import { draining, overlong } from "./draining.ts";
import type { Engine } from "./engineProcess.ts";
import { failing } from "./failing.ts";
import { serving } from "./serving.ts";
import { starting } from "./starting.ts";

/** What is played on an engine, each from a start of its own. */
export const sessions: Record<string, (engine: Engine, folder: string, signal: AbortSignal) => Promise<unknown>> = {
  serving,
  draining,
  overlong,
  aborting,
  starting,
  failing,
};
