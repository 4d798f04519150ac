import { isObject, type Properties, type PropertyValue, plain } from "../../../lab/standins/plugin/values.ts";
import { CallError, type ProviderUnderTest, urnOf } from "../harness.ts";

/** What the engine stores of a resource. */
export interface Stored {
  id: string;
  inputs: Properties;
  outputs: Properties;
  initErrors: string[];
}

/** What one run did with a resource. */
export interface Run {
  step: "create" | "update" | "replace" | "same";
  diff: Awaited<ReturnType<ProviderUnderTest["diff"]>> | undefined;
  outputs: Properties;
}

export interface RunOptions {
  preview?: boolean;
  ignoreChanges?: string[];
  timeoutSeconds?: number;
}

/** One resource of a program, driven through a plugin with the same calls in the same order as the engine's. */
export class Resource {
  readonly urn: string;
  stored: Stored | undefined;
  /** The plugin that does the work. Every run of the engine starts a new one. */
  plugin: ProviderUnderTest;
  /** The engine's seed for this run's names; a new one for every new object. */
  #seed = 0;

  constructor(plugin: ProviderUnderTest, type: string, name: string) {
    this.plugin = plugin;
    this.urn = urnOf(type, name);
  }

  /** What an update of the stack does with this resource: check, diff, then create, update, replace or nothing. */
  async run(program: Properties, options: RunOptions = {}): Promise<Run> {
    const old = this.stored;
    if (!old) return this.#create((await this.#check(program)).inputs, options, undefined);
    const ignored = options.ignoreChanges ?? [];
    const news = (await this.#check(withOld(program, old.inputs, ignored), old.inputs)).inputs;
    const diff = await this.plugin.diff(this.urn, old.id, old, news, ignored);
    if (diff.replaces.length > 0) return this.#replace(old, program, diff, options);
    if (diff.changes === "none" && old.initErrors.length === 0) return { step: "same", diff, outputs: old.outputs };
    return this.#update(old, news, diff, options);
  }

  /** What a preview does. */
  preview(program: Properties, options: RunOptions = {}): Promise<Run> {
    return this.run(program, { ...options, preview: true });
  }

  /** What a refresh does; false where the object is gone. */
  async refresh(): Promise<boolean> {
    const old = this.#known();
    try {
      const { id, inputs, outputs } = await this.plugin.read(this.urn, old.id, old.outputs, old.inputs);
      this.stored = id === "" ? undefined : { id, inputs, outputs, initErrors: [] };
    } catch (error) {
      if (!(error instanceof CallError) || !error.init) throw error;
      const { id, inputs, properties, reasons } = error.init;
      this.stored = { id, inputs, outputs: properties, initErrors: reasons };
    }
    return this.stored !== undefined;
  }

  async destroy(timeoutSeconds = 0): Promise<void> {
    const old = this.#known();
    await this.plugin.delete(this.urn, old.id, old.outputs, old.inputs, timeoutSeconds);
    this.stored = undefined;
  }

  async #check(news: Properties, olds: Properties = {}) {
    const checked = await this.plugin.check(this.urn, news, olds, Buffer.alloc(32, this.#seed));
    if (checked.failures.length > 0) throw new Error(checked.failures.map(({ reason }) => reason).join("\n"));
    return checked;
  }

  async #create(inputs: Properties, options: RunOptions, diff: Run["diff"]): Promise<Run> {
    const step = diff ? "replace" : "create";
    try {
      const { id, outputs } = await this.plugin.create(this.urn, inputs, options);
      if (!options.preview) this.stored = { id, inputs, outputs, initErrors: [] };
      return { step, diff, outputs };
    } catch (error) {
      if (!options.preview) this.#keepFailed(error, inputs);
      throw error;
    }
  }

  async #update(old: Stored, inputs: Properties, diff: Run["diff"], options: RunOptions): Promise<Run> {
    try {
      const outputs = await this.plugin.update(this.urn, old.id, old, inputs, options);
      if (!options.preview) this.stored = { id: old.id, inputs, outputs, initErrors: [] };
      return { step: "update", diff, outputs };
    } catch (error) {
      if (!options.preview) this.#keepFailed(error, inputs);
      throw error;
    }
  }

  async #replace(old: Stored, program: Properties, diff: NonNullable<Run["diff"]>, options: RunOptions): Promise<Run> {
    this.#seed++;
    // For a replacement the engine checks again, without the old inputs: a chosen name is chosen anew.
    const { inputs } = await this.#check(program);
    if (options.preview) return this.#create(inputs, options, diff);
    const first = diff.deleteBeforeReplace;
    if (first) await this.plugin.delete(this.urn, old.id, old.outputs, old.inputs);
    const run = await this.#create(inputs, options, diff);
    if (!first) await this.plugin.delete(this.urn, old.id, old.outputs, old.inputs);
    return run;
  }

  #keepFailed(error: unknown, inputs: Properties): void {
    if (!(error instanceof CallError) || !error.init) return;
    const { id, properties, reasons } = error.init;
    this.stored = { id, inputs, outputs: properties, initErrors: reasons };
  }

  #known(): Stored {
    if (!this.stored) throw new Error(`${this.urn} is not in the state`);
    return this.stored;
  }
}

/** The program's inputs with the old values at the ignored paths (dots only), as the engine makes them. */
function withOld(news: Properties, olds: Properties, ignored: string[]): Properties {
  const result = structuredClone(news);
  for (const path of ignored) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    let target: PropertyValue | undefined = result as { [key: string]: PropertyValue };
    let source: PropertyValue | undefined = olds as { [key: string]: PropertyValue };
    for (const step of steps) {
      target = isObject(target) ? target[step] : undefined;
      source = isObject(source) ? source[step] : undefined;
    }
    if (!isObject(target) || !isObject(source)) continue;
    const value = source[last];
    if (value === undefined) delete target[last];
    else target[last] = value;
  }
  return result;
}

/** A field by its path, without marks of secrets. */
export function field(properties: Properties | undefined, ...path: (string | number)[]): PropertyValue | undefined {
  let value: PropertyValue | undefined = plain((properties ?? {}) as PropertyValue);
  for (const step of path) value = (value as { [key: string]: PropertyValue } | null | undefined)?.[step];
  return value;
}
