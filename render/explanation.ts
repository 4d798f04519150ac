import type { V1PodSpec } from "@kubernetes/client-node";
import { podSpec } from "../components/objects/pod.ts";
import type { Resolved } from "../config/settings.ts";
import { endpoint, revisionLocation, servicePort } from "../planning/addresses.ts";
import { bucketName, type Explanation, explain, type ModelExplanation } from "../planning/explain.ts";
import type { ModelPlan } from "../planning/model.ts";
import type { ReplicaRange } from "../planning/outputs.ts";
import { planStack, type StackPlan } from "../planning/plan.ts";
import {
  apiKeySecret,
  type DeployedObject,
  environmentName,
  middlewareName,
  modelObjects,
  stackObjects,
} from "./inventory.ts";
import { type PodFacts, podFacts } from "./podFacts.ts";

/** What there will be of a model, and where. */
export interface ModelDeployment {
  /** Whether it has a revision: without one there are no pods, and all that is said of them is of those to come. */
  served: boolean;
  /** The name that clients put into a request. */
  servedModelName: string;
  /** Pods that there are at least, and at the most. */
  replicas: ReplicaRange;
  objects: DeployedObject[];
  /** Where it is asked: the base URL inside the cluster, and what is behind it. */
  address: { url: string; host: string; port: number; targetPort: number };
  pod: PodFacts;
}

/** An explanation with what is deployed; `docs/explain.schema.json` describes it. */
export interface StackExplanation extends Omit<Explanation, "models"> {
  namespace: string;
  /** What there is once a stack. */
  objects: DeployedObject[];
  models: Record<string, ModelExplanation & ModelDeployment>;
}

/**
 * Explains a stack. Its pods are those that are deployed, by the functions that write them.
 * @throws SettingsError with everything that is wrong with its settings
 */
export function explainStack(resolved: Resolved): StackExplanation {
  const plan = planStack(resolved);
  const { models, ...stack } = explain(resolved, plan);
  const deployed = Object.fromEntries(plan.models.map((model) => [model.name, deploymentOf(model, plan)]));
  const both = Object.entries(models).map(([name, model]) => [name, { ...deployed[name], ...model }]);
  const { name: namespace } = plan.namespace;
  return { ...stack, namespace, objects: stackObjects(plan), models: Object.fromEntries(both) };
}

function deploymentOf(model: ModelPlan, plan: StackPlan): ModelDeployment {
  const { namespace, region } = plan;
  const [{ revision, pod, budgets, scaling }] = model.variants;
  const { name, servedModelName } = model;
  const url = endpoint(name, namespace.name);
  const { host } = new URL(url);
  // Of plain inputs it makes plain data.
  const spec = podSpec(name, pod, budgets, {
    serviceAccount: name,
    apiKeySecret,
    middleware: middlewareName(name),
    ...(Object.keys(pod.secretEnv).length > 0 ? { environmentSecret: environmentName(name) } : {}),
    source: revisionLocation(bucketName(plan), name, revision ?? "<revision>"),
    region,
  }) as V1PodSpec;
  return {
    served: revision !== undefined,
    servedModelName,
    replicas: { min: scaling.min, max: scaling.max },
    objects: modelObjects(model),
    address: { url, host, port: servicePort, targetPort: pod.server.port },
    pod: podFacts(spec),
  };
}
