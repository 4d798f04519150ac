import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { modelPath } from "../../planning/pod/paths.ts";
import type { PodPlan } from "../../planning/variant.ts";
import { variables } from "./environment.ts";
import { unprivileged } from "./securityContext.ts";

const copyScript = `aws s3 ls "$MODEL_SOURCE" > /dev/null || {
  echo "nothing to read under $MODEL_SOURCE: publish this revision, or check the role's policy" >&2
  exit 1
}
exec aws s3 cp --recursive --only-show-errors "$MODEL_SOURCE" ${modelPath}
`;

/**
 * The variables of the engine by which the AWS CLI, too, finds its way to S3, by its own documentation: proxies, and
 * which endpoint it asks. Not `AWS_CA_BUNDLE`, a file of the engine's image.
 */
const wayToS3 =
  /^((HTTPS?|NO|ALL)_PROXY|(https?|no|all)_proxy|AWS_(ENDPOINT_URL(_S3)?|USE_(DUALSTACK|FIPS)_ENDPOINT))$/;

/** Where a model is copied from, and what of it is not planned. */
interface CopierInputs {
  /** Its S3 location, ending in '/'. */
  source: pulumi.Input<string>;
  region: pulumi.Input<string>;
  environmentSecret?: pulumi.Input<string>;
}

/** Copies a model to the node's disk before the engine starts. */
export function copier(
  pod: PodPlan,
  { source, region, environmentSecret }: CopierInputs,
): types.input.core.v1.Container {
  return {
    name: "copy-model",
    image: pod.copierImage,
    command: ["/bin/sh", "-c", copyScript],
    env: [
      { name: "MODEL_SOURCE", value: source },
      { name: "AWS_REGION", value: region },
      { name: "HOME", value: "/tmp" },
      ...variables(pod, environmentSecret, (name) => wayToS3.test(name)),
    ],
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
    securityContext: unprivileged,
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      { name: "model", mountPath: modelPath },
    ],
  };
}
