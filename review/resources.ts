import type { Step } from "../workspace/events.ts";
import { type GuardChange, guardChanges } from "./guards.ts";
import { type Change, changeOf } from "./operations.ts";
import { type Difference, differences } from "./properties.ts";

/** What becomes of one resource, of whose replacement the engine tells in several steps. */
export interface Resource {
  change: Change;
  /** `planned`: it would be done. `unfinished`: the engine was ended meanwhile, and nobody knows. */
  state: "planned" | "done" | "failed" | "unfinished";
  properties: Difference[];
  guards: GuardChange[];
  /** Paths of the properties that can only change by a replacement, sorted; empty where it was asked for. */
  forcedBy: string[];
  /** The step that says most of it. */
  step: Step;
}

/** The resources of an operation by their URNs; providers that the engine makes by itself are none of the stack's. */
export function resourcesOf(steps: readonly Step[]): Map<string, Resource> {
  const byUrn = Map.groupBy(
    steps.filter(({ type, name }) => !(type.startsWith("pulumi:providers:") && /^default(_|$)/.test(name))),
    ({ urn }) => urn,
  );
  const found = new Map<string, Resource>();
  for (const [urn, own] of byUrn) {
    const changes = own.flatMap(({ operation }) => changeOf(operation) ?? []);
    const change = changes.find((one) => one !== "same") ?? changes[0];
    const step = own.find(({ metadata }) => metadata.old && metadata.new) ?? own[0];
    if (change === undefined || step === undefined) continue;
    const properties = change === "update" || change === "replace" ? differences(step) : [];
    found.set(urn, {
      change,
      state: stateOf(own),
      properties,
      guards: guardChanges(step),
      forcedBy: forces(step),
      step,
    });
  }
  return found;
}

function stateOf(steps: readonly Step[]): Resource["state"] {
  if (steps.some(({ kind }) => kind === "failed")) return "failed";
  if (steps.every(({ planned }) => planned)) return "planned";
  return steps.some(({ kind }) => kind === "started") ? "unfinished" : "done";
}

function forces({ metadata: { keys, detailedDiff } }: Step): string[] {
  const told = Object.entries(detailedDiff ?? {}).filter(([, { diffKind }]) => diffKind.endsWith("-replace"));
  return [...new Set([...(keys ?? []), ...told.map(([path]) => path)])].sort();
}
