import { rmSync } from "node:fs";
import { join } from "node:path";
import { run } from "../lab/command.ts";
import { up } from "../lab/lab.ts";
import { repository } from "../lab/paths.ts";
import { Project } from "../lab/project.ts";
import { rooms } from "../workspace/program.ts";
import { median, type Sample } from "./measure.ts";
import { makeNamespace, previewOnce, setModels } from "./preview.ts";

/** Measures the preview of the prod stack beside that of an earlier commit, in turn, one pair after the other. */
export async function against(commit: string, pairs: number): Promise<void> {
  const lab = await up();
  await makeNamespace(lab);
  const now = await Project.stage(lab, "bench-now");
  const before = await Project.stage(lab, "bench-before");
  await checkOut(commit, before.folder);
  for (const project of [now, before]) {
    await setModels(project, 1);
    await previewOnce(project); // fills the caches
  }
  const samples: [Sample, Sample][] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    // Whoever comes second may find something warm: they take turns in that too.
    const first = pair % 2 === 0 ? now : before;
    const one = await previewOnce(first);
    const other = await previewOnce(first === now ? before : now);
    samples.push(first === now ? [one, other] : [other, one]);
    process.stderr.write(`pair ${pair} of ${pairs}\n`);
  }
  const ratio = (figure: keyof Sample) => median(samples.map(([mine, its]) => mine[figure] / its[figure])).toFixed(3);
  const middle = (at: 0 | 1) => median(samples.map((pair) => pair[at].seconds)).toFixed(2);
  console.log(`preview of stack prod, medians of ${pairs} pairs: ${middle(0)} s, at ${commit} ${middle(1)} s`);
  console.log(`ratio of a pair: time ${ratio("seconds")}, memory ${ratio("megabytes")}`);
}

/** Puts another commit's program in the place of a staged one. */
async function checkOut(commit: string, folder: string): Promise<void> {
  for (const room of rooms) rmSync(join(folder, room), { recursive: true });
  const command = 'git archive --format=tar "$1" | tar -x -C "$2"';
  const { code, output } = await run("bash", ["-o", "pipefail", "-c", command, "bash", commit, folder], {
    cwd: repository,
    signal: AbortSignal.timeout(60_000),
  });
  if (code !== 0) throw new Error(`commit ${commit} cannot be checked out:\n${output}`);
}
