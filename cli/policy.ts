import { parseArgs } from "node:util";
import type { Resolved } from "../config/settings.ts";
import { judge, ruleNames, type Subject } from "../policy/judge.ts";
import { packConfig } from "../policy/packConfig.ts";
import { projectIn, settingsOf } from "../render/settings.ts";
import { readChanges } from "../review/changesDocument.ts";
import { readState } from "../review/exportedState.ts";
import { policyChanges } from "../review/policyChanges.ts";
import { policyObjects } from "../review/policyObjects.ts";
import { policyContext, renderedObjects } from "../review/policySubject.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";
import { readJson } from "./jsonFile.ts";
import { writePackConfig } from "./packConfigFile.ts";
import { type PolicyReport, policyText } from "./policyText.ts";

const usage = `usage: npm run policy -- --stack STACK [--changes FILE] [--state FILE] [--json]
         [--pack-config FILE]
Judges a stack's render and plan by the rules of docs/policy.md, at the levels of its settings (policy), without
Pulumi's engine, cloud or cluster. Ends with 1 where a mandatory rule is broken.
  --changes      judges these changes too: a document as docs/changes.md has it; - is standard input
  --state        judges what pulumi stack export printed, and not the render; - is standard input
  --json         as JSON, by docs/policy.schema.json; where there is nothing to judge, what is wrong
  --pack-config  a file for what Pulumi's policy pack, policy/pack, is told of the stack (--policy-pack-config), whatever
                 the findings are`;

const options = {
  stack: { type: "string", short: "s" },
  changes: { type: "string" },
  state: { type: "string" },
  json: { type: "boolean", default: false },
  "pack-config": { type: "string" },
  project: { type: "string", default: process.cwd() },
} as const;

export const command: Command = {
  usage,
  async run(args) {
    const { values } = parseArgs({ args, options });
    const { changes, state, project, "pack-config": packFile } = values;
    if (!values.stack) throw new UsageError("--stack is missing: which stack?");
    for (const [option, file] of Object.entries({ changes, state, "pack-config": packFile }))
      if (file === "") throw new UsageError(`--${option} is empty: which file?`);
    if (changes === "-" && state === "-") throw new UsageError("--changes and --state cannot both be standard input");
    const resolved = settingsOf(project, values.stack);
    const { stack, policy: levels } = resolved.settings;
    const context = policyContext(resolved);
    if (packFile !== undefined) writePackConfig(packFile, packConfig(stack, context, levels));
    const { objects, ...ofState } = await objectsOf(resolved, project, state);
    const { subject, ...ofChanges } = await changesOf(stack, changes);
    const report: PolicyReport = {
      ...{ schemaVersion: 1, stack },
      ...{ ...ofState, objects: objects?.length ?? 0 },
      ...ofChanges,
      findings: judge({ objects, ...subject }, context, levels),
      off: ruleNames.filter((rule) => levels[rule] === "off"),
    };
    if (values.json) sayJson(report);
    else say(policyText(report));
    return report.findings.some(({ refuses }) => refuses) ? 1 : 0;
  },
  envelope(args) {
    const { stack } = parseArgs({ args, options, strict: false }).values;
    return { schemaVersion: 1, stack: typeof stack === "string" ? stack : "" };
  },
};

/** The objects of the render, or of a state. An empty state has none to judge, rather than none that break a rule. */
async function objectsOf(
  resolved: Resolved,
  folder: string,
  file: string | undefined,
): Promise<Pick<Subject, "objects"> & Pick<PolicyReport, "judged" | "leftOut">> {
  if (file === undefined) return { judged: "render", objects: await renderedObjects(resolved) };
  const { name, content } = await readJson(file);
  const { project } = projectIn(folder);
  const { objects, leftOut } = policyObjects(readState(name, content, { project, stack: resolved.settings.stack }));
  return { judged: "state", ...(objects.length > 0 ? { objects } : {}), leftOut };
}

async function changesOf(stack: string, file: string | undefined) {
  if (file === undefined) return {};
  const { name, content } = await readJson(file);
  const read = readChanges(name, content, stack);
  return { subject: policyChanges(read), changes: read.operation };
}

if (import.meta.main) await runCommand(command);
