import type { PropertyChange } from "../changes.ts";
import type { Harm } from "../destructive.ts";
import type { SettingChange } from "../renders/settings.ts";
import type { Both, Origin, Review, ReviewedFinding, ReviewedResource, StackReview } from "../review.ts";

/** What a review says, in words; text and Markdown differ in how they set apart what others wrote. */

/** Sets apart a text that is a name, a value or a message, and none of our words. */
export type Quote = (text: string) => string;

/** A value as a person writes it. */
export const shown = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

export const counted = (count: number, what: string, plural = `${what}s`): string =>
  `${count} ${count === 1 ? what : plural}`;

/** Names in a row, the first of many. */
export function some(names: readonly string[], most: number, quote: Quote): string {
  const first = names.slice(0, most).map(quote).join(", ");
  return names.length > most ? `${first} and ${names.length - most} more` : first;
}

/** The stack, how the review ended, and how many resources would change. */
export function title({ stack, file, outcome, resources, problems }: StackReview, quote: Quote): string {
  const ended = { fine: "", refused: "refused by policy", failed: problems.length > 0 ? "does not build" : "failed" };
  const changes = (["create", "update", "replace", "delete"] as const).flatMap((change) => {
    const count = resources.filter((one) => one.change === change).length;
    return count > 0 ? [`${count} to ${change}`] : [];
  });
  const guards = resources.filter(({ change }) => change === "same").length;
  const all = [...changes, ...(guards > 0 ? [`${guards} with another guard`] : [])];
  const what = file === "removed" ? "its file is gone" : all.length > 0 ? all.join(", ") : "nothing changes";
  const parts = [ended[outcome], problems.length > 0 ? "" : what, file === "new" ? "a new stack" : ""];
  return `Stack ${quote(stack)}: ${parts.filter((part) => part !== "").join("; ")}`;
}

/** A deletion of what stays where it is destroys nothing. */
type Fate = Harm | "retained";
const fateOf = ({ harms: [first], retained }: ReviewedResource): Fate =>
  retained && first === "delete" ? "retained" : (first as Harm);

const harmWords: Readonly<Record<Fate, string>> = {
  retained: "leaves the stack, and stays where it is",
  protected: "destroyed although protected, which Pulumi refuses",
  unprotected: "loses its guard",
  delete: "destroyed",
  replace: "replaced",
  downtime: "interrupted",
};

/** What is destroyed, replaced or interrupted, by the worst that happens to each. */
export function takenAway({ resources, toldBy, problems, file }: StackReview, quote: Quote): string {
  if (file === "removed") return "nothing by this change: what is deployed of it stays until a `pulumi destroy`";
  if (problems.length > 0) return "not known";
  const harmful = resources.filter(({ harms }) => harms.length > 0);
  const parts = [...Map.groupBy(harmful, fateOf)].map(
    ([fate, all]) => `${harmWords[fate]}: ${some(together(all, quote), 6, (one) => one)}`,
  );
  const unseen = toldBy === "render" ? ["what would be replaced only a preview tells"] : [];
  return [...(parts.length > 0 ? parts : ["nothing"]), ...unseen].join("; ");
}

/** That nobody but the state asks for it. */
export const isPending = ({ origins }: Pick<ReviewedResource, "origins">): boolean =>
  origins.every((one) => one === "pending");

/** Their names; of many resources of one model, the model's. Whether it was to be before, is told of each. */
function together(resources: readonly ReviewedResource[], quote: Quote): string[] {
  const before = (one: ReviewedResource) => (isPending(one) ? " (pending before this change)" : "");
  const groups = Map.groupBy(resources, (one) => `${one.within[1] ?? one.name}${before(one)}`);
  const told = [...groups.values()].flatMap((all) => {
    const [first] = all;
    if (first?.within[1] === undefined || all.length < 4) return all.map((one) => quote(one.name) + before(one));
    return [`${quote(first.within[1])} (${counted(all.length, "resource")})${before(first)}`];
  });
  // Of two kinds one may have one name.
  return [...new Set(told)];
}

