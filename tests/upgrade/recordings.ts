import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { repository } from "../../lab/paths.ts";
import { type Recorded, toText } from "./state.ts";

/** The recorded states: what each released version left behind of each stack. */

/** The stacks that every version has. */
export const stacks = ["dev", "test", "staging", "prod"] as const;

/** A recorded state, by where it came from. */
export interface Recording {
  version: string;
  stack: string;
}

const states = "tests/data/states";
const absolute = (file: string) => join(repository, file);

/** Path of a recording's file, from the root of the checkout. */
export const fileOf = ({ version, stack }: Recording): string => `${states}/${version}/${stack}.json`;

/** Every recording that there is, the oldest version first. */
export const recordings = (): Recording[] =>
  globSync("*/*.json", { cwd: absolute(states) })
    .map((file) => file.replace(/\.json$/, "").split("/"))
    .map(([version = "", stack = ""]) => ({ version, stack }))
    .sort((a, b) => fileOf(a).localeCompare(fileOf(b), "en", { numeric: true }));

/** The version of the program as it is now. */
export const programVersion = (): string => JSON.parse(readFileSync(absolute("package.json"), "utf8")).version;

export const textOf = (recording: Recording): string => readFileSync(absolute(fileOf(recording)), "utf8");

export const isRecorded = (recording: Recording): boolean => existsSync(absolute(fileOf(recording)));

/** Writes a new recording; one that is there is never written again. */
export function keep(version: string, recorded: Recorded): void {
  const file = absolute(fileOf({ version, stack: recorded.stack }));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, toText(recorded), { flag: "wx" });
}
