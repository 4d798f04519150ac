import { type Origin, placeToSet } from "../config/layers/origin.ts";
import { redacted } from "../config/secretForms.ts";
import { endpoint, revisionLocation, servicePort, uploadCommand, uploadNote } from "../planning/addresses.ts";
import type { ModelPlan } from "../planning/model.ts";
import type { StackPlan } from "../planning/plan.ts";
import { quote } from "../planning/shell.ts";
import type { VariantPlan } from "../planning/variant.ts";

/** What to do next, for a person: how to publish a model that has no revision, how to ask one that has. No secrets. */
export const notes = ({ plan, origin }: { plan: StackPlan; origin: Origin }, bucket: string): string =>
  redacted(
    plan.models
      .map((model) => {
        const served = model.variants.find(({ revision }) => revision !== undefined);
        return served ? servedNote(plan, model, served) : publishNote(plan, model, origin, bucket);
      })
      .join("\n\n"),
  );

function publishNote({ stack }: StackPlan, model: ModelPlan, origin: Origin, bucket: string): string {
  const { name, variants } = model;
  const { loadFormat } = variants[0].pod;
  const revision = "v1";
  const { key } = placeToSet(origin, "revision", name);
  return [
    `${name} has no revision yet, so nothing serves it. Publish one and deploy it (${uploadNote}):`,
    `  ${uploadCommand(`./${name}`, revisionLocation(bucket, name, revision), loadFormat)}`,
    `  pulumi config set --stack ${stack} --path '${key}' ${revision}`,
    `  pulumi up --stack ${stack}`,
  ].join("\n");
}

function servedNote(plan: StackPlan, { name, servedModelName }: ModelPlan, { revision, rollout }: VariantPlan): string {
  const namespace = plan.namespace.name;
  const body = JSON.stringify({ model: servedModelName, messages: [{ role: "user", content: "Hello" }] });
  const { eks, kubeconfig, context } = plan.cluster;
  const cluster = `${kubeconfig ? `--kubeconfig ${quote(kubeconfig)} ` : ""}--context ${quote(context ?? eks)}`;
  return [
    `${name} serves '${servedModelName}', revision ${revision}, at ${endpoint(name, namespace)} inside the cluster.`,
    "From outside, forward a port and ask:",
    ...(context
      ? []
      : [`  aws eks update-kubeconfig --region ${plan.region} --name ${quote(eks)} --alias ${quote(eks)}`]),
    `  kubectl ${cluster} --namespace ${namespace} port-forward service/${name} 8000:${servicePort}`,
    `  curl http://127.0.0.1:8000/v1/chat/completions -H "Authorization: Bearer $(pulumi stack output apiKey --show-secrets --stack ${plan.stack})" -H 'Content-Type: application/json' -d ${quote(body)}`,
    ...(rollout.downtime
      ? [
          "Its next change means downtime: one replica, and no spare GPUs for another. More replicas, or gpu.spare, avoid it.",
        ]
      : []),
  ].join("\n");
}
