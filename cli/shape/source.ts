import { existsSync, lstatSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { isTree, type Tree } from "../../config/tree.ts";
import { codeOf } from "../import/writeFiles.ts";
import { ShapeError } from "./failure.ts";
import { type Listed, listFolder } from "./folder.ts";
import { readJson } from "./json.ts";
import { shapeOf, type Told } from "./shape.ts";
import { inWords } from "./sizes.ts";
import { modelIndex, sortFiles, type Uploads } from "./uploads.ts";
import { indexOf, notLoaded, some, weightsIn } from "./weights.ts";

/** What there is to say of a path. */
export interface Found extends Told {
  weights?: { bytes: number; files: number; from: "headers" | "index" };
  /** Only of a folder. */
  files?: Uploads;
  /** Why the folder cannot be served as it is. */
  problems: string[];
}

/** Reads a model's folder, its config.json, or the index of its weights. @throws ShapeError where it is none of these */
export function readModel(path: string): Found {
  if (!existsSync(path))
    throw new ShapeError(
      isLink(path) ? `${path}: is a link that leads nowhere; is the download whole?` : `there is no ${path}`,
    );
  if (statSync(path).isDirectory()) return readFolder(path);
  const name = basename(path);
  if (name.endsWith(".gguf")) throw new ShapeError(gguf(path));
  if (name.endsWith(".safetensors"))
    throw new ShapeError(`${path}: is one file of weights; give the folder that it lies in`);
  if (!name.endsWith(".json")) throw new ShapeError(`${path}: ${whatIsTaken}`);
  const tree = readJson(path, path);
  if (!isTree(tree.weight_map)) return readConfig(path, tree);
  const beside = join(dirname(path), "config.json");
  if (!existsSync(beside)) throw new ShapeError(`${path}: is an index of weights, and needs the config.json beside it`);
  const { bytes, shards } = indexOf(tree);
  const told = shapeOf(model(beside), bytes === undefined ? {} : { bytes }, quantFileIn(dirname(path)));
  const known = bytes === undefined ? {} : { weights: { bytes, files: shards.length, from: "index" as const } };
  return { ...told, ...known, problems: [] };
}

const whatIsTaken =
  "is no model: what can be read is a folder with a config.json, a config.json itself, or a model.safetensors.index.json beside one";
const gguf = (path: string) =>
  `${path}: holds weights as GGUF, which neither the streamer nor a copy of this program serves; take the model's safetensors`;

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;

const readConfig = (path: string, tree: Tree): Found => ({
  ...shapeOf(checked(path, tree), {}, quantFileIn(dirname(path))),
  problems: [],
});

const model = (path: string): Tree => checked(path, readJson(path, path));

/** A file that is another kind's, by the keys that only those have. */
function checked(path: string, tree: Tree): Tree {
  if (typeof tree._diffusers_version === "string" || typeof tree._class_name === "string")
    throw new ShapeError(`${path}: is of a pipeline of diffusers, which vLLM does not serve`);
  if (tree.peft_type !== undefined || tree.base_model_name_or_path !== undefined)
    throw new ShapeError(adapter(path, tree.base_model_name_or_path));
  const isModel = ["model_type", "architectures", "num_hidden_layers", "hidden_size"].some((key) => key in tree);
  if (!isModel)
    throw new ShapeError(`${path}: is no config.json of a model: it has neither model_type nor architectures`);
  return tree;
}

const adapter = (path: string, base: unknown): string => {
  const of = typeof base === "string" && base !== "" ? ` (${base.slice(0, 100)})` : "";
  return `${path}: is a LoRA adapter; its shape is that of the model that it adapts${of}: give that one's folder`;
};

function quantFileIn(folder: string): Tree | undefined {
  const path = join(folder, "hf_quant_config.json");
  return existsSync(path) ? readJson(path, path) : undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new ShapeError(`${folder}: cannot be read (${codeOf(error)})`);
  }
}

