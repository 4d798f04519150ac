import { inLine } from "../config/signs.ts";
import type { Judged } from "../policy/judge.ts";
import type { RuleName } from "../policy/rule.ts";
import { findingText } from "../policy/told.ts";
import type { Changes } from "../review/changes.ts";
import type { LeftOut } from "../review/policyObjects.ts";

/** What the rules say of a stack; `docs/policy.schema.json` describes it. */
export interface PolicyReport {
  schemaVersion: 1;
  stack: string;
  /** Where the objects are from. */
  judged: "render" | "state";
  /** How many objects there were to judge. */
  objects: number;
  /** The operation whose changes were judged too. */
  changes?: Changes["operation"];
  findings: readonly Judged[];
  /** Of a state, what was not judged. */
  leftOut?: readonly LeftOut[];
  off: readonly RuleName[];
}

/** A line a finding, those apart that are neither broken nor kept, what was left out, and how many. */
export function policyText({ stack, judged, objects, findings, leftOut = [], off }: PolicyReport): string {
  const unseen = findings.filter(({ notChecked }) => notChecked);
  const broken = findings.filter(({ notChecked }) => !notChecked);
  const refused = broken.filter(({ refuses }) => refuses).length;
  const count = `${refused} refused, ${broken.length - refused} noted, ${unseen.length} not checked`;
  const whose = judged === "state" ? `State of stack ${stack}, ${objects} objects` : `Stack ${stack}`;
  return [
    broken.map((finding) => `${finding.refuses ? "refused" : "noted"}  ${lineOf(finding)}`),
    unseen.length > 0 ? ["Not checked", ...unseen.map((finding) => `  ${lineOf(finding)}`)] : [],
    leftOut.length > 0
      ? ["Left out", ...leftOut.map((one) => `  ${inLine(`${one.type} ${one.name} (${one.reason})`)}`)]
      : [],
    [`${whose}: ${count}${off.length > 0 ? `; off: ${off.join(", ")}` : ""}`],
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

const lineOf = (finding: Judged): string => `${finding.rule} (${finding.level}): ${findingText(finding)}`;