/** A figure before and after, once where it stays. */
function arrow(before: number | undefined, after: number | undefined, digits?: number): string {
  const text = (figure: number | undefined) =>
    figure === undefined ? "not known" : digits === undefined ? `${figure}` : figure.toFixed(digits);
  const [one, other] = [text(before), text(after)];
  return one === other ? one : `${one} → ${other}`;
}

/** The word of a figure that base has not because it has no such stack. */
const sideOf = <Figure>({ before, after }: Both<Figure>, file: StackReview["file"]) => ({
  before,
  after,
  isNew: file === "new",
});

export function gpuFigures({ gpus, file }: StackReview): string {
  const { before, after, isNew } = sideOf(gpus, file);
  if (!before && !after) return "not known";
  const figure = (which: "steady" | "rolling" | "max") =>
    arrow(before?.[which] ?? (isNew ? 0 : undefined), after?.[which]);
  return `${figure("steady")} steady, ${figure("rolling")} while rolling, ${figure("max")} at most`;
}

export function costFigures({ cost, file }: StackReview, quote: Quote): string {
  const { before, after, isNew } = sideOf(cost, file);
  if (!before && !after) return "not known";
  const figure = (which: "steady" | "most") =>
    arrow(before?.[which].perHour ?? (isNew ? 0 : undefined), after?.[which].perHour, 2);
  const unknown = (after?.unknown ?? []).map(({ model }) => model);
  const without = unknown.length > 0 ? `; without ${some(unknown, 4, quote)}, whose cost is not known` : "";
  const region = after?.catalogue?.otherRegion ? `; by prices of ${after.catalogue.region}` : "";
  return `${figure("steady")} USD an hour steady, ${figure("most")} at most${without}${region}`;
}

export function policyFigures({ policy }: StackReview, quote: Quote): string {
  if (!policy) return "not judged";
  const { findings } = policy;
  const refused = findings.filter(({ refuses }) => refuses);
  const noted = findings.filter(({ refuses, notChecked }) => !refuses && !notChecked);
  const unseen = findings.filter(({ notChecked }) => notChecked).length;
  const words = (all: readonly ReviewedFinding[], verb: string) => {
    if (all.length === 0) return [];
    const old = all.filter((one) => !one.new).length;
    const before = old === 0 ? "" : old === all.length ? " (as before)" : ` (${old} as before)`;
    return [`${verb} ${some([...new Set(all.map(({ rule }) => rule))], 6, quote)}${before}`];
  };
  const said = [...words(refused, "refused by"), ...words(noted, "noted by")];
  return [
    ...(said.length > 0 ? said : ["nothing is objected to"]),
    ...(unseen > 0 ? [`${unseen} not checked`] : []),
  ].join("; ");
}

/** With what it is compared, and what tells of the changes. */
export function comparison({ base, head }: Pick<Review, "base" | "head">, stack: StackReview, quote: Quote): string {
  const { preview, missing, file } = stack;
  const parts = [
    `${quote(head.commit.slice(0, 12))}${head.uncommitted ? " with uncommitted changes" : ""} is compared with ${quote(base.commit.slice(0, 12))} of ${quote(base.ref)}`,
  ];
  if (preview?.outcome === "succeeded")
    parts.push(
      preview.against === "state"
        ? "previewed against the deployed state"
        : "previewed as all new: the stack is not there yet",
    );
  else if (preview) parts.push(`the preview ${preview.outcome}: ${quote(preview.reason ?? "")}`);
  else if (missing.some(({ part }) => part === "preview")) parts.push("there is no preview");
  if (file === "new") parts.push("base has no file of this stack");
  return parts.join("; ");
}

export const layerWords = ({ before, after }: SettingChange): string => {
  const [one, other] = [before?.layer, after?.layer];
  return one && other && one !== other ? `${one} → ${other}` : (other ?? one ?? "");
};

/** A setting by its name alone, as changes refer to it. */
export const settingName = ({ setting, models }: SettingChange): string =>
  models && !setting.startsWith("models.") && models.length === 1 ? `${models[0]}: ${setting}` : setting;

