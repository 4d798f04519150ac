import { cpuInstances } from "../catalogue/cpus.ts";
import { gpus } from "../catalogue/gpus.ts";
import { priceList } from "../catalogue/prices.ts";
import { gib } from "../catalogue/units.ts";
import type { ModelPlan } from "./model.ts";
import { cpuCount } from "./pod/cpu.ts";
import { instancesFor } from "./pod/gpu.ts";
import { memoryBytes } from "./pod/memory.ts";
import type { Spares } from "./spare.ts";
import type { PodPlan, VariantPlan } from "./variant.ts";

/** What the nodes of a stack cost. Storage, requests, network and the cluster itself are in no figure. */

/** Hours of a month, as AWS reckons it. */
export const monthHours = 730;

/** USD an hour, to a millionth, and a month of 730 hours, to a cent. */
export interface Rate {
  perHour: number;
  perMonth: number;
}

/** The prices that a stack is reckoned with, in USD an hour. */
export interface PriceBook {
  usdPerHour: Readonly<Record<string, number>>;
  /** Instance types whose prices the settings give: these are the user's, of whatever region. */
  own: ReadonlySet<string>;
}

/** The part of an instance that a pod pays for. */
interface PodShare {
  instance: string;
  /** What the whole instance costs, in USD an hour, and where that is from. */
  instancePerHour: number;
  from: "settings" | "catalogue";
  /** From 0 to 1. */
  share: number;
}

/** What a model costs with its fewest replicas, and with the most while these are replaced. */
export type ModelCost =
  | ({ known: true; steady: Rate; most: Rate; unpriced: string[] } & PodShare)
  | { known: false; reason: string; unpriced: string[] };

/** What a stack costs. Models whose cost is unknown are in no sum. */
export interface StackCost {
  currency: "USD";
  steady: Rate;
  /** Models that share spare GPUs take no more of them together while they roll: less than the sum of theirs. */
  most: Rate;
  models: Record<string, ModelCost>;
  unknown: { model: string; reason: string }[];
  /** Where prices of the catalogue are in the figures: whose they are. `otherRegion`: not those of the stack's region. */
  catalogue?: { region: string; date: string; otherRegion: boolean; instances: string[] };
}

/** The catalogue's prices with the user's own over them. */
export const priceBook = (own: Readonly<Record<string, number>>): PriceBook => ({
  usdPerHour: { ...priceList.usdPerHour, ...own },
  own: new Set(Object.keys(own)),
});

const rounded = (number: number, digits: number) => Number(number.toFixed(digits));
const rate = (perHour: number): Rate => ({
  perHour: rounded(perHour, 6),
  perMonth: rounded(perHour * monthHours, 2),
});
const sum = (all: readonly number[]) => all.reduce((total, one) => total + one, 0);

const typeLabel = "node.kubernetes.io/instance-type";

/**
 * Instance types of the catalogue on which a pod fits: those with its GPUs, the one that its node selector names, and
 * more CPU and memory than it asks for, because a node keeps some of both for itself.
 */
function typesFor({ gpu, cpu, memory, scheduling }: PodPlan) {
  const named = scheduling.nodeSelector[typeLabel];
  const all = gpu.product
    ? instancesFor(gpus[gpu.product], gpu.count)
    : cpuInstances.map((one) => ({ ...one, gpus: 0 }));
  return all.filter(
    ({ type, vcpus, memoryGib }) =>
      (named === undefined || type === named) && cpuCount(cpu) < vcpus && memoryBytes(memory.limit) < memoryGib * gib,
  );
}

const asked = ({ gpu, cpu, memory, scheduling }: PodPlan): string =>
  [
    ...(gpu.product ? [`${gpu.count} × ${gpu.product}`] : []),
    `${cpu} CPU`,
    memory.limit,
    ...(scheduling.nodeSelector[typeLabel] === undefined
      ? []
      : [`${typeLabel}: ${scheduling.nodeSelector[typeLabel]}`]),
  ].join(", ");

/**
 * A pod's share of the cheapest type on which it fits. A pod with GPUs pays by these: they are what is scarce on such a
 * node, and what is left beside them is of no use to other models. One without pays by the larger of its shares of CPU
 * and memory. The rest of a node that nothing fills is in no figure.
 */
