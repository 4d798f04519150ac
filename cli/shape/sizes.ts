import { gib, mib } from "../../catalogue/units.ts";
import { inGib } from "../../planning/fit/memory.ts";

/** Bytes in the unit that shows them. */
export const inWords = (bytes: number): string =>
  bytes >= gib / 10 ? inGib(bytes) : `${(bytes / mib).toFixed(1)} MiB`;
