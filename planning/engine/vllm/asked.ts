import type { EffectiveModel } from "../../../config/settings.ts";
import { readSize } from "../../../config/sizes.ts";
import type { Tree } from "../../../config/tree.ts";
import { batchOf } from "../../fit/batch.ts";
import { parallelSizes } from "../../pod/gpu.ts";
import { isStreamed } from "./delivery.ts";
import { type ArgumentValue, treeOf } from "./flagValue.ts";
import { isStock } from "./image.ts";

/** The settings by which vLLM decides on the size of a step. */
const batchPaths = [
  ...["gpu.count", "gpu.product", "engine.maxModelLen", "engine.maxNumSeqs", "shape.contextLength"],
  ...["max-num-batched-tokens", "enable-chunked-prefill", "performance-mode"].map((flag) => `engine.args.${flag}`),
];

/**
 * What an engine is asked for, as rules read it. The settings that its members look at are remembered, all but the
 * version and what is read of `model` itself, so that who asks can leave out what rests on a wrong one.
 */
export class Asked {
  /** The paths of the settings that were looked at. */
  readonly read = new Set<string>();
  readonly model: EffectiveModel;

  constructor(model: EffectiveModel) {
    this.model = model;
  }

  get version(): string {
    return this.model.engine.version;
  }

  /** GPUs of a pod; none is a CPU. */
  get gpus(): number {
    this.read.add("gpu.count").add("gpu.product");
    return this.model.gpu.count;
  }

  get parallel(): { tensor: number; pipeline: number } {
    this.read.add("gpu.count").add("engine.tensorParallelSize").add("engine.pipelineParallelSize");
    return parallelSizes(this.model);
  }

  get streamed(): boolean {
    this.read.add("delivery.kind").add("image.streamer").add("gpu.count");
    return isStreamed(this.model);
  }

  /** The settings name another image than vLLM's, or a mirror of it. */
  get ownImage(): boolean {
    this.read.add("image.repository");
    return !isStock(this.model.image);
  }

  /** Tokens of the longest request, where the settings say it. */
  get maxModelLen(): number | undefined {
    this.read.add("engine.maxModelLen");
    const { maxModelLen } = this.model.engine;
    return typeof maxModelLen === "number" ? maxModelLen : undefined;
  }

  /** Some of the model's layers are known to have no attention. */
  get isHybrid(): boolean {
    this.read.add("shape.layers").add("shape.attentionLayers");
    const { shape } = this.model;
    return (shape?.attentionLayers ?? Infinity) < (shape?.layers ?? 0);
  }

  get maxNumSeqs(): number | undefined {
    this.read.add("engine.maxNumSeqs");
    return this.model.engine.maxNumSeqs;
  }

  /** Tokens of one step, and sequences in one: asked for, or as many as vLLM takes by itself. */
  get step(): { tokens: number; sequences: number } {
    for (const path of batchPaths) this.read.add(path);
    return batchOf(this.model);
  }

  /** A flag's value; nothing for one that is turned off, or is Python's `None`. */
  value(flag: string): Exclude<ArgumentValue, false> | undefined {
    this.read.add(`engine.args.${flag}`);
    const value = Object.hasOwn(this.model.engine.args, flag) ? this.model.engine.args[flag] : undefined;
    return value === false || value === "None" ? undefined : value;
  }

  /** A flag is turned off. */
  isOff(flag: string): boolean {
    this.read.add(`engine.args.${flag}`);
    return this.model.engine.args[flag] === false;
  }

  has(flag: string): boolean {
    return this.value(flag) !== undefined;
  }

  text(flag: string): string | undefined {
    const value = this.value(flag);
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  }

  number(flag: string): number | undefined {
    const text = this.text(flag);
    if (text === undefined || text.trim() === "") return undefined;
    const number = readSize(text) ?? Number(text.replaceAll("_", ""));
    return Number.isNaN(number) ? undefined : number;
  }

  /** The values of a flag that takes several. */
  list(flag: string): readonly unknown[] {
    const value = this.value(flag);
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  }

  /** A flag's group, written as one or as JSON. */
  group(flag: string): Tree | undefined {
    return treeOf(this.value(flag));
  }

  /** What stands in a flag's group, by the field's own name; nothing for null. */
  field(flag: string, name: string): unknown {
    const group = this.group(flag) ?? {};
    // Where vLLM takes dashes in the names of fields, too.
    const key = [name, name.replaceAll("_", "-")].find((one) => Object.hasOwn(group, one));
    return key === undefined ? undefined : (group[key] ?? undefined);
  }

  /** A plain variable's text; one that is secret is only known to be there. */
  variable(name: string): string | undefined {
    this.read.add(`engine.env.${name}`).add(`engine.secretEnv.${name}`);
    const { env } = this.model.engine;
    return Object.hasOwn(env, name) ? env[name] : undefined;
  }

  /** A variable is on, as vLLM's switches read it (vllm/envs.py), or is secret and may be. */
  mayBeOn(name: string): boolean {
    return this.hidden(name) || /^\s*(1|true)\s*$/i.test(this.variable(name) ?? "");
  }

  /** A variable is there, and its value is nobody's to know. */
  hidden(name: string): boolean {
    this.read.add(`engine.secretEnv.${name}`);
    return Object.hasOwn(this.model.engine.secretEnv, name);
  }
}
