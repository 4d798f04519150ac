import { notKnown } from "./known.ts";
import { imagesOf, isWorkload, modelOf } from "./pods.ts";
import { type Finding, found, judgedLater, notChecked, ofEach } from "./rule.ts";

/** In production a container's image has a digest, or its model says why a tag is enough. */
export const imageDigest = ofEach(["production", "models"], (workload, { production, models }) => {
  if (!production || !isWorkload(workload)) return [];
  const model = modelOf(workload);
  if (Object.hasOwn(models, String(model)) && models[String(model)]?.allowTag) return [];
  return imagesOf(workload).flatMap(({ path, image }): Finding[] => {
    if (typeof image !== "string") return [notChecked(workload, path, "the image is not known yet", judgedLater)];
    if (/@sha256:[0-9a-f]{64}$/.test(image)) return [];
    if (model === notKnown) return [notChecked(workload, path, "which model it serves is not known yet", judgedLater)];
    const next = `give the digest (image.digest, or delivery.image of a copy), or in image.allowTag of ${String(model)} the reason`;
    return [found(workload, path, `${image} may be another image tomorrow`, "an image with its digest", next)];
  });
});
