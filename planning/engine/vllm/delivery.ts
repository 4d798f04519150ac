import type { EffectiveModel } from "../../../config/settings.ts";

/** Whether the image holds the Run:ai Model Streamer: vLLM's CUDA image does, its CPU image does not. */
export const hasStreamer = ({ image, gpu }: EffectiveModel): boolean => image.streamer ?? gpu.count > 0;

/** Whether the weights go straight from the bucket into memory; else an init container copies them to disk. */
export const isStreamed = (model: EffectiveModel): boolean =>
  (model.delivery.kind ?? (hasStreamer(model) ? "stream" : "copy")) === "stream";
