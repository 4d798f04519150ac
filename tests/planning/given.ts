import assert from "node:assert/strict";
import { type Problem, SettingsError } from "../../config/problems.ts";
import type { Tree } from "../../config/tree.ts";
import type { ModelPlan } from "../../planning/model.ts";
import type { StackPlan } from "../../planning/plan.ts";
import type { VariantPlan } from "../../planning/variant.ts";
import { least, plan, problemsOf } from "../config/settings.ts";

/** The least settings and others beside them, planned or refused. */

/** The file of a stack's own settings, as problems name it. */
export const file = "(Pulumi.prod.yaml)";

const planned = (own: Tree, base: Tree) => plan({ base, own: { ...least, ...own } });

/** The plan of the only model. */
export function modelOf(own: Tree, base: Tree = {}): ModelPlan {
  const [model, ...others] = planned(own, base).models;
  assert.ok(model);
  assert.deepEqual(others, []);
  return model;
}

/** The plan of the only variant of the only model. */
export function variantOf(own: Tree, base: Tree = {}): VariantPlan {
  const [variant, ...others] = modelOf(own, base).variants;
  assert.ok(variant);
  assert.deepEqual(others, []);
  return variant;
}

/** The plan of a stack of several models. */
export const stackOf = (models: Tree): StackPlan => plan({ own: { cluster: { eks: "lab" }, models } });

/** What is wrong, in words. */
export const wrong = (own: Tree, base: Tree = {}): string[] => problemsOf(() => planned(own, base));

/** What is wrong, as data: kind and path. */
export function kinds(own: Tree, base: Tree = {}): [kind: Problem["kind"], path: string][] {
  try {
    planned(own, base);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ kind, path, key }) => {
      const at = path.join(".");
      assert.ok(key === `vllm:${at}` || key === `vllm:base.${at}`, `${key} stands at ${at}`);
      return [kind, at];
    });
  }
  return [];
}
