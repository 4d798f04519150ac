import { lifecycle } from "./lifecycle.ts";

lifecycle({
  stack: "dev",
  replicas: 1,
  scaled: false,
  keeps: false,
  recount: { settings: { "vllm:replicas": 2 }, replicas: 2, changes: "deployment" },
  impossible: { "vllm:resources": { cpu: "1000" } },
});
