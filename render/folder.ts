import { lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FileError } from "../config/sources/yaml.ts";
import { firstLine, type RenderedFile } from "./documents.ts";

/** How many files of a folder were changed. */
export interface Written {
  /** New ones, and those that were other than they are now. */
  written: number;
  /** Those of objects that the stack no longer has. */
  removed: number;
}

/**
 * Makes a folder hold a stack's files. What its earlier renders wrote, which the first line of each file tells, is
 * written anew or removed; all else stays as it is.
 * @throws FileError where it would overwrite a file that no render of this stack wrote, before anything is written; or
 * where the folder cannot be read or written
 */
export function writeFolder(folder: string, stack: string, files: readonly RenderedFile[]): Written {
  try {
    const foreign = files.filter(({ path }) => isThere(folder, path) && !isOurs(folder, stack, path));
    if (foreign.length > 0) throw new FileError(foreignText(folder, stack, foreign));
    const wanted = new Set(files.map(({ path }) => path));
    const gone = filesBelow(folder).filter((path) => !wanted.has(path) && isOurs(folder, stack, path));
    const changed = files.filter(({ path, text }) => read(folder, path) !== text);
    for (const { path, text } of changed) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    for (const path of gone) rmSync(join(folder, path));
    for (const inner of new Set(gone.map(dirname)))
      if (readdirSync(join(folder, inner)).length === 0) rmdirSync(join(folder, inner));
    return { written: changed.length, removed: gone.length };
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException;
    if (error instanceof FileError || code === undefined) throw error;
    const reason = ["ENOTDIR", "EEXIST"].includes(code) ? "a file is where a folder has to be" : code;
    throw new FileError(`--out ${folder}: ${path} cannot be written: ${reason}`);
  }
}

const foreignText = (folder: string, stack: string, files: readonly RenderedFile[]) =>
  [
    `--out ${folder}: nothing was written, because these files would be overwritten, and no render of stack '${stack}' has made them:`,
    ...files.map(({ path }) => `  ${path}`),
    "Move them away, or name a folder for this stack alone.",
  ].join("\n");

/** The files in the folders of a folder, where renders have theirs. */
const filesBelow = (folder: string): string[] =>
  entries(folder)
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => entries(join(folder, name)).map((entry) => `${name}/${entry.name}`));

const entries = (folder: string) => (isThere(folder) ? readdirSync(folder, { withFileTypes: true }) : []);

/** What stands at a path, a link too, wherever it leads. */
const found = (...path: string[]) => lstatSync(join(...path), { throwIfNoEntry: false });
const isThere = (...path: string[]) => found(...path) !== undefined;

const read = (folder: string, path: string): string | undefined =>
  found(folder, path)?.isFile() ? readFileSync(join(folder, path), "utf8") : undefined;

const isOurs = (folder: string, stack: string, path: string): boolean =>
  read(folder, path)?.startsWith(`${firstLine(stack, path)}\n`) ?? false;
