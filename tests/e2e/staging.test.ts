import { lifecycle } from "./lifecycle.ts";

lifecycle({
  stack: "staging",
  replicas: 2,
  scaled: false,
  keeps: true,
  recount: { settings: { "vllm:replicas": 3 }, replicas: 3, changes: "deployment" },
  impossible: { "vllm:scheduling": { nodeSelector: { "e2e.test/rack": "nowhere" } } },
});
