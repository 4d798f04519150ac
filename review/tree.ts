import type { Resource } from "./resources.ts";

/** The resources that change, as they belong together: each in its component. */
export interface Node {
  resources: Resource[];
  components: (Node & { resource: Resource })[];
}

/** The tree of what changes, from the stack, which is the root; all of it sorted by name, then type. */
export function treeOf(all: ReadonlyMap<string, Resource>): Node {
  const inStack = [...all.values()].filter((resource) => !isStack(resource));
  const children = Map.groupBy(inStack, (resource) => ownerOf(resource, all));
  const node = (urn: string | undefined): Node => {
    const own = (children.get(urn) ?? []).toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    return {
      resources: own.filter((one) => !isComponent(one) && (one.change !== "same" || one.guards.length > 0)),
      components: own
        .filter((one) => isComponent(one))
        .map((resource) => ({ resource, ...node(resource.step.urn) }))
        .filter(
          ({ resource, resources, components }) =>
            resource.change !== "same" || resources.length + components.length > 0,
        ),
    };
  };
  return node(undefined);
}

const isStack = ({ step }: Resource): boolean => step.type === "pulumi:pulumi:Stack";
const now = ({ step: { metadata } }: Resource) => metadata.new ?? metadata.old;
const isComponent = (resource: Resource): boolean => !now(resource)?.custom;
const sortKey = ({ step }: Resource): string => `${step.name} ${step.type}`;

/** The component that a resource is in, by way of resources if need be; undefined in none but the stack itself. */
function ownerOf(resource: Resource, all: ReadonlyMap<string, Resource>): string | undefined {
  const parent = all.get(now(resource)?.parent ?? "");
  if (parent === undefined || isStack(parent)) return undefined;
  return isComponent(parent) ? parent.step.urn : ownerOf(parent, all);
}
