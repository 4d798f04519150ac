import type { EffectiveModel } from "../config/settings.ts";

/** Where things are found, and by which name: the contract with those who upload models, and with clients. */

/** The part of the bucket that holds a model: its key prefix, ending in '/'. */
export const modelPrefix = (model: string): string => `models/${model}/`;

/** The part of the bucket that holds one revision, ending in '/'. */
export const revisionPrefix = (model: string, revision: string): string => `${modelPrefix(model)}${revision}/`;

/** The S3 location of a revision, ending in '/'. */
export const revisionLocation = (bucket: string, model: string, revision: string): string =>
  `s3://${bucket}/${revisionPrefix(model, revision)}`;

/**
 * The command that uploads a model's folder. What stays out are the weights once more: `consolidated*` of Mistral's
 * repositories, because the streamer reads every `*.safetensors` of a folder, and `original/` of Meta's and others,
 * which vLLM itself leaves out of a download.
 * @param loadFormat as `--load-format` takes it: `mistral` reads `consolidated*` and nothing else
 */
export function uploadCommand(from: string, to: string, loadFormat?: unknown): string {
  const out = [...(loadFormat === "mistral" ? [] : ["consolidated*"]), "original/*"];
  return `aws s3 cp --recursive ${from} ${to}${out.map((pattern) => ` --exclude '${pattern}'`).join("")}`;
}

/** Why, in a few words. */
export const uploadNote = "second copies of the weights stay out: the engine would load some of them too";

/** The port of a model's Service. */
export const servicePort = 80;

/** The OpenAI-compatible base URL of a model inside the cluster. HTTP's own port, which is the Service's, goes unsaid. */
export const endpoint = (model: string, namespace: string): string => `http://${model}.${namespace}.svc/v1`;

/** The name that clients put into a request's `model`. */
export const servedModelName = (model: EffectiveModel): string => model.servedModelName ?? model.name;
