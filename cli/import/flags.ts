import { isDeepText } from "../../config/nesting.ts";
import { isTree } from "../../config/tree.ts";
import { typedFlags } from "../../planning/engine/vllm/arguments.ts";
import { isRepeated } from "../../planning/engine/vllm/flags.ts";
import { streamerKeys, writtenKeys } from "../../planning/engine/vllm/relations/loader.ts";
import { isLoraFlag } from "./lora.ts";
import type { Model } from "./model.ts";
import { apiKeyReason } from "./model.ts";
import type { Place } from "./place.ts";
import { received } from "./references.ts";
import { isSecret } from "./secrets.ts";

/** A word of a command line, and where it stands. */
export interface Word {
  text: string;
  place: Place;
}

interface Flag {
  name: string;
  negated: boolean;
  values: string[];
  places: Place[];
}

/** What a command line says of the model that it serves. */
export interface Served {
  /** Hugging Face name, path or URL. */
  source?: string;
  revision?: string;
  /** `--served-model-name`: what clients call it. */
  name?: string;
}

const short: Readonly<Record<string, string>> = {
  tp: "tensor-parallel-size",
  pp: "pipeline-parallel-size",
  dp: "data-parallel-size",
  q: "quantization",
  asc: "api-server-count",
};

/** Flags that are settings of their own. */
const settings: Readonly<Record<string, string>> = {
  "served-model-name": "servedModelName",
  "max-model-len": "engine.maxModelLen",
  "max-num-seqs": "engine.maxNumSeqs",
  "gpu-memory-utilization": "engine.gpuMemoryUtilization",
  "tensor-parallel-size": "engine.tensorParallelSize",
  "pipeline-parallel-size": "engine.pipelineParallelSize",
};

/** How what lay in the old pod comes into the new one. */
const ofOldPod = (named: string) =>
  `${named} into the revision's folder in the bucket, set delivery.kind: copy, and name /model/… in engine.args`;

/** Flags that have no counterpart, and why. */
const dropped: Readonly<Record<string, string>> = {
  "code-revision": "names a revision on Hugging Face; models come from the bucket",
  "tokenizer-revision": "names a revision on Hugging Face; models come from the bucket",
  tokenizer: "names another tokenizer; here it lies in the model's folder",
  "hf-config-path": "names another config; here it lies in the model's folder",
  "download-dir": "is not needed: nothing is downloaded",
  "api-server-count":
    "has no counterpart: several API servers cut off all answers when their pod is drained; add replicas",
  "chat-template": "names a file of the old pod; put the template into the model's folder as chat_template.jinja",
  device: "is not needed: vLLM finds by itself what it runs on, and gpu.count says whether that is a GPU",
  "tool-parser-plugin": ofOldPod("names a file of the old pod; put it"),
};

/** What a table says of a name; `constructor` is in none. */
const own = <Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** What the words that follow `vllm serve` say of the model. */
export function servedBy(words: readonly Word[]): Served {
  const { positional, flags } = parse(words);
  const value = (name: string) => flags.findLast((flag) => flag.name === name)?.values[0];
  const found = {
    source: value("model") ?? positional[0]?.text,
    revision: value("revision"),
    name: value("served-model-name"),
  };
  return Object.fromEntries(Object.entries(found).filter(([, text]) => text));
}

/** What a flag is given the last time that it is, and where. */
export function wordValue(words: readonly Word[], name: string): Word | undefined {
  const flag = parse(words).flags.findLast((one) => one.name === name);
  const [text, place] = [flag?.values[0], flag?.places.at(-1)];
  return text === undefined || place === undefined ? undefined : { text, place };
}

/** Takes the words that follow `vllm serve`: flags become settings or `engine.args`. */
export function serveFlags(model: Model, words: readonly Word[]) {
  const { positional, flags } = parse(words);
  const { name, source } = servedBy(words);
  for (const { place } of positional) {
    model.book.list(place, "is where the old pod finds its model; here it comes from the bucket, by its revision");
    // Without a name of its own a model is called by its place.
    if (!name && source && source !== model.name) model.setReceived(place, "servedModelName", source);
  }
  // How the weights are read decides what their loader takes.
  const isFormat = ({ name }: Flag) => name === "load-format";
  const others = flags.filter((flag) => !isFormat(flag));
  for (const flag of [...flags.filter(isFormat), ...gathered(others)]) take(model, flag);
}

