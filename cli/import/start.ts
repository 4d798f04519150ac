import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { readProjectFile } from "../../config/sources/stackFile.ts";
import { decode, FileError } from "../../config/sources/yaml.ts";
import { bare, type Kept } from "./bare.ts";
import { changesOfSample, isShipped, projectName, shipped, type Texts } from "./sample.ts";
import { ImportError } from "./values.ts";
import { codeOf, type Wanted } from "./writeFiles.ts";

/** A file that an import writes. */
export interface Begun {
  name: string;
  /** What it is now, where it is written. */
  before: string | undefined;
  /** What the import is laid over. */
  text: string | undefined;
}

/** What an import starts from. */
export interface Start {
  /** Where files are written. */
  folder: string;
  project: Begun & { text: string };
  stack: Begun;
  /** Into the project's settings, in the place of the sample's, or into another folder. */
  kind: "project" | "sample" | "elsewhere";
  /** Of a project that has the sample's base, what else has been set, as `key (file)`. */
  changes: readonly string[];
  /** Files of the sample's other stacks. */
  others: readonly Wanted[];
  /** What stays in files whose settings are replaced. */
  kept: readonly (Kept & { name: string })[];
  /** Keys that say where a stack runs, and are still the sample's. */
  places: readonly string[];
}

/** The files of a project, as an import finds them. */
interface Found {
  folder: string;
  base: string;
  stackName: string;
  /** The file of the stack, where there is one. */
  own: string | undefined;
  texts: Texts;
  /** Files of other stacks that cannot be read. */
  unreadable: readonly string[];
}

/**
 * What an import of a stack starts from: the project's files; where these are still the sample, what stays of them; or
 * another folder's files, and what stays of the project's for those that it has not.
 * @throws ImportError, FileError where a file cannot be read
 */
export function startOf(folder: string, stack: string, out?: string): Start {
  const found = filesIn(folder, `Pulumi.${stack}.yaml`);
  if (out !== undefined && resolve(out) !== resolve(folder)) return elsewhere(found, out);
  const changes = [...found.unreadable, ...changesOfSample(found.texts)];
  return changes.length === 0 ? withoutSample(found) : asItIs(found, changes);
}

function filesIn(folder: string, stackName: string): Found {
  const base = read(folder, projectName);
  if (base === undefined)
    throw new ImportError(`there is no Pulumi.yaml in ${folder}; run this in the project's folder`);
  refuseStackFolder(base);
  const own = read(folder, stackName);
  const texts = new Map([[projectName, base], ...(own === undefined ? [] : [[stackName, own] as const])]);
  const unreadable: string[] = [];
  for (const name of readdirSync(folder).sort()) {
    if (name === stackName || !/^Pulumi\..+\.yaml$/.test(name)) continue;
    try {
      const text = read(folder, name);
      if (text !== undefined) texts.set(name, text);
    } catch {
      unreadable.push(name);
    }
  }
  return { folder, base, stackName, own, texts, unreadable };
}

function refuseStackFolder(base: string): void {
  if (readProjectFile(projectName, base).stackFolder !== "")
    throw new ImportError(
      `${projectName}: has the files of its stacks in a folder of their own, which no import writes to; take 'stackConfigDir' out, or import into a copy of the project`,
    );
}

function asItIs({ folder, base, stackName, own }: Found, changes: readonly string[]): Start {
  const isOther = changes.some((one) => one.includes(projectName));
  return {
    folder,
    kind: "project",
    project: { name: projectName, before: base, text: base },
    stack: { name: stackName, before: own, text: own },
    // Of a base of one's own nobody expects that it goes.
    changes: isOther ? [] : changes,
    others: [],
    kept: [],
    places: [],
  };
}

function elsewhere({ base, stackName, own, ...found }: Found, folder: string): Start {
  const there = { base: read(folder, projectName), stack: read(folder, stackName) };
  if (there.base !== undefined) refuseStackFolder(there.base);
  const project = there.base === undefined ? bare(projectName, base) : { text: there.base, kept: [] };
  const stack = there.stack === undefined ? bareOwn(stackName, own) : { text: there.stack, kept: [] };
  return {
    folder,
    kind: "elsewhere",
    project: { name: projectName, before: there.base, text: project.text },
    stack: { name: stackName, before: there.stack, text: stack.text },
    changes: [],
    others: [],
    kept: [...keptIn(projectName, project), ...keptBelow(stackName, stack)],
    places: there.stack === undefined ? placesIn({ ...found, stackName }) : [],
  };
}

function withoutSample(found: Found): Start {
  const { folder, base, stackName, own, texts } = found;
  const project = bare(projectName, base);
  const stack = bareOwn(stackName, own);
  const others = [...texts].flatMap(([name, before]) => {
    if (name === projectName || name === stackName) return [];
    const without = bare(name, before, (key) => isShipped(texts, name, key));
    // A file of a stack that is not the sample's is a person's, also where it says nothing.
    const goes = without.empty && Object.hasOwn(shipped, name);
    return [{ name, before, ...(goes ? { text: undefined, kept: [] } : bare(name, before)) }];
  });
  return {
    folder,
    kind: "sample",
    project: { name: projectName, before: base, text: project.text },
    stack: { name: stackName, before: own, text: stack.text },
    changes: [],
    others: others.filter(({ text, before }) => text !== before).map(({ name, text }) => ({ name, text })),
    kept: [
      ...keptIn(projectName, project),
      ...keptBelow(stackName, stack),
      ...others.flatMap((other) => keptIn(other.name, other)),
    ],
    places: placesIn(found),
  };
}

type Left = { text: string | undefined; kept: Kept[] };

const bareOwn = (name: string, text: string | undefined): Left =>
  text === undefined ? { text, kept: [] } : bare(name, text);

const keptIn = (name: string, { kept }: Left): Start["kept"] => kept.map((one) => ({ ...one, name }));

/** Of a file that the import is laid over: a model's secret stays only where the import has the model. */
const keptBelow = (name: string, file: Left): Start["kept"] =>
  keptIn(name, file).filter(({ key }) => !key.startsWith("vllm:models."));

const placesIn = ({ texts, stackName }: Pick<Found, "texts" | "stackName">): string[] =>
  [
    ["vllm:cluster", stackName, "vllm:cluster.eks"],
    ["aws:region", projectName, "aws:region"],
  ].flatMap(([key = "", file = "", shown = ""]) => (isShipped(texts, file, key) ? [`${shown} (${file})`] : []));

/** The text of a file, if there is one. @throws ImportError, FileError where it cannot be read */
function read(folder: string, name: string): string | undefined {
  try {
    return decode(name, readFileSync(join(folder, name)));
  } catch (error) {
    if (error instanceof FileError) throw error;
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw new ImportError(`${name}: cannot be read (${codeOf(error)})`);
  }
}
