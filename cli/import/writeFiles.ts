import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ImportError } from "./values.ts";

/** A file of a folder as it shall be; one without a text goes. */
export interface Wanted {
  name: string;
  text?: string | undefined;
}

/**
 * Writes and removes all files or none, and makes the folder: each text stands beside its place first, and so does what
 * was in it, which is put back where another fails.
 * @throws ImportError where nothing was written
 */
export function writeFiles(folder: string, files: readonly Wanted[]) {
  const path = (name: string) => join(folder, name);
  const beside = (name: string, what: "new" | "old") => join(folder, `.${name}.${process.pid}.${what}.tmp`);
  const done: { name: string; existed: boolean }[] = [];
  let made: string | undefined;
  try {
    made = mkdirSync(folder, { recursive: true });
    for (const { name, text } of files) {
      const existed = existsSync(path(name));
      if (text !== undefined)
        writeFileSync(beside(name, "new"), text, { mode: existed ? statSync(path(name)).mode : 0o644 });
      if (existed) copyFileSync(path(name), beside(name, "old"));
    }
    for (const { name, text } of files) {
      const existed = existsSync(path(name));
      if (text === undefined) rmSync(path(name), { force: true });
      else renameSync(beside(name, "new"), path(name));
      done.push({ name, existed });
    }
  } catch (error) {
    for (const { name, existed } of done)
      if (existed) renameSync(beside(name, "old"), path(name));
      else rmSync(path(name), { force: true });
    if (made !== undefined) rmSync(made, { recursive: true, force: true });
    throw new ImportError(`nothing was written: ${codeOf(error)} in ${folder}`);
  } finally {
    for (const { name } of files)
      for (const what of ["new", "old"] as const) rmSync(beside(name, what), { recursive: true, force: true });
  }
}

/** What the system says of a file that cannot be read or written: `ENOENT`, `EACCES`. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown error";
}
