import { isFaulty, isHidden, locate, type Origin, type Path } from "../../config/layers/origin.ts";
import type { Layer } from "../../config/layers/source.ts";
import { encryptedText, type Finding, type Problem } from "../../config/problems.ts";
import type { Mask } from "./hidden.ts";

/** A reason in the words of where it is read: a file, or a program. */
export type Reason = (layer: Pick<Layer, "inProgram">) => string;

/** A finding whose reason may depend on that. */
interface Reported extends Omit<Finding, "reason"> {
  reason?: string | Reason;
}

/** Says what is wrong at a setting, unless it, or one that it `needs`, was told to be wrong already. */
export type Report = (path: Path, finding: Reported, needs?: readonly Path[]) => void;

/** A report into a list: of one model's settings where it is named, else of the stack's. */
export const reportInto =
  (problems: Problem[], origin: Origin, model?: string, mask: Mask = (text) => text): Report =>
  (path, finding, needs = []) => {
    if ([path, ...needs].some((need) => isFaulty(origin, need, model))) return;
    const { found, meant, reason, ...rest } = finding;
    const isSecret = found !== undefined && isHidden(origin, path, model);
    // What was probably meant would tell what is there.
    const shown = isSecret
      ? { found: encryptedText }
      : { ...(found === undefined ? {} : { found }), ...(meant ? { meant } : {}) };
    const place = locate(origin, path, model);
    const layer = origin.layers.find(({ file }) => file === place.layer) ?? {};
    const text = typeof reason === "function" ? reason(layer) : reason;
    problems.push({ ...place, ...rest, ...(text === undefined ? {} : { reason: mask(text) }), ...shown });
  };
