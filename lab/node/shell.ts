import { lastLines, run } from "../command.ts";
import { LabError } from "../errors.ts";
import { inside } from "./namespaces.ts";

/** A word for `sh`, whatever is in it. */
export const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs a text by `sh -e`, in the namespaces of the init `pid` where one is given, and returns what it prints. */
export async function shell(what: string, text: string, signal: AbortSignal, pid?: number): Promise<string> {
  const command = ["sh", "-ec", text];
  const { command: program, args } =
    pid === undefined ? { command: "sh", args: command.slice(1) } : inside(pid, command);
  const { code, stdout, output } = await run(program, args, { signal });
  if (code !== 0) throw new LabError(`${what} failed:\n${lastLines(output)}`);
  return stdout;
}
