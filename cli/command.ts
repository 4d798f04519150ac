import { SettingsError } from "../config/problems.ts";
import { FileError } from "../config/sources/yaml.ts";

/** A command that was called in a way that it does not know. */
export class UsageError extends Error {}

/**
 * Runs a command to its end: its return is the exit code, what its user did wrong ends it as plain lines. 1 is refused,
 * 2 is called wrongly.
 */
export async function runCommand(usage: string, command: (args: string[]) => number | Promise<number>): Promise<void> {
  const args = process.argv.slice(2);
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
    if (misused) console.error(`${error.message}\n${usage}`);
    else if (error instanceof SettingsError || error instanceof FileError) console.error(error.message);
    else throw error;
    process.exitCode = misused ? 2 : 1;
  }
}
