import { lastLines, run } from "../command.ts";
import { LabError } from "../errors.ts";
import { inside } from "./namespaces.ts";

/** Fails where this machine lacks a program that real nodes are made with. */
export async function requirePrograms(signal: AbortSignal): Promise<void> {
  for (const program of ["ip", "mount", "nsenter", "setpriv", "unshare"]) {
    const { code } = await run("sh", ["-c", `command -v ${program}`], { signal });
    if (code !== 0) {
      throw new LabError(`real nodes need ${program}, which this machine lacks: install util-linux and iproute2`);
    }
  }
}

/** Runs a text by `sh -e`, in the namespaces of the init `pid` where one is given, and returns what it prints. */
export async function shell(what: string, text: string, signal: AbortSignal, pid?: number): Promise<string> {
  const command = ["sh", "-ec", text];
  const { command: program, args } =
    pid === undefined ? { command: "sh", args: command.slice(1) } : inside(pid, command);
  const { code, stdout, output } = await run(program, args, { signal });
  if (code !== 0) throw new LabError(`${what} failed:\n${lastLines(output)}`);
  return stdout;
}
