import { SettingsError } from "../config/problems.ts";
import { redacted, withoutSecrets } from "../config/secretForms.ts";
import { FileError } from "../config/sources/stackFile.ts";

/** A command that was called in a way that it does not know. */
export class UsageError extends Error {}

/** What a command says goes through these, so that no secret is in it. */
export const say = (text: string) => console.log(redacted(text));
export const sayJson = (value: unknown) => console.log(JSON.stringify(withoutSecrets(value), null, 2));
export const complain = (text: string) => console.error(redacted(text));

/** What a command does with its arguments; the exit code. */
export type Command = (args: string[]) => number | Promise<number>;

/**
 * Runs a command to its end: its return is the exit code, what its user did wrong ends it as plain lines. 1 is refused,
 * 2 is called wrongly.
 */
export async function runCommand(usage: string, command: Command, args = process.argv.slice(2)): Promise<void> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(usage);
    return;
  }
  try {
    process.exitCode = await command(args);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // parseArgs throws TypeErrors whose code says that the arguments are at fault.
    const misused =
      error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith("ERR_PARSE_ARGS");
    if (misused) complain(`${error.message}\n${usage}`);
    else if (error instanceof SettingsError || error instanceof FileError) complain(error.message);
    else throw error;
    process.exitCode = misused ? 2 : 1;
  }
}
