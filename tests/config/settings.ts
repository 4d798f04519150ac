import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { resolveSettings, type Settings } from "../../config/layers/resolve.ts";
import { SettingsError } from "../../config/problems.ts";
import type { Tree } from "../../config/tree.ts";
import { checkStack } from "../../planning/checks/stack.ts";
import { planStack, type StackPlan } from "../../planning/plan.ts";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const stacks = ["dev", "test", "staging", "prod"] as const;

/** What every stack needs; the tests write the rest beside it. */
export const least: Tree = { cluster: { eks: "lab" }, model: "chat", gpu: { product: "L4" } };

export interface Given {
  base?: Tree;
  own?: Tree;
  stack?: string;
  region?: string | undefined;
}

/** Settings from both layers, by the names of the files that they would come from, with what is wrong with them. */
export function settingsOf({ base = {}, own = least, stack = "prod", ...rest }: Given): Settings {
  return resolveSettings({
    stack,
    region: "region" in rest ? rest.region : "eu-west-1",
    base: { file: "Pulumi.yaml", prefix: "vllm:base.", tree: base },
    own: { file: `Pulumi.${stack}.yaml`, prefix: "vllm:", tree: own },
  });
}

/** The same where nothing is wrong. */
export function resolve(given: Given): Settings {
  const settings = settingsOf(given);
  const problems = [...settings.problems, ...checkStack(settings)];
  if (problems.length > 0) throw new SettingsError(problems);
  return settings;
}

export const plan = (given: Given): StackPlan => planStack(settingsOf(given));

/** The problems that wrong settings have, as `key (file): message`. */
export function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.problems.map(({ key, layer, message }) => `${key} (${layer}): ${message}`);
  }
  return [];
}

const yaml = (file: string): { config: Record<string, unknown> } => parse(readFileSync(`${root}/${file}`, "utf8"));

/** The repository's own stack, as the CLI hands it over: top-level scalars as text, `null` as `""`. */
export function givenBy(stack: string): Required<Given> {
  const project = yaml("Pulumi.yaml").config as Record<string, { value: unknown }>;
  const own = Object.entries(yaml(`Pulumi.${stack}.yaml`).config).map(([key, value]) => {
    const text = typeof value === "object" && value !== null ? value : String(value ?? "");
    return [key.replace(/^vllm:/, ""), text] as const;
  });
  return {
    stack,
    region: project["aws:region"]?.value as string,
    base: project["vllm:base"]?.value as Tree,
    own: Object.fromEntries(own),
  };
}

/** The keys of a stack file as `pulumi.runtime.allConfig()` has them. */
export function configOf(stack: string): Record<string, string> {
  const { base, own, region } = givenBy(stack);
  const all = { "aws:region": region, "vllm:base": base, ...prefixed(own) };
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

const prefixed = (tree: Tree) => Object.fromEntries(Object.entries(tree).map(([key, value]) => [`vllm:${key}`, value]));
