import { locatedIn } from "../../config/layers/source.ts";
import type { Problem } from "../../config/problems.ts";
import type { Resolved } from "../../config/settings.ts";
import { reportInto } from "./report.ts";
import { checkSpare } from "./spare.ts";

/** What only the merged settings of the stack can show. */
export function checkStack(resolved: Resolved): Problem[] {
  const { settings, origin } = resolved;
  const { stack, region, cluster, namespace, models, production, modelStore } = settings;
  const problems: Problem[] = [];
  const report = reportInto(problems, origin);

  const last = origin.layers.at(-1);
  // A program may leave it to the provider.
  const ofRegion = last?.inProgram
    ? locatedIn(last, ["region"])
    : { path: ["region"], key: "aws:region", layer: `Pulumi.${stack}.yaml` };
  if (!region && !last?.inProgram) {
    const reason = "bucket and credentials are made there: pulumi config set aws:region eu-west-1";
    problems.push({ ...ofRegion, kind: "missing", reason });
  } else if (region && !/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(region))
    problems.push({
      ...ofRegion,
      kind: "invalid",
      found: region,
      allowed: "the name of an AWS region such as eu-west-1",
    });
  if (cluster?.kubeconfig && !cluster.context)
    report("cluster.context", {
      kind: "missing",
      reason: "name the context of cluster.kubeconfig to use, its current one may change",
    });
  if (namespace.create && namespace.name === "default") {
    const reason = "but every cluster has its namespace 'default', which cannot be made again; remove it";
    report("namespace.create", { kind: "conflict", found: true, reason }, ["namespace.name"]);
  }
  if (models.length === 0)
    report("model", { kind: "missing", reason: "name the model to serve ('model: chat'), or several under 'models'" }, [
      "models",
    ]);
  if (production && modelStore.onDestroy === "delete")
    report("modelStore.onDestroy", {
      kind: "conflict",
      found: modelStore.onDestroy,
      reason: "but a production stack keeps its models; remove it, or 'production: true'",
    });
  const [, , , keyRegion] = modelStore.kmsKey?.split(":") ?? [];
  if (region && keyRegion !== undefined && keyRegion !== region)
    report("modelStore.kmsKey", {
      kind: "conflict",
      found: modelStore.kmsKey,
      reason: `but the bucket is in ${region}, and S3 takes keys of the bucket's region alone; name a key of ${region}`,
    });
  return [...problems, ...checkSpare(resolved)];
}
