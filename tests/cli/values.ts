import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { type Imported, importValues } from "../../cli/import/import.ts";
import { parseValues, type ValuesFile } from "../../cli/import/values.ts";
import type { Problem } from "../../config/problems.ts";
import { resolveSettings, type Settings } from "../../config/settings.ts";
import type { Tree } from "../../config/tree.ts";
import { reportInto } from "../../planning/checks/report.ts";
import { checkScaling } from "../../planning/checks/scaling.ts";
import { checkStack } from "../../planning/checks/stack.ts";

const folder = fileURLToPath(new URL("../data/values", import.meta.url));

export const pathOf = (name: string) => `${folder}/${name}`;
export const textOf = (name: string) => readFileSync(pathOf(name), "utf8");
export const read = (name: string): ValuesFile => parseValues(name, textOf(name));

/** What each set of values files becomes: see `tests/data/values/expected`. */
export interface Expected {
  files: string[];
  chart: string;
  base: Tree;
  stack: Tree;
  /** Keys that are listed with a reason. */
  unmapped: string[];
  /** Keys that say nothing. */
  noops: string[];
}

export const sets = [
  "article-base",
  "article-prod",
  "example-values",
  "example-values-filled",
  "stack-minimal",
  "stack-prod",
  "stack-multi-model",
  "stack-streamer",
  "stack-offloading",
  "stack-keda",
  "stack-lora",
] as const;

export const expected = (set: (typeof sets)[number]): Expected => parse(textOf(`expected/${set}.yaml`));

/** Imports values as trees. */
export const importTrees = (trees: readonly Tree[], chart?: string): Imported =>
  importValues(
    trees.map((tree, at) => ({ name: `${at}.yaml`, tree })),
    { stack: "prod", ...(chart ? { chart } : {}) },
  );

/** What the program makes of an import, where cluster and region are known. */
export function effective({ base, stack }: Pick<Imported, "base" | "stack">): Pick<Settings, "production" | "models"> {
  const resolved = resolveSettings({
    stack: "prod",
    region: "eu-west-1",
    sources: [
      { name: "base", file: "Pulumi.yaml", prefix: "vllm:base.", tree: base, shared: true },
      { name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree: { cluster: { eks: "prod" }, ...stack } },
    ],
  });
  const { production, models } = resolved.settings;
  const ofModels: Problem[] = [];
  for (const model of models) checkScaling(model, reportInto(ofModels, resolved.origin, model.name));
  assert.deepEqual([...resolved.problems, ...checkStack(resolved), ...ofModels], []);
  return { production, models };
}

/** The model settings of an import of one model of vllm-stack, from what stands in its entry beside the least. */
export const stackModelOf = (more: Tree, engine: Tree = {}): { model: Tree; imported: Imported } => {
  const least = { name: "chat", repository: "vllm/vllm-openai", tag: "v0.32.0", modelURL: "chat", requestGPU: 1 };
  const imported = importTrees([{ servingEngineSpec: { ...engine, modelSpec: [{ ...least, ...more }] } }]);
  const { engine: settings = {}, ...rest } = (imported.base.models as Record<string, Tree>).chat as Tree;
  const { version: _version, ...others } = settings as Tree;
  const { gpu, ...plain } = rest as { gpu?: Tree };
  const { count: _count, ...ofGpu } = gpu ?? {};
  return {
    model: {
      ...plain,
      ...(Object.keys(ofGpu).length > 0 ? { gpu: ofGpu } : {}),
      ...(Object.keys(others).length > 0 ? { engine: others } : {}),
    },
    imported,
  };
};
