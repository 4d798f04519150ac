import type { Place } from "./source.ts";

/** What to do with secrets that stand in plain text, in the words of where they stand. */

type Written = Pick<Place, "inProgram"> & { shared?: boolean };

const otherValue = "take another value: this one is in the file's history";

/** How a secret is handed over at that setting, which is a secret one. */
export function encryptAt({ inProgram }: Written, path: readonly string[]): string {
  if (inProgram) return `a secret Output at ${path.join(".")}, such as config.requireSecret(…) or pulumi.secret(…)`;
  return `pulumi config set --secret --path vllm:${path.join(".")}`;
}

/** What to do with a secret setting in plain text. */
export function encryptIt(place: Written, path: readonly string[]): string {
  if (place.inProgram) return `hand over ${encryptAt(place, path)}`;
  const how = place.shared ? "it belongs, encrypted, into a stack's file: take it out and" : "encrypt it:";
  return `${how} ${encryptAt(place, path)} (and ${otherValue})`;
}

/** What to do with a secret that stands where none belongs, if there is a secret setting for it. */
export function moveTo(place: Written, path: readonly string[]): string {
  if (place.inProgram) return `take it out, and hand over ${encryptAt(place, path)}`;
  return `take it out and encrypt it${place.shared ? ", in a stack's file" : ""}: ${encryptAt(place, path)} (and ${otherValue})`;
}

/** The same where there is none. One that was in plain text may have been read. */
export const takeOut = (place: Written, isPlain: boolean): string =>
  isPlain && !place.inProgram ? `take it out, and ${otherValue}` : "take it out";
