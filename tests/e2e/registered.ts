import assert from "node:assert/strict";
import { isTree, type Tree } from "../../config/tree.ts";
import type { Project } from "../../lab/project.ts";
import type { RenderedObject } from "../../render/objects.ts";
import { account, secret } from "../../render/placeholders.ts";
import { settingsOf } from "../../render/settings.ts";
import { renderStack } from "../../render/stack.ts";
import { succeeded } from "./support.ts";

/** What of a resource both the engine and a render know. */
type Known = Pick<RenderedObject, "properties" | "protect" | "retainOnDelete">;

/** A resource in an exported state. */
interface Registered {
  type: string;
  urn: string;
  custom: boolean;
  inputs: Tree;
  protect?: boolean;
  retainOnDelete?: boolean;
}

/** The account of the lab. */
const labAccount = "123456789012";
const secretSignature = "4dabf18193072939515e22adb298388d";
/** The properties that the AWS plugin names by itself. */
const named = ["bucket", "name"];

/**
 * Fails unless a stack's render, its placeholders apart, is what the engine has registered: every resource, every
 * property, and whether it is protected.
 */
export async function isAsRendered(project: Project, stack: string): Promise<void> {
  const { objects } = await renderStack(settingsOf(project.folder, stack));
  const exported = await project.pulumi(["stack", "export", "--show-secrets", "--stack", stack]);
  succeeded(exported);
  const resources = (JSON.parse(exported.stdout).deployment.resources as Registered[]).filter(
    ({ custom, type }) => custom && !type.startsWith("pulumi:providers:"),
  );
  const registered = Object.fromEntries(resources.map((one) => [keyOf(one), knownOf(one)]));
  const rendered = Object.fromEntries(
    objects.map(({ type, name, properties, protect, retainOnDelete }): [string, Known] => [
      `${type}::${name}`,
      { properties, protect, retainOnDelete },
    ]),
  );
  assert.deepEqual(Object.keys(registered).sort(), Object.keys(rendered).sort());

  // A name that is chosen is another one in the engine: in the render it is given that, wherever it stands.
  let text = JSON.stringify(rendered).replaceAll(`:${account}:`, `:${labAccount}:`);
  for (const [key, { properties }] of Object.entries(rendered)) {
    const [own, other] = [nameIn(properties), nameIn(registered[key]?.properties ?? {})];
    if (own && other && own !== other) {
      assert.match(own, /-[0-9a-f]{7,8}$/, key);
      text = text.replaceAll(own, other);
    }
  }
  assert.deepEqual(registered, JSON.parse(text));
}

const keyOf = ({ type, urn }: Registered) => `${type}::${urn.split("::").at(-1)}`;
const nameIn = ({ metadata, bucket, name }: Tree) =>
  String((isTree(metadata) ? metadata.name : (name ?? bucket)) ?? "");

/** A resource without what its plugin adds to what the program registers. */
function knownOf({ type, inputs, protect = false, retainOnDelete = false }: Registered): Known {
  const given = plain(inputs) as Tree;
  const { __defaults: filled = [], tagsAll: _, ...rest } = given;
  const chosen = (filled as string[]).filter((key) => !(type.startsWith("aws:") && named.includes(key)));
  const own = Object.entries(rest).filter(([key]) => !chosen.includes(key));
  const properties = Object.fromEntries(own.map(([key, value]) => [key, documentIn(value) ?? value]));
  return { properties: type.startsWith("kubernetes:") ? unmarked(properties) : properties, protect, retainOnDelete };
}

/** A Kubernetes object without the mark of a name that Pulumi has chosen, its Secrets as the program writes them. */
function unmarked({ metadata, data, ...object }: Tree): Tree {
  const { annotations = {}, ...others } = metadata as { annotations?: Tree };
  const { "pulumi.com/autonamed": _, ...own } = annotations;
  return {
    ...object,
    metadata: Object.keys(own).length > 0 ? { ...others, annotations: own } : others,
    ...(data === undefined ? {} : { [object.kind === "Secret" ? "stringData" : "data"]: data }),
  };
}

function documentIn(value: unknown): unknown {
  return typeof value === "string" && value.includes('"Statement"') ? JSON.parse(value) : undefined;
}

/** Values as they are, with the placeholder in the place of every secret. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isTree(value)) return value;
  if (!(secretSignature in value))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
  return hidden(JSON.parse(String(value.plaintext)));
}

/** A secret, or a group of them. */
const hidden = (value: unknown): unknown =>
  isTree(value) ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hidden(inner)])) : secret;
