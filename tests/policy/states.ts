import { stringify } from "yaml";
import { merge } from "../../config/layers/merge.ts";
import { put, type Tree } from "../../config/tree.ts";
import type { PolicyContext } from "../../policy/rule.ts";
import { settingsOf } from "../../render/settings.ts";
import { readState } from "../../review/exportedState.ts";
import { policyObjects, type StateObjects } from "../../review/policyObjects.ts";
import { policyContext } from "../../review/policySubject.ts";
import { projectOf } from "../cli/run.ts";
import { mended, textOf } from "../upgrade/recordings.ts";
import { fillIn, type Recorded, resourcesOf } from "../upgrade/state.ts";

/** What rules are tested with: states of whole stacks, as version 0.1.0 left them, and copies with something altered. */

const places = ["kubeconfig", "project", "namespace", "apiServer", "awsEndpoint"];

/** A recorded deployment by its name, and a folder with the settings that it was made with. */
export interface Deployed {
  stack: string;
  project: string;
  /** What `pulumi stack export` printed. */
  state: Tree;
  context: PolicyContext;
}

export function deployed(name: string): Deployed {
  const text = textOf({ version: "0.1.0", name });
  const elsewhere = Object.fromEntries(places.map((place) => [place, `lab-${place.toLowerCase()}`]));
  const { stack, settings, state, encryptionsalt } = fillIn(JSON.parse(text) as Recorded, elsewhere);
  const config = merge(settings.own, mended[`0.1.0/${name}`] ?? {});
  const project = projectOf({
    "Pulumi.yaml": stringify({ name: "pulumi-vllm", runtime: "nodejs", config: settings.shared }),
    [`Pulumi.${stack}.yaml`]: stringify({ encryptionsalt, config }),
  });
  return { stack, project, state, context: policyContext(settingsOf(project, stack)) };
}

/** The objects of a state, and what of it is left out. */
export const objectsOf = ({ stack, state }: Pick<Deployed, "stack" | "state">): StateObjects =>
  policyObjects(readState("state.json", JSON.parse(JSON.stringify(state)), { project: "pulumi-vllm", stack }));

/** A copy of a state in which the resources of a kind are altered, or taken out where `alter` says so. */
export function alteredState(state: Tree, kind: string, alter: (resource: Tree) => unknown): Tree {
  const copy = structuredClone(state);
  const all = resourcesOf({ state: copy });
  const found = all.filter(({ type }) => String(type).endsWith(`:${kind}`));
  if (found.length === 0) throw new Error(`the state has no ${kind}`);
  const gone = found.filter((resource) => alter(resource) === "gone");
  put(
    copy,
    ["deployment", "resources"],
    all.filter((resource) => !gone.includes(resource)),
  );
  return copy;
}
