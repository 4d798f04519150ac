import { FileError } from "../config/sources/yaml.ts";
import { isTree, type Tree } from "../config/tree.ts";

/** A resource of a state, as far as it is read. */
export interface StateResource {
  urn: string;
  /** Its type token. */
  type: string;
  /** The last part of its URN. */
  name: string;
  /** As the engine writes it: `inputs`, `outputs`, `protect`, `delete` … */
  state: Tree;
}

/** What a stack's state holds. */
export interface ExportedState {
  /** In the order in which they depend on each other. */
  resources: StateResource[];
  /** What was under way when the engine was ended: `creating`, `updating`, `deleting`, `reading`, `importing`. */
  pending: { operation: string; resource: StateResource }[];
}

/** Versions of what `pulumi stack export` prints. 4 is 3 with a list of features, none of which moves what is read here. */
const versions: readonly unknown[] = [3, 4];

/**
 * Reads what `pulumi stack export` printed; a stack that was never deployed has no resources.
 * @param name what messages call it
 * @param of whose state it has to be
 * @throws FileError where it is none, is of another version, or of another stack
 */
export function readState(name: string, content: unknown, of: { project: string; stack: string }): ExportedState {
  const fail = (what: string): never => {
    throw new FileError(`${name}: ${what}`, name);
  };
  const { version, deployment } = isTree(content) ? content : {};
  if (isTree(content) && "checkpoint" in content)
    fail("is a file of a backend, and no exported state: give what `pulumi stack export` prints");
  if (isTree(content) && "schemaVersion" in content)
    fail("is a document of changes, and no state: give it with --changes");
  if (typeof version !== "number" || !(isTree(deployment) || deployment === null))
    return fail("is no state as `pulumi stack export` prints it, which has version and deployment");
  if (!versions.includes(version)) {
    const [what, next] =
      version < 3
        ? ["older", "an `up` with the Pulumi of today writes it anew"]
        : ["newer", "a newer version of this program may read it"];
    fail(`is a state of version ${version}, ${what} than those that are read here (${versions.join(", ")}): ${next}`);
  }
  const listOf = (key: string): unknown[] => {
    const list = deployment?.[key] ?? [];
    return Array.isArray(list) ? list : fail(`is no state: ${key} of its deployment is no list`);
  };
  const read = (one: unknown): StateResource => {
    const found = isTree(one) ? resourceIn(one) : undefined;
    if (!isTree(one) || !found) return fail("is no state: a resource in it has no URN and type");
    const { stack, project, ...resource } = found;
    if (stack !== of.stack || project !== of.project)
      fail(`is the state of stack '${stack}' of project '${project}', and not of '${of.stack}' of '${of.project}'`);
    return { ...resource, state: one };
  };
  const resources = listOf("resources").map(read);
  const pending = listOf("pending_operations").map((one) => {
    const { type, resource } = isTree(one) ? one : {};
    return { operation: String(type), resource: read(resource) };
  });
  return { resources, pending };
}

/** `urn:pulumi:stack::project::types::name`: a name may hold anything, colons too. */
function resourceIn({ urn, type }: Tree) {
  if (typeof urn !== "string" || typeof type !== "string") return undefined;
  const [stack = "", project = "", types, ...name] = urn.replace(/^urn:pulumi:/, "").split("::");
  return types === undefined ? undefined : { urn, type, stack, project, name: name.join("::") };
}
