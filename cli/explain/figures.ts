import { type ModelCost, monthHours, type Rate } from "../../planning/cost.ts";
import { headsUnknownText } from "../../planning/fit/heads.ts";
import { inGib } from "../../planning/fit/memory.ts";
import { startupTooShortText } from "../../planning/pod/startup.ts";
import type { GpuCounts } from "../../planning/sharing.ts";
import { spareTooSmallText } from "../../planning/spare.ts";
import type { StackExplanation } from "../../render/explanation.ts";
import { table } from "../table.ts";
import { duration } from "./duration.ts";

type Model = StackExplanation["models"][string];

/** A line a product, and where there are several their sum. */
export function stackGpusText({ gpus: { products, ...total } }: StackExplanation): string {
  const figures = ({ steady, rolling, max }: GpuCounts) => [steady, rolling, max].map(String);
  const lines = Object.entries(products).map(([product, one]) => [product, ...figures(one), String(one.spare)]);
  if (lines.length === 0) return "none";
  return table([
    ["", "fewest replicas", "during a rollout", "at most", "spare"],
    ...lines,
    ...(lines.length > 1 ? [["in all", ...figures(total)]] : []),
  ]);
}

/** Whether what is told of the stack is of one model alone, so that it need not be told again. */
const isAlone = ({ models }: StackExplanation): boolean => Object.keys(models).length === 1;

/** What the pods of a model take. */
export function gpusText({ gpus: { steady, rolling, max } }: Model, whole: StackExplanation): string | undefined {
  const { gpus } = whole;
  if (isAlone(whole) && gpus.steady === steady && gpus.rolling === rolling && gpus.max === max) return undefined;
  return max === 0 ? "none" : `${steady} with the fewest replicas, ${rolling} during a rollout, ${max} at most`;
}

const dollars = ({ perHour, perMonth }: Rate) =>
  `${perHour.toFixed(4)} USD an hour, ${perMonth.toFixed(2)} USD in a month of ${monthHours} hours`;

const rates = ({ steady, most }: { steady: Rate; most: Rate }) => [
  ["fewest replicas", dollars(steady)],
  ["at most", dollars(most)],
];

export function stackCostText({ cost, region }: StackExplanation): string {
  const { unknown, catalogue } = cost;
  const others = catalogue?.otherRegion ? `, not of ${region}` : "";
  return table([
    ...rates(cost),
    ["reckoned", "the nodes alone, each pod by its share of one; storage, network and the cluster are in no figure"],
    ...(catalogue
      ? [
          [
            "prices",
            `on demand in ${catalogue.region} on ${catalogue.date}${others}: ${catalogue.instances.join(", ")}`,
          ],
        ]
      : []),
    ...unknown.map(({ model, reason }) => ["in no figure", `${model}: ${reason}`]),
  ]);
}

export function costText({ cost }: { cost: ModelCost }, whole: StackExplanation): string {
  if (!cost.known) return `unknown: ${cost.reason}`;
  const { instance, instancePerHour, share, from, unpriced } = cost;
  const { steady, most } = whole.cost;
  const isAll = isAlone(whole) && cost.steady.perHour === steady.perHour && cost.most.perHour === most.perHour;
  const part = share === 1 ? "all" : `${Number((share * 100).toFixed(1))} %`;
  const whose = from === "settings" ? "by prices" : "by the catalogue";
  return table([
    ["a pod", `${part} of ${instance}, ${instancePerHour} USD an hour ${whose}`],
    ...(isAll ? [] : rates(cost)),
    ...(unpriced.length > 0 ? [["without a price", `${unpriced.join(", ")}, which may be cheaper`]] : []),
  ]);
}

export function fitText({ fit, headsUnknown }: Model): string {
  if (!fit.checked) return withNote(`not checked: ${fit.reason}`, headsUnknown && headsUnknownText(headsUnknown));
  const { usableBytes, memoryBytes } = fit;
  const place =
    fit.gpus === 0
      ? ["in the pod's memory", inGib(memoryBytes)]
      : [`in each of ${fit.gpus} × ${fit.product}`, `${inGib(usableBytes)} of ${inGib(memoryBytes)}`];
  return table([
    place,
    ["weights", inGib(fit.weightsBytes)],
    ["engine (estimate)", inGib(fit.overheadBytes)],
    ["KV cache", inGib(fit.kvCacheBytes)],
    [`a request of ${fit.context} tokens`, `${inGib(fit.sequenceBytes)} of the KV cache`],
    [
      "requests at once",
      fit.fullSequences < fit.maxNumSeqs
        ? `${fit.fullSequences} of that length; up to ${fit.maxNumSeqs} of shorter ones`
        : `${fit.maxNumSeqs}, of any length`,
    ],
    ["longest context that fits", `${fit.longestContext} tokens${fit.auto ? ", which auto takes" : ""}`],
  ]);
}

/** The times of a pod, and what Pulumi waits for. */
export function timesText({ budgets, startupTooShort }: Model): string {
  const { provisioning, startup, drain, turns, progressDeadline, rollout, deletion } = budgets;
  const all = table([
    ["a new node and its image", duration(provisioning)],
    ["start-up, to ready", duration(startup)],
    [
      "drain",
      `${duration(drain.total)}: ${drain.preStop} s until no request comes, ${drain.shutdownTimeout} s to answer those under way; the rest ends with an error`,
    ],
    ...(turns > 0 ? [["wait for spare GPUs", `${duration(turns)}, while models that share them are rolled out`]] : []),
    ["`pulumi up` waits", `until the rollout is complete: ${duration(rollout)} at most by these figures`],
    ["`pulumi up` fails after", `${duration(progressDeadline)} in which no further pod becomes ready`],
    ["a deletion waits", `until the pods are gone: ${duration(deletion)} at most`],
  ]);
  return withNote(all, startupTooShort && startupTooShortText(startupTooShort));
}

const withNote = (text: string, note: string | undefined) => (note === undefined ? text : `${text}\n${note}`);

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;

/** How a change replaces the pods. */
export function rolloutText({ rollout, spareTooSmall, replicas }: Model): string {
  const { strategy, surge, unavailable, waves, downtime } = rollout;
  const step =
    surge > 0
      ? `${counted(surge, "new pod")} at a time, each before an old one goes`
      : `${counted(unavailable, "old pod")} at a time, each before its successor comes`;
  const often = waves === 1 ? "once" : `${waves} times`;
  const how =
    strategy === "Recreate"
      ? "Recreate: the old pod goes before the new one comes, which is downtime"
      : `${step}: ${often} with ${counted(replicas.max, "replica")}${downtime ? "; with one replica this is downtime" : ""}`;
  return withNote(how, spareTooSmall && spareTooSmallText(spareTooSmall));
}
