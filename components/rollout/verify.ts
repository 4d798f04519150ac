import type { V1Pod } from "@kubernetes/client-node";
import { inWords } from "../clusterWords.ts";
import { type Failure, progressText } from "./message.ts";
import type { RolloutReader } from "./reader.ts";
import { type Reason, reasons } from "./reasons.ts";
import {
  deadlineSeconds,
  draining,
  hashLabel,
  missing,
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

/** What the plan says of a rollout. */
export interface Planned {
  /** Its pods, where no scaler decides on them. */
  count?: number;
  /** Seconds of the Deployment's deadline that are there for the rollouts of others. */
  turns: number;
}

/** What is wrong with a rollout. */
export type Verdict = Pick<Failure, "because" | "standing" | "reasons">;

/** What Kubernetes may be late with its own deadline, before the one here stands in for it. */
const marginMs = 30_000;
/** An API server that is silent that long is not coming back for this `up`. */
const silenceMs = 120_000;
/** A pod that is being stopped ends with its grace period, or its node is lost. */
const stopMarginMs = 15_000;
const podsEveryMs = 10_000;
const firstPauseMs = 500;
const longestPauseMs = 3_000;
/** Reasons of which the end of a log is told. */
const logs = 3;

/**
 * Waits until a Deployment's rollout is complete, or given up: then what is wrong with it. One that goes on is given its
 * waves; one that makes no pod ready in the Deployment's own deadline is not.
 * @param say shows where it is, on one line
 */
export async function verify(reader: RolloutReader, clock: Clock, planned: Planned, say: (progress: string) => void) {
  const look = looking(reader, clock, planned, say);
  let answered: number | undefined;
  const begun = clock.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, longestPauseMs)) {
    try {
      const verdict = await look();
      if (verdict !== "rolling") return verdict;
      answered = clock.now();
    } catch (error) {
      const isRefused = answered === undefined && (error as { code?: unknown }).code === 403;
      if (isRefused || clock.now() - (answered ?? begun) > silenceMs)
        return { because: `the cluster does not tell how its rollout stands: ${inWords(error)}`, reasons: [] };
    }
    await clock.sleep(pause);
  }
}

/** One look after the other at a rollout. */
function looking(reader: RolloutReader, clock: Clock, { count, turns }: Planned, say: (progress: string) => void) {
  const idle = idleClock(clock);
  let completeSince: number | undefined;
  let podsAt = clock.now();
  let reason: Reason | undefined;
  return async (): Promise<Verdict | undefined | "rolling"> => {
    const seen = await reader.observe();
    if (!seen) return { because: "its Deployment is gone: `pulumi up --refresh` makes it again", reasons: [] };
    const { deployment } = seen;
    let read: Promise<V1Pod[]> | undefined;
    const podsOf = () => (read ??= reader.pods(deployment));
    const now = standing(seen);
    const pods = now.state === "complete" ? await podsOf() : [];
    if (now.state === "complete" && (count === undefined || missing(seen, pods, now.hash, count) === 0)) {
      const old = draining(pods, now.hash);
      completeSince ??= clock.now();
      const grace = Math.max(0, ...old.map(({ metadata }) => metadata?.deletionGracePeriodSeconds ?? 0));
      if (old.length === 0 || clock.now() - completeSince > grace * 1000 + stopMarginMs) return undefined;
      say(`all new pods ready, ${old.length} old ending`);
      return "rolling";
    }
    idle.see(now);
    const limit = now.state === "stuck" ? deadlineSeconds(deployment) : idle.over(deadlineSeconds(deployment), turns);
    if (limit === undefined) {
      if (clock.now() - podsAt > podsEveryMs) {
        podsAt = clock.now();
        const own = ofTemplate(await podsOf(), now);
        if (own.some(waitsForNode)) idle.waits();
        [reason] = reasons(seen, own, await reader.warnings());
      }
      say(progressText(now, reason));
      return "rolling";
    }
    const { name, namespace } = deployment.metadata ?? {};
    const because = deployment.spec?.paused
      ? `its rollout is paused: kubectl rollout resume deployment/${name} --namespace ${namespace}`
      : `its rollout is stuck: no further pod became ready in ${limit} s`;
    return { because, standing: now, reasons: await why(reader, seen, await podsOf(), now) };
  };
}

/**
 * How long a rollout has made no progress. Progress is a ready pod more, or an old one less, than ever before: what a
 * scaler adds to the old ones, for which Kubernetes starts its deadline anew, is none. Ready pods that were lost may
 * come back, each once.
 */
function idleClock(clock: Clock) {
  let [most, fewest, lost] = [0, Number.POSITIVE_INFINITY, 0];
  let [progressAt, waitedAt] = [clock.now(), clock.now()];
  return {
    see({ available, old, wanted }: Standing) {
      if (available > most || old < fewest) progressAt = clock.now();
      if (available < most && lost + most - available <= wanted) {
        lost += most - available;
        most = available;
      }
      [most, fewest] = [Math.max(most, available), Math.min(fewest, old)];
    },
    /** A pod waits for a node, which others may have. */
    waits() {
      waitedAt = clock.now();
    },
    /** The seconds that are over without progress: the deadline; without the others' turns where no pod waits for a node. */
    over(deadline: number, turns: number): number | undefined {
      const without = (since: number) => clock.now() - since - marginMs;
      if (without(progressAt) > deadline * 1000) return deadline;
      const own = deadline - turns;
      return without(Math.max(progressAt, waitedAt)) > own * 1000 ? own : undefined;
    },
  };
}

const ofTemplate = (pods: readonly V1Pod[], { hash }: Standing) =>
  pods.filter(({ metadata }) => metadata?.labels?.[hashLabel] === hash);

const waitsForNode = ({ status }: V1Pod) =>
  status?.conditions?.some((one) => one.type === "PodScheduled" && one.status === "False") ?? false;

/** The reasons, with the end of the log where a pod says more than Kubernetes does. */
async function why(
  reader: RolloutReader,
  seen: Observation,
  pods: readonly V1Pod[],
  now: Standing,
): Promise<Failure["reasons"]> {
  const found = reasons(seen, ofTemplate(pods, now), await reader.warnings());
  const ending = found.length === 0 ? pods.filter(({ metadata }) => metadata?.deletionTimestamp) : [];
  const [first] = ending;
  if (first) {
    const text = `a pod does not end, and the new one waits for it: ${first.metadata?.name}, on node ${first.spec?.nodeName}`;
    return [{ pods: ending.length, text, advice: "Its node may be lost: delete the node, or the pod with --force." }];
  }
  return Promise.all(
    found.map(async (reason, index) => {
      if (!reason.log || index >= logs) return reason;
      const { pod, container, previous } = reason.log;
      return { ...reason, lines: await reader.log(pod, container, previous) };
    }),
  );
}
