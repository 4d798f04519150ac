import { setTimeout as sleep } from "node:timers/promises";
import type { Api } from "../api.ts";
import type { Discovery } from "../discovery.ts";
import { annotation, type KubeObject } from "../objects.ts";

/** What a wait needs. */
export interface Waiting {
  api: Api;
  discovery: Discovery;
  /** Aborted when the user cancels. */
  cancelled: AbortSignal;
  /** Shows how far it is, on one line beside the resource. */
  status(message: string): void;
}

/** How an object stands: ready, or why not yet. */
export interface Standing {
  object: KubeObject;
  ready: boolean;
  /** Not sure to be ready, and good enough when the time is over. */
  acceptable?: boolean;
  /** Why it is not ready, for the user; empty while there is nothing to say. */
  problems: string[];
  /** Where it is, in a few words. */
  progress?: string;
}

/** A wait that ended without success. The object is there. */
export class NotReady extends Error {
  readonly object: KubeObject;
  readonly problems: string[];

  constructor(message: string, object: KubeObject, problems: string[]) {
    super(message);
    this.object = object;
    this.problems = problems;
  }
}

const defaultSeconds = 600;

/** How long to wait: what the program says, else what the object's annotation says, else ten minutes. */
export function waitSeconds(timeoutSeconds: number, object: KubeObject): number {
  if (timeoutSeconds > 0) return timeoutSeconds;
  const annotated = Number.parseInt(annotation(object, "pulumi.com/timeoutSeconds") ?? "", 10);
  return Number.isNaN(annotated) ? defaultSeconds : annotated;
}

/** Asks until the object is ready, the time is over or the user cancels. */
export async function until(
  waiting: Waiting,
  seconds: number,
  name: string,
  ask: () => Promise<Standing>,
): Promise<KubeObject> {
  const end = Date.now() + seconds * 1000;
  let shown = "";
  for (let pause = 100; ; pause = Math.min(pause * 1.5, 1000)) {
    const { object, ready, acceptable, problems, progress = "" } = await ask();
    const isOver = Date.now() >= end;
    if (ready || (acceptable && isOver)) return object;
    if (waiting.cancelled.aborted)
      throw new NotReady(`Resource operation was cancelled for "${name}"`, object, problems);
    if (isOver) throw new NotReady(`'${name}' timed out waiting to be Ready`, object, problems);
    if (progress !== shown) waiting.status(progress);
    shown = progress;
    const rest = Math.max(0, Math.min(pause, end - Date.now()));
    await sleep(rest, undefined, { signal: waiting.cancelled }).catch(() => {});
  }
}
