import { isFaulty, layerOf, locate } from "../../config/layers/origin.ts";
import type { Problem } from "../../config/problems.ts";
import { movingTag } from "../../config/schema/values.ts";
import type { EffectiveModel, Resolved } from "../../config/settings.ts";
import { hasStreamer, isStreamed } from "../engine/vllm/delivery.ts";
import { isStock } from "../engine/vllm/image.ts";
import type { Report } from "./report.ts";

/** What is wrong with the image that a model asks for. */
export function checkImage(model: EffectiveModel, report: Report): void {
  const { tag = "", digest, streamer } = model.image;
  if (movingTag.test(tag) && !digest) {
    const reason = "which is another image tomorrow; write a tag that stays, or give image.digest beside it";
    report("image.tag", { kind: "conflict", found: tag, reason }, ["image.digest"]);
  }
  // Flags and known holes are judged by engine.version: a tag of vLLM's own must say the same.
  const [, tagged] = /^v?(0\.\d+\.\d+)/.exec(tag) ?? [];
  if (tagged !== undefined && tagged !== model.engine.version && isStock(model.image)) {
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

/** Whether a production stack pins the images of its containers: the place to mend one is where it is written. */
export function checkPin(model: EffectiveModel, { settings, origin }: Resolved): Problem[] {
  const { name, image, delivery } = model;
  if (!settings.production || image.allowTag) return [];
  const reason =
    "a production stack pins its image: give the digest, or in image.allowTag the reason why a tag is enough";
  const isWrong = (...needs: string[]) =>
    [...needs, "image.allowTag", "production"].some((need) => isFaulty(origin, need, name));
  const place = (group: string, setting: string) => {
    const own = layerOf(origin, [group], name).endsWith(".models");
    return locate(origin, [group, setting], own ? name : undefined);
  };
  const problems: Problem[] = [];
  if (!image.digest && !isWrong("image.digest"))
    problems.push({ ...place("image", "digest"), kind: "missing", reason });
  const copied = !isStreamed(model) && !isWrong("delivery", "image.streamer", "gpu.count");
  if (copied && !delivery.image.includes("@"))
    problems.push({ ...place("delivery", "image"), kind: "conflict", found: delivery.image, reason: `and ${reason}` });
  return problems;
}
