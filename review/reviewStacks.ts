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
import { noPreviews, type Previewed, Previews } from "./preview.ts";
import type { BaseDone, BaseJob } from "./renders/baseWorker.ts";
import type { HeadAnswer, HeadJob } from "./renders/headWorker.ts";
import { readObjects } from "./renders/objects.ts";
import { type Broken, Worker } from "./renders/worker.ts";
import { type Missing, type Review, type StackReview, worst } from "./review.ts";
import { type Found, removedStack, reviewStack } from "./reviewStack.ts";

/** What of the project decides what settings come to. */
const code = ["index.ts", ...rooms, "render", "cli/render.ts"];
/** Previews at once: each is an engine with its plugins. */
const most = Math.min(availableParallelism(), 8);

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
  const own = stacksOf(project);
  const repository = await Repository.open(project);
  const [head, base] = [await repository.head(), await repository.base(asked.base)];
  const scratch = await makeScratch();
  const means = meansOf(asked, own, join(scratch, "base"));
  try {
    await repository.copy(base.commit, means.baseFolder);
    const { wanted, inBase, removed } = stacksIn(own, stacksOf(means.baseFolder), asked.stack);
    progress(`${[...wanted, ...removed].join(", ")}: comparing with ${base.commit.slice(0, 12)} of ${base.ref}`);
    const [isOtherCode, hasOtherPackages] = await Promise.all([
      repository.differs(base.commit, code),
      repository.differs(base.commit, ["package-lock.json"]),
    ]);
    const renders = join(scratch, "renders");
    const reviews = await bounded(wanted, most, async (stack) => {
      const review = await reviewOne(asked, means, {
        stack,
        isNew: !inBase.has(shortName(stack)),
        ...{ isOtherCode, hasOtherPackages, renders },
      });
      progress(`${stack}: ${review.outcome}`);
      return review;
    });
    const stacks = [...reviews, ...removed.map(removedStack)].sort((a, b) => (a.stack < b.stack ? -1 : 1));
    const outcome = worst(stacks.map((one) => one.outcome));
    return withoutSecrets({ schemaVersion: 1, outcome, base, head, stacks } satisfies Review) as Review;
  } finally {
    await means.end();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Which stacks are to be reviewed, which base has, and which are gone. */
function stacksIn(
  own: readonly string[],
  old: readonly string[],
  asked: string | undefined,
): { wanted: readonly string[]; inBase: ReadonlySet<string>; removed: readonly string[] } {
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
    `there is no stack '${name}': no file Pulumi.${name}.yaml here, and none in base; there are: ${own.join(", ") || "none"}`,
  );
}

/** The processes that a review runs, and what they need. */
interface Means {
  heads: Worker<HeadJob, HeadAnswer>;
  bases: Worker<BaseJob, BaseDone>;
  baseFolder: string;
  previews: Promise<Previews | Missing>;
  end: () => Promise<void>;
}

/** Starts what takes time to start. */
function meansOf(asked: Asked, own: readonly string[], baseFolder: string): Means {
  const script = (name: string) => new URL(`renders/${name}.ts`, import.meta.url);
  const heads = new Worker<HeadJob, HeadAnswer>(script("headWorker"));
  const bases = new Worker<BaseJob, BaseDone>(script("baseWorker"), [baseFolder]);
  heads.start();
  const previews = Previews.open(asked.project, own, asked, asked.signal).catch(noPreviews);
  const end = async () => {
    const opened = await previews;
    await Promise.all([heads.end(), bases.end(), "part" in opened ? undefined : opened.remove()]);
  };
  return { heads, bases, baseFolder, previews, end };
}

/** A stack, and what is known of its way from base to head. */
interface StackWork {
  stack: string;
  isNew: boolean;
  isOtherCode: boolean;
  hasOtherPackages: boolean;
  /** The folder for what base's code renders. */
  renders: string;
}

/** All that is found out about a stack, at once. */
async function reviewOne(
  { project }: Asked,
  { heads, bases, baseFolder, previews }: Means,
  { stack, isNew, isOtherCode, hasOtherPackages, renders }: StackWork,
): Promise<StackReview> {
  const isUnsound = new AbortController();
  const rendered = async (): Promise<HeadAnswer | Broken> => {
    const answer = await heads.ask({ stack, project, isOtherCode, ...(isNew ? {} : { base: baseFolder }) });
    // A preview would only say the same.
    if ("broken" in answer || "problems" in answer.head) isUnsound.abort();
    return answer;
  };
  const previewed = async (): Promise<Previewed | Missing> => {
    const opened = await previews;
    return "part" in opened ? opened : opened.preview(stack, isUnsound.signal);
  };
  const renderedByBase = async (): Promise<Found["baseRender"]> => {
    if (isNew || !isOtherCode) return undefined;
    const out = join(renders, shortName(stack));
    const done = await bases.ask({ stack, project: baseFolder, out });
    return "broken" in done ? done : readObjects(out);
  };
  const [head, baseRender, preview] = await Promise.all([rendered(), renderedByBase(), previewed()]);
  return reviewStack({ stack, isNew, hasOtherPackages, head, ...(baseRender ? { baseRender } : {}), preview });
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
