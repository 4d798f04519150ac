import assert from "node:assert/strict";
import type { Project } from "../../lab/project.ts";
import { type Judged, judge, type Levels, ruleNames } from "../../policy/judge.ts";
import { settingsOf } from "../../render/settings.ts";
import { readState } from "../../review/exportedState.ts";
import { policyObjects } from "../../review/policyObjects.ts";
import { policyContext, renderedObjects } from "../../review/policySubject.ts";
import { succeeded } from "./support.ts";

/** What is broken, by rule, object and path. */
const broken = (findings: readonly Judged[]) =>
  findings
    .filter(({ notChecked }) => !notChecked)
    .map(({ rule, object, path }) => [rule, object?.type, object?.name, path]);

/** Fails unless the rules say of a deployed stack's state what they say of its render. */
export async function isJudgedAsRendered(project: Project, stack: string): Promise<void> {
  const settings = settingsOf(project.folder, stack);
  const context = policyContext(settings);
  const levels = Object.fromEntries(ruleNames.map((rule) => [rule, "mandatory"])) as Levels;
  const exported = await project.pulumi(["stack", "export", "--stack", stack]);
  succeeded(exported);
  const state = readState("state", JSON.parse(exported.stdout), { project: "pulumi-vllm", stack });
  const { objects, leftOut } = policyObjects(state);
  assert.deepEqual(leftOut, []);
  const rendered = judge({ objects: await renderedObjects(settings) }, context, levels);
  const registered = judge({ objects }, context, levels);
  assert.deepEqual(broken(registered), broken(rendered));
  // Beside what a secret is and what no object tells, a state leaves nothing open.
  const open = registered.filter(
    ({ notChecked, object, what }) => notChecked && object && what !== "its value is a secret",
  );
  assert.deepEqual(open, []);
}
