import { type Judged, judge, type Levels, ruleNames } from "../policy/judge.ts";
import type { PolicyContext } from "../policy/rule.ts";
import { causedBy, flattened, type Renders, type Ways, waysOf } from "./origins.ts";
import { policyChanges } from "./policyChanges.ts";
import type { Previewed } from "./preview.ts";
import type { ObjectDifference } from "./renders/compare.ts";
import type { HeadAnswer, Side, Unsound } from "./renders/headWorker.ts";
import type { Rendered } from "./renders/objects.ts";
import type { Broken } from "./renders/worker.ts";
import type { Missing, Origin, Outcome, ReviewedFinding, ReviewedResource, StackReview } from "./review.ts";

/** What was found out about a stack. */
export interface Found {
  stack: string;
  /** Whether base has a file of it. */
  isNew: boolean;
  /** Other packages are installed than base has: all renders are made with those. */
  hasOtherPackages: boolean;
  head: HeadAnswer | Broken;
  /** Base's settings by base's code; absent where base has no such stack, or head's code is the same. */
  baseRender?: readonly Rendered[] | Broken;
  preview: Previewed | Missing;
}

/** Puts together what was found out about a stack. */
export function reviewStack({ stack, isNew, hasOtherPackages, head: answer, baseRender, preview }: Found): StackReview {
  const begun = { stack, file: isNew ? "new" : "changed" } as const;
  if ("broken" in answer || "problems" in answer.head) {
    const problems = "broken" in answer ? [answer.broken] : (answer.head as Unsound).problems;
    return { ...begun, ...nothing, outcome: "failed", problems, settings: "broken" in answer ? [] : answer.settings };
  }
  const { head, base, settings, causes, plain } = answer as HeadAnswer & { head: Side };
  const before = base && !("problems" in base) ? base : undefined;
  const missing = [
    ...missingOf(base, baseRender),
    ...(hasOtherPackages && !isNew ? [otherPackages] : []),
    ...("part" in preview ? [preview] : preview.missing),
  ];
  const renders: Renders = {
    head: head.objects,
    ...(before ? { base: before.objects } : {}),
    ...(plain ? { other: { ...(isObjects(baseRender) ? { byBase: baseRender } : {}), ...plain } } : {}),
  };
  const ways = waysOf(renders, causes, { isNew, hasOtherPackages });
  const done = "part" in preview || preview.changes.outcome !== "succeeded" ? undefined : preview;
  const resources = done ? ofPreview(done, ways) : ofRenders(ways);
  const findings = judged(head, before, done, resources);
  const told = "part" in preview ? {} : { preview: previewOf(preview) };
  return {
    ...begun,
    outcome: outcomeOf(missing, "part" in preview ? undefined : preview, findings),
    problems: [],
    missing,
    settings,
    gpus: { ...(before ? { before: before.gpus } : {}), after: head.gpus },
    cost: { ...(before ? { before: before.cost } : {}), after: head.cost },
    policy: { findings, off: ruleNames.filter((rule) => head.levels[rule] === "off") },
    toldBy: done ? "preview" : "render",
    resources,
    ...told,
  };
}

const otherPackages: Missing = {
  part: "basePackages",
  reason: "package-lock.json is another than base's, and all renders are made with the packages of now",
  failed: false,
};

/** The review of a stack whose file is gone. What is deployed of it stays. */
export const removedStack = (stack: string): StackReview => ({
  ...{ stack, file: "removed", ...nothing },
  ...{ outcome: "fine", problems: [], settings: [] },
});

const nothing = {
  missing: [],
  gpus: {},
  cost: {},
  toldBy: "render",
  resources: [],
} as const satisfies Partial<StackReview>;

const isObjects = (render: Found["baseRender"]): render is readonly Rendered[] => Array.isArray(render);

function missingOf(base: HeadAnswer["base"], render: Found["baseRender"]): Missing[] {
  const missing: Missing[] = [];
  if (base && "problems" in base)
    missing.push({
      part: "baseSettings",
      reason: `this code cannot plan base's settings: ${base.problems.slice(0, 3).join("; ")}${base.problems.length > 3 ? `; and ${base.problems.length - 3} more` : ""}`,
      failed: false,
    });
  if (render !== undefined && !isObjects(render))
    missing.push({
      part: "baseRender",
      reason: `base's code cannot render base's settings: ${(render as Broken).broken}`,
      failed: false,
    });
  return missing;
}

