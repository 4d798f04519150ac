import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sentence } from "../../config/problems.ts";
import type { EffectiveModel, Resolved } from "../../config/settings.ts";
import { readProjectFile } from "../../config/sources/stackFile.ts";
import { decode, FileError } from "../../config/sources/yaml.ts";
import { at, isTree, type Tree } from "../../config/tree.ts";
import { planModel } from "../../planning/model.ts";
import { sparesOf } from "../../planning/spare.ts";
import { settingsOf } from "../../render/settings.ts";
import { groupAt, parse, print, refuseAliases } from "../import/document.ts";
import { write } from "../import/projectFiles.ts";
import { codeOf, writeFiles } from "../import/writeFiles.ts";
import { ShapeError } from "./failure.ts";

/** What became of a stack's file. */
export interface Written {
  file: string;
  /** Where in it the shape stands: `vllm:models.chat.shape`. */
  key: string;
  changed: boolean;
  /** What a preview then says of the model's shape and its fit; empty where all is well. */
  problems: string[];
}

/**
 * Writes a shape into a stack's file, where it counts for the model that is named, or for the only one. Comments and all
 * else stay.
 * @throws FileError with nothing written
 */
export function writeShape(project: string, stack: string, named: string | undefined, shape: Tree): Written {
  const name = `Pulumi.${stack.split("/").pop()}.yaml`;
  const model = modelOf(settingsOf(project, stack), named);
  const base = text(project, "Pulumi.yaml");
  const { stackFolder } = readProjectFile("Pulumi.yaml", base);
  const folder = join(project, stackFolder);
  const before = text(folder, name);
  const document = parse(name, before);
  refuseAliases(name, document);
  const config = groupAt(name, document, ["config"]);
  // Beside the short form of the one model `models` may not stand.
  const short = typeof config["vllm:model"] === "string";
  const path = short ? ["config", "vllm:shape"] : ["config", "vllm:models", model, "shape"];
  const there = at({ config }, path);
  const after = (wanted: Tree): { text: string; resolved: Resolved } => {
    const edited = parse(name, before);
    write(edited, path, isTree(there) ? there : undefined, wanted);
    const written = print(edited, before);
    return { text: written, resolved: resolvedWith(base, stackFolder, name, written, stack) };
  };
  const first = shapeIn(after(shape).resolved, model);
  // What another layer says of a shape stays below this one unless it is taken back.
  const whole = { ...shape, ...takenBack(first, shape) };
  const result = after(whole);
  const key = path.slice(1).join(".");
  if (!same(shapeIn(result.resolved, model), shape))
    throw new ShapeError(
      `${name}: a shape at ${key} would not count, because another place says otherwise of this model; take that out, then repeat the command. Nothing was written`,
    );
  const changed = result.text !== before;
  if (changed) writeFiles(folder, [{ name, text: result.text }]);
  return { file: join(stackFolder, name), key, changed, problems: problemsOf(result.resolved, model) };
}

function modelOf({ settings: { models } }: Resolved, named: string | undefined): string {
  const names = models.map(({ name }) => name);
  if (named !== undefined && !names.includes(named))
    throw new ShapeError(`there is no model '${named}' in this stack; there are: ${names.join(", ") || "none"}`);
  const [first] = names;
  if (first === undefined) throw new ShapeError("this stack has no model; add one to models, then repeat the command");
  if (named === undefined && names.length > 1)
    throw new ShapeError(`this stack has ${names.length} models: say which one with --model: ${names.join(", ")}`);
  return named ?? first;
}

function text(folder: string, name: string): string {
  try {
    return decode(name, readFileSync(join(folder, name)));
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new ShapeError(`${name}: cannot be read (${codeOf(error)})`);
  }
}

/** The settings as they would be, before anything is written. */
function resolvedWith(base: string, stackFolder: string, name: string, written: string, stack: string): Resolved {
  const folder = mkdtempSync(join(tmpdir(), "shape-"));
  try {
    // The folder of the stacks is the project's own here.
    const here = stackFolder === "" ? base : base.replace(/^stackConfigDir:.*$/m, "");
    writeFileSync(join(folder, "Pulumi.yaml"), here);
    writeFileSync(join(folder, name), written);
    return settingsOf(folder, stack);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const shapeIn = ({ settings: { models } }: Resolved, model: string): EffectiveModel["shape"] =>
  models.find(({ name }) => name === model)?.shape;

/** `null` for every key that counts and is not wanted. */
const takenBack = (counts: EffectiveModel["shape"], wanted: Tree): Tree =>
  Object.fromEntries(
    Object.keys(counts ?? {})
      .filter((key) => !Object.hasOwn(wanted, key))
      .map((key) => [key, null]),
  );

const same = (counts: EffectiveModel["shape"], wanted: Tree): boolean =>
  counts !== undefined &&
  [...new Set([...Object.keys(counts), ...Object.keys(wanted)])].every(
    (key) => JSON.stringify((counts as Tree)[key]) === JSON.stringify(wanted[key]),
  );

/** What a preview refuses of a model with its shape, and would not without. */
function problemsOf(resolved: Resolved, name: string): string[] {
  const { models } = resolved.settings;
  const refused = (shape: EffectiveModel["shape"]): string[] =>
    models
      .filter((model) => model.name === name)
      .flatMap((model) => planModel({ ...model, shape }, resolved, sparesOf(models)).problems)
      .map((problem) => `${problem.key} (${problem.layer}): ${sentence(problem)}`);
  const anyway = refused(undefined);
  return refused(shapeIn(resolved, name)).filter((text) => !anyway.includes(text));
}
