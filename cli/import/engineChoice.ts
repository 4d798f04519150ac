import { compareVersions } from "../../planning/engine/vllm/version.ts";
import type { Model } from "./model.ts";
import type { Place } from "./place.ts";

/** The first vLLM without its older engine (release notes of v0.11.0: "completes the removal of V0 engine"). */
const oneEngineSince = "0.11.0";

/** Which of two engines a server runs on: an old vLLM reads it from `VLLM_USE_V1`, `0` is the older. */
export function engineChoice(model: Model, place: Place, v1: string) {
  const version = model.written("engine.version");
  if (typeof version === "string" && compareVersions(version, oneEngineSince) < 0)
    model.set(place, ["engine", "env", "VLLM_USE_V1"], v1);
  else model.book.list(place, `chooses between two engines, and vLLM has one from ${oneEngineSince} on`);
}
