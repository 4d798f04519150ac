import { lifecycle } from "./lifecycle.ts";

lifecycle({
  stack: "prod",
  replicas: 4,
  scaled: true,
  keeps: true,
  recount: { settings: { "vllm:autoscaling": { min: 5 } }, replicas: 5, changes: "autoscaler" },
  // The bound shortens the time that the rollout is given, not what it does.
  impossible: { "vllm:autoscaling": { max: 5 }, "vllm:scheduling": { nodeSelector: { "e2e.test/rack": "nowhere" } } },
});
