import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { isTree, type Tree } from "../config/tree.ts";
import type { Surroundings } from "../workspace/engine.ts";
import type { Happening } from "../workspace/events.ts";
import { WorkspaceError } from "../workspace/problem.ts";
import { stackFile } from "../workspace/program.ts";
import { reasonOf } from "../workspace/reasons.ts";
import { makeScratch } from "../workspace/scratch.ts";
import { Workspace } from "../workspace/workspace.ts";
import { type Changes, groupChanges } from "./changes.ts";
import { accessIn, silence } from "./cluster.ts";
import type { Missing } from "./review.ts";

/** What a preview says, against the state, or of a stack that is not there yet against nothing. */
export interface Previewed {
  against: "state" | "nothing";
  changes: Changes;
  /** What it lacks. */
  missing: Missing[];
}

/** What the engine, a backend or a cloud say where nobody has given them credentials; not where they are wrong. */
const withoutCredentials: readonly [RegExp, string][] = [
  [
    /PULUMI_ACCESS_TOKEN must be set/,
    "there is no login to the state's backend (PULUMI_ACCESS_TOKEN, or PULUMI_BACKEND_URL)",
  ],
  [
    /passphrase must be set/,
    "there is no passphrase for the stack's secrets (PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE)",
  ],
  [
    /No valid credential sources|NoCredentialProviders|no EC2 IMDS role found|failed to refresh cached credentials|Unable to locate credentials|could not find default credentials/i,
    "there are no credentials for the cloud",
  ],
  [/^spawn .* (?:ENOENT|EACCES)$/m, "there is no Pulumi engine on the PATH (https://www.pulumi.com/docs/install/)"],
];

/** Previews of a project's stacks on one copy of it. */
export class Previews {
  readonly #workspace: Workspace;
  readonly #surroundings: Surroundings;
  readonly #signal: AbortSignal | undefined;

  private constructor(workspace: Workspace, surroundings: Surroundings, signal?: AbortSignal) {
    this.#workspace = workspace;
    this.#surroundings = surroundings;
    this.#signal = signal;
  }

  /**
   * Copies the project. `remove` the copy afterwards.
   * @throws WorkspaceError where it is no checkout of this program, or its packages are missing
   */
  static async open(
    project: string,
    stacks: readonly string[],
    surroundings: Surroundings,
    signal?: AbortSignal,
  ): Promise<Previews> {
    return new Previews(await Workspace.stage(project, surroundings, stacks), surroundings, signal);
  }

  remove(): Promise<void> {
    return this.#workspace.remove();
  }

  /**
   * Previews a stack. Nothing is written to its backend: one that is not there yet is made in a backend of its own, which
   * is gone afterwards.
   */
  async preview(stack: string, signal?: AbortSignal): Promise<Previewed | Missing> {
    const signals = [this.#signal, signal].filter((one) => one !== undefined);
    const all = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    // Before the preview: see docs/changes.md.
    const exported = await this.#workspace.command(["stack", "export", `--stack=${stack}`], { signal: all });
    if (all?.aborted) return { part: "preview", reason: "the review was aborted", failed: true };
    if (exported.code === 0) {
      const state = JSON.parse(exported.stdout) as Tree;
      return this.#changes(this.#workspace, "state", stack, state, all);
    }
    if (/no stack named '[^']*' found/.test(exported.stderr)) return this.#new(stack, all);
    return this.#missing(exported.stderr, reasonOf(stack, exported.stderr));
  }

  async #changes(
    workspace: Workspace,
    against: Previewed["against"],
    stack: string,
    state?: Tree,
    signal?: AbortSignal,
  ): Promise<Previewed | Missing> {
    const asked: Promise<string | undefined>[] = [];
    const tell = (happening: Happening) => {
      // The preview goes on meanwhile.
      const access = happening.kind === "finished" && accessIn(happening, this.#surroundings.env);
      if (access) asked.push(silence(access));
    };
    const told = await workspace.operate("preview", { stack, tell, ...(signal ? { signal } : {}) });
    const said = [told.stderr, ...told.diagnostics.map(({ message }) => message)].join("\n");
    if (told.outcome === "failed") {
      const missing = this.#missing(said, "");
      if (!missing.failed) return missing;
    }
    const silences = (await Promise.all(asked)).filter((reason) => reason !== undefined);
    return {
      against,
      changes: groupChanges({ stack, operation: "preview", ...(state ? { state } : {}) }, told),
      missing: silences.map((reason) => ({ part: "cluster", reason, failed: true })),
    };
  }

  /** Previews a stack in a backend of its own. Its own passphrase does where nothing of it is encrypted yet. */
  async #new(stack: string, signal?: AbortSignal): Promise<Previewed | Missing> {
    const scratch = await makeScratch();
    try {
      const backend = join(scratch, "backend");
      await mkdir(backend);
      const name = stack.split("/").at(-1) ?? stack;
      const own = (await this.#isSealed(name))
        ? {}
        : { PULUMI_CONFIG_PASSPHRASE: randomBytes(24).toString("hex"), PULUMI_CONFIG_PASSPHRASE_FILE: undefined };
      const env = { ...this.#surroundings.env, PULUMI_BACKEND_URL: `file://${backend}`, ...own };
      const workspace = Workspace.open(this.#workspace.folder, { ...this.#surroundings, env });
      const made = await workspace.command(["stack", "init", "--no-select", name], signal ? { signal } : {});
      if (made.code !== 0) return this.#missing(made.stderr, reasonOf(stack, made.stderr));
      return await this.#changes(workspace, "nothing", name, undefined, signal);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /** Whether the file of a stack says what its secrets are encrypted with. */
  async #isSealed(stack: string): Promise<boolean> {
    const written: unknown = parse(await readFile(join(this.#workspace.folder, stackFile(stack)), "utf8"));
    return isTree(written) && ["encryptionsalt", "secretsprovider", "encryptedkey"].some((key) => key in written);
  }

  #missing(said: string, reason: string): Missing {
    const known = withoutCredentials.find(([pattern]) => pattern.test(said))?.[1];
    // A secret that a workflow does not get is an empty variable.
    const empty = /incorrect passphrase/.test(said) && this.#surroundings.env.PULUMI_CONFIG_PASSPHRASE === "";
    const what = empty ? withoutCredentials[1]?.[1] : known;
    return { part: "preview", reason: what ?? reason, failed: what === undefined };
  }
}

/** Why there can be no preview at all. */
export function noPreviews(error: unknown): Missing {
  if (!(error instanceof WorkspaceError)) throw error;
  return { part: "preview", reason: error.message, failed: true };
}
