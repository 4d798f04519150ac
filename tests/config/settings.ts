import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { SettingsError, sentence } from "../../config/problems.ts";
import { type Resolved, resolveSettings, type Settings } from "../../config/settings.ts";
import { isTree, type Tree } from "../../config/tree.ts";
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

/** Both layers checked and merged, by the names of the files that they would come from, with what is wrong with them. */
export function resolved({ base = {}, own = least, stack = "prod", ...rest }: Given): Resolved {
  const region = "region" in rest ? rest.region : "eu-west-1";
  return resolveSettings({
    stack,
    ...(region === undefined ? {} : { region }),
    sources: [
      { name: "base", file: "Pulumi.yaml", prefix: "vllm:base.", tree: base, shared: true },
      { name: "stack", file: `Pulumi.${stack}.yaml`, prefix: "vllm:", tree: own, encrypted: secretsOf(own) },
    ],
  });
}

/** The secret settings of a tree, which tests write as they would be after Pulumi decrypted them. */
export const secretsOf = ({ apiKey, engine, models }: Tree): string[][] => [
  ...(isTree(apiKey) && apiKey.value ? [["apiKey", "value"]] : []),
  ...(isTree(engine) && isTree(engine.secretEnv) ? [["engine", "secretEnv"]] : []),
  ...Object.entries(isTree(models) ? models : {}).flatMap(([name, model]) =>
    isTree(model) && isTree(model.engine) && isTree(model.engine.secretEnv)
      ? [["models", name, "engine", "secretEnv"]]
      : [],
  ),
];

/** The merged settings, where nothing is wrong with them. */
export function resolve(given: Given): Settings {
  const all = resolved(given);
  const problems = [...all.problems, ...checkStack(all)];
  if (problems.length > 0) throw new SettingsError(problems);
  return all.settings;
}

export const plan = (given: Given): StackPlan => planStack(resolved(given));

/** The problems that wrong settings have, as `key (file): message`, each once. */
export function problemsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return [...new Set(error.problems.map((problem) => `${problem.key} (${problem.layer}): ${sentence(problem)}`))];
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
