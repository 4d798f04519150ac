import type { EffectiveModel } from "../../../config/settings.ts";
import type { Image } from "../../pod/image.ts";

/** Whether an image is vLLM's own or a mirror of it, by its name: others have tags, and bring plugins, of their own. */
export const isStock = ({ repository }: Pick<EffectiveModel["image"], "repository">): boolean =>
  repository === undefined || (/(^|\/)vllm(-openai)?(-cpu)?$/.test(repository) && !otherProjects.test(repository));

/** Who builds images of vLLM by the same name, with tags of their own. */
const otherProjects = /(^|\/)(lmcache|rocm|habana|intel|nvidia|deep-learning-containers)\//;

/** The image that serves a model: vLLM's own for its hardware and version, unless the settings name another. */
export function imageOf({ image, engine, gpu }: EffectiveModel): Image {
  const { repository, tag, digest } = image;
  return {
    repository: repository ?? (gpu.count > 0 ? "vllm/vllm-openai" : "vllm/vllm-openai-cpu"),
    tag: tag ?? `v${engine.version}`,
    ...(digest === undefined ? {} : { digest }),
  };
}