/** Why a folder without a config.json is no model's. */
function noConfig(folder: string): string {
  const names = namesIn(folder);
  const has = (name: string) => names.includes(name);
  const ending = (suffix: string) => names.some((name) => name.endsWith(suffix));
  if (has("config.json")) return `${folder}: its config.json is a link that leads nowhere; is the download whole?`;
  if (has("adapter_config.json")) {
    const path = join(folder, "adapter_config.json");
    return adapter(folder, existsSync(path) ? readJson(path, path).base_model_name_or_path : undefined);
  }
  if (has("model_index.json")) return `${folder}: is a pipeline of diffusers, which vLLM does not serve`;
  if (has("snapshots") && has("blobs")) {
    const inner = namesIn(join(folder, "snapshots"));
    return `${folder}: is a repository in the cache of the Hub; give the revision in it: ${some(inner.map((name) => join(folder, "snapshots", name))) || "there is none"}`;
  }
  if (ending(".gguf")) return gguf(folder);
  if (has("params.json"))
    return `${folder}: has no config.json, but params.json: a model in the format of Meta or Mistral; take its repository with config.json and safetensors`;
  return `${folder}: has no config.json; ${whatIsTaken.replace("is no model: ", "")}`;
}

function readFolder(folder: string): Found {
  const path = join(folder, "config.json");
  if (!existsSync(path)) throw new ShapeError(noConfig(folder));
  const config = model(path);
  const { files, broken, unreadable } = listFolder(folder);
  const names = new Set(files.map((file) => file.path));
  const index = names.has(modelIndex) ? readJson(join(folder, modelIndex), join(folder, modelIndex)) : undefined;
  const weights = weightsIn(folder, files, index);
  const told = shapeOf(config, weights.stored, quantFileIn(folder));
  const { bytes } = weights.stored;
  const sorted = sortFiles(files, weights.served);
  const left = new Set(sorted.leaveOut.flatMap(({ files: out }) => out.map((file) => file.path)));
  const lost = broken.filter((name) => !weights.served.has(name) && !/(^|\/)\./.test(name));
  const problems = [
    ...weights.problems,
    ...(lost.length > 0 ? [`links that lead nowhere: ${some(lost)}; is the download whole?`] : []),
    ...(unreadable.length > 0 ? [`what cannot be read: ${some(unreadable)}`] : []),
    ...(weights.served.size === 0 ? [noWeights(names)] : []),
    ...pointers(folder, files, left),
  ];
  tellOfWeights(told, weights.tensors);
  if ([...weights.served].some((name) => name.startsWith("consolidated")))
    told.notes.push("the weights are there only as Mistral names them: set engine.args.load-format to mistral");
  if (!tokenizers.some((name) => names.has(name)) && !files.some(({ path }) => path.endsWith(".tiktoken")))
    told.notes.push("the folder has no tokenizer (tokenizer.json, tokenizer.model, tekken.json)");
  const known =
    bytes !== undefined && weights.from ? { weights: { bytes, files: weights.served.size, from: weights.from } } : {};
  return { ...told, ...known, files: sorted, problems };
}

const tokenizers = [
  ...["tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt", "tiktoken.model", "spiece.model"],
  ...["sentencepiece.bpe.model", "tokenizer.tiktoken"],
];

const noWeights = (names: ReadonlySet<string>): string => {
  const other = [...names].filter((name) => /^[^/]+\.(bin|pth|pt|gguf)$/.test(name));
  return other.length > 0
    ? `there are no safetensors, which is what the streamer loads, but ${some(other)}; take the model's safetensors, or convert it`
    : "there are no weights: no file *.safetensors";
};

/** Small files of an upload that are still pointers of Git LFS: a tokenizer is often one. */
function pointers(folder: string, files: readonly Listed[], left: ReadonlySet<string>): string[] {
  const small = files.filter(({ path, bytes }) => bytes < 200 && /\.(json|model)$/.test(path) && !left.has(path));
  return small.flatMap(({ path }) => {
    try {
      readJson(join(folder, path), path);
    } catch (error) {
      if (error instanceof ShapeError && error.message.includes("Git LFS")) return [error.message];
    }
    return [];
  });
}

function tellOfWeights(told: Told, tensors: Parameters<typeof notLoaded>[0]): void {
  const { further, table } = notLoaded(tensors, told.shape.layers, told.shape.tiedEmbeddings === true);
  if (further > 0)
    told.notes.push(
      `${inWords(further)} of the weights predict further tokens, which vLLM loads only for speculation: the fit counts them`,
    );
  if (table > 0)
    told.notes.push(
      `${inWords(table)} of the weights are a table that is tied to another, and not loaded: the fit counts it`,
    );
}
