import assert from "node:assert/strict";
import { type Problem, SettingsError } from "../../config/problems.ts";
import { resolveSettings } from "../../config/settings.ts";
import { keyProblem } from "../../config/sources/keys.ts";
import { type Files, writtenIn } from "../../config/sources/project.ts";
import type { Tree } from "../../config/tree.ts";
import { planStack } from "../../planning/plan.ts";
import { least } from "./settings.ts";

/** The files of a stack `s` in a project `x`, without anything in them. */
export const empty: Files = {
  ...{ stack: "s", region: "eu-west-1", base: {}, own: {}, encrypted: [] },
  ...{ altered: { base: [], own: [] }, problems: [] },
};

/** What is wrong with a project's files that say this beside the least. */
export function problemsIn(own: Tree, files: Partial<Files> = {}): Problem[] {
  try {
    planStack(resolveSettings(writtenIn({ ...empty, ...files, own: { ...least, ...own } })));
  } catch (error) {
    assert.ok(error instanceof SettingsError, String(error));
    return [...error.problems];
  }
  return [];
}

/** A key in the stack's file that is none of its settings. */
export function wrongKey(key: string): Pick<Files, "problems"> {
  const problem = keyProblem("Pulumi.s.yaml", "stack", key, "x");
  assert.ok(problem);
  return { problems: [problem] };
}
