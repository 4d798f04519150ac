import type { Listed } from "./folder.ts";

/** Files that stay out of an upload, and why. */
export interface LeftOut {
  reason: string;
  files: Listed[];
  /** As `aws s3 cp --exclude` takes them. */
  patterns: string[];
}

/** What of a model's folder belongs into the bucket. */
export interface Uploads {
  upload: Listed[];
  leaveOut: LeftOut[];
}

interface Rule {
  reason: string;
  /** The pattern that leaves a file out, if it is one of these. */
  pattern(path: string): string | undefined;
}

const inFolder = (names: RegExp) => (path: string) => {
  const parts = path.split("/");
  const at = parts.findIndex((part) => names.test(part));
  if (at < 0) return undefined;
  const whole = parts.slice(0, at + 1).join("/");
  return at === parts.length - 1 ? whole : `${whole}/*`;
};

const ending = (names: RegExp) => (path: string) => {
  const [found] = names.exec(path) ?? [];
  return found && `*${found}`;
};

const otherFormats =
  /\.(bin|pth|pt|ckpt|h5|msgpack|ot|onnx|onnx_data|gguf|ggml|tflite|mlmodel|npz|nemo|pkl|pickle|t7)(\.index\.json)?$/;

/** The first that names a file decides. `served` are the files whose weights are loaded. */
const rulesFor = (served: ReadonlySet<string>): Rule[] => [
  {
    reason: "of Git, of caches or of the system: no part of the model",
    pattern: inFolder(/^(\..+|__pycache__|__MACOSX)$/),
  },
  {
    reason: "downloads that have not ended",
    pattern: ending(/\.(incomplete|partial|part|aria2|crdownload|lock|tmp)$/),
  },
  { reason: "the weights once more, in another form", pattern: inFolder(/^(original|onnx|openvino|coreml|metal)$/) },
  {
    reason: "the weights once more, which the streamer would load too",
    pattern: (path) => (/(^|\/)consolidated[^/]*$/.test(path) && !served.has(path) ? "consolidated*" : undefined),
  },
  { reason: "no safetensors: weights once more, or of a training", pattern: ending(otherFormats) },
  {
    reason: "safetensors beside the model's own: the streamer would load them too",
    pattern: (path) => (/\.safetensors$/.test(path) && !served.has(path) ? path : undefined),
  },
  {
    reason: "indexes of what is not uploaded",
    pattern: (path) => (/\.safetensors\.index(\..+)?\.json$/.test(path) && path !== modelIndex ? path : undefined),
  },
];

/** The index that vLLM reads (`SAFE_WEIGHTS_INDEX_NAME` of transformers). */
export const modelIndex = "model.safetensors.index.json";

/** Parts a folder's files. Without any safetensors that are served, weights of another format stay what they are. */
export function sortFiles(files: readonly Listed[], served: ReadonlySet<string>): Uploads {
  const rules = rulesFor(served).filter((_, at) => served.size > 0 || at < 2);
  const groups = new Map<string, LeftOut>();
  const upload = files.filter((file) => {
    for (const { reason, pattern } of rules) {
      const found = pattern(file.path);
      if (found === undefined) continue;
      const group = groups.get(reason) ?? { reason, files: [], patterns: [] };
      group.files.push(file);
      if (!group.patterns.includes(found)) group.patterns.push(found);
      groups.set(reason, group);
      return false;
    }
    return true;
  });
  return { upload, leaveOut: [...groups.values()] };
}

export const bytesOf = (files: readonly Listed[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