function outcomeOf(missing: readonly Missing[], preview: Previewed | undefined, findings: readonly Judged[]): Outcome {
  const isFailed = missing.some(({ failed }) => failed) || (preview && preview.changes.outcome !== "succeeded");
  if (isFailed) return "failed";
  return findings.some(({ refuses }) => refuses) ? "refused" : "fine";
}

function previewOf({ against, changes }: Previewed): NonNullable<StackReview["preview"]> {
  const { outcome, reason, digest, stateDigest, summary, diagnostics, violations } = changes;
  return {
    ...{ against, outcome },
    ...(reason === undefined ? {} : { reason }),
    ...(digest === undefined ? {} : { digest }),
    ...(stateDigest === undefined ? {} : { stateDigest }),
    ...{ summary, diagnostics, violations },
  };
}

function ofPreview({ changes }: Previewed, ways: Ways): ReviewedResource[] {
  const harmful = new Map(changes.destructive.map((one) => [one.urn, one]));
  const all = flattened(changes).map((one): ReviewedResource => {
    const { name, type, change, within, guards, forcedBy, urn } = one;
    const { harms = [], retained } = harmful.get(urn) ?? {};
    const { resource, properties } = causedBy(one, ways);
    return {
      ...{ name, type, within, change, ...resource, harms, properties },
      ...(guards ? { guards } : {}),
      ...(forcedBy ? { forcedBy } : {}),
      ...(retained ? { retained } : {}),
    };
  });
  // The worst first, in the order of the preview.
  const order = [...harmful.keys()];
  const place = (urn: string) => (harmful.has(urn) ? order.indexOf(urn) : order.length);
  const urns = flattened(changes).map(({ urn }) => urn);
  return all
    .map((one, index) => ({ one, place: place(urns[index] ?? "") }))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
}

function ofRenders(ways: Ways): ReviewedResource[] {
  const all = [...ways.whole.values()].map((one: ObjectDifference): ReviewedResource => {
    const { name, type, change, guards, downtime } = one;
    const { resource, properties } = causedBy(one, ways);
    const unprotected = guards.some(({ before }) => before);
    const harms = [
      ...(unprotected ? (["unprotected"] as const) : []),
      ...(change === "delete" ? (["delete"] as const) : []),
      ...(downtime ? (["downtime"] as const) : []),
    ];
    return {
      ...{ name, type, within: [], change, ...resource, harms, properties },
      ...(guards.length > 0 ? { guards } : {}),
    };
  });
  return all.sort((a, b) => Number(b.harms.length > 0) - Number(a.harms.length > 0));
}

/** What the rules find of head, what of it base had already, and what they find of the preview's changes. */
function judged(
  head: Side,
  base: Side | undefined,
  preview: Previewed | undefined,
  resources: readonly ReviewedResource[],
): ReviewedFinding[] {
  const old = new Set(base?.findings.map(sameKey));
  const own = head.findings.map((finding) => ({ ...finding, new: !old.has(sameKey(finding)) }));
  return [...own, ...ofChanges(head.context, head.levels, preview, resources)];
}

const sameKey = (finding: Judged): string => JSON.stringify({ ...finding, next: "" });

/** The one rule that judges changes. What was to be made before is no new breach. */
function ofChanges(
  context: PolicyContext,
  levels: Levels,
  preview: Previewed | undefined,
  resources: readonly ReviewedResource[],
): ReviewedFinding[] {
  const off = Object.fromEntries(ruleNames.map((name) => [name, "off"])) as unknown as Levels;
  const subject = preview ? policyChanges(preview.changes) : {};
  const isPending = ({ origins }: ReviewedResource) => origins.every((one: Origin) => one === "pending");
  return judge(subject, context, { ...off, bucketKept: levels.bucketKept }).map((finding) => {
    const resource = resources.find(({ name, type }) => name === finding.object?.name && type === finding.object.type);
    return { ...finding, new: !finding.notChecked && !(resource && isPending(resource)) };
  });
}
