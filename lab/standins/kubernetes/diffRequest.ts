import type { DiffRequest, DiffResult } from "../plugin/provider.ts";
import { type Cluster, isNamespaced } from "./cluster.ts";
import { differences, withoutIgnored } from "./diff.ts";
import { isAutonamed } from "./names.ts";
import { normalize, prune } from "./normalize.ts";
import type { KubeObject } from "./objects.ts";
import { replacingFields } from "./replacement.ts";
import { fromProperties, toObject } from "./state.ts";

/**
 * Compares the object as it was last seen, reduced to what our inputs set, with new inputs. So a change by others
 * shows only after a refresh, and what others set beside us never does.
 */
export async function diff(cluster: Cluster, request: DiffRequest): Promise<DiffResult> {
  const state = fromProperties(request.olds);
  const hasNamespace = await isNamespaced(cluster, toObject(request.news));
  const after = placed(normalize(toObject(request.news)), hasNamespace);
  const before = placed(prune(state.live, normalize(state.inputs)), hasNamespace);
  if (after.metadata?.name && before.metadata) before.metadata.name = state.live.metadata?.name;

  const replacing = replacingFields(after, cluster.mutable);
  const detailedDiff = withoutIgnored(differences(before, after, replacing), request.ignoreChanges);
  const replaces = Object.keys(detailedDiff).filter((path) => detailedDiff[path]?.kind.endsWith("-replace"));
  const isSamePlace =
    after.metadata?.name === state.live.metadata?.name && after.metadata?.namespace === before.metadata?.namespace;
  return {
    changes: Object.keys(detailedDiff).length > 0 ? "some" : "none",
    replaces,
    // A successor can stand beside the old object only under another name.
    deleteBeforeReplace: replaces.length > 0 && isSamePlace && !isAutonamed(after),
    detailedDiff,
  };
}

function placed(object: KubeObject, hasNamespace: boolean): KubeObject {
  const { namespace, ...metadata } = object.metadata ?? {};
  return { ...object, metadata: hasNamespace ? { ...metadata, namespace: namespace || "default" } : metadata };
}
