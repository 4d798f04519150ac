import type { Server } from "../server.ts";

export const server: Server = {
  port: 8000,
  healthPath: "/health",
  waitingMetric: "vllm:num_requests_waiting",
  keyVariable: "VLLM_API_KEY",
};
