import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach } from "node:test";
import { SettingsError } from "../../config/problems.ts";
import type { Settings } from "../../config/settings.ts";
import { checkStack } from "../../planning/checks/stack.ts";

/** The program's loader, in a project's folder of its own, for the stack `prod`. */

const project = mkdtempSync(join(tmpdir(), "settings-"));
process.env.PULUMI_NODEJS_ROOT_DIRECTORY = project;
process.env.PULUMI_NODEJS_STACK = "prod";
process.env.PULUMI_NODEJS_PROJECT = "pulumi-vllm";
export const pulumi = await import("@pulumi/pulumi");
export const { planSettings, readSettings } = await import("../../program/settings.ts");
export const { secretOutputs } = await import("../../program/arguments.ts");

export const stackFile = join(project, "Pulumi.prod.yaml");
export const projectFile = join(project, "Pulumi.yaml");
export const stacksFolder = join(project, "stacks");
export const named = "name: pulumi-vllm\nruntime: nodejs\n";
afterEach(() => {
  for (const file of [stackFile, projectFile, stacksFolder]) rmSync(file, { force: true, recursive: true });
  delete process.env.PULUMI_CONFIG_SECRET_KEYS;
});
after(() => rmSync(project, { recursive: true }));

/** The settings that the program reads, where nothing is wrong with them. */
export async function load(config: Record<string, string>): Promise<Settings> {
  pulumi.runtime.setAllConfig(config);
  const resolved = await readSettings();
  const problems = [...resolved.problems, ...checkStack(resolved)];
  if (problems.length > 0) throw new SettingsError(problems);
  return resolved.settings;
}

/** What the program makes of them. */
export const planned = (config: Record<string, string>) => {
  pulumi.runtime.setAllConfig(config);
  return planSettings();
};

export const least = {
  "aws:region": "eu-west-1",
  "vllm:model": "chat",
  "vllm:cluster": '{"eks":"lab"}',
  "vllm:gpu": '{"product":"L4"}',
};
export const refused = (config: Record<string, string>, ...problems: string[]) =>
  assert.rejects(planned(config), (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error), error.stack);
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const lines = problems.map((problem) => `\n  ${problem}`).join("");
    assert.equal(error.message, `the settings of this stack have ${count}; nothing was deployed.${lines}`);
    // Node's inspection of one can take minutes.
    assert.equal(error.stack, undefined);
    return true;
  });
