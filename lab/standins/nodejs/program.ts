import { createRequire } from "node:module";
import { join } from "node:path";
import type analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import type language from "@pulumi/pulumi/proto/language_pb.js";

/** How a program is started. */
export interface ProgramStart {
  args: string[];
  env: { [name: string]: string };
}

/** A program's `runtime.options` in Pulumi.yaml. */
export interface RuntimeOptions {
  typescript: boolean;
  tsconfig: string | undefined;
  nodeargs: string[];
}

/** The exit code by which the SDK says: the user has already been told. */
export const alreadyReported = 32;

/** Reads `runtime.options`; throws on a value of the wrong type. */
export function runtimeOptions(options: { [key: string]: unknown }): RuntimeOptions {
  const { typescript = true, tsconfig, nodeargs = "" } = options;
  if (typeof typescript !== "boolean") throw new Error("typescript option must be a boolean");
  if (tsconfig !== undefined && typeof tsconfig !== "string") throw new Error("tsconfig option must be a string");
  if (typeof nodeargs !== "string") throw new Error("nodeargs option must be a string");
  return { typescript, tsconfig, nodeargs: nodeargs.split(/\s+/).filter(Boolean) };
}

/** The command line (after `node`) and the environment for a run of the program. */
export function programStart(request: language.RunRequest, engineAddress: string | undefined): ProgramStart {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() || request.getPwd();
  const options = runtimeOptions((info?.getOptions()?.toJavaScript() ?? {}) as { [key: string]: unknown });
  const flag = (name: string, value: string | undefined) => (value ? [`--${name}`, value] : []);
  return {
    args: [
      ...options.nodeargs,
      sdkRunner(directory, "run"),
      ...flag("monitor", request.getMonitorAddress()),
      ...flag("engine", engineAddress),
      ...flag("organization", request.getOrganization()),
      ...flag("project", request.getProject()),
      ...flag("root-directory", info?.getRootDirectory()),
      ...flag("stack", request.getStack()),
      ...flag("pwd", directory),
      ...(request.getDryrun() ? ["--dry-run"] : []),
      ...flag("parallel", String(request.getParallel())),
      info?.getEntryPoint() || ".",
      ...request.getArgsList(),
    ],
    env: {
      PULUMI_CONFIG: JSON.stringify(configuration(request)),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      ...typescriptEnv(options),
    },
  };
}

/** How a plugin is started, and where. */
export interface PluginStart extends ProgramStart {
  cwd: string;
}

/** The same for a plugin that is written in this language: a package whose `main` serves it. */
export function pluginStart(request: language.RunPluginRequest): PluginStart {
  const { directory, nodeargs, env } = pluginIn(request);
  const args = [...nodeargs, sdkRunner(directory, "run-plugin"), directory, ...request.getArgsList()];
  return { args, env, cwd: request.getPwd() };
}

/** The same for a policy pack, which runs in its own folder and is told of its stack. */
export function packStart(
  request: language.RunPluginRequest,
  stack: analyzer.AnalyzerStackConfigureRequest | undefined,
): PluginStart {
  const { directory, nodeargs, env } = pluginIn(request);
  const args = [...nodeargs, sdkRunner(directory, "run-policy-pack"), ...request.getArgsList(), directory];
  return { args, env: { ...env, ...stackEnvironment(stack) }, cwd: directory };
}

function pluginIn(request: language.RunPluginRequest) {
  const info = request.getInfo();
  const options = runtimeOptions((info?.getOptions()?.toJavaScript() ?? {}) as { [key: string]: unknown });
  const env = request.getEnvList().map((entry) => /^([^=]*)=(.*)$/s.exec(entry)?.slice(1) ?? []);
  return {
    directory: info?.getProgramDirectory() ?? "",
    nodeargs: options.nodeargs,
    env: { ...(Object.fromEntries(env) as { [name: string]: string }), ...typescriptEnv(options) },
  };
}

/** What a pack is told of its stack: the SDK reads it as it reads a program's. */
function stackEnvironment(stack: analyzer.AnalyzerStackConfigureRequest | undefined): { [name: string]: string } {
  if (!stack) return {};
  const config = Object.fromEntries(stack.toObject().configMap);
  const all = {
    PULUMI_NODEJS_ORGANIZATION: stack.getOrganization(),
    PULUMI_NODEJS_PROJECT: stack.getProject(),
    PULUMI_NODEJS_STACK: stack.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(stack.getDryRun()),
    PULUMI_CONFIG: Object.keys(config).length > 0 ? JSON.stringify(config) : "",
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
}

const typescriptEnv = ({ typescript, tsconfig }: RuntimeOptions) => ({
  ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
  ...(tsconfig ? { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig } : {}),
});

/** Configuration in the form that every SDK reads: `namespace:config:name`. */
function configuration(request: language.RunRequest): { [key: string]: string } {
  return Object.fromEntries(
    request.toObject().configMap.map(([key, value]) => {
      const [namespace, ...rest] = key.split(":");
      return [rest[0] === "config" ? key : `${namespace}:config:${rest.join(":")}`, value];
    }),
  );
}

/** The program's own copy of the SDK runs it. */
function sdkRunner(directory: string, runner: "run" | "run-plugin" | "run-policy-pack"): string {
  try {
    return createRequire(join(directory, "package.json")).resolve(`@pulumi/pulumi/cmd/${runner}`);
  } catch {
    throw new Error(`@pulumi/pulumi is not installed in ${directory}. Run npm ci there.`);
  }
}
