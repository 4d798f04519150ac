import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { deepest, isDeepText } from "../config/nesting.ts";
import { decode, FileError } from "../config/sources/yaml.ts";

/** A file of JSON, by what a message calls it. */
export interface JsonFile {
  /** As it was asked for; `standard input` of `-`. */
  name: string;
  content: unknown;
}

/**
 * Reads a file of JSON; `-` is standard input.
 * @throws FileError where it cannot be read, is empty or no JSON; the message quotes nothing of it
 */
export async function readJson(file: string): Promise<JsonFile> {
  const name = file === "-" ? "standard input" : file;
  const text = decode(name, file === "-" ? await buffer(process.stdin) : bytesOf(file));
  if (text.trim() === "") throw new FileError(`${name}: is empty; did the command that was to write it fail?`, name);
  if (isDeepText(text)) throw new FileError(`${name}: is nested deeper than ${deepest} levels`, name);
  try {
    return { name, content: JSON.parse(text) };
  } catch {
    throw new FileError(`${name}: is no JSON; is it the file that was meant?`, name);
  }
}

function bytesOf(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new FileError(`${file}: cannot be read: ${(error as NodeJS.ErrnoException).code}`, file);
  }
}
