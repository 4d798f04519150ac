import { isFaulty, layerOf, locate } from "../../config/layers/origin.ts";
import type { Problem } from "../../config/problems.ts";
import type { EffectiveModel, Resolved } from "../../config/settings.ts";
import { hasStreamer } from "../engine/vllm/delivery.ts";
import type { Report } from "./report.ts";

/** What is wrong with the image that a model asks for. */
export function checkImage(model: EffectiveModel, report: Report): void {
  const { tag = "", repository = "vllm", streamer } = model.image;
  // Flags and known holes are judged by engine.version: a tag of vLLM's own must say the same.
  const [, tagged] = /^v?(0\.\d+\.\d+)/.exec(tag) ?? [];
  if (tagged !== undefined && tagged !== model.engine.version && /(^|\/)[^/]*vllm[^/]*$/.test(repository)) {
    const reason = `but engine.version is ${model.engine.version}; set the version, and leave the tag out`;
    report("image.tag", { kind: "conflict", found: tag, reason }, ["engine.version", "image.repository"]);
  }
  if (model.delivery.kind === "stream" && !hasStreamer(model)) {
    const why =
      streamer === undefined
        ? " (vLLM's CPU image does not; where yours does, set image.streamer: true)"
        : " (image.streamer: false)";
    const reason = `but the image has no streamer${why}; use 'copy'`;
    report("delivery.kind", { kind: "conflict", found: model.delivery.kind, reason }, ["image.streamer", "gpu.count"]);
  }
}

/** Whether a production stack pins the image: the place to mend it is where the image is written. */
export function checkPin({ name, image }: EffectiveModel, { settings, origin }: Resolved): Problem[] {
  if (!settings.production || image.digest || image.allowTag) return [];
  const needs = ["image.digest", "image.allowTag", "production"];
  if (needs.some((need) => isFaulty(origin, need, name))) return [];
  const own = layerOf(origin, ["image"], name).endsWith(".models");
  const reason =
    "a production stack pins its image: give the digest, or in image.allowTag the reason why a tag is enough";
  return [{ ...locate(origin, "image.digest", own ? name : undefined), kind: "missing", reason }];
}