function podShare(
  pod: PodPlan,
  { usdPerHour, own }: PriceBook,
): ({ found: PodShare } | { found?: undefined; reason: string }) & { unpriced: string[] } {
  const { gpu, cpu, memory } = pod;
  const types = typesFor(pod);
  const unpriced = types.filter(({ type }) => usdPerHour[type] === undefined).map(({ type }) => type);
  const priced = types.flatMap((one) => {
    const instancePerHour = usdPerHour[one.type];
    return instancePerHour === undefined ? [] : [{ ...one, instancePerHour }];
  });
  const [cheapest] = priced.sort((a, b) => a.instancePerHour - b.instancePerHour);
  if (!cheapest) {
    const noPrice = `no price is known of ${unpriced.join(", ")}; prices gives one`;
    const noRoom = `no instance type of the catalogue has room for a pod (${asked(pod)})`;
    return { reason: unpriced.length > 0 ? noPrice : noRoom, unpriced };
  }
  const { type: instance, instancePerHour, vcpus, memoryGib } = cheapest;
  const share = gpu.product
    ? gpu.count / cheapest.gpus
    : Math.max(cpuCount(cpu) / vcpus, memoryBytes(memory.limit) / (memoryGib * gib));
  return { found: { instance, instancePerHour, from: own.has(instance) ? "settings" : "catalogue", share }, unpriced };
}

const perPod = ({ instancePerHour, share }: PodShare) => instancePerHour * share;

function variantCost({ pod, scaling, rollout }: VariantPlan, book: PriceBook): ModelCost {
  const { unpriced, ...share } = podShare(pod, book);
  if (!share.found) return { known: false, reason: share.reason, unpriced };
  const one = perPod(share.found);
  const [steady, most] = [rate(scaling.min * one), rate((scaling.max + rollout.surge) * one)];
  return { known: true, ...share.found, steady, most, unpriced };
}

/** What a variant's pods cost above its replicas while it rolls: GPUs that are spare once for all, or none of them. */
interface Surge {
  gpus: number;
  perGpu: number;
}

/** The most that the surges on one product cost together: the spare GPUs go to the dearest. */
function surgeCost(surges: readonly Surge[], spare: number): number {
  let left = spare;
  const taken = [...surges]
    .sort((a, b) => b.perGpu - a.perGpu)
    .map(({ gpus, perGpu }) => {
      const some = Math.min(left, gpus);
      left -= some;
      return some * perGpu;
    });
  return sum(taken);
}

/** What the models of a stack cost, by themselves and together. `region` is the stack's; empty where a program leaves it to the provider. */
export function stackCost(models: readonly ModelPlan[], spares: Spares, book: PriceBook, region: string): StackCost {
  const all = models.map(({ name, variants: [variant] }) => ({ name, variant, cost: variantCost(variant, book) }));
  const known = all.flatMap(({ variant, cost }) => (cost.known ? [{ ...variant, ...cost, one: perPod(cost) }] : []));
  const surges = [...spares].map(([product, spare]) => {
    const on = known.filter(({ pod }) => pod.gpu.product === product);
    return surgeCost(
      on.map(({ pod, rollout, one }) => ({ gpus: rollout.surge * pod.gpu.count, perGpu: one / pod.gpu.count })),
      spare,
    );
  });
  const onCpus = known.filter(({ pod }) => !pod.gpu.product).map(({ rollout, one }) => rollout.surge * one);
  const instances = known.filter(({ from }) => from === "catalogue").map(({ instance }) => instance);
  const { region: ofPrices, date } = priceList;
  return {
    currency: "USD",
    steady: rate(sum(known.map(({ scaling, one }) => scaling.min * one))),
    most: rate(sum([...known.map(({ scaling, one }) => scaling.max * one), ...surges, ...onCpus])),
    models: Object.fromEntries(all.map(({ name, cost }) => [name, cost])),
    unknown: all.flatMap(({ name, cost }) => (cost.known ? [] : [{ model: name, reason: cost.reason }])),
    ...(instances.length > 0
      ? {
          catalogue: {
            region: ofPrices,
            date,
            otherRegion: region !== ofPrices,
            instances: [...new Set(instances)].sort(),
          },
        }
      : {}),
  };
}
