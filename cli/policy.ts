import { parseArgs } from "node:util";
import { type Judged, judge, ruleNames } from "../policy/judge.ts";
import { packConfig } from "../policy/packConfig.ts";
import { findingText } from "../policy/told.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";
import { writePackConfig } from "./packConfigFile.ts";
import { policySubject } from "./policySubject.ts";
import { settingsOf } from "./stack.ts";

const usage = `usage: npm run policy -- --stack STACK [--json] [--pack-config FILE]
Judges a stack's render and plan by the rules of docs/policy.md, at the levels of its settings (policy), without
Pulumi's engine, cloud or cluster. Ends with 1 where a mandatory rule is broken.
  --json         the findings as JSON; where there is nothing to judge, what is wrong
  --pack-config  a file for what Pulumi's policy pack, policy/pack, is told of the stack (--policy-pack-config), whatever
                 the findings are`;

const options = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean", default: false },
  "pack-config": { type: "string" },
  project: { type: "string", default: process.cwd() },
} as const;

export const command: Command = {
  usage,
  async run(args) {
    const { values } = parseArgs({ args, options });
    if (!values.stack) throw new UsageError("--stack is missing: which stack?");
    const resolved = settingsOf(values.project, values.stack);
    const { objects, context } = await policySubject(resolved);
    const levels = resolved.settings.policy;
    const { stack } = resolved.settings;
    const packFile = values["pack-config"];
    if (packFile !== undefined) writePackConfig(packFile, packConfig(stack, context, levels));
    const findings = judge({ objects }, context, levels);
    const off = ruleNames.filter((rule) => levels[rule] === "off");
    if (values.json) sayJson({ schemaVersion: 1, stack, findings, off });
    else say(findingsText(stack, findings, off));
    return findings.some(({ refuses }) => refuses) ? 1 : 0;
  },
  envelope(args) {
    const { stack } = parseArgs({ args, options, strict: false }).values;
    return { schemaVersion: 1, stack: typeof stack === "string" ? stack : "" };
  },
};

/** A line a finding, those apart that are neither broken nor kept, and how many. */
function findingsText(stack: string, findings: readonly Judged[], off: readonly string[]): string {
  const unseen = findings.filter(({ notChecked }) => notChecked);
  const broken = findings.filter(({ notChecked }) => !notChecked);
  const refused = broken.filter(({ refuses }) => refuses).length;
  const count = `${refused} refused, ${broken.length - refused} noted, ${unseen.length} not checked`;
  return [
    broken.map((finding) => `${finding.refuses ? "refused" : "noted"}  ${lineOf(finding)}`),
    unseen.length > 0 ? ["Not checked", ...unseen.map((finding) => `  ${lineOf(finding)}`)] : [],
    [`Stack ${stack}: ${count}${off.length > 0 ? `; off: ${off.join(", ")}` : ""}`],
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

const lineOf = (finding: Judged): string => `${finding.rule} (${finding.level}): ${findingText(finding)}`;

if (import.meta.main) await runCommand(command);
