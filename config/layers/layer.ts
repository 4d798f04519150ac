import * as v from "valibot";
import { encryptedText, type Finding, nearest, sameProduct } from "../problems.ts";
import { layerSchema, reservedKeys, schemaAt } from "../schema/schema.ts";
import { isFree } from "../schema/setting.ts";
import { drop, isRemoval, isTree, put, set, type Tree, within } from "../tree.ts";
import { alteredProblem } from "./altered.ts";
import { conflicts } from "./merge.ts";
import { normal } from "./normal.ts";
import { settingOf } from "./place.ts";
import { plainSecrets } from "./plainSecrets.ts";
import { isEncrypted, liftSecrets, mayHoldSecret, maySecret, secretSetting } from "./secrets.ts";
import { type CheckedSource, locatedIn, type Source } from "./source.ts";

/** Lifts a source's secrets out and checks what is left, by itself. */
export function checkSource(given: Source): CheckedSource {
  const source = { ...given, tree: normal(given.tree) };
  const { tree, secrets, problems } = liftSecrets(source);
  const faulty: (readonly string[])[] = problems.map(({ path }) => path);
  const report = (path: readonly string[], finding: Finding) => {
    problems.push({ ...locatedIn(source, path), ...finding });
    faulty.push(path);
    // What was probably meant is as good as written: nothing follows from its absence.
    if (finding.kind === "unknown")
      for (const meant of [finding.meant ?? []].flat()) faulty.push([...path.slice(0, -1), meant]);
  };

  /** The value that a message may show: none that could be a secret, or that fills it. */
  const shown = (path: readonly string[], value: unknown, isName = false): Pick<Finding, "found"> => {
    if (isEncrypted(source, path)) return { found: encryptedText };
    const isLong = typeof value === "string" && value.length > 300;
    return isLong || (maySecret(path) && !isName) || mayHoldSecret(value) ? {} : { found: value };
  };
  // Of what is a secret by its form nothing else is said, and nothing sees it.
  const isTold = (path: readonly string[]) => faulty.some((wrong) => within(path, wrong));
  for (const { path, within: setting, finding } of plainSecrets(source, tree)) {
    if (!isTold(path)) report(path, finding);
    drop(tree, setting);
  }
  const { present, kept } = setAside(tree);
  for (const { path, finding, value } of wrongKeysIn(tree)) {
    report(path, { ...finding, ...(value === undefined ? {} : shown(path, value)) });
    drop(present, path);
  }
  for (const altered of source.altered ?? []) {
    const finding = isTold(altered.path) ? undefined : alteredProblem(tree, altered);
    if (!finding) continue;
    report(altered.path, finding);
    drop(present, settingOf(altered.path));
  }
  // The schema says one thing of a setting at a time; what is wrong is dropped until nothing is.
  let result = check(present);
  for (let round = 0; !result.success && round < 100; round++) {
    const told = new Set<string>();
    for (const issue of result.issues) {
      const path = pathOf(issue);
      const isName = issue.path?.at(-1)?.origin === "key";
      const finding = findingOf(issue, path, isName);
      if (!told.has(path.join(".")))
        report(path, { ...finding, ...(finding.kind === "unknown" ? {} : shown(path, issue.input, isName)) });
      told.add(path.join("."));
      drop(present, settingOf(path));
    }
    result = check(present);
  }

  for (const { path, other } of conflicts(tree)) {
    report(path, { kind: "exclusive", reason: `excludes '${other}', which stands beside it; keep one of them` });
    faulty.push([...path.slice(0, -1), other]);
  }
  if (["model", "models"].every((key) => Object.hasOwn(tree, key) && !isRemoval(tree[key])))
    report(["model"], {
      kind: "exclusive",
      reason: "is short for 'models' with one entry, which stands beside it; keep one of them",
    });

  const settings: Tree = result.success ? { ...result.output } : {};
  for (const { path, value } of kept) if (!isTold(path)) put(settings, path, value);
  const { name, file, prefix, inProgram, encrypted = [], altered = [] } = source;
  const place = { name, file, prefix, ...(inProgram ? { inProgram } : {}) };
  return { layer: { ...place, written: tree, settings, encrypted, altered }, problems, faulty, secrets };
}

/** The library's words where the schema has none of its own. */
const check = (tree: Tree) =>
  v.safeParse(layerSchema, tree, {
    message: ({ expected }) =>
      expected === "Object" ? "a group of settings" : expected === "Array" ? "a list" : "text",
  });

