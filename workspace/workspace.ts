import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Tree } from "../config/tree.ts";
import { type Patience, type Ran, runEngine, type Surroundings } from "./engine.ts";
import { receiveEvents } from "./eventServer.ts";
import { type Diagnostic, Events, type Happening, type Step, type Violation } from "./events.ts";
import { WorkspaceError } from "./problem.ts";
import { copyProgram } from "./program.ts";
import { reasonOf } from "./reasons.ts";
import { makeScratch } from "./scratch.ts";

/** The first engine that sends its events, by the Automation API's own comparison. */
const minimum = "3.206";

/** What the engine does with a stack as a whole, and before each what it would do: before an `up`, `preview`. */
const commands = {
  preview: ["preview"],
  up: ["up", "--yes"],
  "refresh-preview": ["refresh", "--preview-only"],
  refresh: ["refresh", "--yes"],
  "destroy-preview": ["destroy", "--preview-only"],
  destroy: ["destroy", "--yes"],
} as const;
export type OperationName = keyof typeof commands;

/** How an operation is asked for. */
export interface Asked {
  stack: string;
  /** Further arguments of the engine: `--skip-preview`, `--target=…` */
  options?: readonly string[];
  /** Aborts the operation, which then ends as `aborted`. */
  signal?: AbortSignal;
  patience?: Patience;
  /** Is told everything as it happens. Where it throws, it is told nothing more, and the error comes out at the end. */
  tell?: (happening: Happening) => void;
}

/** What an operation came to. */
export interface Operation extends Ran {
  /** `aborted`: by the caller's signal. `killed`: the engine was ended by a signal that is not the caller's. */
  outcome: "succeeded" | "failed" | "aborted" | "killed";
  /** One line for a person: why it did not succeed, and where it is known, what to do. */
  reason?: string;
  /**
   * What became of each resource. One of kind `started` was under way when the engine was ended: whether it was made is not
   * known, and the stack's state says so as a pending operation; a refresh of the stack finds out.
   */
  steps: Step[];
  diagnostics: Diagnostic[];
  violations: Violation[];
  /** How many resources by operation: `{create: 3, same: 2}`; empty where the engine did not come to an end. */
  changes: Readonly<Record<string, number>>;
  /**
   * The engine was ended before it could release the stack: every further operation is refused until `release`. Whether a
   * preview was killed makes no difference to anybody: it takes no lock.
   */
  locked: boolean;
}

/** The program in a folder where the engine may run, one operation or several after each other. */
export class Workspace {
  /** Where the program is, with the files of its stacks. */
  readonly folder: string;
  readonly #surroundings: Surroundings;
  readonly #scratch: string | undefined;

  private constructor(folder: string, surroundings: Surroundings, scratch?: string) {
    this.folder = folder;
    this.#surroundings = surroundings;
    this.#scratch = scratch;
  }

  /**
   * A copy of a program, made for operations of one caller: nothing of the project is touched, and no other copy is.
   * `remove` it afterwards.
   * @param stacks the stacks whose files come along
   * @throws WorkspaceError where the project is no checkout of this program, or lacks its packages
   */
  static async stage(project: string, surroundings: Surroundings, stacks: readonly string[]): Promise<Workspace> {
    const scratch = await makeScratch();
    try {
      await copyProgram(project, join(scratch, "program"), stacks);
    } catch (error) {
      await rm(scratch, { recursive: true });
      throw error;
    }
    return new Workspace(join(scratch, "program"), surroundings, scratch);
  }

  /** A program in the folder where it is. */
  static open(folder: string, surroundings: Surroundings): Workspace {
    return new Workspace(folder, surroundings);
  }

  /** Removes a staged copy; a folder that was opened stays. */
  async remove(): Promise<void> {
    if (this.#scratch) await rm(this.#scratch, { recursive: true, force: true });
  }

  /**
   * Runs one operation to its end, however it ends: what fails, is refused, killed or aborted is a result. Nothing that it
   * has started runs on. Secrets stay encrypted to this process: the engine masks them in all that it tells.
   * @throws WorkspaceError where the engine is too old to tell what it does
   */
  async operate(name: OperationName, asked: Asked): Promise<Operation> {
    const { stack, options = [], signal, patience, tell = () => {} } = asked;
    const events = new Events();
    let failure: { error: unknown } | undefined;
    const server = await receiveEvents((event) => {
      const happening = events.take(event, performance.now());
      try {
        if (happening && !failure) tell(happening);
      } catch (error) {
        failure = { error };
      }
    });
    const args = [...commands[name], `--stack=${stack}`, `--event-log=${server.address}`, ...options];
    const ran = await this.command(args, { signal, patience }).finally(server.close);
    if (failure) throw failure.error;
    const { steps, diagnostics, violations, changes, begun } = events;
    const outcome = outcomeOf(ran, signal?.aborted ?? false);
    // Without its events, a preview would look as if nothing changed.
    if (outcome === "succeeded" && !begun)
      throw new WorkspaceError(
        `the ${name} of stack ${stack} went through, but ${this.#surroundings.engine} told nothing of it: Pulumi ${minimum} or newer is needed`,
      );
    const locked = ran.signal !== undefined && begun && !name.endsWith("preview");
    const release = locked ? `; the stack is locked, \`pulumi cancel --stack ${stack}\` releases it` : "";
    const reason = {
      succeeded: undefined,
      failed: reasonOf(stack, ran.stderr, diagnostics, violations),
      aborted: `the ${name} of stack ${stack} was aborted${release}`,
      killed: `the engine was killed (${ran.signal}) during the ${name} of stack ${stack}${release}`,
    }[outcome];
    return { ...ran, outcome, ...(reason ? { reason } : {}), steps, diagnostics, violations, changes, locked };
  }

  /** Runs another command of the engine to its end; an abort ends it. */
  async command(args: readonly string[], { signal, patience }: Pick<Asked, "signal" | "patience"> = {}): Promise<Ran> {
    const scratch = await makeScratch();
    try {
      return await runEngine(args, { ...this.#surroundings, folder: this.folder, scratch, signal, patience });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  /**
   * A stack's outputs. Where a value is a secret or holds one, there is the text `[secret]` in its place, unless it is asked
   * for: only then it is decrypted.
   * @throws WorkspaceError where they cannot be read
   */
  async outputs(stack: string, { showSecrets = false } = {}): Promise<Tree> {
    const shown = showSecrets ? ["--show-secrets"] : [];
    return JSON.parse(await this.#said(stack, ["stack", "output", "--json", ...shown, `--stack=${stack}`])) as Tree;
  }

  /**
   * Takes away the lock that a killed engine has left on a stack. Only where it is certain that nothing runs on it: the
   * backend would let two operations write the same state.
   * @throws WorkspaceError where it cannot be released
   */
  async release(stack: string): Promise<void> {
    await this.#said(stack, ["cancel", "--yes", `--stack=${stack}`]);
  }

  async #said(stack: string, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.command(args);
    if (code !== 0) throw new WorkspaceError(reasonOf(stack, stderr));
    return stdout;
  }
}

function outcomeOf(ran: Ran, aborted: boolean): Operation["outcome"] {
  if (ran.code === 0) return "succeeded";
  if (aborted) return "aborted";
  return ran.signal === undefined ? "failed" : "killed";
}
