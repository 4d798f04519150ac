import { InitFailed } from "../plugin/errors.ts";
import type { Properties } from "../plugin/values.ts";
import { idOf } from "./objects.ts";
import { type State, toProperties } from "./state.ts";
import type { NotReady } from "./waiting/wait.ts";

/** The error for an object that is there but not ready: the engine keeps it, with the reasons, and tries again. */
export function failedToBecomeReady(
  error: NotReady,
  message: string,
  state: Omit<State, "live">,
  given: Properties,
  inputs?: Properties,
): InitFailed {
  return new InitFailed({
    message,
    id: idOf(error.object),
    properties: toProperties({ ...state, live: error.object }, given),
    reasons: [message, ...error.problems],
    inputs,
  });
}
