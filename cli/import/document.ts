import { type Document, isMap, isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import { isSecretAt, mayHoldSecret } from "../../config/layers/secrets.ts";
import { encryptedText, redacted } from "../../config/secretForms.ts";
import { isSecretName } from "../../config/secretNames.ts";
import { namespace } from "../../config/sources/keys.ts";
import { at, isTree, type Tree } from "../../config/tree.ts";
import { ImportError, kindOf } from "./values.ts";

/** A YAML file that is edited in its place. @throws ImportError where it is no map of YAML */
export function parse(name: string, text: string): Document {
  const lines = new LineCounter();
  const document = parseDocument(text.replaceAll("\r\n", "\n"), { prettyErrors: false, lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new ImportError(`${name}:${lines.linePos(error.pos[0]).line}: not YAML (${error.code})`);
  const tree = plain(name, document);
  if (tree !== null && !isTree(tree)) throw new ImportError(`${name}: holds no settings, but is ${kindOf(tree)}`);
  return document as Document;
}

/** The group of settings at a path, an empty one where there is none. @throws ImportError where it is another thing */
export function groupAt(name: string, document: Document, path: readonly string[]): Tree {
  let tree = plain(name, document) ?? {};
  for (const length of path.keys()) {
    const here = path.slice(0, length + 1);
    tree = at(tree as Tree, here.slice(-1)) ?? {};
    if (!isTree(tree))
      throw new ImportError(
        `${name}: '${here.join(".")}' is ${kindOf(tree)}, and must be a group of settings; nothing was written`,
      );
  }
  return tree as Tree;
}

function plain(name: string, document: Pick<Document, "toJS">): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const [, alias] = /^Unresolved alias.*: ([\w-]+)$/.exec(error instanceof Error ? error.message : "") ?? [];
    throw new ImportError(
      `${name}: ${alias ? `the alias '*${alias}' has no anchor '&${alias}' before it` : "has more YAML aliases than can be read"}`,
    );
  }
}

/** Edits reach an alias's anchor, and so every other place of it: these a person has to write out first. */
export function refuseAliases(name: string, document: Document) {
  visit(document, {
    Alias(_, { source }) {
      throw new ImportError(
        `${name}: the alias '*${source}' cannot be edited; write out what it stands for, then repeat the command. Nothing was written`,
      );
    },
  });
}

/** The text of a document: lists stand as they stood, no line is folded, lines end as they did. */
export function print(document: Document, before: string): string {
  const flat = /^( *)[^\s#-][^\n]*:\r?\n\1- /m.test(before);
  const text = document.toString({ lineWidth: 0, indentSeq: !flat });
  return /^[^\n]*\r\n/.test(before) ? text.replaceAll("\n", "\r\n") : text;
}

/** The path of the setting that keys of a project's file lead to: its base's, or its stack's. */
function settingOf([config, key = "", ...rest]: readonly string[]): readonly string[] | undefined {
  const [space, name = ""] = key.split(":");
  if (config !== "config" || space !== namespace) return undefined;
  return name === "base" ? rest.slice(1) : [name, ...rest];
}

/** A file's text as it may be shown: without what is a secret in plain text. */
export function concealed(text: string): string {
  const document = parseDocument(text.replaceAll("\r\n", "\n"));
  let hidden = false;
  visit(document, {
    Scalar(role, node, path) {
      const pairs = path.filter((part) => isPair<unknown, unknown>(part));
      const keys = pairs.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
      const own = keys.findLast((key) => key !== "value") ?? "";
      const value = String(node.value);
      const isCipher = keys.at(-1) === "secure" && /^v\d+:/.test(value);
      if (role === "key" || isCipher || typeof node.value === "boolean" || node.value === null) return;
      // What stands in a list belongs to the list.
      const end = pairs.findIndex(({ value }) => !isMap(value));
      const setting = settingOf(keys.slice(0, end + 1));
      if (!(setting && isSecretAt(setting)) && !isSecretName(own) && !mayHoldSecret(value)) return;
      node.value = encryptedText;
      node.type = undefined;
      hidden = true;
    },
  });
  return redacted(hidden ? print(document as Document, text) : text);
}
