import { readFileSync, statSync } from "node:fs";
import { decode, FileError } from "../../config/sources/yaml.ts";
import { isTree, type Tree } from "../../config/tree.ts";
import { codeOf } from "../import/writeFiles.ts";
import { ShapeError } from "./failure.ts";

/** The index of a model with a hundred thousand tensors is some 15 MB; nothing that is read here is larger. */
const mostBytes = 256 * 2 ** 20;

/** Python writes these into JSON, which has no word for them. */
const notANumber = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** A JSON file that holds one object, as Python reads it. @throws ShapeError */
export function readJson(path: string, name: string): Tree {
  let text: string;
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new ShapeError(`${name}: is no file`, name);
    if (stat.size > mostBytes) throw new ShapeError(`${name}: is too large to be what its name says`, name);
    text = decode(name, readFileSync(path));
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new ShapeError(`${name}: cannot be read (${codeOf(error)})`, name);
  }
  return parseJson(name, text);
}

/** The same of a text. @throws ShapeError */
export function parseJson(name: string, text: string): Tree {
  if (isPointer(text))
    throw new ShapeError(`${name}: is a pointer of Git LFS, not the file; fetch it with: git lfs pull`, name);
  const value = parsed(text) ?? parsed(text.replace(notANumber, (word) => (word.startsWith('"') ? word : "null")));
  if (value === undefined) throw new ShapeError(`${name}: is no JSON; is it the file that was meant, and whole?`, name);
  if (!isTree(value)) throw new ShapeError(`${name}: holds no JSON object`, name);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return undefined;
  }
}

/** Whether a file is what Git LFS leaves where the file itself was not fetched. */
export const isPointer = (start: string): boolean => start.startsWith("version https://git-lfs");
