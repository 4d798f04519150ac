import { type Dirent, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../import/writeFiles.ts";
import { ShapeError } from "./failure.ts";

/** A file of a model's folder. */
export interface Listed {
  /** From the folder, with `/`. */
  path: string;
  bytes: number;
}

/** What lies in a folder, and what cannot be read of it. */
export interface Folder {
  files: Listed[];
  /** Links that lead nowhere, from the folder. */
  broken: string[];
  unreadable: string[];
}

/** The largest repositories of models have a few hundred files. */
const mostFiles = 20_000;

/** All files of a folder, links followed as an upload follows them. @throws ShapeError */
export function listFolder(folder: string): Folder {
  const found: Folder = { files: [], broken: [], unreadable: [] };
  const open = new Set<string>();
  const walk = (within: string) => {
    const here = join(folder, within);
    let entries: Dirent[];
    try {
      const real = realpathSync(here);
      // A link to a folder that it lies in has no end.
      if (open.has(real)) return;
      open.add(real);
      entries = readdirSync(here, { withFileTypes: true });
    } catch (error) {
      if (within === "") throw new ShapeError(`${folder}: cannot be read (${codeOf(error)})`);
      found.unreadable.push(within);
      return;
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = within === "" ? entry.name : `${within}/${entry.name}`;
      try {
        const { size, ...stat } = statSync(join(folder, path));
        if ((stat.mode & 0o170000) === 0o040000) walk(path);
        else if ((stat.mode & 0o170000) === 0o100000) found.files.push({ path, bytes: size });
      } catch (error) {
        (codeOf(error) === "ENOENT" || codeOf(error) === "ELOOP" ? found.broken : found.unreadable).push(path);
      }
      if (found.files.length > mostFiles)
        throw new ShapeError(`${folder}: has more than ${mostFiles} files; a model's folder has a few hundred at most`);
    }
    open.delete(realpathSync(here));
  };
  walk("");
  return found;
}
