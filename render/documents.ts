import { stringify } from "yaml";
import type { Tree } from "../config/tree.ts";
import { inOrder, type RenderedObject, type RenderedStack } from "./objects.ts";

/** One object as a file. */
export interface RenderedFile {
  /** `kubernetes/vllm-chat-service.yaml`: Pulumi's package, and its name of the object. */
  path: string;
  /** A YAML document behind comments that say whose it is, and what in it is a placeholder. */
  text: string;
}

/** The objects of a stack as files, in the order of their paths. */
export function filesOf({ stack, objects }: RenderedStack): RenderedFile[] {
  const files = objects.map((object) => {
    const path = pathOf(object);
    return { path, text: [firstLine(stack, path), ...placeholderLines(object), yaml(documentOf(object))].join("\n") };
  });
  const paths = new Set(files.map(({ path }) => path));
  if (paths.size < files.length) throw new Error("two objects of one package have one name");
  return files.sort((one, other) => inOrder(one.path, other.path));
}

/** All of a stack as one stream of documents, as kubectl and others read them from standard input. */
export const streamOf = (stack: RenderedStack): string =>
  filesOf(stack)
    .map(({ text }) => `---\n${text}`)
    .join("");

/** The first line of every file that a render has written: by it the next one knows its own. */
export const firstLine = (stack: string, path: string): string =>
  `# ${path} of stack ${stack}. Made by "npm run render", whose next run overwrites it.`;

const pathOf = ({ type, name }: RenderedObject) => `${type.split(":")[0]}/${name}.yaml`;

function placeholderLines({ placeholders }: RenderedObject): string[] {
  if (placeholders.length === 0) return [];
  return [
    "# Placeholders, see docs/render.md:",
    ...placeholders.map(({ path, kinds }) => `#   ${path}: ${kinds.join(", ")}`),
  ];
}

/** A Kubernetes object as its API server takes it; any other as Pulumi YAML has a resource, with its name in it. */
export function documentOf({ type, name, properties, protect, retainOnDelete }: RenderedObject): Tree {
  if (type.startsWith("kubernetes:")) {
    const { apiVersion, kind, metadata, ...rest } = properties;
    return { apiVersion, kind, metadata, ...rest };
  }
  const options = Object.entries({ protect, retainOnDelete }).filter(([, isSet]) => isSet);
  return { type, name, properties, ...(options.length > 0 ? { options: Object.fromEntries(options) } : {}) };
}

/** As readers of YAML 1.1, which Kubernetes' are, and of 1.2 both understand it. */
const yaml = (document: Tree) => stringify(document, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false });