/**
 * Splits a tree into what the schema is to see, and what it is not to: removals, and the names of lifted secrets.
 * An empty `models.<name>` is a model.
 */
function setAside(
  tree: Tree,
  path: readonly string[] = [],
): { present: Tree; kept: { path: string[]; value: unknown }[] } {
  const present: Tree = {};
  const kept: { path: string[]; value: unknown }[] = [];
  for (const [key, value] of Object.entries(tree)) {
    const here = [...path, key];
    if (isRemoval(value)) kept.push({ path: here, value: null });
    else if (isTree(value) && !isFree(schemaAt(here))) {
      const inner = setAside(value, here);
      set(present, key, inner.present);
      kept.push(...inner.kept);
    } else if (secretSetting(here)) kept.push({ path: here, value });
    else set(present, key, structuredClone(value));
  }
  return { present, kept };
}

const pathOf = (issue: v.BaseIssue<unknown>) => (issue.path ?? []).map((item) => String(item.key));

/** What is said of what the schema does not take. */
function findingOf(issue: v.BaseIssue<unknown>, path: string[], isName: boolean): Finding {
  const stranger = strangerIn(issue, path);
  if (stranger) return stranger;
  if (issue.input === "" && !isName)
    return { kind: "invalid", reason: "which is no value here; to take a setting back write null" };
  const meant = meantBy(issue, path);
  return { kind: "invalid", allowed: issue.message, ...(meant ? { meant } : {}) };
}

/** What is said of a key that the entries of a list do not have. */
function strangerIn({ expected }: v.BaseIssue<unknown>, path: string[]): Finding | undefined {
  const { entries } = schemaAt(settingOf(path))?.item ?? {};
  if (expected !== "never" || !entries) return undefined;
  const names = Object.keys(entries);
  const meant = nearest(path.at(-1) ?? "", names);
  return { kind: "unknown", allowed: names, ...(meant ? { meant } : {}) };
}

/** Of a choice, the word that was probably meant, or those that it may be. */
function meantBy({ type, input }: v.BaseIssue<unknown>, path: readonly string[]): Finding["meant"] {
  if (type !== "picklist" || typeof input !== "string") return undefined;
  const { options = [], about } = schemaAt(path) ?? {};
  const { alike = {} } = about ?? {};
  const word = input.toLowerCase();
  if (Object.hasOwn(alike, word)) return alike[word];
  const words = options.map(String);
  if (!words.every((one) => /\d/.test(one))) return nearest(input, words);
  const [first, ...others] = sameProduct(input, words);
  return first !== undefined && others.length > 0 ? [first, ...others] : first;
}

/** Keys that the library leaves out of a map without a word. */
export const unusable = ["__proto__", "constructor", "prototype"];

interface WrongKey {
  path: string[];
  finding: Finding;
  /** What stands there instead of what it must be. */
  value?: unknown;
}

/** The keys that name no setting, removals included, and the lists where a group is meant. */
function wrongKeysIn(tree: Tree, path: readonly string[] = []): WrongKey[] {
  const around = schemaAt(path);
  return Object.entries(tree).flatMap(([key, value]): WrongKey | WrongKey[] => {
    const here = [...path, key];
    if (isReserved(key, path)) return { path: here, finding: { kind: "reserved" } };
    if (around?.members && !Object.hasOwn(around.members, key)) {
      const names = Object.keys(around.members);
      const meant = nearest(key, names);
      return { path: here, finding: { kind: "unknown", allowed: names, ...(meant ? { meant } : {}) } };
    }
    if (around?.type === "record" && unusable.includes(key))
      return { path: here, finding: { kind: "invalid", reason: "is a name that cannot be used here; choose another" } };
    const { type, members } = schemaAt(here) ?? {};
    if (Array.isArray(value) && (members || type === "record"))
      return { path: here, value, finding: { kind: "invalid", allowed: "a group of settings" } };
    return isTree(value) ? wrongKeysIn(value, here) : [];
  });
}

/** Whether a key is kept for later: of a model it may stand at the top too, as all settings of models may. */
function isReserved(key: string, path: readonly string[]): boolean {
  const ofModel = path.length === 0 || (path.length === 2 && path[0] === "models");
  const reserved: readonly string[] = path.length === 0 ? reservedKeys.stack : [];
  return reserved.includes(key) || (ofModel && reservedKeys.model.some((name) => name === key));
}