/** The flags, in which one that adds a value each time it is given has all of them. */
function gathered(flags: readonly Flag[]): Flag[] {
  const all: Flag[] = [];
  for (const flag of flags) {
    const earlier = isRepeated(flag.name) ? all.find(({ name }) => name === flag.name) : undefined;
    if (earlier) {
      earlier.values = [...earlier.values, ...flag.values];
      earlier.places = [...earlier.places, ...flag.places];
    } else all.push({ ...flag });
  }
  return all;
}

function take(model: Model, flag: Flag) {
  const { name, negated } = flag;
  const list = (reason: string) => {
    for (const place of flag.places) model.book.list(place, `--${name} ${reason}`);
  };
  const set = (setting: string | string[], value: unknown) => {
    for (const place of new Set(flag.places)) model.set(place, setting, value);
  };
  if (name === "api-key") {
    list(apiKeyReason);
    return model.askForApiKey();
  }
  if (name === "revision" || name === "model")
    return list("names the model; here it comes from the bucket, by its revision");
  if (name === "hf-token") return list("is not needed: pods read the model from the bucket");
  if (flag.values.some((value) => isSecret(value, name)))
    return list(
      "holds a secret, and engine.args is plain text; where vLLM reads it from a variable, use engine.secretEnv",
    );
  const values: string[] = [];
  for (const value of flag.values) {
    const told = received(value);
    if ("reason" in told) return list(told.reason);
    values.push(told.text);
  }
  if (isLoraFlag(name) && !negated) {
    for (const place of flag.places) model.lora.flag(place, name, values.join(" ") || "true");
    return;
  }
  const [first = "", ...others] = values;
  const setting = own(settings, name);
  if (setting && values.length > 0 && !negated) {
    if (setting === "servedModelName" && first === model.name)
      for (const place of flag.places) model.same(place, setting, "the model's name");
    else set(setting, first);
    if (others.length > 0) list(`gives ${values.length} names; the first is taken, ${others.join(", ")} not`);
    return;
  }
  if (name === "load-format") {
    if (/^runai_streamer/.test(first)) return set("delivery.kind", "stream");
    // Files that nothing else reads; the streamer reads safetensors of Hugging Face's form.
    if (/^(mistral|pt|npcache|sharded_state)$/.test(first)) {
      set("delivery.kind", "copy");
      return set(["engine", "args", name], first);
    }
    if (first === "modelexpress") return list(`${first} has no counterpart: the weights come from the bucket`);
    return list(
      `${first} is left out: the streamer reads safetensors by itself; with delivery.kind: copy it can be said in engine.args`,
    );
  }
  if (name === "model-loader-extra-config") return takeLoaderConfig(model, argument(first), set, list);
  if (name === "api-server-count" && first === "1") {
    for (const place of flag.places) model.same(place, `engine.args.${name}`, "vLLM's default");
    return;
  }
  if (name === "host" && first === "0.0.0.0") {
    for (const place of flag.places) model.book.same(place, "cluster.ipFamily", "its default");
    return;
  }
  const typed = own(typedFlags, name);
  const reason = own(dropped, name) ?? (typed && `belongs to ${typed}`);
  if (reason) return list(reason);
  if (!/^[a-z][a-z0-9-]*$/.test(name)) return list("is a short or nested form; write it as a group in engine.args");
  if (name === "trust-remote-code" && !negated)
    model.book.ask(
      `say why the model's own Python may run:\n${model.command("engine.allowRemoteCode", "<the reason>")}`,
    );
  set(
    ["engine", "args", name],
    negated ? false : others.length > 0 ? values.map(scalar) : values.length > 0 ? argument(first) : true,
  );
}

