import type { Policies, ReportViolation, ResourceValidationPolicy } from "@pulumi/policy";
import { policyRules } from "../../config/schema/policyEntries.ts";
import { redacted } from "../../config/secretForms.ts";
import { findingsOf, ruleNames, rules, type Subject } from "../judge.ts";
import { missingIn, settingsPolicy } from "../packConfig.ts";
import type { Finding, PolicyContext, RuleName } from "../rule.ts";
import { findingText } from "../told.ts";
import { objectOf } from "./objects.ts";
import { configSchema, stackProperty } from "./schema.ts";

/** The rules as policies of Pulumi. Each is off by itself: a stack's configuration says which are on. */

type Config = Readonly<Record<string, unknown>>;

/** The SDK takes this too, which its types leave out: it alone can tell something at another level than the policy's. */
type Report = (violation: { message: string; urn?: string; enforcementLevel?: "advisory" | "mandatory" }) => void;
const reporting = (report: ReportViolation): Report => report as unknown as Report;

const rootType = "pulumi:pulumi:Stack";
const stackOf = (urn: string): string => /^urn:pulumi:([^:]*)::/.exec(urn)?.[1] ?? "";
const whatToRun = (stack: string): string =>
  `run \`npm run policy -- --stack ${stack} --pack-config policy-pack.json\` in the program's folder, and give Pulumi that file by --policy-pack-config`;

/** Without settings of this stack nothing is judged, and nothing may seem to pass. The root comes before all else. */
const settings: ResourceValidationPolicy = {
  name: settingsPolicy,
  description: "The pack has the settings of this very stack, for all of its rules.",
  configSchema: {
    properties: {
      stack: stackProperty,
      rules: { type: "array", items: { type: "string" }, description: "The rules that these settings know." },
    },
  },
  validateResource({ type, urn, getConfig }, violated) {
    if (type !== rootType) return;
    const report = reporting(violated);
    const stack = stackOf(urn);
    const { stack: own, rules: known = [] } = getConfig<{ stack?: string; rules?: readonly string[] }>();
    const unknown = ruleNames.filter((name) => !known.includes(name));
    if (own === undefined) report({ message: `the pack has no settings, and judges nothing: ${whatToRun(stack)}` });
    else if (own !== stack)
      report({
        message: `the pack's settings are of stack ${own}, and it judges nothing of ${stack}: ${whatToRun(stack)}`,
      });
    else if (unknown.length > 0)
      report({ message: `the pack's settings are older than its rules ${unknown.join(", ")}: ${whatToRun(stack)}` });
  },
};

/** What a rule finds of what it is shown; nothing where its settings are of another stack, which is told already. */
function judged(rule: RuleName, subject: Subject, urn: string, config: Config): Finding[] | string {
  const stack = stackOf(urn);
  if (config.stack !== undefined && config.stack !== stack) return [];
  const missing = missingIn(rule, config);
  if (config.stack === undefined || missing.length > 0)
    return `the pack has no settings of this rule${missing.length > 0 ? ` (${missing.join(", ")})` : ""}: ${whatToRun(stack)}`;
  return findingsOf(rule, subject, config as unknown as PolicyContext);
}

function policyOf(name: RuleName): Policies[number] {
  const { of } = rules[name];
  const about = {
    name,
    description: policyRules[name].about.description,
    enforcementLevel: "disabled",
    configSchema: configSchema(name),
  } as const;
  // What needs one object alone is judged before that object is made, not after all are.
  if (of === "object")
    return {
      ...about,
      validateResource: (args, report) =>
        tell(judged(name, { objects: [objectOf(args)] }, args.urn, args.getConfig()), () => args.urn, report),
    };
  if (of === "objects")
    return {
      ...about,
      validateStack({ resources, getConfig }, report) {
        const urnOf = ({ object }: Finding) =>
          resources.find(({ type, name }) => type === object?.type && name === object.name)?.urn;
        const found = judged(name, { objects: resources.map(objectOf) }, resources[0]?.urn ?? "", getConfig());
        tell(found, urnOf, report);
      },
    };
  return {
    ...about,
    validateResource({ type, urn, getConfig }, report) {
      if (type === rootType) tell(judged(name, {}, urn, getConfig()), () => urn, report);
    },
  };
}

/** Tells what is broken at the rule's level; what could not be judged as advice, in one for all places alike. */
function tell(
  found: Finding[] | string,
  urnOf: (finding: Finding) => string | undefined,
  violated: ReportViolation,
): void {
  const report = reporting(violated);
  if (typeof found === "string") {
    report({ message: found, enforcementLevel: "mandatory" });
    return;
  }
  for (const finding of merged(found)) {
    // The engine says itself which object it is.
    const { object: _, ...rest } = finding;
    const text = redacted(findingText(rest));
    const urn = urnOf(finding);
    if (finding.notChecked) report({ message: `not checked: ${text}`, urn, enforcementLevel: "advisory" });
    else report({ message: text, urn });
  }
}

const merged = (found: readonly Finding[]): Finding[] =>
  [
    ...Map.groupBy(found, ({ notChecked, object, what }, at) => (notChecked ? JSON.stringify([object, what]) : at)),
  ].flatMap(([, [first, ...others]]) =>
    first ? [{ ...first, path: [first, ...others].map(({ path }) => path).join(", ") }] : [],
  );

export const policies: Policies = [settings, ...ruleNames.map(policyOf)];
