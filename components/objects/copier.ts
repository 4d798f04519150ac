import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { modelPath } from "../../planning/pod/paths.ts";
import { unprivileged } from "./securityContext.ts";

/** Carries the AWS CLI, for an image of vLLM that cannot read S3. */
const copierImage = "amazon/aws-cli:2.37.4";

const copyScript = `aws s3 ls "$MODEL_SOURCE" > /dev/null || {
  echo "nothing to read under $MODEL_SOURCE: publish this revision, or check the role's policy" >&2
  exit 1
}
exec aws s3 cp --recursive --only-show-errors "$MODEL_SOURCE" ${modelPath}
`;

/** Copies a model to the node's disk before the engine starts. `source` is its S3 location, ending in '/'. */
export function copier(source: pulumi.Input<string>, region: string): types.input.core.v1.Container {
  return {
    name: "copy-model",
    image: copierImage,
    command: ["/bin/sh", "-c", copyScript],
    env: [
      { name: "MODEL_SOURCE", value: source },
      { name: "AWS_REGION", value: region },
      { name: "HOME", value: "/tmp" },
    ],
    resources: { requests: { cpu: "1", memory: "1Gi" }, limits: { memory: "1Gi" } },
    securityContext: { ...unprivileged, readOnlyRootFilesystem: true },
    volumeMounts: [
      { name: "tmp", mountPath: "/tmp" },
      { name: "model", mountPath: modelPath },
    ],
  };
}
