import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ImportError } from "./values.ts";

/**
 * Writes all files or none: each beside its place first; what has been replaced is put back where another fails.
 * @throws ImportError where nothing was written
 */
export function writeFiles(folder: string, files: readonly { name: string; text: string }[]) {
  const beside = (name: string) => join(folder, `.${name}.${process.pid}.tmp`);
  const prepare = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(beside(name), text, { mode: existsSync(path) ? statSync(path).mode : 0o644 });
  };
  const done: { name: string; before?: string }[] = [];
  try {
    for (const { name, text } of files) prepare(name, text);
    for (const { name } of files) {
      const path = join(folder, name);
      const before = existsSync(path) ? readFileSync(path, "utf8") : undefined;
      renameSync(beside(name), path);
      done.push({ name, ...(before === undefined ? {} : { before }) });
    }
  } catch (error) {
    for (const { name, before } of done)
      if (before === undefined) rmSync(join(folder, name));
      else {
        prepare(name, before);
        renameSync(beside(name), join(folder, name));
      }
    throw new ImportError(`nothing was written: ${codeOf(error)} in ${folder}`);
  } finally {
    for (const { name } of files) if (existsSync(beside(name))) rmSync(beside(name), { recursive: true, force: true });
  }
}

/** What the system says of a file that cannot be read or written: `ENOENT`, `EACCES`. */
export function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "unknown error";
}
