import { bodyOf, type Mark, markdownOf, markOf } from "./mark.ts";
import { type Clock, Refusal, refusalOf, tries } from "./patience.ts";
import { isLater, type Run } from "./place.ts";
import type { Note, Thread } from "./thread.ts";

/** What a stack's comment is to say. */
export interface Wanted {
  markdown: string;
  /** Whether it is written where the stack has no comment yet. */
  isNew: boolean;
}

/** This run: whose comments it writes, and of which commit. */
export interface Poster {
  project: string;
  run: Run;
  commit: string;
}

/** What became of a stack's comment. */
export type Outcome = "created" | "edited" | "unchanged" | "newer" | "absent";

type Step =
  | { kind: "create"; body: string }
  | { kind: "edit"; id: number; body: string }
  | { kind: "remove"; id: number };

/** A comment of one's own with its mark. */
type Marked = Note & { mark: Mark };

/** What is to be done for one stack, in this order, and what became of its comment where that is nothing. */
interface Plan {
  steps: readonly Step[];
  outcome: Outcome;
}

/** What was done so far. */
interface Done {
  /** Of each stack whose comment was written. */
  written: Map<string, "created" | "edited">;
  /** Stacks of which a new comment may have been taken although that was not answered. */
  unsure: Set<string>;
  /** The bodies that the platform took, by the comments that have them. */
  accepted: Map<number, string>;
  /** What was refused for what it says. */
  refused: Map<string, Refusal>;
}

/** Statuses by which a platform refuses what one comment says, and not who says it. */
const ofContent = [400, 413, 422];

/**
 * Brings the comments of a request to one a stack: lists them, writes, and lists again until nothing is left to do.
 * The oldest of a stack stays, with the Markdown of the newest run; further ones of the same account go. A run that
 * is not the newest, or whose commit is not, writes nothing. Gives of each stack what became of its comment, or the
 * refusal of its content; any other refusal is thrown.
 */
export async function reconcile(
  thread: Thread,
  poster: Poster,
  wanted: ReadonlyMap<string, Wanted>,
  gone: (stack: string) => string | undefined,
  clock: Clock,
): Promise<Map<string, Outcome | Refusal>> {
  const account = (await thread.account()).toLowerCase();
  const done: Done = { written: new Map(), unsure: new Set(), accepted: new Map(), refused: new Map() };
  let last: Refusal | undefined;
  for (let round = 1; round <= tries; round++) {
    // The first list after a write is asked for at once; where it still differs, the platform gets time.
    if (round > 2) await clock.wait(1000 * 2 ** (round - 3));
    const isOutdated = await isBehind(thread, poster);
    const own = (await thread.list()).flatMap((note) => ownOf(note, account, poster.project));
    const plans = new Map<string, Plan>();
    for (const stack of new Set([...wanted.keys(), ...own.map(({ mark }) => mark.stack)])) {
      const now = wanted.get(stack) ?? goneComment(gone(stack));
      const notes = own.filter(({ mark }) => mark.stack === stack);
      plans.set(stack, planOf(notes, isOutdated ? undefined : now, { ...poster, stack }, done));
    }
    const todo = [...plans].filter(([stack, { steps }]) => steps.length > 0 && !done.refused.has(stack));
    if (todo.length === 0) return outcomes(plans, wanted, done);
    last = undefined;
    for (const [stack, { steps }] of todo) last = (await take(thread, stack, steps, done)) ?? last;
  }
  throw last ?? new Refusal(409, "its comments change as fast as they are written");
}

const goneComment = (markdown: string | undefined): Wanted | undefined =>
  markdown === undefined ? undefined : { markdown, isNew: false };

async function isBehind(thread: Thread, { commit }: Poster): Promise<boolean> {
  const head = await thread.head();
  return head !== undefined && head !== commit;
}

function ownOf(note: Note, account: string, project: string): Marked[] {
  const mark = note.author.toLowerCase() === account ? markOf(note.body) : undefined;
  return mark?.project === project ? [{ ...note, mark }] : [];
}

/** What is to be done with the comments of one stack. */
function planOf(notes: readonly Marked[], wanted: Wanted | undefined, mark: Mark, { written, accepted }: Done): Plan {
  const [oldest, ...others] = notes.toSorted((one, other) => one.id - other.id);
  if (!oldest) {
    // One that was written a moment ago may not be listed yet.
    if (written.has(mark.stack)) return { steps: [], outcome: "unchanged" };
    if (!wanted?.isNew) return { steps: [], outcome: wanted ? "absent" : "newer" };
    return { steps: [{ kind: "create", body: bodyOf(mark, wanted.markdown) }], outcome: "unchanged" };
  }
  const removals = others.map(({ id }): Step => ({ kind: "remove", id }));
  const newest = notes.reduce((latest, note) => (isLater(note.mark.run, latest.mark.run) ? note : latest));
  // The run that wrote the newest lists again, too. To bring its text into the oldest could undo what it did since.
  if (!wanted || isLater(newest.mark.run, mark.run))
    return { steps: newest === oldest ? removals : [], outcome: "newer" };
  const body = bodyOf(mark, wanted.markdown);
  // A platform may change a text that it takes; what it took is there unless another run wrote since.
  const isTaken = accepted.get(oldest.id) === body && String(oldest.mark.run) === String(mark.run);
  const isThere = isTaken || markdownOf(oldest.body) === markdownOf(body);
  const edit: Step = { kind: "edit", id: oldest.id, body };
  return { steps: [...(isThere ? [] : [edit]), ...removals], outcome: "unchanged" };
}

/** Takes the steps for one stack up to the first that is refused; gives the refusal where another list may help. */
async function take(
  thread: Thread,
  stack: string,
  steps: readonly Step[],
  { written, unsure, accepted, refused }: Done,
): Promise<Refusal | undefined> {
  for (const step of steps) {
    try {
      if (step.kind === "remove") await thread.remove(step.id);
      else {
        const id = step.kind === "create" ? await thread.create(step.body) : step.id;
        if (step.kind === "edit") await thread.edit(id, step.body);
        accepted.set(id, step.body);
        if (!written.has(stack)) written.set(stack, step.kind === "create" ? "created" : "edited");
      }
    } catch (error) {
      const refusal = refusalOf(error);
      if (!refusal) throw error;
      const isGone = step.kind !== "create" && [404, 410].includes(refusal.status);
      if (isGone && step.kind === "remove") continue;
      if (refusal.isUnsure) unsure.add(stack);
      if (isGone || refusal.isUnsure) return refusal;
      if (!ofContent.includes(refusal.status)) throw refusal;
      refused.set(stack, refusal);
      return undefined;
    }
  }
  return undefined;
}

function outcomes(
  plans: ReadonlyMap<string, Plan>,
  wanted: ReadonlyMap<string, Wanted>,
  { written, unsure, refused }: Done,
): Map<string, Outcome | Refusal> {
  const told = [...plans].filter(([stack]) => wanted.has(stack) || written.has(stack));
  return new Map(
    told.map(([stack, { outcome }]) => {
      const done = written.get(stack) ?? (unsure.has(stack) ? "created" : outcome);
      return [stack, refused.get(stack) ?? (outcome === "unchanged" ? done : outcome)];
    }),
  );
}
