import { cachePath, modelPath } from "../../../pod/paths.ts";
import type { Asked } from "../asked.ts";
import { treeOf } from "../flagValue.ts";
import { namesOf } from "../names.ts";
import { atFlag, conflict, type Relation, type Verdict } from "./relation.ts";
import { fromModel, modelless, speculation } from "./speculative.ts";

/** Folders of the pod that are empty when it starts. */
const emptyFolders = [cachePath, "/tmp", "/dev/shm"];
/** What the root of vLLM's image holds (docker/Dockerfile of vLLM 0.32: Ubuntu, and /vllm-workspace). */
const imageFolders =
  /^\/(bin|boot|dev|etc|home|lib\w*|media|mnt|opt|proc|root|run|sbin|srv|sys|usr|var|vllm-workspace)(\/|$)/;

const inside = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** A path without what is in vain in it. */
function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/"))
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  return `${path.startsWith("/") ? "/" : ""}${parts.join("/")}`;
}

/** What is named by its path: in the model's own folder is the model, and no file of that name. */
type Kind = "file" | "model" | "adapter";

/** What can be said of a file or folder that a flag names by its path. */
function atPath(asked: Asked, written: string, kind: Kind): Verdict {
  const path = normal(written);
  if (inside(path, modelPath) && asked.streamed)
    return conflict(`names ${path}, but a streamed model is in no folder; set delivery.kind: copy`);
  if (path === modelPath) return ofModel[kind];
  if (inside(path, modelPath))
    return { unchecked: `whether the revision's folder in the bucket has ${path.slice(modelPath.length + 1)}` };
  const empty = path.startsWith("~") ? cachePath : emptyFolders.find((folder) => inside(path, folder));
  if (empty) return conflict(`names ${path}, but ${empty} is empty when a pod starts; ${beside(asked)}`);
  if (asked.ownImage || imageFolders.test(path)) return { unchecked: `whether the image has ${path}` };
  return conflict(`names ${path}, which neither vLLM's image nor the pod has; ${beside(asked)}`);
}

/** What can be said of the model's own folder, which every pod has that copies it. */
const ofModel: Readonly<Record<Kind, Verdict>> = {
  model: undefined,
  adapter: { unchecked: "whether the revision's folder in the bucket has an adapter beside the model" },
  file: conflict(`names ${modelPath}, which is the model's folder; name a file`),
};

/** How to bring a file or a folder into the pod. */
const beside = ({ streamed }: Asked) =>
  `put it into the revision's folder in the bucket, and name it ${modelPath}/…${streamed ? " with delivery.kind: copy" : ""}`;

/** Whether pods look names up on the Hugging Face Hub, or have a cache of it: then nothing is known of a name. */
function reachesHub(asked: Asked): boolean {
  const offline = asked.variable("HF_HUB_OFFLINE");
  const said = offline !== undefined && !/^(1|on|yes|true)$/i.test(offline);
  const cached = ["HF_HOME", "HF_HUB_CACHE"].some((name) => asked.variable(name) !== undefined || asked.hidden(name));
  return said || cached || asked.mayBeOn("VLLM_USE_MODELSCOPE") || asked.hidden("HF_HUB_OFFLINE");
}

