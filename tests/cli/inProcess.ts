import { type Command, runCommand } from "../../cli/command.ts";

/** What a command came to that was run without a process of its own. */
export interface Said {
  code: number;
  output: string;
}

/** Runs a command as `runCommand` does, and keeps what it says. */
export async function said({ command }: { command: Command }, ...args: string[]): Promise<Said> {
  const { log, error } = console;
  const before = process.exitCode;
  const lines: string[] = [];
  console.log = console.error = (...words: unknown[]) => void lines.push(words.map(String).join(" "));
  try {
    await runCommand(command, args);
    return { code: Number(process.exitCode ?? 0), output: lines.join("\n") };
  } finally {
    Object.assign(console, { log, error });
    process.exitCode = before;
  }
}
