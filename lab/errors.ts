import { WorkspaceError } from "../workspace/problem.ts";

/** A failure that the reader of the message can do something about: shown as its message alone, without a stack. */
export class LabError extends Error {
  override name = "LabError";
  /** What the process that shows it exits with. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The lab was asked to stop (Ctrl-C) before it was done. */
export class Interrupted extends LabError {
  override name = "Interrupted";

  constructor() {
    super("interrupted; nothing was left running", 130);
  }
}

/** Prints an error for a person and returns the exit code for it. Anything but a `LabError` or a `WorkspaceError` is a defect and keeps its stack. */
export function report(error: unknown): number {
  if (error instanceof LabError) {
    console.error(`lab: ${error.message}`);
    return error.exitCode;
  }
  console.error(error instanceof WorkspaceError ? `lab: ${error.message}` : error);
  return 1;
}