/** What can be said of a model, tokenizer or adapter that is named by its place, or by its name on the Hub. */
function namedPlace(
  asked: Asked,
  name: string,
  instead = beside(asked),
  remote = false,
  kind: Kind = "model",
): Verdict {
  if (/^[/~]/.test(name)) return atPath(asked, name, kind);
  if (remote && /^(s3|gs|az):\/\//i.test(name))
    return { unchecked: `whether the pod's role may read ${name}, and the image has the streamer` };
  if (reachesHub(asked)) return undefined;
  return conflict(`names '${name}', and pods do not reach the Hugging Face Hub (HF_HUB_OFFLINE=1); ${instead}`);
}

const adapterPlace = (asked: Asked, path: string) => namedPlace(asked, path, undefined, false, "adapter");

/** A class of a module, which vLLM takes for a proposer of its own (`_is_custom_proposer_path`). */
const importPath = /^[\p{XID_Start}_]\p{XID_Continue}*(\.[\p{XID_Start}_]\p{XID_Continue}*)+$/u;

/** The places of adapters: `name=path`, or a JSON object with `path`. */
function adapterPath(one: unknown): string | undefined {
  const path = treeOf(one)?.path ?? /^[^{=]*=(.*)$/s.exec(String(one))?.[1];
  return typeof path === "string" ? path : undefined;
}

/** The first that is refused, else all that is not known. */
function together(verdicts: readonly Verdict[]): Verdict {
  const refused = verdicts.find((one) => one && "kind" in one);
  const open = verdicts.flatMap((one) => (one && "unchecked" in one ? [one.unchecked] : []));
  return refused ?? (open.length > 0 ? { unchecked: open.join("; ") } : undefined);
}

const leaveOut = (file: string) => (asked: Asked) =>
  `leave it out, and put ${file} into the revision's folder in the bucket${asked.streamed ? "" : `, which is ${modelPath} in the pod`}`;
const models: Readonly<Record<string, (asked: Asked) => string>> = {
  tokenizer: leaveOut("the tokenizer's files"),
  "hf-config-path": leaveOut("config.json"),
  "generation-config": leaveOut("generation_config.json"),
};

/** Files and folders that flags name, and what is on no disk because pods have no way to the Hugging Face Hub. */
export const placeRelations: readonly Relation[] = [
  ...Object.entries(models).map(([flag, instead]) =>
    atFlag(flag, "transformers and huggingface_hub, with HF_HUB_OFFLINE=1", (asked) => {
      const name = asked.text(flag) ?? "";
      const own = flag === "generation-config" && /^(auto|vllm)$/.test(name);
      return own || name === "" ? undefined : namedPlace(asked, name, instead(asked), flag === "tokenizer");
    }),
  ),
  ...["speculative-config", "spec-model"].map((flag) =>
    atFlag(flag, "vllm/config/speculative.py, with HF_HUB_OFFLINE=1", (asked) => {
      const { method, model } = speculation(asked) ?? {};
      const here = flag === "spec-model" || asked.group(flag)?.model !== undefined;
      const drafts = [method, model].some((word) => typeof word === "string" && modelless.test(word));
      if (!here || typeof model !== "string" || drafts || method === "extract_hidden_states") return undefined;
      if (method === "custom_class" || ((method ?? null) === null && importPath.test(model)))
        return { unchecked: `whether the image has ${model}` };
      const own = typeof method === "string" && fromModel.test(method);
      const instead = own ? `leave 'model' out where the served model has layers for ${method}, else ` : "";
      return namedPlace(asked, model, `${instead}${beside(asked)}`, true);
    }),
  ),
  atFlag("lora-modules", "vllm/lora/utils.py get_adapter_absolute_path, with HF_HUB_OFFLINE=1", (asked) =>
    together(
      asked.list("lora-modules").map((one) => {
        const path = adapterPath(one);
        return path === undefined ? undefined : adapterPlace(asked, path);
      }),
    ),
  ),
  atFlag("default-mm-loras", "vllm/lora/utils.py get_adapter_absolute_path, with HF_HUB_OFFLINE=1", (asked) =>
    together(
      Object.values(asked.group("default-mm-loras") ?? {}).map((path) =>
        typeof path === "string" ? adapterPlace(asked, path) : undefined,
      ),
    ),
  ),
  atFlag("chat-template", "vllm/renderers/chat_utils.py validate_chat_template", (asked) => {
    const text = asked.text("chat-template") ?? "";
    // Anything with one of these is the template itself.
    if (/[{}\n]/.test(text) || text === "") return undefined;
    if (/^[/~]/.test(text)) return atPath(asked, text, "file");
    const known = namesOf("chat-template", asked.version);
    if (known.includes(text)) return undefined;
    if (known.length === 0 || asked.ownImage || text.includes("/"))
      return { unchecked: `whether the image has ${text}` };
    return conflict(
      `names ${text}, which is neither a template nor one of vLLM's own (${known.join(", ")}); put it into the revision's folder in the bucket as chat_template.jinja, and leave this out`,
    );
  }),
  ...["tool-parser-plugin", "reasoning-parser-plugin", "log-config-file", "ssl-ca-certs"].map((flag) =>
    atFlag(flag, "a file that is not there", (asked) => {
      const path = asked.text(flag) ?? "";
      if (path === "") return undefined;
      return /^[/~]/.test(path) ? atPath(asked, path, "file") : { unchecked: `whether the image has ${path}` };
    }),
  ),
  {
    at: "engine.env.VLLM_LOGGING_CONFIG_PATH",
    source: "vllm/logger.py, when it is imported",
    finding(asked) {
      const path = asked.variable("VLLM_LOGGING_CONFIG_PATH") ?? "";
      return path.startsWith("/") ? atPath(asked, path, "file") : undefined;
    },
  },
];
