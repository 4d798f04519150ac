import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after } from "node:test";
import * as shape from "../../../cli/shape.ts";
import { type Said, said } from "../inProcess.ts";

/** An empty folder that goes with the test file. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "shape-test-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Tensors of a file, each with its dtype and its shape. */
export type Tensors = Readonly<Record<string, readonly [dtype: string, shape: readonly number[]]>>;

const bytes: Readonly<Record<string, number>> = { U8: 1, I32: 4, BF16: 2, F16: 2, F32: 4, F8_E4M3: 1 };

/** Writes a safetensors file with a true header over nothing: its data takes no disk. Gives the bytes of its tensors. */
export function writeTensors(path: string, tensors: Tensors): number {
  let at = 0;
  const entries = Object.entries(tensors).map(([name, [dtype, shape]]) => {
    const begin = at;
    at += shape.reduce((product, one) => product * one, bytes[dtype] ?? 1);
    return [name, { dtype, shape, data_offsets: [begin, at] }];
  });
  writeHeader(path, Object.fromEntries([["__metadata__", { format: "pt" }], ...entries]), at);
  return at;
}

/** The same with any header, and any length of data behind it. */
export function writeHeader(path: string, header: unknown, data: number): void {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.concat([length, text]));
  truncateSync(path, 8 + text.length + data);
}

/** Writes files by their paths in a folder: text as it is, else JSON. */
export function write(folder: string, files: Readonly<Record<string, unknown>>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

/** A config.json of a small model, of 4 layers and two tables of 1000. */
export const small = {
  ...{ model_type: "llama", num_hidden_layers: 4, hidden_size: 256, intermediate_size: 512, num_attention_heads: 4 },
  ...{ num_key_value_heads: 2, vocab_size: 1000, max_position_embeddings: 8192, torch_dtype: "bfloat16" },
  tie_word_embeddings: false,
};

/** A folder with that model as it should be: 4 MB of weights in two files, with their index. */
export function smallModel(): string {
  const folder = write(scratch(), { "config.json": small, "tokenizer.json": {} });
  const sizes = [1, 2].map((one) =>
    writeTensors(join(folder, shard(one)), { [`model.part${one}.weight`]: ["BF16", [1000, 1000]] }),
  );
  const total_size = sizes.reduce((sum, size) => sum + size, 0);
  const weight_map = { "model.part1.weight": shard(1), "model.part2.weight": shard(2) };
  return write(folder, { "model.safetensors.index.json": { metadata: { total_size }, weight_map } });
}

export const shard = (one: number, of = 2): string =>
  `model-${String(one).padStart(5, "0")}-of-${String(of).padStart(5, "0")}.safetensors`;

/** `npm run shape`, in this process. */
export const run = (...args: string[]): Promise<Said> => said(shape, ...args);

/** The same as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: read where it is asserted on
export async function told(...args: string[]): Promise<{ code: number; json: any }> {
  const { code, output } = await run(...args, "--json");
  return { code, json: JSON.parse(output) };
}
