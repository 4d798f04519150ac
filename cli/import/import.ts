import { exclusions } from "../../config/layers/merge.ts";
import { schemaAt } from "../../config/schema/schema.ts";
import { isFree } from "../../config/schema/setting.ts";
import { isTree, set, type Tree } from "../../config/tree.ts";
import { Book, type Mapped, type Unmapped, type Upload } from "./book.ts";
import { type Chart, chartOf } from "./charts.ts";
import { covers, leaves, Place } from "./place.ts";
import { concealedValues } from "./secrets.ts";
import { ImportError, mergeValues, type ValuesFile } from "./values.ts";

/** What has become of values files. Holds no secret of theirs. */
export interface Imported {
  chart: string;
  /** What all environments share: `vllm:base`. */
  base: Tree;
  /** The stack's own keys, without `vllm:`: what differs from the base, `null` where it takes a setting back. */
  stack: Tree;
  mapped: Mapped[];
  unmapped: Unmapped[];
  /** Keys that say nothing: empty, switched off, or overridden by a later file. */
  noops: string[];
  /** Models whose files a person has to publish, unless they have a revision already. */
  uploads: Upload[];
  /** What else a person has to do, a command on a line of its own. */
  todo: string[];
}

/** Settings that only a stack can have: they are never part of the base. */
const ofStack = ["production"];

/**
 * Imports Helm values: the first file is what all environments share, it and the later ones together are this stack.
 * @throws ImportError where the values are not of a chart that can be imported
 */
export function importValues(given: readonly ValuesFile[], options: { chart?: string; stack: string }): Imported {
  const files = given.map(concealedValues);
  const [first] = files;
  if (!first) throw new ImportError("there are no values; name a file with -f");
  const merged = mergeValues(files.map(({ tree }) => tree));
  const chart = chartOf(merged, options.chart);
  const shared = mergeValues([first.tree]);
  const baseBook = read(shared, chart, options.stack);
  const book = read(merged, chart, options.stack);

  const base = without(baseBook.settings, ofStack);
  const own = Object.fromEntries(
    ofStack.filter((key) => Object.hasOwn(book.settings, key)).map((key) => [key, book.settings[key]]),
  );
  const stack = { ...own, ...difference(base, without(book.settings, ofStack)) };

  // Of the base alone: what the stack's own files say of the same keys counts instead.
  const told = [...book.mapped, ...book.unmapped].map(({ from }) => from).concat(book.noops);
  const places = leaves(new Place(shared));
  const stands = (from: string) =>
    places.some((leaf) => covers(from, leaf) && !told.some((other) => covers(other, leaf)));
  const mapped = [...book.mapped, ...baseBook.mapped.filter(({ from }) => stands(from))];
  const repeated = files.flatMap(({ name, repeated = [] }) =>
    repeated.map(({ from, reason }) => ({ from, reason: files.length > 1 ? `${reason} (${name})` : reason })),
  );
  const unmapped = [...book.unmapped, ...baseBook.unmapped.filter(({ from }) => stands(from)), ...repeated];
  const noops = [...book.noops, ...baseBook.noops.filter(stands), ...gone(files, [merged, shared])];
  const { uploads, todo } = book;
  return { chart: chart.name, base, stack, mapped, unmapped, noops: [...new Set(noops)], uploads, todo };
}

/** The leaves that a later file takes back or overrides as a whole. */
function gone(files: readonly ValuesFile[], results: readonly Tree[]): string[] {
  const there = new Set(results.flatMap((tree) => leaves(new Place(tree))));
  return files.flatMap(({ tree }) => leaves(new Place(tree))).filter((leaf) => leaf !== "" && !there.has(leaf));
}

function read(values: Tree, chart: Chart, stack: string): Book {
  const book = new Book();
  const root = new Place(values);
  chart.read(root, { book, stack, single: chart.single });
  book.rest(root, chart.name);
  return book;
}

/** What a later layer must say so that the first with it over it is the second. */
export function difference(from: Tree, to: Tree, path: readonly string[] = []): Tree {
  const result: Tree = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) set(result, key, null);
  for (const [key, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isTree(before) && isTree(value) && isFree(schemaAt([...path, key])) && !keepsAll(before, value)) {
      // Nothing in such a group takes back what an earlier layer says in it; text stands in its place.
      set(result, key, JSON.stringify(value));
    } else if (isTree(before) && isTree(value)) {
      const inner = difference(before, value, [...path, key]);
      if (Object.keys(inner).length > 0) set(result, key, inner);
    } else if (JSON.stringify(before) !== JSON.stringify(value)) set(result, key, structuredClone(value));
  }
  // A setting takes the one back that it excludes.
  for (const { one, other } of exclusions(schemaAt(path)?.members ?? {}))
    if (result[other] === null && result[one] !== undefined && result[one] !== null) delete result[other];
  return result;
}

/** Whether all that stands in one group stands in the other too, whatever its value. */
const keepsAll = (from: Tree, to: Tree): boolean =>
  Object.entries(from).every(([key, before]) => {
    const after = Object.hasOwn(to, key) ? to[key] : undefined;
    return after !== undefined && (!isTree(before) || !isTree(after) || keepsAll(before, after));
  });

const without = (tree: Tree, keys: readonly string[]): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([key]) => !keys.includes(key)));
