import { SettingsError, sentence } from "../config/problems.ts";
import { redacted, withoutSecrets } from "../config/secretForms.ts";
import { printable } from "../config/signs.ts";
import { FileError } from "../config/sources/yaml.ts";

/** A command that was called in a way that it does not know. */
export class UsageError extends Error {}

/** Why a command did not do what it was called for. */
interface Failure {
  text: string;
  /** 1 is refused, 2 is called wrongly. */
  code: 1 | 2;
  /** What is wrong, as data: of settings by their places, of anything else as a whole. */
  problems: readonly object[];
}

/** What a person can call. */
export interface Command {
  usage: string;
  /** Does it with its arguments; gives the exit code. */
  run(args: string[]): number | Promise<number>;
  /** The exit code of a wrong call, where 2 says something else. */
  misuse?: number;
  /** What it says as JSON beside the problems, for which it writes none of the rest. */
  envelope?(args: string[]): object;
}

/** What a command says goes through these: no secret is in it, and nothing that acts on a terminal. */
export const say = (text: string): void => console.log(printable(redacted(text)));
export const sayJson = (value: unknown): void => console.log(printable(JSON.stringify(withoutSecrets(value), null, 2)));
export const complain = (text: string): void => console.error(printable(redacted(text)));

/**
 * Runs a command to its end: its return is the exit code, what its user did wrong ends it as plain lines, or with
 * `--json`, where it has an envelope for them, as problems.
 */
export async function runCommand(
  { usage, run, misuse, envelope }: Command,
  args: string[] = process.argv.slice(2),
): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return;
  }
  try {
    process.exitCode = await run(args);
  } catch (error) {
    const { text, code, problems } = failureOf(error, usage);
    if (envelope && args.includes("--json")) sayJson({ ...envelope(args), problems });
    else complain(text);
    process.exitCode = code === 2 ? (misuse ?? code) : code;
  }
}

function failureOf(error: unknown, usage: string): Failure {
  if (error instanceof SettingsError) {
    const problems = error.problems.map((problem) => ({ ...problem, message: sentence(problem) }));
    return { text: error.message, code: 1, problems };
  }
  const whole = (kind: string, message: string, layer = "") => [{ kind, path: [], key: "", layer, message }];
  if (error instanceof FileError)
    return { text: error.message, code: 1, problems: whole("file", error.message, error.file) };
  // parseArgs throws TypeErrors whose code says that the arguments are at fault.
  const { message, code } = error as NodeJS.ErrnoException;
  if (error instanceof UsageError || String(code).startsWith("ERR_PARSE_ARGS"))
    return { text: `${message}\n${usage}`, code: 2, problems: whole("call", message) };
  const text = faultText(error);
  return { text, code: 1, problems: whole("fault", text) };
}

/** An error that nobody foresaw. Its message may quote what was read, which may be secret: only who asks is shown it. */
function faultText(error: unknown): string {
  const stack = (error instanceof Error ? error.stack : undefined) ?? String(error);
  const [place] =
    /\b(cli|review|workspace|policy|render|components|program|config|planning|catalogue)\/[\w./-]+\.ts:\d+/.exec(
      stack,
    ) ?? [];
  const kind = error instanceof Error ? error.name : typeof error;
  const fault = `a fault of this program, not of what it was given: ${kind}${place ? ` at ${place}` : ""}. Please report it with the command`;
  if (process.env.DEBUG) return `${fault}.\n${stack}`;
  return `${fault}; DEBUG=1 shows all of it, with words of your files in it.`;
}
