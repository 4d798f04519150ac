import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { withoutSecrets } from "../config/secretForms.ts";
import { FileError } from "../config/sources/yaml.ts";
import { shortName, stacksOf } from "../render/settings.ts";
import type { Surroundings } from "../workspace/engine.ts";
import { rooms } from "../workspace/program.ts";
import { makeScratch } from "../workspace/scratch.ts";
import { Repository } from "./git.ts";
import { noPreviews, Previews } from "./preview.ts";
import type { BaseDone, BaseJob } from "./renders/baseWorker.ts";
import type { HeadAnswer, HeadJob } from "./renders/headWorker.ts";
import { readObjects } from "./renders/objects.ts";
import { Worker } from "./renders/worker.ts";
import type { Base, Head, Review, StackReview } from "./review.ts";
import { worst } from "./review.ts";
import { type Found, removedStack, reviewStack } from "./reviewStack.ts";

/** What of the project decides what is rendered of settings. */
const code = [...rooms, "render", "cli/render.ts"];

/** What is asked for. */
export interface Asked extends Surroundings {
  /** The root of the project. */
  project: string;
  /** A stack, as Pulumi names it; without one all that head or base have a file of. */
  stack?: string;
  /** A commit, a branch or a tag; without one the default branch. */
  base?: string;
  signal?: AbortSignal;
  /** Is told in a line each time that something is done. */
  progress?: (line: string) => void;
}

/**
 * Reviews what a change of the project would do to its stacks. What is wrong with one stack is in its review, and hides
 * no other.
 * @throws FileError where nothing can be reviewed: no repository, no such base or stack
 */
export async function reviewStacks(asked: Asked): Promise<Review> {
  const { project, progress = () => {} } = asked;
  const repository = await Repository.open(project);
  const [head, base] = [await repository.head(), await repository.base(asked.base)];
  const scratch = await makeScratch();
  try {
    const baseFolder = join(scratch, "base");
    await repository.copy(base.commit, baseFolder);
    const { wanted, inBase, removed } = stacksIn(project, baseFolder, asked.stack);
    progress(`comparing with ${base.commit.slice(0, 12)} of ${base.ref}: ${[...wanted, ...removed].join(", ")}`);
    const isSameCode = !(await repository.differs(base.commit, code));
    const reviews = await reviewAll(asked, { wanted, inBase, baseFolder, isSameCode, scratch });
    const stacks = [...reviews, ...removed.map(removedStack)].sort((a, b) => (a.stack < b.stack ? -1 : 1));
    return withoutSecrets(reviewOf(base, head, stacks)) as Review;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const reviewOf = (base: Base, head: Head, stacks: StackReview[]): Review => ({
  schemaVersion: 1,
  outcome: worst(stacks.map(({ outcome }) => outcome)),
  ...{ base, head, stacks },
});

/** Which stacks are to be reviewed, which of them base has too, and which are gone. */
function stacksIn(
  project: string,
  baseFolder: string,
  asked: string | undefined,
): { wanted: string[]; inBase: ReadonlySet<string>; removed: string[] } {
  const [own, old] = [stacksOf(project), stacksOf(baseFolder)];
  const inBase = new Set(old);
  const gone = old.filter((name) => !own.includes(name));
  if (asked === undefined) {
    if (own.length + gone.length === 0) throw new FileError("there is no stack: no file Pulumi.<stack>.yaml");
    return { wanted: own, inBase, removed: gone };
  }
  const name = shortName(asked);
  if (own.includes(name)) return { wanted: [asked], inBase, removed: [] };
  if (gone.includes(name)) return { wanted: [], inBase, removed: [name] };
  throw new FileError(
    `there is no stack '${name}': no file Pulumi.${name}.yaml, here or in base; there are: ${own.join(", ") || "none"}`,
  );
}

interface Work {
  wanted: readonly string[];
  inBase: ReadonlySet<string>;
  baseFolder: string;
  isSameCode: boolean;
  scratch: string;
}

async function reviewAll(asked: Asked, work: Work): Promise<StackReview[]> {
  const { project, progress = () => {} } = asked;
  const { wanted, inBase, baseFolder, isSameCode, scratch } = work;
  if (wanted.length === 0) return [];
  const here = (name: string) => new URL(`renders/${name}.ts`, import.meta.url);
  const heads = new Worker<HeadJob, HeadAnswer>(here("headWorker"));
  const bases = new Worker<BaseJob, BaseDone>(here("baseWorker"), [baseFolder]);
  heads.start();
  const needsBase = !isSameCode && wanted.some((stack) => inBase.has(shortName(stack)));
  if (needsBase) bases.start();
  const previews = await Previews.open(project, wanted, asked, asked.signal).catch(noPreviews);
  try {
    return await bounded(wanted, availableParallelism(), async (stack) => {
      const isNew = !inBase.has(shortName(stack));
      const unsound = new AbortController();
      const [head, baseRender, preview] = await Promise.all([
        heads.ask({ stack, project, ...(isNew ? {} : { base: baseFolder }) }).then((answer) => {
          // The program would say the same of its settings.
          if ("broken" in answer || "problems" in answer.head) unsound.abort();
          return answer;
        }),
        isNew
          ? undefined
          : isSameCode
            ? ("same" as const)
            : renderOfBase(bases, stack, baseFolder, join(scratch, "renders")),
        "part" in previews ? previews : previews.preview(stack, unsound.signal),
      ]);
      const found: Found = { stack, isNew, head, ...(baseRender ? { baseRender } : {}), preview };
      const review = reviewStack(found);
      progress(`${stack}: ${review.outcome}`);
      return review;
    });
  } finally {
    await Promise.all([heads.end(), bases.end(), "part" in previews ? undefined : previews.remove()]);
  }
}

async function renderOfBase(bases: Worker<BaseJob, BaseDone>, stack: string, project: string, renders: string) {
  const out = join(renders, shortName(stack));
  const done = await bases.ask({ stack, project, out });
  return "broken" in done ? done : readObjects(out);
}

/** Does something for each, so many at once; results in their order. */
async function bounded<One, Result>(
  all: readonly One[],
  most: number,
  work: (one: One) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...all.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, worker));
  return results;
}
