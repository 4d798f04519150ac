import { spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { end, inSession } from "./processes.ts";

/** Where the engine runs, and with what. */
export interface Surroundings {
  /** The `pulumi` executable: a path, or a name that is looked for on the `PATH` of `env`. */
  engine: string;
  /**
   * The whole environment of the engine, its plugins and the program; nothing of this process's own comes along. Beside
   * `PATH` and `HOME` it says where the state is (`PULUMI_BACKEND_URL`), which secrets provider may open it
   * (`PULUMI_CONFIG_PASSPHRASE` …), where plugins are (`PULUMI_HOME`, which operations may share), and the cloud's access.
   */
  env: Readonly<NodeJS.ProcessEnv>;
}

/** How long an aborted engine may take, in milliseconds. */
export interface Patience {
  /** To finish what is under way and to write it down; then it is told to leave it. Default 60000. */
  finish?: number;
  /** To leave what is under way; then it and everything that it started is killed. Default 10000. */
  leave?: number;
}

/** How a command of the engine ended. */
export interface Ran {
  /** The exit code; undefined where a signal ended it. 127 where it could not be started. */
  code: number | undefined;
  /** The signal that ended it. */
  signal: NodeJS.Signals | undefined;
  stdout: string;
  stderr: string;
}

/** For plugins that are still there when the engine is not, in milliseconds. */
const pluginPatience = 2000;

/**
 * Runs a command of the engine to its end, in a session of its own, whose processes are all gone when this returns (found
 * under Linux's /proc; elsewhere a killed engine's plugins have to notice its end themselves).
 *
 * An abort interrupts the engine alone: it lets what is under way finish, and ends its plugins and the program itself. A
 * second interrupt makes it leave what is under way. Then everything is killed. What it says goes to files of `scratch`
 * and not through pipes: the death of this process, whatever killed it, does not end a deployment half-way.
 */
export async function runEngine(
  args: readonly string[],
  options: Surroundings & { folder: string; scratch: string; signal?: AbortSignal; patience?: Patience },
): Promise<Ran> {
  if (options.signal?.aborted) return { code: undefined, signal: "SIGINT", stdout: "", stderr: "" };
  const { finish = 60_000, leave = 10_000 } = options.patience ?? {};
  const files = { stdout: join(options.scratch, "stdout"), stderr: join(options.scratch, "stderr") };
  const [stdout, stderr] = [await open(files.stdout, "a"), await open(files.stderr, "a")];
  const read = async (ended: Pick<Ran, "code" | "signal">): Promise<Ran> => ({
    ...ended,
    stdout: await readFile(files.stdout, "utf8"),
    stderr: await readFile(files.stderr, "utf8"),
  });
  let timer: NodeJS.Timeout | undefined;
  let abort = () => {};
  try {
    const child = spawn(options.engine, ["--non-interactive", "--color=never", ...args], {
      cwd: options.folder,
      env: { ...options.env, PULUMI_SKIP_UPDATE_CHECK: "true", PULUMI_DEBUG_COMMANDS: "true" },
      detached: true,
      stdio: ["ignore", stdout.fd, stderr.fd],
    });
    const { pid } = child;
    const ended = new Promise<Pick<Ran, "code" | "signal">>((done) => {
      child.once(
        "error",
        (error) => void stderr.write(`${error.message}\n`).then(() => done({ code: 127, signal: undefined })),
      );
      child.once("exit", (code, signal) => done({ code: code ?? undefined, signal: signal ?? undefined }));
    });
    if (pid === undefined) return read(await ended);
    abort = () => {
      child.kill("SIGINT");
      timer = setTimeout(() => {
        child.kill("SIGINT");
        timer = setTimeout(() => child.kill("SIGKILL"), leave);
      }, finish);
    };
    options.signal?.addEventListener("abort", abort);
    // It may have been aborted while the files were opened.
    if (options.signal?.aborted) abort();
    const how = await ended;
    // A killed engine leaves its plugins and the program; they may start others while they end.
    for (let left = inSession(pid); left.length > 0; left = inSession(pid)) await end(left, pluginPatience);
    return await read(how);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", abort);
    await Promise.all([stdout.close(), stderr.close()]);
  }
}
