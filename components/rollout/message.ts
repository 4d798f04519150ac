import { redacted } from "../../planning/told.ts";
import { logEnd } from "./logEnd.ts";
import type { Reason } from "./reasons.ts";
import type { Standing } from "./standing.ts";

/** Why a rollout is not complete, for a person. */
export interface Failure {
  model: string;
  namespace: string;
  /** What is wrong with the rollout as a whole. */
  because: string;
  standing?: Standing;
  /** `lines`: of its log. */
  reasons: readonly (Reason & { lines?: string })[];
}

/** Reasons that are told one by one, and characters of each that are. */
const [mostReasons, mostCharacters] = [5, 1000];

const count = (pods: number) => `${pods} ${pods === 1 ? "pod" : "pods"}`;
/** A secret that is cut is one no more. */
function cut(text: string): string {
  const told = redacted(text);
  return told.length > mostCharacters ? `${told.slice(0, mostCharacters)} …` : told;
}

/** Where a rollout is, on one line. */
export function progressText({ wanted, available, old }: Standing, reason?: Reason): string {
  const left = old > 0 ? `, ${old} old left` : "";
  const why = reason ? `; ${reason.pods > 0 ? `${count(reason.pods)}: ` : ""}${cut(reason.text)}` : "";
  return `${available} of ${wanted} new pods ready${left}${why}`;
}

/** What is wrong, where, why, and what to do. */
export function failureText({ model, namespace, because, standing, reasons }: Failure): string {
  const pods = standing
    ? ` ${standing.available} of ${standing.wanted} new pods are ready; ${servedBy(standing)}.`
    : "";
  const why = reasons
    .slice(0, mostReasons)
    .flatMap((reason) => [
      `  ${reason.pods > 0 ? `${count(reason.pods)}: ` : ""}${cut(reason.text)}`,
      ...(reason.lines
        ? [`    the end of the log of ${reason.log?.pod}:`, indented(logEnd(redacted(reason.lines)), "    | ")]
        : []),
      `    ${reason.advice}`,
    ]);
  const more = reasons.length - mostReasons;
  return [
    redacted(`model ${model}: ${because}.${pods}`),
    ...(why.length > 0 || !standing ? why : ["  No pod says why."]),
    ...(more > 0 ? [`  and ${more} ${more === 1 ? "reason" : "reasons"} more`] : []),
    "Every further `pulumi up` fails until its rollout is complete. Correct it, or take the change back, and run it again.",
    `  kubectl --namespace ${namespace} describe pods --selector app.kubernetes.io/instance=${model}`,
  ].join("\n");
}

const servedBy = ({ available, oldReady }: Standing) =>
  oldReady > 0 ? `${oldReady} old ones serve on` : available > 0 ? "these serve" : "nothing serves this model";

const indented = (text: string, by: string) => text.trimEnd().replace(/^/gm, by);
