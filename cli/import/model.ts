import { unusable } from "../../config/layers/layer.ts";
import { longestModelName } from "../../config/schema/values.ts";
import { at, put } from "../../config/tree.ts";
import { revisionLocation, uploadCommand, uploadNote } from "../../planning/addresses.ts";
import { type Book, settingKey } from "./book.ts";
import { Lora } from "./lora.ts";
import type { Place } from "./place.ts";
import { received } from "./references.ts";

/** What is the same for all models of an import. */
export interface Context {
  book: Book;
  /** The stack that commands name. */
  stack: string;
  /** Whether the chart serves one model: then its settings stand at the top, where a stack file is shortest. */
  single: boolean;
}

/** One model that is imported: where its settings go, and the commands that set what values cannot say. */
export class Model {
  readonly name: string;
  readonly book: Book;
  /** Whether the values select nodes by labels of which the program knows who writes them. */
  nodesLabelled = false;
  /** What the values say of adapters. */
  readonly lora: Lora;
  readonly #context: Context;

  constructor(name: string, context: Context) {
    this.name = name;
    this.book = context.book;
    this.lora = new Lora(context.book);
    this.#context = context;
    put(this.book.settings, ["models", name], {});
  }

  set(place: Place, setting: string | readonly string[], value: unknown = place.value, note?: string) {
    this.book.set(place, this.#path(setting), value, note);
  }

  /** Writes another value for what a place has become already, and why. */
  amend(place: Place, setting: string, value: unknown, note: string) {
    this.book.amend(place, this.#path(setting), value, note);
  }

  /** As `set`, for what Kubernetes handed to the old pod's process. */
  setReceived(place: Place, setting: string | readonly string[], value: unknown = place.value) {
    const told = typeof value === "string" ? received(value) : { text: value };
    if ("reason" in told) this.book.list(place, told.reason);
    else this.set(place, setting, told.text);
  }

  absent(place: Place, setting: string | readonly string[], value: unknown, note: string) {
    this.book.absent(place, this.#path(setting), value, note);
  }

  append(place: Place, setting: string, entry: unknown) {
    this.book.append(place, this.#path(setting), entry);
  }

  /** Notes that a place says what a setting is already. */
  same(place: Place, setting: string, note: string) {
    this.book.same(place, settingKey(this.#path(setting)), note);
  }

  /** What has been written of a setting. */
  written(setting: string): unknown {
    return at(this.book.settings, this.#path(setting));
  }

  /** The command that sets one of the model's settings; a secret's value is asked for and stands nowhere. */
  command(setting: string, value: string): string {
    return configSet(this.#context.stack, this.#path(setting), value);
  }

  secretCommand(setting: string): string {
    return configSet(this.#context.stack, this.#path(setting));
  }

  /** Asks for the model's files: models come from the stack's own bucket. */
  askForUpload(source: string, revision?: string) {
    const shown = revision ?? "<revision>";
    const bucket = `$(pulumi stack output modelBucket --stack ${this.#context.stack})`;
    const format = this.written("engine.args.load-format");
    const from = /^s3:\/\/[\w./-]+$/.test(source) ? source : `./${this.name}`;
    this.book.upload(
      this.name,
      `publish ${source} as a revision of ${this.name}, once 'pulumi up' has made the bucket (${uploadNote}):\n` +
        `${uploadCommand(from, `"${revisionLocation(bucket, this.name, shown)}"`, format)}\n` +
        configSet(this.#context.stack, ["models", this.name, "revision"], shown),
    );
  }

  /** Asks for the adapters that the values load, if any. */
  askForAdapters() {
    this.lora.ask(this.name, (setting, value) => this.command(setting, value));
  }

  /** Asks for the stack's API key, which clients have already. */
  askForApiKey() {
    this.book.ask(apiKeyCommand(this.#context.stack));
  }

  #path(setting: string | readonly string[]): readonly string[] {
    const keys = typeof setting === "string" ? setting.split(".") : setting;
    return this.#context.single && keys[0] !== "servedModelName" ? keys : ["models", this.name, ...keys];
  }
}

/** Why an API key in the values is not imported. */
export const apiKeyReason = "is a secret: the program makes the API key, or takes yours as vllm:apiKey.value";

export const apiKeyCommand = (stack: string) =>
  `where clients shall keep their API key (the command asks for it):\n${configSet(stack, ["apiKey", "value"])}`;

const configSet = (stack: string, path: readonly string[], value?: string) =>
  value === undefined
    ? `pulumi config set --stack ${stack} --secret --path 'vllm:${path.join(".")}'`
    : `pulumi config set --stack ${stack} --path 'vllm:${path.join(".")}' ${/^[\w<>.:/@-]+$/.test(value) ? value : `'${value}'`}`;

/**
 * A name that a model can have: a DNS-1035 label that is not too long and does not begin with `vllm`.
 * `taken` are names of other models.
 */
export function modelName(wanted: string, taken: readonly string[] = []): string {
  const plain = wanted
    .toLowerCase()
    .replace(/^.*\/(?=[^/])/, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const unlike = plain.replace(/^vllm-?/, "");
  const isName = /^[a-z]/.test(unlike) && !unlike.startsWith("vllm") && !unusable.includes(unlike);
  const lettered = isName ? unlike : `model-${unlike}`;
  const cut = (text: string, length: number) => text.slice(0, length).replace(/-+$/, "");
  const name = cut(lettered, longestModelName) || "model";
  for (let count = 1; ; count++) {
    const next = count === 1 ? name : `${cut(name, longestModelName - 3)}-${count}`;
    if (!taken.includes(next)) return next;
  }
}
