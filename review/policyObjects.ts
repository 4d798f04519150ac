import { isTree, set, type Tree } from "../config/tree.ts";
import { notKnown } from "../policy/known.ts";
import type { PolicyObject } from "../policy/rule.ts";
import type { ExportedState, StateResource } from "./exportedState.ts";
import { pathOf } from "./paths.ts";
import { isSecret } from "./values.ts";

/** A resource of a state that is not judged. */
export interface LeftOut {
  type: string;
  name: string;
  reason: string;
}

/** What rules judge of a state, and what of it they do not. */
export interface StateObjects {
  objects: PolicyObject[];
  leftOut: LeftOut[];
}

/**
 * The objects that a stack has by its state, as they were when the engine saw them last, without any secret's value.
 * Components are none: what they are made of is.
 */
export function policyObjects({ resources, pending }: ExportedState): StateObjects {
  const custom = resources.filter(({ state }) => state.custom === true);
  const reasons = custom.map((resource) => [resource, reasonOf(resource)] as const);
  return {
    objects: reasons.flatMap(([resource, reason]) => (reason === undefined ? objectOf(resource) : [])),
    leftOut: [
      ...reasons.flatMap(([{ type, name }, reason]) => (reason === undefined ? [] : { type, name, reason })),
      ...pending.map(({ operation, resource: { type, name } }) => ({
        ...{ type, name },
        reason: `Pulumi was ended while it was ${operation} it, and whether it is done is not known; \`pulumi refresh\` finds out`,
      })),
    ],
  };
}

/** Why a resource is not judged, if it is not. */
function reasonOf({ state }: StateResource): string | undefined {
  if (state.external === true) return "it is another's, and only read here; check it where it is made";
  if (state.delete === true) return "another has taken its place, and the next `pulumi up` deletes it";
  if (state.pendingReplacement === true) return "it is deleted to be replaced, and the next `pulumi up` makes it anew";
  return undefined;
}

/**
 * The outputs are what is there: names that were chosen, what a refresh has found changed. They are the inputs where the
 * provider has said nothing. A secret is what either calls one: providers forget.
 */
function objectOf({ type, name, state: { inputs, outputs, protect } }: StateResource): PolicyObject {
  const secrets: string[] = [];
  const known = isTree(outputs) ? outputs : isTree(inputs) ? inputs : {};
  // What begins so is the engine's and the plugins' own, such as the inputs once more.
  const own = Object.entries(known).filter(([key]) => !key.startsWith("__"));
  const properties = withoutSecrets(Object.fromEntries(own), inputs, [], secrets) as Tree;
  return { type, name, properties, protect: protect === true, ...(secrets.length > 0 ? { secrets } : {}) };
}

/** A value in which no secret is known; their paths are noted. */
function withoutSecrets(value: unknown, asked: unknown, way: readonly (string | number)[], secrets: string[]): unknown {
  if (isSecret(value) || isSecret(asked)) {
    secrets.push(pathOf(way));
    return notKnown;
  }
  if (Array.isArray(value))
    return value.map((item, at) =>
      withoutSecrets(item, Array.isArray(asked) ? asked[at] : undefined, [...way, at], secrets),
    );
  if (!isTree(value)) return value;
  const tree: Tree = {};
  for (const [key, inner] of Object.entries(value)) {
    const other = isTree(asked) && Object.hasOwn(asked, key) ? asked[key] : undefined;
    set(tree, key, withoutSecrets(inner, other, [...way, key], secrets));
  }
  return tree;
}
