import { createHash } from "node:crypto";
import { relative } from "node:path";
import { run } from "../../lab/command.ts";
import { Interrupted, LabError } from "../../lab/errors.ts";
import { down, up } from "../../lab/lab.ts";
import { tryLock } from "../../lab/lock.ts";
import { repository, stateDir } from "../../lab/paths.ts";
import { clock, step } from "../../lab/progress.ts";
import type { Lab } from "../../lab/state.ts";
import { rooms } from "../../workspace/program.ts";
import { load, round } from "./round.ts";
import { next, type Origin, RoundsFile, secondsLeft } from "./rounds.ts";
import { replicas, Stage, tokenSeconds } from "./stage.ts";
import { report } from "./table.ts";

/** How `serve` was asked for. */
export interface Asked {
  /** Rounds of each variant; unless given, as many as reach the goals. */
  each?: number;
  file: string;
  anew: boolean;
}

/**
 * Measures how many requests this program's servers and those of others lose while pods come and go, on a lab of its own
 * with real nodes. Carries on where the file ends, and keeps each round in it as soon as it is over.
 */
export async function serve({ each, file, anew }: Asked): Promise<void> {
  const signal = interrupts();
  const held = await tryLock(`bench ${stateDir}`);
  if ("heldBy" in held) throw new LabError(`process ${held.heldBy} runs this already`);
  const kept = RoundsFile.open(file, await origin(signal), anew);
  const place = relative(process.cwd(), file);
  if (kept.rounds.length > 0) console.error(`${place} has ${kept.rounds.length} rounds: carrying on`);
  try {
    if (next(kept.rounds, each) !== undefined) await measure(kept, each, signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new LabError(`interrupted; ${kept.rounds.length} rounds are kept in ${place}`, error.exitCode);
  }
  console.log(report(kept.rounds));
}

/** Runs round after round until nothing is missing. The lab is gone at the end, however it ends. */
async function measure(kept: RoundsFile, each: number | undefined, signal: AbortSignal): Promise<void> {
  // One that a killed process has left has its pods and its load.
  await down();
  try {
    signal.throwIfAborted();
    const lab = await up({ nodes: true });
    // Whatever still waits when it is interrupted fails by the end of the lab.
    await Promise.race([rounds(lab, kept, each, signal), interruption(signal)]);
  } finally {
    await down();
  }
}

async function rounds(lab: Lab, kept: RoundsFile, each: number | undefined, signal: AbortSignal): Promise<void> {
  const stage = await step("deploying the servers", "2 min", () => Stage.make(lab, signal));
  for (;;) {
    const variant = next(kept.rounds, each);
    if (variant === undefined) return;
    const number = kept.rounds.filter((done) => done.variant === variant).length + 1;
    const one = await step(`${variant}: round ${number}`, "3 min", () => round(stage, variant, number));
    kept.add(one);
    const { sent, lost } = one.outcome;
    const left = secondsLeft(kept.rounds, each);
    const time = left === undefined ? "" : `; about ${clock(left)} to go`;
    console.error(`  ${sent} requests, ${lost} lost${time}`);
  }
}

const interruption = (signal: AbortSignal): Promise<never> =>
  new Promise((_, failed) => {
    if (signal.aborted) failed(signal.reason);
    signal.addEventListener("abort", () => failed(signal.reason));
  });

/** What the program, the lab and the bench are, by their files; and the load. Other documents or tests change nothing. */
async function origin(signal: AbortSignal): Promise<Origin> {
  const git = async (...args: string[]) => {
    const { code, stdout, output } = await run("git", args, { cwd: repository, signal });
    if (code !== 0) throw new LabError(`git ${args.join(" ")} failed:\n${output}`);
    return stdout;
  };
  const folders = ["--", ...rooms, "lab", "bench"];
  const files = (await git("ls-tree", "HEAD", ...folders)) + (await git("diff", "HEAD", ...folders));
  const code = createHash("sha256").update(files).digest("hex").slice(0, 12);
  return { code, settings: { replicas, tokenSeconds, ...load } };
}

function interrupts(): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => interrupt.abort(new Interrupted()));
  return interrupt.signal;
}
