import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Tree } from "../../config/tree.ts";
import { repository } from "../../lab/paths.ts";
import { type Recorded, toText } from "./state.ts";

/** The recorded states: what each released version left behind of each stack. */

/** What a stack is recorded with beside its own file. */
interface Deployed {
  stack: string;
  settings: Tree;
  /** By their keys. */
  secrets: Readonly<Record<string, string>>;
}

/** What every version records: the four stacks as they are, and what only other settings bring. */
export const deployments: Readonly<Record<string, Deployed>> = {
  ...Object.fromEntries(
    ["dev", "test", "staging", "prod"].map((stack) => [
      stack,
      { stack, settings: { "vllm:models": { chat: { revision: "v1" } } }, secrets: {} },
    ]),
  ),
  several: {
    stack: "prod",
    settings: {
      "vllm:models": { chat: { revision: "v1" }, code: { revision: "v1", replicas: 2 }, math: {} },
    },
    secrets: {
      "vllm:apiKey.value": "a-key-that-clients-have-already",
      "vllm:models.code.engine.secretEnv.TRACE_TOKEN": "a-token-of-the-recorded-state",
    },
  },
};

/**
 * What a stack's file has to say before its upgrade, by recording: settings that an earlier version took, and of which
 * it is known since that no engine starts with them.
 */
export const mended: Readonly<Record<string, Tree>> = {
  // 0.6 billion parameters do not start in 8Gi where nothing of them is in the page cache.
  "0.1.0/dev": { "vllm:resources": { cpu: "2", memory: "9Gi" } },
};

/** A recorded state, by where it came from. */
export interface Recording {
  version: string;
  /** One of `deployments`. */
  name: string;
}

const states = "tests/data/states";
const absolute = (file: string) => join(repository, file);

/** Path of a recording's file, from the root of the checkout. */
export const fileOf = ({ version, name }: Recording): string => `${states}/${version}/${name}.json`;

/** Every recording that there is, the oldest version first. */
export const recordings = (): Recording[] =>
  globSync("*/*.json", { cwd: absolute(states) })
    .map((file) => file.replace(/\.json$/, "").split("/"))
    .map(([version = "", name = ""]) => ({ version, name }))
    .sort((a, b) => fileOf(a).localeCompare(fileOf(b), "en", { numeric: true }));

/** The version of the program as it is now. */
export const programVersion = (): string => JSON.parse(readFileSync(absolute("package.json"), "utf8")).version;

export const textOf = (recording: Recording): string => readFileSync(absolute(fileOf(recording)), "utf8");

export const isRecorded = (recording: Recording): boolean => existsSync(absolute(fileOf(recording)));

/** Writes a new recording; one that is there is never written again. */
export function keep(recording: Recording, recorded: Recorded): void {
  const file = absolute(fileOf(recording));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, toText(recorded), { flag: "wx" });
}
