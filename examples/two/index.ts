import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { InferencePlatform, type InferencePlatformArgs, ModelStore } from "pulumi-vllm";

const config = new pulumi.Config();
const kubeconfig = config.requireSecret("kubeconfig");
const providers = [new kubernetes.Provider("cluster", { kubeconfig })];
const { bucketName } = new ModelStore("models", { onDestroy: "delete" });

const shared = {
  cluster: { eks: config.require("cluster"), kubeconfig },
  modelStore: { bucket: bucketName },
  models: { chat: { revision: config.get("revision"), gpu: { product: "L4" } } },
} satisfies InferencePlatformArgs;
const platforms = ["search", "support"].map(
  (team) =>
    new InferencePlatform(
      team,
      { ...shared, namespace: { name: `${config.require("namespace")}-${team}`, create: true } },
      { providers },
    ),
);

export const bucket = bucketName;
export const endpoints = platforms.map(({ endpoint }) => endpoint);
