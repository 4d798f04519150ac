import type { Server } from "../../planning/engine/engine.ts";
import type { Scaling } from "../../planning/scaling.ts";
import { fixed } from "./fixed.ts";
import { hpa, removeHpa } from "./hpa.ts";
import type { Scaler, ScalerRemoval } from "./scaler.ts";

/** The scaler of a variant. A further kind is a file beside this one, and a line in each of the two here. */
export function scalerOf(scaling: Scaling, server: Server): Scaler {
  switch (scaling.kind) {
    case "fixed":
      return fixed;
    case "hpa":
      return hpa(scaling, server);
  }
}

/** How the object of each kind that makes one is deleted. */
export const removals: readonly ScalerRemoval[] = [removeHpa];
