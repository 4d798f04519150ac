import type { Book } from "./book.ts";
import type { Place } from "./place.ts";

const flags = /^(.*-)?loras?(-.*)?$/;

/** Whether a flag is about LoRA adapters: `enable-lora`, `max-loras`, `lora-dtype`. */
export const isLoraFlag = (name: string): boolean => flags.test(name);

/** Variables by which a server loads adapters while it runs. */
export const loraVariable = /^VLLM_(ALLOW_RUNTIME_LORA_UPDATING|LORA_RESOLVER_.*)$/;

/** The two that are said of every adapter, and so by the commands that bring them. */
const ofEach = ["enable-lora", "lora-modules"];

/**
 * What values say of a model's adapters. The new pod has none of their files, and nothing loads one into a server that
 * runs: with `enable-lora` alone it would keep memory for nothing. So they are left out, and the way to them is told.
 */
export class Lora {
  readonly #book: Book;
  readonly #adapters: string[] = [];
  readonly #sizes = new Map<string, string>();
  #asked = false;

  constructor(book: Book) {
    this.#book = book;
  }

  /** A flag of the old server. */
  flag(place: Place, name: string, value: string) {
    this.#book.list(
      place,
      `--${name} is left out: the new pods hold no adapter yet, and nothing loads one into a server that runs`,
    );
    this.#asked ||= ofEach.includes(name);
    if (!ofEach.includes(name)) this.#sizes.set(name, value);
    if (name !== "lora-modules") return;
    for (const [, adapter = ""] of value.matchAll(/(?:^|\s)([\w.-]+)=\S/g)) this.adapter(adapter);
  }

  /** A variable of the old server. */
  variable(place: Place, name: string) {
    this.#book.list(place, `${name} is left out: no adapter is loaded into a server that runs`);
  }

  adapter(name: string) {
    this.#asked = true;
    if (/^[\w.-]+$/.test(name) && !this.#adapters.includes(name)) this.#adapters.push(name);
  }

  /** Tells how the adapters come back. `command` is the one that sets a setting of the model. */
  ask(model: string, command: (setting: string, value: string) => string) {
    if (!this.#asked) return;
    const names = this.#adapters.length > 0 ? this.#adapters : ["<name>"];
    const [which, name] = names.length === 1 ? ["its adapter", names[0]] : ["each adapter", "<name>"];
    this.#book.ask(
      [
        `where ${model} shall serve LoRA adapters, put the files of ${which} into adapters/${name} of the revision's folder, then:`,
        command("delivery.kind", "copy"),
        command("engine.args.enable-lora", "true"),
        ...names.map((name, at) => command(`engine.args.lora-modules[${at}]`, `${name}=/model/adapters/${name}`)),
        ...[...this.#sizes].map(([flag, value]) => command(`engine.args.${flag}`, value)),
      ].join("\n"),
    );
  }
}
