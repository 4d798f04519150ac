import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { isTree, set, type Tree } from "../config/tree.ts";
import { copyProgram, stackFile } from "../workspace/program.ts";
import { type Operation, type OperationName, Workspace } from "../workspace/workspace.ts";
import { Interrupted } from "./errors.ts";
import { repository } from "./paths.ts";
import { type Engine, installPlugins, type Plugin } from "./plugins.ts";
import type { Lab } from "./state.ts";

/** The AWS provider's settings for an endpoint that is not AWS. */
const offlineAws = {
  "aws:s3UsePathStyle": true,
  "aws:skipCredentialsValidation": true,
  "aws:skipMetadataApiCheck": true,
};

/** How a staged copy differs from what a user would run. */
export interface Staging {
  /** The stand-in for the kubernetes plugin calls every Deployment ready as soon as it is written. */
  successTooEarly?: boolean;
}

/** What Pulumi did or would do, with everything it said; of another command than those that operate, that alone. */
export interface Finished extends Pick<Operation, "steps" | "changes" | "diagnostics" | "violations"> {
  code: number;
  /** Stdout, then stderr. */
  output: string;
  stdout: string;
}

const operations: readonly string[] = ["preview", "up", "refresh", "destroy"] satisfies OperationName[];
/** What a command does that does not operate. */
const nothing = { steps: [], changes: {}, diagnostics: [], violations: [] };
/** Time to finish what is under way and to write it down. */
const patience = { finish: 30_000 };

/**
 * A copy of the program on which Pulumi runs against the lab, and against nothing else: own PULUMI_HOME, backend,
 * kubeconfig and dummy AWS credentials, none of the caller's environment but the PATH.
 */
export class Project {
  readonly folder: string;
  /** Path of the Pulumi CLI that runs on this copy. */
  readonly engine: string;
  readonly plugins: readonly Plugin[];
  readonly #lab: Lab;
  readonly #env: NodeJS.ProcessEnv;
  readonly #signal: AbortSignal;
  readonly #workspace: Workspace;

  private constructor(lab: Lab, folder: string, env: NodeJS.ProcessEnv, engine: Engine, signal: AbortSignal) {
    this.#lab = lab;
    this.folder = folder;
    this.#env = env;
    this.engine = engine.pulumi;
    this.plugins = engine.plugins;
    this.#signal = signal;
    this.#workspace = Workspace.open(folder, { engine: engine.pulumi, env });
  }

  /** Copies the program as it is now to the lab's folder `name`; the stacks of an earlier copy stay. */
  static async stage(
    lab: Lab,
    name: string,
    signal = new AbortController().signal,
    staging: Staging = {},
  ): Promise<Project> {
    const folder = join(lab.dataDir, "projects", name);
    await copyProgram(repository, folder);
    return Project.open(lab, folder, signal, staging);
  }

  /** Another program in the folder where it is, with the packages that it needs. */
  static async open(
    lab: Lab,
    folder: string,
    signal = new AbortController().signal,
    staging: Staging = {},
  ): Promise<Project> {
    const env = environment(lab, folder, staging);
    const { PULUMI_HOME: home = "" } = env;
    const engine = await installPlugins({ home, pulumi: lab.pulumi, env, signal });
    return new Project(lab, folder, env, engine, signal);
  }

  /**
   * Writes the stack's file: the repository's, what the lab needs, and `extra`, where `null` leaves a key out; makes the
   * stack if there is none.
   */
  async stack(stack: string, extra: Tree = {}): Promise<void> {
    const written = parse(readFileSync(join(repository, stackFile(stack)), "utf8")) as Tree;
    const { kubeconfig, context, awsForPods } = this.#lab;
    const access = { "vllm:cluster": { kubeconfig, context } };
    const bucket = awsForPods ? { "vllm:engine": { env: { AWS_ENDPOINT_URL: awsForPods } } } : {};
    await this.configure(stack, overlay(isTree(written.config) ? written.config : {}, access, bucket, extra));
  }

