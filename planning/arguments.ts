import { type Problem, problemText, SettingsError } from "../config/problems.ts";
import { resolveSettings } from "../config/settings.ts";
import { type Arguments, writtenInProgram } from "../config/sources/arguments.ts";
import { planStack, type StackPlan } from "./plan.ts";

export { secretProblem } from "../config/layers/secrets.ts";
export { encryptedText, type Problem } from "../config/problems.ts";
export type { Arguments } from "../config/sources/arguments.ts";

/** Everything that is wrong with a component's arguments. */
export interface WrongArguments {
  problems: readonly Problem[];
  /** The same for a person, without secrets. */
  text: string;
}

/** Plans what a component's arguments ask for, or says what is wrong with them. `component` is its name. */
export function planArguments(args: Arguments, component: string): StackPlan | WrongArguments {
  try {
    return planStack(resolveSettings(writtenInProgram(args)));
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return wrongArguments(error.problems, component);
  }
}

/** Says what is wrong with a component's arguments. */
export const wrongArguments = (problems: readonly Problem[], component: string): WrongArguments => ({
  problems,
  text: problemText(problems, "nothing of it was deployed", `the arguments of '${component}'`),
});