/** Takes what the loader is told: all of it beside a copy, and what the streamer takes from the user, where it streams. */
function takeLoaderConfig(
  model: Model,
  config: unknown,
  set: (setting: string[], value: unknown) => void,
  list: (reason: string) => void,
) {
  const setting = ["engine", "args", "model-loader-extra-config"];
  if (!isTree(config) || model.written("delivery.kind") === "copy") return set(setting, config);
  const taken = Object.entries(config).filter(([key]) => streamerKeys.includes(key));
  if (taken.length > 0) set(setting, Object.fromEntries(taken));
  for (const key of Object.keys(config).filter((one) => !streamerKeys.includes(one))) {
    const writer = own(writtenKeys, key);
    list(`has '${key}', which ${writer ? `is written by ${writer}` : "the streamer does not take"}`);
  }
}

/** A flag's single value: a number, a group where it is JSON that YAML says as well, else text. */
function argument(text: string): unknown {
  if (!/^\s*\{/.test(text)) return scalar(text);
  // What the settings cannot hold is told of the text that it is.
  if (isDeepText(text)) return text;
  const numbers = text.replace(/"(\\.|[^"\\])*"/g, '""').match(/-?\d[\d.eE+-]*/g) ?? [];
  // 12345678901234567890 and 4.0 would be other numbers.
  const faithful = numbers.every((number) => String(Number(number)) === number);
  try {
    return faithful ? JSON.parse(text) : text;
  } catch {
    return text;
  }
}

const scalar = (text: string) => (text !== "" && String(Number(text)) === text ? Number(text) : text);

function parse(words: readonly Word[]): { positional: Word[]; flags: Flag[] } {
  const positional: Word[] = [];
  const flags: Flag[] = [];
  let open: Flag | undefined;
  for (const word of words) {
    const [, dashes, text, , value] = /^(--?)([A-Za-z][^=]*)(=([\s\S]*))?$/.exec(word.text) ?? [];
    if (dashes === undefined || text === undefined) {
      if (open) {
        open.values.push(word.text);
        open.places.push(word.place);
      } else positional.push(word);
      continue;
    }
    const long = dashes === "--" ? text.replaceAll("_", "-") : (own(short, text) ?? `-${text}`);
    const negated = long.startsWith("no-");
    open = {
      name: negated ? long.slice(3) : long,
      negated,
      values: value === undefined ? [] : [value],
      places: [word.place],
    };
    flags.push(open);
    if (value !== undefined) open = undefined;
  }
  return { positional, flags };
}

/** The words of a container's command: those that start vLLM, and those that follow; nothing where it cannot be read. */
export function commandOf(place: Place): { lead: Word[]; words: Word[] } | undefined {
  const all = wordsOf(place) ?? [];
  const start = all.findIndex(
    ({ text }, at) =>
      text === "vllm.entrypoints.openai.api_server" ||
      (text === "serve" && /(^|\/)vllm$/.test(all[at - 1]?.text ?? "")),
  );
  return start < 0 ? undefined : { lead: all.slice(0, start + 1), words: all.slice(start + 1) };
}

/** The words of a list of texts, or of one text that a shell would split. Nothing for what is a script. */
export function wordsOf(place: Place): Word[] | undefined {
  if (typeof place.value === "string") return split(place);
  const words = place.children.map((part) => ({ text: part.text ?? "", place: part }));
  const script = words.findIndex(({ text }) => /\bvllm(\s+serve|\.entrypoints)\b/.test(text) && /\s/.test(text));
  const last = words[script];
  if (!last) return words;
  const inner = script === words.length - 1 ? split(last.place) : undefined;
  return inner && [...words.slice(0, script), ...inner];
}

function split(place: Place): Word[] | undefined {
  const text = (place.text ?? "").replace(/\\\n/g, " ").trim();
  if (/[;&|$`<>\n]/.test(text)) return undefined;
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+/g)].map(([word]) => ({
    text: word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'/g,
      (_, double, single) => single ?? double.replace(/\\(.)/g, "$1"),
    ),
    place,
  }));
}