  /** Writes a stack's file: what the lab needs, and the configuration, where `null` leaves a key out; makes the stack. */
  async configure(stack: string, settings: Tree): Promise<void> {
    const file = join(this.folder, stackFile(stack));
    const salt = existsSync(file) ? (parse(readFileSync(file, "utf8")) as Tree).encryptionsalt : undefined;
    const whole = overlay(offlineAws, settings);
    const config = Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== null));
    writeFileSync(file, stringify({ ...(salt ? { encryptionsalt: salt } : {}), config }));
    if (!salt) await this.pulumi(["stack", "init", stack]);
  }

  /**
   * Runs a Pulumi command to its end and returns what it did.
   * @throws Interrupted once it is gone, where the project's signal aborts
   */
  async pulumi(args: string[]): Promise<Finished> {
    const [name = "", ...others] = args;
    const done = operations.includes(name)
      ? await this.#operate(name as OperationName, others)
      : { ...(await this.#workspace.command(args, { signal: this.#signal, patience })), ...nothing };
    if (this.#signal.aborted) throw new Interrupted();
    return { ...done, code: done.code ?? 1, output: done.stdout + done.stderr };
  }

  async #operate(name: OperationName, args: string[]): Promise<Operation> {
    const at = args.indexOf("--stack");
    if (at < 0) throw new Error(`pulumi ${name} without --stack`);
    const stack = args[at + 1] ?? "";
    const asked = { stack, options: args.toSpliced(at, 2), signal: this.#signal, patience };
    const done = await this.#workspace.operate(name, asked);
    // Nobody else operates on the lab's stacks.
    if (done.locked) await this.#workspace.release(stack);
    return done;
  }

  /** A stack's outputs, secrets in plain text. */
  outputs(stack: string): Promise<Tree> {
    return this.#workspace.outputs(stack, { showSecrets: true });
  }

  /** The environment in which Pulumi runs, for commands that a person would type beside it. */
  get env(): NodeJS.ProcessEnv {
    return { ...this.#env };
  }
}

/** Trees laid over each other: groups deeply, and a `null`, which takes an earlier layer's setting back, stays. */
function overlay(...trees: readonly Tree[]): Tree {
  const result: Tree = {};
  for (const [key, value] of trees.flatMap(Object.entries)) {
    const before = Object.hasOwn(result, key) ? result[key] : undefined;
    set(result, key, isTree(before) && isTree(value) ? overlay(before, value) : value);
  }
  return result;
}

function environment(lab: Lab, folder: string, { successTooEarly = false }: Staging): NodeJS.ProcessEnv {
  const loopback = new URL(lab.awsEndpoint).hostname;
  if (loopback !== "127.0.0.1") throw new Error(`the lab's AWS endpoint ${lab.awsEndpoint} is not loopback`);
  const home = join(lab.stateDir, "pulumi");
  const backend = join(folder, "backend");
  mkdirSync(backend, { recursive: true });
  mkdirSync(home, { recursive: true });
  return {
    // A real language host takes its Node from here, and the installed one may be too old.
    PATH: [join(home, "bin"), dirname(process.execPath), process.env.PATH ?? ""].join(":"),
    HOME: home,
    TMPDIR: process.env.TMPDIR ?? "/tmp",
    PULUMI_HOME: home,
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: "lab",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    // Lets the engine write its events to a file.
    PULUMI_DEBUG_COMMANDS: "true",
    KUBECONFIG: lab.kubeconfig,
    AWS_ENDPOINT_URL: lab.awsEndpoint,
    AWS_ACCESS_KEY_ID: "lab",
    AWS_SECRET_ACCESS_KEY: "lab",
    AWS_REGION: "eu-west-1",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    NODE_COMPILE_CACHE: join(home, "node-compile-cache"),
    ...(successTooEarly ? { LAB_SUCCESS_TOO_EARLY: "true" } : {}),
  };
}
