import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { dirname } from "node:path";
import { LabError } from "../../lab/errors.ts";
import type { Loss, Outcome } from "../../lab/load/load.ts";
import { type Variant, variants } from "./variants.ts";

/** A part of a round, and when it was, by this machine's clock. */
export interface Phase {
  operation: Operation;
  from: string;
  to: string;
}
export type Operation = "rollout" | "scale-down" | "drain";

/** What became of one round of a variant: the least that is measured at once, and kept. */
export interface Round {
  variant: Variant;
  seconds: number;
  rollouts: number;
  scaleDowns: number;
  drains: number;
  /** Pods that all of these have ended. */
  ended: number;
  phases: Phase[];
  outcome: Outcome;
}

/** Sums of rounds. */
export interface Totals {
  rounds: number;
  seconds: number;
  rollouts: number;
  scaleDowns: number;
  drains: number;
  ended: number;
  requests: number;
  lost: number;
}

export function totals(rounds: readonly Round[]): Totals {
  const sum = (figure: (round: Round) => number) => rounds.reduce((all, round) => all + figure(round), 0);
  return {
    rounds: rounds.length,
    seconds: sum(({ seconds }) => seconds),
    rollouts: sum(({ rollouts }) => rollouts),
    scaleDowns: sum(({ scaleDowns }) => scaleDowns),
    drains: sum(({ drains }) => drains),
    ended: sum(({ ended }) => ended),
    requests: sum(({ outcome }) => outcome.sent),
    lost: sum(({ outcome }) => outcome.lost),
  };
}

/** What was under way when a request was lost; the ramp-up before and the end after the operations count to none. */
export function during({ phases }: Round, { at }: Loss): Operation | undefined {
  return phases.find(({ from, to }) => from <= at && at <= to)?.operation;
}

/** What is to be reached: by each variant so many rounds, or by this program these sums, and by the others few rounds. */
export const goals = { rollouts: 50, scaleDowns: 50, drains: 50, requests: 100_000, othersRounds: 5 } as const;

/** The part of a variant's goal that its rounds have reached, from 0 to 1. */
export function reached(variant: Variant, rounds: readonly Round[], each?: number): number {
  const own = rounds.filter((round) => round.variant === variant);
  const wanted = each ?? (variant === "ours" ? undefined : goals.othersRounds);
  if (wanted !== undefined) return Math.min(1, own.length / wanted);
  const sums = totals(own);
  const parts = (["rollouts", "scaleDowns", "drains", "requests"] as const).map((name) => sums[name] / goals[name]);
  return Math.min(1, ...parts);
}

/** The variant whose turn it is: of those that have not reached their goal, the one with the fewest rounds. */
export function next(rounds: readonly Round[], each?: number): Variant | undefined {
  const count = (variant: Variant) => rounds.filter((round) => round.variant === variant).length;
  return variants
    .filter((variant) => reached(variant, rounds, each) < 1)
    .sort((a, b) => count(a) - count(b))
    .at(0);
}

/** How long the rest takes at the pace so far; undefined until each variant has a round. */
export function secondsLeft(rounds: readonly Round[], each?: number): number | undefined {
  const parts = variants.map((variant) => ({
    part: reached(variant, rounds, each),
    ...totals(rounds.filter((round) => round.variant === variant)),
  }));
  if (parts.some(({ part }) => part === 0)) return undefined;
  return parts.reduce((left, { part, seconds }) => left + (seconds * (1 - part)) / part, 0);
}

/** Of what the rounds of a file are: other code, or another load, is another measurement. */
export interface Origin {
  code: string;
  settings: object;
}

/** The file of the rounds: its first line says their origin, and each one after it is a round. */
export class RoundsFile {
  readonly path: string;
  readonly rounds: Round[];

  private constructor(path: string, rounds: Round[]) {
    this.path = path;
    this.rounds = rounds;
  }

  /**
   * Opens it, or begins it where there is none, or `anew`. What a killed process left half-written is cut off.
   * @throws LabError if its rounds are of another origin
   */
  static open(path: string, origin: Origin, anew: boolean): RoundsFile {
    if (anew) rmSync(path, { force: true });
    const [first, ...rounds] = existsSync(path) ? wholeLines(path) : [];
    if (first === undefined) {
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, `${JSON.stringify(origin)}\n`);
    } else if (first !== JSON.stringify(origin)) {
      throw new LabError(
        `${path} has ${rounds.length} rounds of something else, which are not mixed with new ones:
    there ${first}
    here  ${JSON.stringify(origin)}
  Give --anew to remove them, or --file FILE to begin another file.`,
      );
    }
    return new RoundsFile(
      path,
      rounds.map((line) => JSON.parse(line) as Round),
    );
  }

  add(round: Round): void {
    appendFileSync(this.path, `${JSON.stringify(round)}\n`);
    this.rounds.push(round);
  }
}

function wholeLines(path: string): string[] {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf("\n") + 1;
  if (end < bytes.length) truncateSync(path, end);
  return bytes.subarray(0, end).toString().split("\n").slice(0, -1);
}
