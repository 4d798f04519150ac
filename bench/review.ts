import { appendFileSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import type { Tree } from "../config/tree.ts";
import { run } from "../lab/command.ts";
import { up } from "../lab/lab.ts";
import { repository } from "../lab/paths.ts";
import { Project } from "../lab/project.ts";
import type { Lab } from "../lab/state.ts";
import { measure, median, type Sample } from "./measure.ts";
import { makeNamespace, namespace, previewOnce } from "./preview.ts";

const stacks = ["dev", "test", "staging", "prod"];
/** What a change is of: one setting of each stack, or that and the program, which is then rendered as it was too. */
const changes = ["settings", "program"] as const;

/** What one round took. */
interface Round {
  preview: Sample;
  review: Sample;
}

/**
 * Measures what `npm run review` of the prod stack adds to its bare preview, and `--all` of four stacks beside the
 * processor time of four single reviews. The stacks are made, and nothing of them is deployed.
 */
export async function review(rounds: number): Promise<void> {
  const lab = await up();
  await makeNamespace(lab);
  const project = await checkOut(lab);
  const rows: string[][] = [];
  for (const change of changes) {
    await commitChange(project, change);
    await reviewOnce(project, ["--stack", "prod"]); // fills the caches
    const samples: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      samples.push({ preview: await previewOnce(project), review: await reviewOnce(project, ["--stack", "prod"]) });
      process.stderr.write(`${change}: round ${round} of ${rounds}\n`);
    }
    const seconds = (of: (round: Round) => number) => median(samples.map(of)).toFixed(2);
    const adds = seconds(({ preview, review }) => review.seconds - preview.seconds);
    rows.push([change, seconds(({ preview }) => preview.seconds), seconds(({ review }) => review.seconds), adds]);
  }
  const all: { wall: number; processor: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    let processor = 0;
    for (const stack of stacks) processor += (await reviewOnce(project, ["--stack", stack])).processorSeconds;
    all.push({ wall: (await reviewOnce(project, ["--all"])).seconds, processor: processor / availableParallelism() });
    process.stderr.write(`all stacks: round ${round} of ${rounds}\n`);
  }
  console.log(`review of stack prod, medians of ${rounds} rounds, differences within a round; seconds`);
  for (const row of [["change", "preview", "review", "adds"], ...rows])
    console.log(row.map((cell) => cell.padEnd(13)).join(""));
  const figure = (of: (one: (typeof all)[number]) => number) => median(all.map(of)).toFixed(2);
  console.log(`--all of ${stacks.length} stacks: ${figure(({ wall }) => wall)} s`);
  console.log(
    `processor time of ${stacks.length} single reviews by ${availableParallelism()} cores: ${figure(({ processor }) => processor)} s, ratio of a round ${figure(({ wall, processor }) => wall / processor)}`,
  );
}

const reviewOnce = (project: Project, args: readonly string[]): Promise<Sample> =>
  measure(process.execPath, ["cli/review.ts", ...args, "--base", "HEAD~1"], project.folder, {
    ...project.env,
    PATH: [dirname(project.engine), project.env.PATH].join(":"),
  });

/** This program as it stands, in a repository of its own with the four stacks. */
async function checkOut(lab: Lab): Promise<Project> {
  const folder = join(lab.dataDir, "projects", "bench-review");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const copy =
    'git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory="$1"';
  await command(repository, "bash", ["-o", "pipefail", "-c", copy, "bash", folder]);
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  const project = await Project.open(lab, folder);
  for (const stack of stacks) await project.stack(stack, settings());
  await command(folder, "git", ["init", "--quiet"]);
  appendFileSync(join(folder, ".git/info/exclude"), "/node_modules\n/backend\n");
  await commit(folder);
  return project;
}

const settings = (more: Tree = {}): Tree => ({
  ...{ "vllm:namespace": { name: namespace }, "vllm:models": { chat: { revision: "v1" } } },
  ...more,
});

async function commitChange(project: Project, change: (typeof changes)[number]): Promise<void> {
  for (const stack of stacks) await project.stack(stack, settings({ "vllm:labels": { change } }));
  if (change === "program") appendFileSync(join(project.folder, "index.ts"), "// a change of the program\n");
  await commit(project.folder);
}

async function commit(folder: string): Promise<void> {
  await command(folder, "git", ["add", "--all"]);
  const who = ["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "commit.gpgsign=false"];
  await command(folder, "git", [...who, "commit", "--quiet", "--message=a change"]);
}

async function command(cwd: string, name: string, args: string[]): Promise<void> {
  const { code, output } = await run(name, args, { cwd, signal: AbortSignal.timeout(60_000) });
  if (code !== 0) throw new Error(`${name} ${args.join(" ")} in ${cwd} failed:\n${output}`);
}
