import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./errors.ts";

/** Waits until a check is true. A check that throws is not true yet. Says what was waited for when the time is over. */
export async function until(
  what: string,
  seconds: number,
  signal: AbortSignal,
  check: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let last = "";
  for (;;) {
    signal.throwIfAborted();
    try {
      if (await check()) return;
    } catch (error) {
      last = `; the last error: ${(error as Error).message}`;
    }
    if (performance.now() > deadline) throw new LabError(`${what}: not within ${seconds} s${last}`);
    await sleep(100);
  }
}
