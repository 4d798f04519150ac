import { lifecycle } from "./lifecycle.ts";

lifecycle({
  stack: "test",
  replicas: 1,
  scaled: false,
  keeps: false,
  recount: { settings: { "vllm:replicas": 2 }, replicas: 2, changes: "deployment" },
  impossible: { "vllm:scheduling": { nodeSelector: { "e2e.test/rack": "nowhere" } } },
});
