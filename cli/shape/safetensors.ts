import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { isTree, type Tree } from "../../config/tree.ts";
import { codeOf } from "../import/writeFiles.ts";
import { isPointer } from "./json.ts";

/** A tensor of a file: its name, how its numbers are stored, and how many bytes they take. */
export interface Tensor {
  name: string;
  dtype: string;
  elements: number;
  bytes: number;
}

/** The most that the `safetensors` library takes for a header, in bytes (`MAX_HEADER_SIZE`). */
const mostHeader = 100_000_000;

/** Bits of the numbers that safetensors knows (`Dtype` of the library, 0.8). */
const bits: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64, F16: 16, BF16: 16, F32: 32 },
  ...{ F64: 64, C64: 64, F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8, F6_E2M3: 6, F6_E3M2: 6 },
  F4: 4,
};

/**
 * The tensors of a safetensors file, by its header: 8 bytes that say how long it is, then JSON. Nothing else is read.
 * @returns what is wrong with the file, as the end of a sentence
 */
export function readHeader(path: string): readonly Tensor[] | string {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    return `cannot be read (${codeOf(error)})`;
  }
  try {
    const { size } = fstatSync(file);
    const start = Buffer.alloc(40);
    const got = readSync(file, start, 0, start.length, 0);
    if (isPointer(start.toString("latin1")))
      return "is a pointer of Git LFS, not the file; fetch it with: git lfs pull";
    if (got < 8) return `is no safetensors file: it has ${size} bytes`;
    const length = start.readBigUInt64LE();
    if (length > BigInt(mostHeader)) return "is no safetensors file: its header would be longer than any";
    const header = Buffer.alloc(Number(length));
    if (readSync(file, header, 0, header.length, 8) < header.length) return "is truncated within its header";
    return tensorsOf(header, size - 8 - header.length);
  } catch (error) {
    return `cannot be read (${codeOf(error)})`;
  } finally {
    closeSync(file);
  }
}

function tensorsOf(header: Buffer, data: number): readonly Tensor[] | string {
  let tree: unknown;
  try {
    tree = JSON.parse(header.toString("utf8"));
  } catch {
    return "is no safetensors file: its header is no JSON";
  }
  if (!isTree(tree)) return "is no safetensors file: its header is no JSON object";
  const tensors: Tensor[] = [];
  let end = 0;
  for (const [name, entry] of Object.entries(tree)) {
    if (name === "__metadata__") continue;
    const tensor = isTree(entry) ? tensorOf(name, entry) : undefined;
    if (tensor === undefined)
      return "has a header that contradicts itself: a tensor's bytes are not those of its shape";
    end = Math.max(end, tensor.end);
    tensors.push(tensor);
  }
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  if (end > data) return `is truncated: it ends ${end - data} bytes before its last tensor`;
  if (bytes !== end || end !== data) return "has a header that contradicts itself: its tensors do not fill the file";
  return tensors.map(({ name, dtype, elements, bytes }) => ({ name, dtype, elements, bytes }));
}

function tensorOf(name: string, { dtype, shape, data_offsets: offsets }: Tree): (Tensor & { end: number }) | undefined {
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (typeof dtype !== "string" || !whole(shape) || !whole(offsets)) return undefined;
  const [begin = 0, end = -1] = offsets;
  const elements = shape.reduce((product, one) => product * one, 1);
  const bytes = end - begin;
  const expected = Object.hasOwn(bits, dtype) ? Math.ceil((elements * (bits[dtype] ?? 0)) / 8) : bytes;
  return offsets.length === 2 && bytes >= 0 && bytes === expected ? { name, dtype, elements, bytes, end } : undefined;
}