export function settingLine(row: SettingChange, quote: Quote): string {
  const { setting, models, kind, before, after, secret } = row;
  const isModel = setting.startsWith("models.") && kind !== "update";
  const whose = models && !setting.startsWith("models.") ? ` of ${some(models, 6, quote)}` : "";
  const value = (side: { value: unknown } | undefined) => (side ? quote(shown(side.value)) : "–");
  if (isModel) {
    const own = Object.entries((after ?? before)?.value as Record<string, unknown>);
    const said = own.map(([path, one]) => quote(`${path}: ${shown(one)}`)).join(", ");
    return `${quote(setting)} ${kind === "add" ? "comes" : "goes"}${said ? `: ${said}` : ""} (${layerWords(row)})`;
  }
  const what = secret
    ? { add: "a secret comes", delete: "a secret goes", update: "a secret, encrypted anew: it may have changed" }[kind]
    : `${value(before)} → ${value(after)}`;
  return `${quote(setting)}${whose}: ${what} (${layerWords(row)})`;
}

const originWords: Readonly<Record<Origin, string>> = {
  settings: "settings",
  program: "the program",
  programOrSettings: "the program or the settings",
  pending: "pending before",
  programOrPending: "the program, or pending before",
  unknown: "in no render",
};

/** Whose a change is; of the settings, which. */
export function because(
  { origins, causes }: Pick<ReviewedResource, "origins" | "causes">,
  settings: readonly SettingChange[],
  quote: Quote,
): string {
  const names = [...new Set(causes.flatMap((index) => (settings[index] ? [settings[index].setting] : [])))];
  return origins
    .map((origin) => (origin === "settings" && names.length > 0 ? some(names, 4, quote) : originWords[origin]))
    .join(" and ");
}

/** A type as people say it: `Deployment`. */
const kindOf = (type: string): string => type.split(":").at(-1) ?? type;

export function resourceLine(one: ReviewedResource, settings: readonly SettingChange[], quote: Quote): string {
  const { name, type, change, harms, retained, forcedBy = [], guards = [] } = one;
  const harm = harms.filter((harm) => harm !== "delete" && harm !== "replace").map((harm) => harmWords[harm]);
  const forced = forcedBy.length > 0 ? [`forced by ${some(forcedBy, 4, quote)}`] : [];
  const guarded = guards.map(({ guard, after }) => `${guard} ${after ? "comes on" : "is taken off"}`);
  const stays = retained ? ["stays where it is"] : [];
  const said = [...harm, ...forced, ...guarded, ...stays];
  const verb = change === "same" ? "keep" : change;
  return `${verb} ${quote(name)} (${quote(kindOf(type))})${said.length > 0 ? `: ${said.join("; ")}` : ""} — ${because(one, settings, quote)}`;
}

export function propertyLine({ path, before, after, secret, kind }: PropertyChange, quote: Quote): string {
  if (secret) return `${quote(path)}: a secret ${{ add: "comes", update: "changes", delete: "goes" }[kind]}`;
  const value = (one: unknown) =>
    one === undefined ? "–" : one === "[unknown]" ? "known after the up" : quote(shown(one));
  return `${quote(path)}: ${value(before)} → ${value(after)}`;
}

export function findingLine(finding: ReviewedFinding, quote: Quote): string {
  const { rule, object, path, what, allowed, next, notChecked, refuses } = finding;
  const holder = object && quote(object.name);
  // As policy's own lines have it: a path that ends in `api-key` stands before no colon.
  const place =
    path && holder ? ` ${quote(path)} (${holder}):` : path || holder ? ` ${path ? quote(path) : holder}:` : "";
  const verb = notChecked ? "not checked" : refuses ? "refused" : "noted";
  const rest = notChecked ? "" : `; allowed: ${quote(allowed)}; next: ${quote(next)}`;
  return `${verb}${finding.new || notChecked ? "" : ", as before"}: ${quote(rule)}:${place} ${quote(what)}${rest}`;
}
