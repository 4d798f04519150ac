import { isMarked, type KubeObject } from "../objects.ts";
import { deploymentStanding } from "./deployment.ts";
import { serviceStanding, serviceStandings } from "./service.ts";
import { NotReady, until, type Waiting, waitSeconds } from "./wait.ts";
import { waitForOf, waitUntilFound } from "./waitFor.ts";

/**
 * Waits until an object that was written is ready: as its annotation says, else by its kind; most kinds are ready at
 * once. `inputs` say how long, and whether to wait at all.
 */
export async function waitUntilReady(
  waiting: Waiting,
  inputs: KubeObject,
  written: KubeObject,
  timeoutSeconds: number,
): Promise<KubeObject> {
  if (isMarked(inputs, "pulumi.com/skipAwait")) return written;
  const name = written.metadata?.name ?? "";
  const seconds = waitSeconds(timeoutSeconds, inputs);
  const kind = `${written.apiVersion}/${written.kind}`;
  const expressions = waitForOf(written);
  if (kind === "apps/v1/Deployment" && saysSuccessTooEarly()) return written;
  if (expressions) return waitUntilFound(waiting, seconds, written, expressions);
  if (kind === "apps/v1/Deployment") return until(waiting, seconds, name, () => deploymentStanding(waiting, written));
  if (kind === "v1/Service") return until(waiting, seconds, name, serviceStandings(waiting, written));
  return written;
}

/** Fails, for a refresh, where an object of a kind that is waited for is not ready now. */
export async function requireReady(waiting: Waiting, inputs: KubeObject, live: KubeObject): Promise<void> {
  if (isMarked(inputs, "pulumi.com/skipAwait")) return;
  const kind = `${live.apiVersion}/${live.kind}`;
  const ask = { "apps/v1/Deployment": deploymentStanding, "v1/Service": serviceStanding }[kind];
  if (!ask) return;
  const { object, ready, problems } = await ask(waiting, live);
  const message = `Resource '${live.metadata?.name}' was created but failed to initialize`;
  if (!ready) throw new NotReady(message, object, problems);
}

/**
 * Whether to call every Deployment ready as soon as it is written. The real plugin, where it has watched Deployments of
 * a namespace before, now and then takes the first event of a new generation for the end of its rollout; this is that
 * at will, for what must not believe it.
 */
function saysSuccessTooEarly(): boolean {
  return process.env.LAB_SUCCESS_TOO_EARLY === "true";
}
