import type { Condition, KubeObject } from "../objects.ts";

interface ContainerStatus {
  name: string;
  ready: boolean;
  state?: State;
  lastState?: State;
}

interface State {
  waiting?: { reason?: string; message?: string };
  terminated?: { reason?: string; message?: string; exitCode: number; finishedAt?: string };
}

/** Why pods are not ready: what their conditions and containers say. */
export function podProblems(pods: KubeObject[]): string[] {
  return pods.flatMap((pod) => {
    const conditions = (pod.status?.conditions ?? []) as Condition[];
    if (!conditions.some(({ type, status }) => type === "PodScheduled" && status === "True")) return [];
    for (const type of ["Initialized", "Ready"]) {
      const condition = conditions.find((one) => one.type === type);
      if (!condition) return [];
      if (condition.status === "True" || (type === "Ready" && pod.status?.phase === "Succeeded")) continue;
      const containers = ((pod.status?.containerStatuses ?? []) as ContainerStatus[]).flatMap(containerProblems);
      if (containers.length === 0 && !condition.message) return [];
      const message = condition.reason && condition.message ? condition.message : "";
      return [`[Pod ${nameOf(pod)}]: ${message}${containers.join("\n")}`];
    }
    return [];
  });
}

function containerProblems({ name, ready, state, lastState }: ContainerStatus): string[] {
  if (ready) return [];
  const problems: string[] = [];
  if (state?.waiting && state.waiting.reason !== "ContainerCreating") {
    problems.push(`[${state.waiting.reason}] ${state.waiting.message ?? ""}`);
  }
  if (state?.terminated?.reason) {
    const { reason, message, exitCode } = state.terminated;
    problems.push(message ? `[${reason}] ${message}` : `container "${name}" completed with exit code ${exitCode}`);
  }
  if (lastState?.terminated) {
    const { reason, message, exitCode, finishedAt } = lastState.terminated;
    problems.push(`container "${name}" terminated at ${finishedAt} (${reason}: exit code ${exitCode})`);
    if (message) problems.push(message);
  }
  return problems;
}

function nameOf(pod: KubeObject): string {
  const { namespace, name } = pod.metadata ?? {};
  return namespace && namespace !== "default" ? `${namespace}/${name}` : String(name);
}
