import * as aws from "@pulumi/aws";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { InferencePlatform } from "pulumi-vllm";

const config = new pulumi.Config();
const eks = config.require("cluster");
const { arn } = aws.eks.getClusterOutput({ name: eks });
const kubeconfig = config.requireSecret("kubeconfig");
const provider = new kubernetes.Provider("cluster", { kubeconfig });
const key = new random.RandomPassword("key", { length: 40, special: false });

const llm = new InferencePlatform(
  "llm",
  {
    cluster: { eks, arn, kubeconfig },
    namespace: { name: config.require("namespace"), create: true },
    modelStore: { onDestroy: "delete" },
    models: {
      chat: { revision: config.get("revision"), servedModelName: "qwen3-8b", gpu: { product: "L4" } },
    },
    apiKey: { value: key.result },
  },
  { providers: [provider] },
);

export const endpoint = llm.endpoint;
export const bucket = llm.modelBucket;
