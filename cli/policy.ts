import { parseArgs } from "node:util";
import { inLine } from "../config/signs.ts";
import { type Judged, judge, ruleNames } from "../policy/judge.ts";
import { settingsOf } from "../render/settings.ts";
import { policySubject } from "../review/policySubject.ts";
import { type Command, runCommand, say, sayJson, UsageError } from "./command.ts";

const usage = `usage: npm run policy -- --stack STACK [--json]
Judges a stack's render and plan by the rules of docs/policy.md, at the levels of its settings (policy), without
Pulumi's engine, cloud or cluster. Ends with 1 where a mandatory rule is broken.
  --json  the findings as JSON; where there is nothing to judge, what is wrong`;

const options = {
  stack: { type: "string", short: "s" },
  json: { type: "boolean", default: false },
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
    const findings = judge({ objects }, context, levels);
    const off = ruleNames.filter((rule) => levels[rule] === "off");
    const { stack } = resolved.settings;
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
    broken.map((finding) => `${finding.refuses ? "refused" : "noted"}  ${findingText(finding)}`),
    unseen.length > 0 ? ["Not checked", ...unseen.map((finding) => `  ${findingText(finding)}`)] : [],
    [`Stack ${stack}: ${count}${off.length > 0 ? `; off: ${off.join(", ")}` : ""}`],
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** The place as problems of settings have it, so that a path that ends in `api-key` stands before no colon. */
function findingText({ rule, level, object, path, what, allowed, next, notChecked }: Judged): string {
  const holder = object && `${object.type} ${object.name}`;
  const place = path && holder ? `${path} (${holder}): ` : path || holder ? `${path || holder}: ` : "";
  const parts = [what, ...(notChecked ? [] : [`allowed: ${allowed}`]), `next: ${next}`];
  return inLine(`${rule} (${level}): ${place}${parts.join("; ")}`);
}

if (import.meta.main) await runCommand(command);
