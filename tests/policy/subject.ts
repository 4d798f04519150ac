import assert from "node:assert/strict";
import { deepAt, isTree, put, type Tree } from "../../config/tree.ts";
import { type Judged, judge, type Levels, ruleNames, type Subject } from "../../policy/judge.ts";
import type { PolicyContext, PolicyObject, RuleName } from "../../policy/rule.ts";
import { policyContext, renderedObjects } from "../../review/policySubject.ts";
import { publishedProject, publishedSettings } from "../render/stacks.ts";

/** What rules are tested with: renders of whole stacks, and copies of them with something altered. */

const project = publishedProject();

/** The objects of a stack that serves, and what no object says. */
export async function rendered(stack: string): Promise<{ objects: PolicyObject[]; context: PolicyContext }> {
  const resolved = publishedSettings(stack, project);
  return { objects: await renderedObjects(resolved), context: policyContext(resolved) };
}

/** Every rule at one level, but for some. */
export const levels = (all: Levels[RuleName], but: Partial<Levels> = {}): Levels =>
  ({ ...Object.fromEntries(ruleNames.map((name) => [name, all])), ...but }) as Levels;

/** What one rule finds, mandatory. */
export const byRule = (rule: RuleName, subject: Subject, context: PolicyContext): Judged[] =>
  judge(subject, context, levels("off", { [rule]: "mandatory" }));

/** The same as `[path, what]` of what refuses. */
export const refused = (rule: RuleName, subject: Subject, context: PolicyContext): [path: string, what: string][] =>
  byRule(rule, subject, context)
    .filter(({ refuses }) => refuses)
    .map(({ path, what }) => [path, what]);

/** The same of what could not be judged. */
export const unjudged = (rule: RuleName, subject: Subject, context: PolicyContext): [path: string, what: string][] =>
  byRule(rule, subject, context).flatMap(({ path, what, notChecked }) =>
    notChecked ? [[path, what] as const] : [],
  ) as [string, string][];

/** A copy of the objects with one property of the only one of a type set, or taken out. */
export function altered(
  objects: readonly PolicyObject[],
  kind: string,
  path: readonly string[],
  value?: unknown,
): PolicyObject[] {
  const copy = structuredClone(objects) as PolicyObject[];
  const of = copy.filter(({ type }) => type.endsWith(`:${kind}`));
  assert.equal(of.length, 1, `${of.length} ${kind}`);
  const [{ properties }] = of as [PolicyObject];
  const holder = deepAt(properties, path.slice(0, -1)) as Tree | unknown[];
  assert.ok(holder, path.join("."));
  if (Array.isArray(holder)) holder[Number(path.at(-1))] = value;
  else if (value === undefined) delete holder[path.at(-1) ?? ""];
  else put(holder, [path.at(-1) ?? ""], value);
  return copy;
}

/** The objects without those of a kind. */
export const without = (objects: readonly PolicyObject[], kind: string): PolicyObject[] => {
  const rest = objects.filter(({ type }) => !type.endsWith(`:${kind}`));
  assert.ok(rest.length < objects.length, kind);
  return rest;
};

/** Every path in a value, of groups and lists too. */
export const pathsIn = (value: unknown, path: readonly string[] = []): string[][] => {
  const inner = Array.isArray(value) || isTree(value) ? Object.entries(value) : [];
  return [...(path.length > 0 ? [[...path]] : []), ...inner.flatMap(([key, one]) => pathsIn(one, [...path, key]))];
};
