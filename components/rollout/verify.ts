import { type Failure, progressText } from "./message.ts";
import type { RolloutReader } from "./reader.ts";
import { type Reason, reasons } from "./reasons.ts";
import {
  deadlineSeconds,
  draining,
  hashLabel,
  missing,
  newest,
  type Observation,
  type Standing,
  standing,
} from "./standing.ts";

/** The clock that a verification goes by. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** What is wrong with a rollout. */
export type Verdict = Pick<Failure, "because" | "standing" | "reasons">;

/** What Kubernetes may be late with its own deadline, before the one here stands in for it. */
const marginMs = 30_000;
/** An API server that is silent that long is not coming back for this `up`. */
const silenceMs = 120_000;
/** A pod that is being stopped ends with its grace period, or its node is lost. */
const stopMarginMs = 15_000;
const reasonsEveryMs = 10_000;
const firstPauseMs = 500;
const longestPauseMs = 3_000;

/**
 * Waits until a Deployment's rollout is complete, or given up: then what is wrong with it. One that goes on is given its
 * waves; one that makes no pod ready in the Deployment's own deadline is not.
 * @param say shows where it is, on one line
 * @param count of its pods, where no scaler decides on it
 */
export async function verify(reader: RolloutReader, clock: Clock, say: (progress: string) => void, count?: number) {
  const look = looking(reader, clock, say, count);
  let answered = clock.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, longestPauseMs)) {
    try {
      const verdict = await look();
      if (verdict !== "rolling") return verdict;
      answered = clock.now();
    } catch (error) {
      const { code, message } = error as Error & { code?: unknown };
      if (code === 403 || clock.now() - answered > silenceMs)
        return { because: `the cluster does not tell how its rollout stands: ${message}`, reasons: [] };
    }
    await clock.sleep(pause);
  }
}

/** One look after the other at a rollout. */
function looking(reader: RolloutReader, clock: Clock, say: (progress: string) => void, count?: number) {
  const idleMs = progressClock(clock);
  let completeSince: number | undefined;
  let explainedAt = clock.now();
  let reason: Reason | undefined;
  return async (): Promise<Verdict | undefined | "rolling"> => {
    const seen = await reader.observe();
    if (!seen) return { because: "its Deployment is gone: `pulumi up --refresh` makes it again", reasons: [] };
    const now = standing(seen);
    const pods = now.state === "complete" ? await reader.pods(seen.deployment) : [];
    if (now.state === "complete" && (count === undefined || missing(seen, pods, now.hash, count) === 0)) {
      const old = draining(pods, now.hash);
      completeSince ??= clock.now();
      const grace = Math.max(0, ...old.map(({ metadata }) => metadata?.deletionGracePeriodSeconds ?? 0));
      if (old.length === 0 || clock.now() - completeSince > grace * 1000 + stopMarginMs) return undefined;
      say(`all new pods ready, ${old.length} old ending`);
      return "rolling";
    }
    const deadline = deadlineSeconds(seen.deployment);
    if (now.state === "stuck" || idleMs(now) > deadline * 1000 + marginMs) {
      const because = seen.deployment.spec?.paused
        ? `its rollout is paused: kubectl rollout resume deployment/${seen.deployment.metadata?.name}`
        : `its rollout is stuck: no further pod became ready in ${deadline} s`;
      return { because, standing: now, reasons: await withLogs(reader, await why(reader, seen, now)) };
    }
    if (clock.now() - explainedAt > reasonsEveryMs) {
      [reason] = await why(reader, seen, now);
      explainedAt = clock.now();
    }
    say(progressText(now, reason));
    return "rolling";
  };
}

/**
 * Milliseconds without progress. Progress is a ready pod more, or an old one less, than ever before: what a scaler adds
 * to the old ones, for which Kubernetes starts its deadline anew, is none.
 */
function progressClock(clock: Clock): (now: Standing) => number {
  let [most, fewest, since] = [0, Number.POSITIVE_INFINITY, clock.now()];
  return ({ available, old }) => {
    if (available > most || old < fewest) since = clock.now();
    [most, fewest] = [Math.max(most, available), Math.min(fewest, old)];
    return clock.now() - since;
  };
}

async function why(reader: RolloutReader, seen: Observation, { hash }: Standing): Promise<Reason[]> {
  const [pods, warnings] = await Promise.all([reader.pods(seen.deployment), reader.warnings()]);
  const ofThis = pods.filter(({ metadata }) => metadata?.labels?.[hashLabel] === hash);
  return reasons(ofThis, warnings, newest(seen));
}

/** Reasons with the end of the log, where a pod says more than Kubernetes does. */
const withLogs = (reader: RolloutReader, found: readonly Reason[]) =>
  Promise.all(
    found.map(async (reason) => {
      const { pod, container, previous } = reason.log ?? {};
      if (pod === undefined || container === undefined || previous === undefined) return reason;
      return { ...reason, lines: await reader.log(pod, container, previous) };
    }),
  );
