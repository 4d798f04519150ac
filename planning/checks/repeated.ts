import type { Problem } from "../../config/problems.ts";

/** The holes of a version are told of one setting; others that have the same ones name it. */
export function toldOnce(problems: readonly Problem[]): Problem[] {
  const told = new Map<string, Problem>();
  return problems.map((problem) => {
    if (problem.kind !== "advisory" || problem.found === undefined) return problem;
    const what = JSON.stringify([problem.found, problem.reason]);
    const first = told.get(what) ?? problem;
    told.set(what, first);
    // One that several models share is one problem.
    if (first.key === problem.key && first.layer === problem.layer) return problem;
    return { ...problem, reason: `which has the known holes that are told of ${first.key}` };
  });
}
