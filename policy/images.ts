import { containersOf, modelOf, workloadsOf } from "./pods.ts";
import { type Finding, found, judgedLater, notChecked, type ObjectRule } from "./rule.ts";

/** In production a container's image has a digest, or its model says why a tag is enough. */
export const imageDigest: ObjectRule = (objects, { production, models }) => {
  if (!production) return [];
  return workloadsOf(objects).flatMap((workload) => {
    const model = modelOf(workload);
    if (Object.hasOwn(models, model) && models[model]?.allowTag) return [];
    return containersOf(workload).flatMap(({ path, container: { image } }): Finding[] => {
      const where = `${path}.image`;
      if (typeof image !== "string") return [notChecked(workload, where, "the image is not known yet", judgedLater)];
      if (/@sha256:[0-9a-f]{64}$/.test(image)) return [];
      const next = `give the digest (image.digest, or delivery.image of a copy), or in image.allowTag of ${model} the reason`;
      return [found(workload, where, `${image} may be another image tomorrow`, "an image with its digest", next)];
    });
  });
};
