import type { Tree } from "../config/tree.ts";
import type { Diagnostic, Violation } from "../workspace/events.ts";
import type { Operation } from "../workspace/workspace.ts";
import { type Harm, harms, harmsOf } from "./destructive.ts";
import { changesDigest, stateDigest } from "./digest.ts";
import { excerpt } from "./excerpt.ts";
import type { GuardChange } from "./guards.ts";
import type { Change } from "./operations.ts";
import type { Difference } from "./properties.ts";
import { type Resource, resourcesOf } from "./resources.ts";
import { type Node, treeOf } from "./tree.ts";
import { holds, isUnknown, masked } from "./values.ts";

/** A property that changes. Of a secret, only that it does. */
export interface PropertyChange {
  /** As the engine writes it: `spec.ports[0].name`, `metadata.labels["a.b/c"]`. */
  path: string;
  kind: Difference["kind"];
  /** Its value; of long texts the part that differs, behind and before `…`. Absent in what comes, and in a secret. */
  before?: unknown;
  /** Likewise; `[unknown]` stands for what is known only after the `up`. Absent in what goes, and in a secret. */
  after?: unknown;
  /** It is a secret or holds one, before or after. */
  secret?: true;
  /** Some or all of it is known only after the `up`. */
  unknown?: true;
}

/** What has a name in the stack. */
interface Named {
  name: string;
  /** Its type token. */
  type: string;
  urn: string;
}

/** What becomes of a resource. */
export interface ResourceChange extends Named {
  change: Change;
  state: Resource["state"];
  /** Of an update and of a replacement; what is created or deleted is so with all that it has. */
  properties?: PropertyChange[];
  guards?: GuardChange[];
  /** Of a replacement: the properties that can change in no other way; empty where it was asked for by hand. */
  forcedBy?: string[];
}

/** What becomes of the resources of a component, and of the components in it. One in which nothing changes is absent. */
export interface ComponentChanges extends Named {
  /** Of the component itself, which is `same` where only something in it changes. */
  change: Change;
  resources: ResourceChange[];
  components: ComponentChanges[];
}

/** A change that takes something away. */
export interface DestructiveChange extends Named {
  /** The names of the components that it is in, from the outermost. */
  within: string[];
  harms: Harm[];
  /** What leaves the stack stays where it is. */
  retained?: true;
  forcedBy?: string[];
}

/** What an operation would change or has changed; `docs/changes.schema.json` describes it. */
export interface Changes {
  schemaVersion: 1;
  stack: string;
  operation: "preview" | "up" | "destroy";
  outcome: Operation["outcome"];
  reason?: string;
  /** What an approval is given for, and of the state that it is given on: only of a preview that went through, a destroy's too. */
  digest?: string;
  stateDigest?: string;
  /** How many resources, components among them, as Pulumi counts them. */
  summary: Record<Change, number>;
  destructive: DestructiveChange[];
  /** What belongs to no component. */
  resources: ResourceChange[];
  components: ComponentChanges[];
  diagnostics: Omit<Diagnostic, "kind">[];
  violations: Omit<Violation, "kind">[];
}

/** What an operation came to. */
export type Told = Pick<Operation, "outcome" | "reason" | "steps" | "diagnostics" | "violations">;

/**
 * Groups what an operation would change or has changed by component, without any secret's value.
 * @param state what `pulumi stack export` printed before a preview: of it, and of the preview, is the digest
 */
export function groupChanges(
  { stack, operation, state }: { stack: string; operation: Changes["operation"]; state?: Tree },
  { outcome, reason, steps, diagnostics, violations }: Told,
): Changes {
  const resources = resourcesOf(steps);
  const tree = treeOf(resources);
  const summary = { create: 0, update: 0, replace: 0, delete: 0, same: 0 };
  for (const { change } of resources.values()) summary[change]++;
  const isPreview = operation !== "up" && steps.every(({ planned }) => planned);
  const start = isPreview && outcome === "succeeded" && state ? stateDigest(state) : undefined;
  return {
    schemaVersion: 1,
    stack,
    operation,
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(start === undefined ? {} : { digest: changesDigest(steps, start), stateDigest: start }),
    summary,
    destructive: destructiveIn(tree, []).sort((a, b) => worst(a) - worst(b)),
    resources: tree.resources.map(resourceChange),
    components: tree.components.map(componentChanges),
    diagnostics: diagnostics.map(({ kind: _, ...rest }) => rest),
    violations: violations.map(({ kind: _, ...rest }) => rest),
  };
}

const worst = (change: DestructiveChange): number => harms.findIndex((harm) => change.harms.includes(harm));

const named = ({ step: { name, type, urn } }: Resource): Named => ({ name, type, urn });

const componentChanges = ({ resource, resources, components }: Node & { resource: Resource }): ComponentChanges => ({
  ...named(resource),
  change: resource.change,
  resources: resources.map(resourceChange),
  components: components.map(componentChanges),
});

function resourceChange(resource: Resource): ResourceChange {
  const { change, state, properties, guards, forcedBy } = resource;
  return {
    ...named(resource),
    change,
    state,
    ...(properties.length > 0 ? { properties: properties.map(propertyChange) } : {}),
    ...(guards.length > 0 ? { guards } : {}),
    ...(change === "replace" ? { forcedBy } : {}),
  };
}

function propertyChange({ path, kind, secret, before, after }: Difference): PropertyChange {
  const shown = (value: unknown, other: unknown) => masked(value, (text) => excerpt(text, other));
  return {
    path,
    kind,
    ...(before === undefined ? {} : { before: shown(before, after) }),
    ...(after === undefined ? {} : { after: shown(after, before) }),
    ...(secret ? { secret } : {}),
    ...(holds(isUnknown, after) ? { unknown: true as const } : {}),
  };
}

function destructiveIn({ resources, components }: Node, within: readonly string[]): DestructiveChange[] {
  const own = resources.flatMap((resource): DestructiveChange[] => {
    const found = harmsOf(resource);
    if (found.length === 0) return [];
    const { change, forcedBy, step } = resource;
    const goes = change === "delete" || change === "replace";
    return [
      {
        ...named(resource),
        within: [...within],
        harms: found,
        ...(goes && step.metadata.old?.retainOnDelete ? { retained: true as const } : {}),
        ...(change === "replace" ? { forcedBy } : {}),
      },
    ];
  });
  return [...own, ...components.flatMap((one) => destructiveIn(one, [...within, one.resource.step.name]))];
}
