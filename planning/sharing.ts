import type { GpuProduct } from "../catalogue/gpus.ts";
import type { ModelPlan } from "./model.ts";
import { afterOthers, waveSeconds } from "./pod/budgets.ts";
import type { Spares } from "./spare.ts";
import type { VariantPlan } from "./variant.ts";

/** What follows from it that models of a stack run on the same GPUs: figures that no model has by itself. */

/** GPUs that are taken: with the smallest replica counts, while those roll, and at the most. */
export type GpuCounts = VariantPlan["gpus"];

/** GPUs that a stack takes, in sum and by product. */
export interface StackGpus extends GpuCounts {
  products: Partial<Record<GpuProduct, GpuCounts & { spare: number }>>;
}

const sum = <T>(all: readonly T[], figure: (one: T) => number) => all.reduce((total, one) => total + figure(one), 0);

const variantsOn = (models: readonly ModelPlan[], product: GpuProduct) =>
  models.flatMap(({ variants }) => variants.filter(({ pod }) => pod.gpu.product === product));

/** What the models take together, products in the order of their names. */
export function stackGpus(models: readonly ModelPlan[], spares: Spares): StackGpus {
  const products = [...spares].map(([product, spare]) => [product, taken(variantsOn(models, product), spare)] as const);
  const total = (figure: keyof GpuCounts) => sum(products, ([, counts]) => counts[figure]);
  return {
    steady: total("steady"),
    rolling: total("rolling"),
    max: total("max"),
    products: Object.fromEntries(products),
  };
}

/** What all variants on one product take. While several roll they share what is spare, and together take no more. */
function taken(variants: readonly VariantPlan[], spare: number): GpuCounts & { spare: number } {
  const steady = sum(variants, ({ gpus }) => gpus.steady);
  const most = sum(variants, ({ scaling, pod }) => scaling.max * pod.gpu.count);
  const wanted = sum(variants, ({ rollout, pod }) => rollout.surge * pod.gpu.count);
  const surge = Math.min(spare, wanted);
  return { steady, rolling: steady + surge, max: most + surge, spare };
}

/**
 * How long a rollout keeps spare GPUs from others: its waves at the smallest count. At the largest, a stuck rollout
 * would be told days later; and the scheduler tries waiting pods in turn, so that a model waits far less than this.
 */
const turn = ({ scaling, rollout: { surge, unavailable }, budgets }: VariantPlan): number =>
  Math.ceil(scaling.min / (surge + unavailable)) * waveSeconds(budgets);

/**
 * The plans with the turns of others in their times, where models share spare GPUs. One that cannot use them counts too:
 * while it rolls, its GPUs are free for others' pods. So does one without a revision: its first one then changes its own
 * Deployment alone.
 */
export function withTurns(models: readonly ModelPlan[], spares: Spares): ModelPlan[] {
  const shared = [...spares].filter(([, spare]) => spare > 0);
  const turns = new Map(shared.map(([product]) => [product, sum(variantsOn(models, product), turn)]));
  const waiting = (variant: VariantPlan): VariantPlan => {
    const all = variant.pod.gpu.product && turns.get(variant.pod.gpu.product);
    return all ? { ...variant, budgets: afterOthers(variant.budgets, all - turn(variant)) } : variant;
  };
  return models.map((model) => {
    const [main, ...others] = model.variants;
    return { ...model, variants: [waiting(main), ...others.map(waiting)] };
  });
}
