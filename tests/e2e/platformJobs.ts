import assert from "node:assert/strict";
import { type Finished, run } from "../../lab/command.ts";
import { job as gitlabJob, type Step, steps } from "../workflows/files.ts";
import { linkPackages } from "./team.ts";

/** Jobs of the platforms, step by step from their files. */

/** What became of a step that ran; without a code it is an action. */
export interface Done {
  what: string;
  code?: number;
  output: string;
}

/** What a job finds. */
export interface Surroundings {
  /** The clone. */
  folder: string;
  /** What the platform, its machine and its actions set. */
  env: NodeJS.ProcessEnv;
}

/** What actions bring into the environment of the steps after them. */
export type Actions = Readonly<Record<string, NodeJS.ProcessEnv>>;

/** What GitHub's expressions are made of: `github`, `vars`, `secrets`. */
export type Contexts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Runs a job of GitHub as its runner does: a failed step ends it but for those that come all the same. */
export async function runGithub(
  name: string,
  { folder, env }: Surroundings,
  contexts: Contexts,
  actions: Actions,
): Promise<Done[]> {
  const done: Done[] = [];
  const brought: NodeJS.ProcessEnv = {};
  for (const step of steps(name)) {
    const isFailed = done.some(({ code }) => code !== undefined && code !== 0);
    if (!isDue(step, isFailed, contexts)) continue;
    if (step.uses) {
      const [action = ""] = step.uses.split("@");
      assert.ok(action in actions, action);
      Object.assign(brought, actions[action]);
      done.push({ what: action, output: "" });
    } else {
      const own = Object.entries(step.env ?? {}).map(([key, value]) => [key, filled(value, contexts)]);
      const all = { ...env, ...brought, ...Object.fromEntries(own) };
      done.push({ what: step.run ?? "", ...(await shell(["-e"], step.run ?? "", folder, all)) });
    }
  }
  return done;
}

/** Runs a job of GitLab as its runner does: one shell for all lines, which the first failure ends. */
export async function runGitlab(name: string, { folder, env }: Surroundings): Promise<Done> {
  const { before_script: before = [], script = [], variables, rules = [] } = gitlabJob(name);
  const rule = rules.find(({ if: condition }) => isTrue(condition, env));
  assert.ok(rule, "no rule starts this job");
  const [temporary = "", own] = [env.TMPDIR, { ...variables, ...rule.variables }];
  // The machine's own folder for what is temporary is not this job's alone here.
  const here = (text: string) => text.replaceAll("/tmp/", `${temporary}/`);
  const set = Object.fromEntries(Object.entries(own).map(([key, value]) => [key, here(value)]));
  const text = here([...before, ...script].join("\n"));
  return { what: text, ...(await shell(["-eo", "pipefail"], text, folder, { ...env, ...set })) };
}

async function shell(
  options: readonly string[],
  text: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Pick<Finished, "code" | "output">> {
  const lines = text.split("\n").filter((line) => line !== "npm ci");
  if (lines.length < text.split("\n").length) linkPackages(folder);
  return run("bash", [...options, "-c", lines.join("\n")], { cwd: folder, env, signal: AbortSignal.timeout(300_000) });
}

/** Whether a step of GitHub runs, by the conditions that this workflow has. */
function isDue({ if: condition = "success()" }: Step, isFailed: boolean, contexts: Contexts): boolean {
  if (/!cancelled\(\)/.test(condition)) return true;
  if (isFailed) return false;
  return condition.split(" && ").every((part) => {
    const [, left = "", operator, right] = /^([\w.]+) (==|!=) '(\w*)'$/.exec(part) ?? [];
    if (part === "success()") return true;
    assert.ok(operator, `a condition that this test does not know: ${part}`);
    return (contextValue(left, contexts) === right) === (operator === "==");
  });
}

/** A text with the values of its expressions. */
const filled = (text: string, contexts: Contexts): string =>
  text.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, path) => contextValue(path, contexts));

/** A value of a context; what is not set is empty. */
function contextValue(path: string, contexts: Contexts): string {
  const [context = "", ...names] = path.split(".");
  assert.ok(context in contexts, `no context ${context}`);
  let value: unknown = contexts[context];
  for (const name of names) value = (value as Record<string, unknown> | undefined)?.[name];
  return String(value ?? "");
}

/** Whether a condition of GitLab holds, of those that this file has. */
const isTrue = (condition: string, env: NodeJS.ProcessEnv): boolean =>
  condition.split(" && ").every((part) => {
    const [, name = "", value] = /^\$(\w+)(?: == "(\w+)")?$/.exec(part) ?? [];
    assert.ok(name, `a condition that this test does not know: ${part}`);
    return value === undefined ? Boolean(env[name]) : env[name] === value;
  });
