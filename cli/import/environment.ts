import { credentialVariables } from "../../catalogue/variables.ts";
import { engineChoice } from "./engineChoice.ts";
import { loraVariable } from "./lora.ts";
import type { Model } from "./model.ts";
import { apiKeyReason } from "./model.ts";
import type { Place } from "./place.ts";
import { isSecret } from "./secrets.ts";

/** Variables that something else takes care of, and what. Maps of a chart write the AWS ones in small letters too. */
const cared: readonly [RegExp, string][] = [
  [
    /^(HF_TOKEN|HUGGING_?FACE_(HUB_)?TOKEN|HF_HUB_TOKEN)$/,
    "is not needed: pods read the model from the bucket and download nothing",
  ],
  [
    new RegExp(`^(${credentialVariables.join("|")})$`, "i"),
    "is not needed: EKS Pod Identity gives each model's pods their credentials, without keys",
  ],
  [/^(AWS_(DEFAULT_)?REGION)$/, "is set by the program, from aws:region"],
  [
    /^(AWS_ENDPOINT_URL(_S3)?|S3_(ENDPOINT(_URL)?|BUCKET(_NAME)?|PATH|USE_HTTPS|VERIFY_SSL))$/,
    "is not needed: models are read from the stack's own S3 bucket",
  ],
  [
    /^s3(endpoint|bucketname|accesskeyid|accesskey)$/i,
    "is not needed: EKS Pod Identity gives each model's pods their credentials, for the stack's own bucket",
  ],
  [/^AWS_EC2_METADATA_DISABLED$/, "is not needed: credentials come from EKS Pod Identity"],
  [
    /^(HF_HOME|HF_HUB_CACHE|HUGGINGFACE_HUB_CACHE|TRANSFORMERS_CACHE|XDG_CACHE_HOME|HOME|VLLM_CACHE_ROOT)$/,
    "is set by the program: every cache lies below one volume",
  ],
  [/^(HF_HUB_OFFLINE|TRANSFORMERS_OFFLINE|VLLM_NO_USAGE_STATS|RUNAI_STREAMER_MEMORY_LIMIT)$/, "is set by the program"],
  [/^VLLM_TARGET_DEVICE$/, "is for building vLLM; gpu.count says what the image runs on"],
  [
    /^(CUDA|NVIDIA)_VISIBLE_DEVICES$/,
    "picks among the GPUs of a node; here a pod gets gpu.count of them from the device plugin",
  ],
  [
    /^VLLM_SERVER_DEV_MODE$/,
    "opens routes that anyone may call to reset the engine; a server that others reach does not have it",
  ],
  [/^VLLM_PORT$/, "is for vLLM's own connections; the server's port is the program's"],
  [/^VLLM_HOST_IP$/, "is each pod's own address, which vLLM finds by itself"],
];

/** Variables that have no counterpart in one chart, and why. */
type Others = readonly [RegExp, string][];

/** The variables of the engine: a list of Kubernetes `EnvVar`s, or a map of names and values. */
export function environment(model: Model, place: Place, others: Others = []) {
  if (place.empty) return model.book.noop(place);
  for (const { place: entry, name, value } of variablesOf(place)) {
    const [, reason] = others.find(([pattern]) => pattern.test(name)) ?? [];
    if (reason) model.book.list(entry, `${name} ${reason}`);
    else variable(model, entry, name, value);
  }
}

/** Each variable: its entry, name and value. */
export const variablesOf = (place: Place): { place: Place; name: string; value: Place }[] =>
  place.children.map((entry) =>
    Array.isArray(place.value)
      ? { place: entry, name: entry.at("name").text ?? "", value: entry.at("value") }
      : { place: entry, name: entry.key, value: entry },
  );

/** Variables of an imported Secret: each is a secret, whatever its name. */
export function secretVariables(model: Model, place: Place) {
  if (place.empty) return model.book.noop(place);
  for (const entry of place.children) if (!known(model, entry, entry.key)) secret(model, entry, entry.key);
}

function variable(model: Model, entry: Place, name: string, value: Place) {
  const { book } = model;
  if (name === "") return book.list(entry, "names no environment variable");
  if (known(model, entry, name)) return;
  if (loraVariable.test(name)) return model.lora.variable(entry, name);
  if (name === "VLLM_USE_V1" && value.text) return engineChoice(model, entry, value.text);
  if (entry.at("valueFrom").exists && entry !== value) return reference(model, entry, name);
  if (isSecret(value.value, name)) return secret(model, entry, name);
  const setting = ["engine", "env", name];
  // A map becomes a ConfigMap, in which Kubernetes replaces nothing.
  if (value.empty) model.set(entry, setting, "");
  else if (entry === value) model.set(entry, setting);
  else model.setReceived(entry, setting, value.value);
}

/** What the program takes care of by itself. */
function known(model: Model, entry: Place, name: string): boolean {
  if (name === "VLLM_API_KEY") {
    model.book.list(entry, apiKeyReason);
    model.askForApiKey();
    return true;
  }
  const [, reason] = cared.find(([pattern]) => pattern.test(name)) ?? [];
  if (reason) model.book.list(entry, `${name} ${reason}`);
  return reason !== undefined;
}

function reference(model: Model, entry: Place, name: string) {
  const { secretKeyRef } = (entry.at("valueFrom").value ?? {}) as { secretKeyRef?: unknown };
  if (secretKeyRef !== undefined) return secret(model, entry, name);
  model.book.list(entry, `${name} is read from another object; engine.env takes text`);
}

function secret(model: Model, entry: Place, name: string) {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    return model.book.list(entry, "is a secret, and its name is none that an environment variable can have");
  model.book.list(entry, `${name} is a secret: it belongs, encrypted, into engine.secretEnv of the stack's file`);
  model.book.ask(`set ${name} (the command asks for the value):\n${model.secretCommand(`engine.secretEnv.${name}`)}`);
}
