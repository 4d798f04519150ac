import type { GpuProduct } from "../catalogue/gpus.ts";
import type { EffectiveModel } from "../config/settings.ts";
import { productOf } from "./pod/gpu.ts";

/** GPUs that are free while everything runs, by product: of each product that a model of the stack runs on. */
export type Spares = ReadonlyMap<GpuProduct, number>;

/**
 * What the models say, by product in the order of their names. It is one budget a product: who says nothing has what
 * another says, and where two say different things the settings are refused.
 */
export function sparesOf(models: readonly EffectiveModel[]): Spares {
  const products = new Set(models.flatMap((model) => productOf(model) ?? []));
  const said = (product: GpuProduct) =>
    models.find((model) => productOf(model) === product && model.gpu.spare !== undefined)?.gpu.spare;
  return new Map([...products].sort().map((product) => [product, said(product) ?? 0]));
}

/** Spare GPUs that are no help to a model: one of its pods takes more of them. */
export interface SpareTooSmall {
  product: GpuProduct;
  spare: number;
  /** GPUs a pod. */
  count: number;
}

/** That a model cannot use its product's spare GPUs, where there are some. */
export function spareTooSmall(model: EffectiveModel, spare: number): SpareTooSmall | undefined {
  const product = productOf(model);
  const { count } = model.gpu;
  return product !== undefined && spare > 0 && spare < count ? { product, spare, count } : undefined;
}

/** The same in words, for people. */
export const spareTooSmallText = ({ product, spare, count }: SpareTooSmall): string =>
  `the ${spare} spare ${product} ${spare === 1 ? "is" : "are"} fewer than the ${count} GPUs of a pod, so an old pod goes before its successor comes`;
