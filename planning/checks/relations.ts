import { displacingOf } from "../../catalogue/variables.ts";
import type { EffectiveModel } from "../../config/settings.ts";
import { Asked } from "../engine/vllm/asked.ts";
import type { Unchecked } from "../engine/vllm/flags.ts";
import { isKnown } from "../engine/vllm/names.ts";
import { openings } from "../engine/vllm/openings.ts";
import type { Relation } from "../engine/vllm/relations/relation.ts";
import { relations } from "../engine/vllm/relations/relations.ts";
import { compareVersions } from "../engine/vllm/version.ts";
import { displacement } from "./environment.ts";
import type { Report } from "./report.ts";

/** The rules that hold for a version. */
export const relationsOf = (version: string): Relation[] =>
  relations.filter(
    ({ from = version, to = version, always = isKnown(version) }) =>
      always && compareVersions(version, from) >= 0 && compareVersions(version, to) <= 0,
  );

/**
 * Reports what vLLM would refuse when it starts; gives what could not be known. A rule that read one of the settings
 * that are `wrong` already, or were told to be, says nothing.
 */
export function checkRelations(model: EffectiveModel, wrong: ReadonlySet<string>, report: Report): Unchecked[] {
  const unchecked: Unchecked[] = [];
  const told = new Set(wrong);
  for (const { at, finding } of relationsOf(model.engine.version)) {
    const asked = new Asked(model);
    const verdict = finding(asked);
    const read = [...asked.read];
    // One line a setting: what else is wrong with it shows when that is mended.
    if (!verdict || told.has(at) || read.some((path) => wrong.has(path))) continue;
    if ("unchecked" in verdict) unchecked.push({ flag: at.replace(/^engine\.\w+\./, ""), reason: verdict.unchecked });
    else {
      told.add(at);
      report(at, verdict, ["engine.version", ...read]);
    }
  }
  return unchecked;
}

const isSet = (name: string, { engine }: EffectiveModel): boolean =>
  Object.hasOwn(engine.env, name) || Object.hasOwn(engine.secretEnv, name);

/** What opens routes without the key has to be acknowledged by its name; beside it only what displaces may be. */
export function checkOpenings(model: EffectiveModel, wrong: ReadonlySet<string>, report: Report): void {
  const { acknowledge } = model.engine;
  for (const { name, opens, open } of openings) {
    const asked = new Asked(model);
    const flag = /^[a-z]/.test(name);
    const path = flag ? `engine.args.${name}` : `engine.${asked.hidden(name) ? "secretEnv" : "env"}.${name}`;
    const isOpen = open(asked);
    if (isOpen && !acknowledge.includes(name) && !wrong.has(path)) {
      const reason = `opens ${opens}; it needs no key. Remove it, or name it in engine.acknowledge`;
      report(path, { kind: "conflict", reason }, ["engine.acknowledge"]);
    }
    if (!isOpen && acknowledge.includes(name) && !wrong.has(path)) needless(name, "is not set", [path]);
  }
  for (const name of new Set(acknowledge)) {
    if (openings.some((one) => one.name === name)) continue;
    const known = displacingOf(name);
    const path = `engine.${Object.hasOwn(model.engine.secretEnv, name) ? "secretEnv" : "env"}.${name}`;
    if (!known) needless(name, "needs no acknowledgement", []);
    else if (known.never) needless(name, "no acknowledgement makes acceptable", []);
    else if (!isSet(name, model)) needless(name, "is not set", [path]);
    else if (!displacement(name, model)) needless(name, "needs no acknowledgement as it is set", [path]);
  }

  function needless(name: string, why: string, needs: readonly string[]): void {
    report("engine.acknowledge", { kind: "conflict", reason: `names ${name}, which ${why}; remove it` }, needs);
  }
}
