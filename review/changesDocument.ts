import * as v from "valibot";
import { FileError } from "../config/sources/yaml.ts";
import { isTree } from "../config/tree.ts";
import type { Changes, DestructiveChange, ResourceChange } from "./changes.ts";

/** Of a document of changes what this program reads again. */
export interface ReadChanges extends Pick<Changes, "stack" | "operation" | "outcome" | "reason"> {
  destructive: Pick<DestructiveChange, "urn" | "retained">[];
  resources: ReadResource[];
  components: ReadComponent[];
}
type ReadResource = Pick<ResourceChange, "type" | "name" | "urn" | "change">;
interface ReadComponent {
  resources: ReadResource[];
  components: ReadComponent[];
}

const change = v.picklist(["create", "update", "replace", "delete", "same"]);
const resource = v.object({ type: v.string(), name: v.string(), urn: v.string(), change });
const component: v.GenericSchema<ReadComponent> = v.object({
  resources: v.array(resource),
  components: v.array(v.lazy(() => component)),
});
const document: v.GenericSchema<unknown, ReadChanges> = v.object({
  stack: v.string(),
  operation: v.picklist(["preview", "up", "destroy"]),
  outcome: v.picklist(["succeeded", "failed", "aborted", "killed"]),
  reason: v.exactOptional(v.string()),
  destructive: v.array(v.object({ urn: v.string(), retained: v.exactOptional(v.literal(true)) })),
  resources: v.array(resource),
  components: v.array(component),
});

/** The version of the documents that `groupChanges` makes. */
const version: Changes["schemaVersion"] = 1;

/**
 * Reads a document that `groupChanges` has made; what it does not need may be anything.
 * @param name what messages call it
 * @param stack whose changes they have to be
 * @throws FileError where it is none, is of another version, or of another stack
 */
export function readChanges(name: string, content: unknown, stack: string): ReadChanges {
  const fail = (what: string): never => {
    throw new FileError(`${name}: ${what}`, name);
  };
  if (!isTree(content) || content.schemaVersion === undefined)
    return fail(
      isTree(content) && "deployment" in content
        ? "is a state, and no document of changes: give it with --state"
        : "is no document of changes, which has a schemaVersion (docs/changes.md)",
    );
  if (content.schemaVersion !== version)
    fail(`is of another schemaVersion than ${version}, the one that is read here: make it with this version`);
  const { success, output, issues } = v.safeParse(document, content);
  if (!success) {
    const [issue] = issues;
    return fail(
      `is no document of changes (docs/changes.schema.json): at ${v.getDotPath(issue)}, ${issue.expected} is due`,
    );
  }
  // Of `organisation/project/stack` the last part is the stack's name.
  const own = output.stack.split("/").at(-1);
  if (own !== stack) fail(`has the changes of stack '${own}', and not of '${stack}'`);
  return output;
}
