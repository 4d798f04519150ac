import type { EffectiveModel } from "../config/settings.ts";

/** Where things are found, and by which name: the contract with those who upload models, and with clients. */

/** The part of the bucket that holds a model: its key prefix, ending in '/'. */
export const modelPrefix = (model: string): string => `models/${model}/`;

/** The part of the bucket that holds one revision, ending in '/'. */
export const revisionPrefix = (model: string, revision: string): string => `${modelPrefix(model)}${revision}/`;

/** The S3 location of a revision, ending in '/'. */
export const revisionLocation = (bucket: string, model: string, revision: string): string =>
  `s3://${bucket}/${revisionPrefix(model, revision)}`;

/** The port of a model's Service. */
export const servicePort = 80;

/** The OpenAI-compatible base URL of a model inside the cluster. HTTP's own port, which is the Service's, goes unsaid. */
export const endpoint = (model: string, namespace: string): string => `http://${model}.${namespace}.svc/v1`;

/** The name that clients put into a request's `model`. */
export const servedModelName = (model: EffectiveModel): string => model.servedModelName ?? model.name;
