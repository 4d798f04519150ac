import { ModelStore } from "pulumi-vllm";

const store = new ModelStore("models", { onDestroy: "delete", tags: { team: "search" } });

export const bucket = store.bucketName;
