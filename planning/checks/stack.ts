import type { EffectiveModel, Settings } from "../../config/layers/resolve.ts";
import type { Problem } from "../../config/problems.ts";

/** What only the merged settings can show. Nothing is said of what follows from a problem that was told already. */
export function checkStack(settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string) => {
    if (!settings.broken(path)) problems.push({ ...settings.locate(path), message });
  };

  if (!settings.region)
    problems.push({
      key: "aws:region",
      layer: `Pulumi.${settings.stack}.yaml`,
      message: "is not set; bucket and credentials are made there: pulumi config set aws:region eu-west-1",
    });
  else if (!/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/.test(settings.region))
    problems.push({
      key: "aws:region",
      layer: `Pulumi.${settings.stack}.yaml`,
      message: `is ${JSON.stringify(settings.region)}, but must be the name of an AWS region such as eu-west-1`,
    });
  const { eks, kubeconfig, context } = settings.cluster;
  if (!eks)
    report("cluster.eks", "is not set; name the EKS cluster to deploy to (the ambient current context is never used)");
  if (kubeconfig && !context)
    report("cluster.context", "is not set; name the context of cluster.kubeconfig to use, its current one may change");
  if (settings.models.length === 0 && !settings.broken("models"))
    report("model", "is not set; name the model to serve ('model: chat'), or several under 'models'");
  if (settings.production && settings.modelStore.onDestroy === "delete")
    report(
      "modelStore.onDestroy",
      "is 'delete', but a production stack keeps its models; remove it, or 'production: true'",
    );
  for (const model of settings.models) problems.push(...checkModel(model, settings));
  return problems;
}

function checkModel({ name, autoscaling, image }: EffectiveModel, settings: Settings): Problem[] {
  const problems: Problem[] = [];
  const report = (path: string, message: string, needs: readonly string[] = [path]) => {
    if (!needs.some((need) => settings.broken(need, name))) problems.push({ ...settings.locate(path, name), message });
  };

  if (autoscaling) {
    for (const key of ["min", "max"] as const)
      if (autoscaling[key] === undefined)
        report(`autoscaling.${key}`, "is not set; 'autoscaling' needs both min and max");
    if (autoscaling.min !== undefined && autoscaling.max !== undefined && autoscaling.min > autoscaling.max)
      report("autoscaling.min", `is ${autoscaling.min}, more than autoscaling.max (${autoscaling.max})`, [
        "autoscaling.min",
        "autoscaling.max",
      ]);
  }
  const needs = ["image.digest", "image.allowTag", "production"];
  if (settings.production && !image.digest && !image.allowTag && !needs.some((need) => settings.broken(need, name))) {
    const own = settings.layerOf(["image"], name).endsWith(".models");
    problems.push({
      ...settings.locate("image.digest", own ? name : undefined),
      message:
        "is not set, and a production stack pins its image: give the digest, or in image.allowTag the reason why a tag is enough",
    });
  }
  return problems;
}
