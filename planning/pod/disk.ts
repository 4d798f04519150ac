import { gib } from "../../catalogue/units.ts";
import { quantityOf } from "./memory.ts";

/** Tokenizer and what else lies beside the weights, as a share of them. */
const besideWeights = 1 / 10;
/** `/tmp` and the caches lie on the same disk: 0.2 GiB measured on a CPU, compiled kernels of a GPU more. */
const otherBytes = 2 * gib;
/** Where the weights are not known: more would keep pods off nodes with the usual disks, whose copies are small. */
const unknownBytes = 20 * gib;

/**
 * The disk that a pod with a copy asks of its node, a Kubernetes quantity in whole Gi. It is asked for and no limit: a
 * pod above a limit, or a volume above its own, is evicted, and the size of what is copied is known only about.
 * @param weights in bytes, where they are known; else `room` is what they may be at the most
 */
export function copyDisk(weights: number | undefined, room: number): string {
  const copied = weights ?? Math.min(room, unknownBytes);
  return quantityOf(Math.ceil((copied + copied * besideWeights + otherBytes) / gib) * gib);
}
