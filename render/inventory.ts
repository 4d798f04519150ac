import type { ModelPlan } from "../planning/model.ts";
import type { StackPlan } from "../planning/plan.ts";

/** An object that a stack has, by what it is and what it is called. */
export interface DeployedObject {
  /** Pulumi's type token: `kubernetes:apps/v1:Deployment`, `aws:iam/role:Role`. */
  type: string;
  /** Its name where it is; `<hash>` stands for what Pulumi chooses at the first `up`. Where it has none there, Pulumi's. */
  name: string;
  /** It comes once the model has a revision, and that has none. */
  awaitsRevision?: true;
}

const hash = "<hash>";

/** The Secret that has the API key. */
export const apiKeySecret = `vllm-api-key-${hash}`;
/** The bucket of a stack that makes its own. */
const ownBucket = `vllm-models-bucket-${hash}`;
/** The ConfigMap that has the engine's middleware. */
export const middlewareName = (model: string): string => `vllm-${model}-main-middleware-${hash}`;
/** The Secret that has a model's secret variables. */
export const environmentName = (model: string): string => `vllm-${model}-main-environment-${hash}`;

const inCluster = (type: string, name: string): DeployedObject => ({ type: `kubernetes:${type}`, name });
const inAws = (type: string, name: string): DeployedObject => ({ type: `aws:${type}`, name });

/** What there is once a stack, whatever models it has. A test holds that this is what the components register. */
export function stackObjects({ namespace, modelStore, apiKey }: StackPlan): DeployedObject[] {
  const bucket = [
    inAws("s3/bucket:Bucket", ownBucket),
    inAws("s3/bucketVersioning:BucketVersioning", "vllm-models-versioning"),
    inAws(
      "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      "vllm-models-encryption",
    ),
    inAws("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "vllm-models-public-access-block"),
    inAws("s3/bucketOwnershipControls:BucketOwnershipControls", "vllm-models-ownership"),
    inAws("s3/bucketPolicy:BucketPolicy", "vllm-models-policy"),
  ];
  return [
    ...(namespace.create ? [inCluster("core/v1:Namespace", namespace.name)] : []),
    inCluster("core/v1:Secret", apiKeySecret),
    ...(apiKey.value === undefined
      ? [{ type: "random:index/randomPassword:RandomPassword", name: "vllm-api-key" }]
      : []),
    ...(modelStore.bucket === undefined ? bucket : []),
  ];
}

/** What there is of one model. */
export function modelObjects({ name, variants }: ModelPlan): DeployedObject[] {
  const [{ revision, scaling, pod }] = variants;
  const served = [
    inCluster("apps/v1:Deployment", name),
    inCluster("core/v1:Service", name),
    ...(scaling.kind === "hpa" ? [inCluster("autoscaling/v2:HorizontalPodAutoscaler", name)] : []),
    inCluster("policy/v1:PodDisruptionBudget", name),
    inCluster("core/v1:ConfigMap", middlewareName(name)),
    ...(Object.keys(pod.secretEnv).length > 0 ? [inCluster("core/v1:Secret", environmentName(name))] : []),
  ];
  return [
    ...served.map((object) => (revision === undefined ? { ...object, awaitsRevision: true as const } : object)),
    inCluster("core/v1:ServiceAccount", name),
    inAws("iam/role:Role", `vllm-${name}-access-role-${hash}`),
    inAws("iam/rolePolicy:RolePolicy", `vllm-${name}-access-policy-${hash}`),
    inAws("eks/podIdentityAssociation:PodIdentityAssociation", `vllm-${name}-access-association`),
  ];
}
