import { isFaulty } from "../../config/layers/origin.ts";
import { problemLine, SettingsError } from "../../config/problems.ts";
import { redacted } from "../../config/secretForms.ts";
import type { Resolved } from "../../config/settings.ts";
import { FileError } from "../../config/sources/yaml.ts";
import type { StackCost } from "../../planning/cost.ts";
import { planStack } from "../../planning/plan.ts";
import type { StackGpus } from "../../planning/sharing.ts";
import { type Judged, judge, type Levels } from "../../policy/judge.ts";
import type { PolicyContext } from "../../policy/rule.ts";
import type { RenderedObject } from "../../render/objects.ts";
import { settingsOf, stackTextOf } from "../../render/settings.ts";
import { renderStack } from "../../render/stack.ts";
import { policyContext, policyObjectsOf } from "../policySubject.ts";
import { type Causes, causesOf } from "./causes.ts";
import { ciphersIn } from "./ciphers.ts";
import type { Rendered } from "./objects.ts";
import { type SettingAt, type SettingChange, type SettingsSide, settingChanges } from "./settings.ts";
import { serve } from "./worker.ts";

/** Works out by head's code what a stack's settings come to, base's and head's. */

/** A stack, and the folders with its files; `base` where base has one. */
export interface HeadJob {
  stack: string;
  project: string;
  base?: string;
  /** Base's code is another: what is compared with its renders is asked for. */
  isOtherCode: boolean;
}

/** What settings come to. */
export interface Side {
  objects: Rendered[];
  gpus: StackGpus;
  cost: Omit<StackCost, "models">;
  /** What the rules find that judge the objects and the plan. */
  findings: Judged[];
  context: PolicyContext;
  levels: Levels;
}

/** Why there is no such side, a line each. */
export interface Unsound {
  problems: string[];
}

export interface HeadAnswer {
  head: Side | Unsound;
  /** Absent where base has no such stack. */
  base?: Side | Unsound;
  settings: SettingChange[];
  causes: Causes;
  /** The same as `npm run render` has it, which is how base's code renders; where that is another. */
  plain?: { base?: Rendered[]; head: Rendered[] };
}

serve<HeadJob, HeadAnswer>(async ({ stack, project, base, isOtherCode }) => {
  const after = read(project, stack);
  const before = base === undefined ? undefined : read(base, stack);
  const changes = isSound(after) && (!before || isSound(before)) ? soundChanges(before, after) : [];
  const otherSecrets = new Set(changes.flatMap(({ secretKey }) => secretKey ?? []));
  const [old, head] = [before && (await sideOf(before, new Set())), await sideOf(after, otherSecrets)];
  return {
    head,
    ...(old ? { base: old } : {}),
    ...(isOtherCode && isSound(after) && isSound(head)
      ? {
          plain: {
            head: await plain(after),
            ...(old && isSound(old) ? { base: await plain(before as SettingsSide) } : {}),
          },
        }
      : {}),
    settings: changes.map(({ path: _, secretKey: __, ...told }) => told),
    causes: await causes(before, old, after, head, changes),
  };
});

const isSound = <One extends object>(one: One | Unsound): one is One => !("problems" in one);

/** What differs, but for what is wrong on a side: there another value stands than was written. */
const soundChanges = (before: SettingsSide | undefined, after: SettingsSide): SettingAt[] =>
  settingChanges(before, after).filter(({ path, models }) =>
    [before, after].every((side) =>
      (models ?? [undefined]).every((model) => !side || !isFaulty(side.resolved.origin, path, model)),
    ),
  );

/** The settings as they are read. */
function read(folder: string, stack: string): SettingsSide | Unsound {
  try {
    const { file, text } = stackTextOf(folder, stack);
    return { resolved: settingsOf(folder, stack), ciphers: ciphersIn(file, text) };
  } catch (error) {
    return unsound(error);
  }
}

const plain = async ({ resolved }: SettingsSide): Promise<Rendered[]> =>
  (await renderStack(resolved)).objects.map(bare);

async function sideOf(read: SettingsSide | Unsound, otherSecrets: ReadonlySet<string>): Promise<Side | Unsound> {
  if (!isSound(read)) return read;
  const { resolved } = read;
  try {
    const { gpus, cost } = planStack(resolved);
    const { models: _, ...ofStack } = cost;
    const rendered = await renderStack(resolved, { otherSecrets });
    const context = policyContext(resolved);
    const objects = policyObjectsOf(rendered);
    const levels = resolved.settings.policy;
    // Deletions and replacements are judged on the preview.
    const findings = judge({ objects, changes: [] }, context, levels);
    return { objects: rendered.objects.map(bare), gpus, cost: ofStack, findings, context, levels };
  } catch (error) {
    return unsound(error);
  }
}

const bare = ({ placeholders: _, ...object }: RenderedObject): Rendered => object;

async function causes(
  before: SettingsSide | Unsound | undefined,
  old: Side | Unsound | undefined,
  after: SettingsSide | Unsound,
  head: Side | Unsound,
  changes: readonly SettingAt[],
): Promise<Causes> {
  if (!before || !old || !isSound(before) || !isSound(old) || !isSound(after) || !isSound(head)) return {};
  const [base, next] = [
    { ...before, ...old },
    { ...after, ...head },
  ];
  const render = async (resolved: Resolved, otherSecrets: ReadonlySet<string>) =>
    (await renderStack(resolved, { otherSecrets })).objects;
  return causesOf(base, next, changes, render);
}

/** What is wrong, for a person. */
function unsound(error: unknown): Unsound {
  if (error instanceof SettingsError) return { problems: error.problems.map((problem) => problemLine(problem).trim()) };
  const { message } = error as Error;
  if (error instanceof FileError) return { problems: [redacted(message)] };
  return { problems: [redacted(`the program cannot be rendered: ${message}`)] };
}
