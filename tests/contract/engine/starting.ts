import { until } from "../../../lab/until.ts";
import type { Engine } from "./engineProcess.ts";
import { shutdownLines } from "./normal.ts";
import { startPod } from "./pod.ts";
import { ask, completion } from "./serving.ts";

/**
 * SIGTERM before the engine serves. A signal that nothing handles does not reach PID 1, and one that comes while the
 * server waits for the engine's processes, which is most of a start, is lost too.
 */
export async function starting(engine: Engine, folder: string, signal: AbortSignal) {
  const pod = await startPod(engine, signal, folder);
  try {
    await until("a process", 10, signal, async () => pod.pid() > 0);
    pod.signal("SIGTERM");
    await pod.printed(/Starting to load model/);
    const loading = pod.lines.length;
    pod.signal("SIGTERM");
    await pod.ready();
    const answer = await ask(pod.port, completion(3));
    return {
      "at once, and while the model is loaded": { answer, lines: shutdownLines(pod.lines.slice(loading)) },
      "while the settings are checked": await checking(engine, folder, signal),
    };
  } finally {
    await pod.stop();
  }
}

async function checking(engine: Engine, folder: string, signal: AbortSignal) {
  const pod = await startPod(engine, signal, folder);
  try {
    await pod.printed(/Resolved architecture/);
    pod.signal("SIGTERM");
    return { exit: await pod.exit, why: pod.lines.find((line) => line.startsWith("KeyboardInterrupt")) };
  } finally {
    await pod.stop();
  }
}
