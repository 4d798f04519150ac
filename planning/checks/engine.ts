import type { Finding } from "../../config/problems.ts";
import { holdsSecret } from "../../config/secretForms.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { checkVersion } from "../engine/vllm/advisories.ts";
import { typedFlags } from "../engine/vllm/arguments.ts";
import { type ArgumentValue, checkFlags, type Unchecked } from "../engine/vllm/flags.ts";
import { checkOpenings, checkRelations, relationsOf } from "./relations.ts";
import type { Report } from "./report.ts";

/** Checks version, flags and how they go together; gives the flags that could not be checked. */
export function checkEngine(model: EffectiveModel, report: Report): Unchecked[] {
  const { engine } = model;
  for (const finding of checkVersion(engine.version, engine.acceptCves))
    report("engine.version", finding, ["engine.acceptCves"]);

  const own = ownFlags(model, report);
  const { problems, unchecked } = checkFlags(engine.version, own);
  const refused = Object.keys(engine.args).filter((flag) => !Object.hasOwn(own, flag));
  const wrong = new Set([...refused, ...problems.map(({ flag }) => flag)].map((flag) => `engine.args.${flag}`));
  for (const { flag, within = [], ...finding } of problems) {
    const setting = within.length > 0 || typeof finding.meant !== "string" ? undefined : owner(finding.meant);
    const reason = setting ? { reason: `${finding.reason} (which belongs to ${setting})` } : {};
    report(["engine", "args", flag, ...within], { ...finding, ...reason }, ["engine.version"]);
  }
  if (own["trust-remote-code"] === true && !engine.allowRemoteCode) {
    const reason =
      "runs Python that comes with the model; say in engine.allowRemoteCode why that is acceptable, or remove it";
    report("engine.args.trust-remote-code", { kind: "conflict", reason }, ["engine.allowRemoteCode"]);
  }
  checkOpenings(model, wrong, report);
  const looked = new Set(relationsOf(engine.version).map(({ at }) => at));
  const open = unchecked.filter(({ flag, byType }) => !byType || !looked.has(`engine.args.${flag}`));
  return [...open.map(({ flag, reason }) => ({ flag, reason })), ...checkRelations(model, wrong, report)];
}

/** The flags that are the user's, without those that settings write, and those that are secrets by their names. */
function ownFlags(model: EffectiveModel, report: Report): EffectiveModel["engine"]["args"] {
  const refusal = (flag: string, value: ArgumentValue): Finding | undefined => {
    const setting = owner(flag.replace(/^no-/, ""));
    if (setting) return { kind: "conflict", reason: `belongs to ${setting}; remove it here` };
    if (holdsSecret(value, flag))
      return {
        kind: "secret",
        reason:
          "is a secret, by its name, and everyone who may see the pod sees its command line; take it out, and take another value: this one is in the file's history",
      };
    return undefined;
  };
  return Object.fromEntries(
    Object.entries(model.engine.args).filter(([flag, value]) => {
      const finding = refusal(flag, value);
      if (finding) report(`engine.args.${flag}`, finding);
      return !finding;
    }),
  );
}

const owner = (flag: string) => (Object.hasOwn(typedFlags, flag) ? typedFlags[flag] : undefined);
