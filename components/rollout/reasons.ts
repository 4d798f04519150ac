import type { CoreV1Event, V1ContainerStatus, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";

/** What keeps pods from becoming ready, with what to do about it. */
export interface Reason {
  /** How many pods say so. */
  pods: number;
  text: string;
  advice: string;
  /** Whose log may say more: the last run's where it has ended. */
  log?: { pod: string; container: string; previous: boolean };
}

type Finding = Omit<Reason, "pods">;

/** Why the pods of a rollout are not ready: each reason once, those of the most pods first. */
export function reasons(
  pods: readonly V1Pod[],
  warnings: readonly CoreV1Event[],
  replicaSet: V1ReplicaSet | undefined,
): Reason[] {
  const found = new Map<string, Reason>();
  for (const pod of pods.filter(({ metadata }) => !metadata?.deletionTimestamp)) {
    const said = warnings.filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid);
    for (const finding of ofPod(pod, said)) {
      const key = anonymous(finding.text, pod.metadata?.name ?? "");
      const known = found.get(key);
      if (known) known.pods++;
      else found.set(key, { pods: 1, ...finding });
    }
  }
  const refused = replicaSet?.status?.conditions?.find(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  const all = [...found.values()].sort((a, b) => b.pods - a.pods);
  if (!refused) return all;
  const advice = "Raise the quota of the namespace, or correct what it forbids.";
  return [{ pods: 0, text: `pods are not made: ${refused.message ?? refused.reason}`, advice }, ...all];
}

/** Two pods with one reason differ in their own names only, and in the numbers behind them. */
const anonymous = (text: string, pod: string) =>
  text.replaceAll(pod, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}|\b\d+(\.\d+)?m?s\b/g, "");

function ofPod(pod: V1Pod, warnings: readonly CoreV1Event[]): Finding[] {
  const { status = {}, metadata = {} } = pod;
  const condition = (type: string) => status.conditions?.find((one) => one.type === type);
  if (condition("Ready")?.status === "True") return [];
  if (status.phase === "Failed") {
    const text = `ended: ${[status.reason, status.message].filter(Boolean).join(", ") || "nothing says why"}`;
    return [{ text, advice: "Look at the node that it was on." }];
  }
  const scheduled = condition("PodScheduled");
  if (scheduled?.status === "False") {
    const advice =
      "Make room or nodes for it, or correct gpu.product, gpu.labels, resources or scheduling. Nodes that come " +
      "later than provisioning.seconds need more of those.";
    return [{ text: `no node takes it: ${scheduled.message ?? scheduled.reason}`, advice }];
  }
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const found = containers.flatMap((container) => ofContainer(container, metadata.name ?? ""));
  if (found.length > 0) return found;
  const last = latest(warnings, ({ reason }) => reason !== "FailedScheduling");
  const running = status.containerStatuses?.find(({ state }) => state?.running);
  if (running) {
    const probe = last?.reason === "Unhealthy" ? `: ${last.message}` : "";
    const log = { pod: metadata.name ?? "", container: running.name, previous: false };
    const advice = "If it only needs longer, raise startup.seconds; else its log says why.";
    return [{ text: `container ${running.name} runs and is not ready${probe}`, advice, log }];
  }
  if (!last) return [];
  const advice = `See what Kubernetes says of it: kubectl describe pod ${metadata.name} --namespace ${metadata.namespace}`;
  return [{ text: `cannot start: ${last.reason}: ${last.message}`, advice }];
}

const latest = (events: readonly CoreV1Event[], wanted: (event: CoreV1Event) => boolean): CoreV1Event | undefined =>
  events.filter(wanted).sort((a, b) => timeOf(b) - timeOf(a))[0];

const timeOf = ({ series, lastTimestamp, eventTime, metadata }: CoreV1Event): number =>
  new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime();

function ofContainer({ name, state, lastState, restartCount, image }: V1ContainerStatus, pod: string): Finding[] {
  const { reason = "", message } = state?.waiting ?? {};
  const words = [reason, message].filter(Boolean).join(": ");
  if (/Image|Registry/.test(reason)) {
    const advice = "Correct image.repository, image.tag or image.digest, or image.pullSecrets.";
    return [{ text: `container ${name} has no image ${image}: ${words}`, advice }];
  }
  const ended = state?.terminated ?? lastState?.terminated;
  // An init container that has done its work has ended too.
  if (ended && (ended.exitCode !== 0 || reason === "CrashLoopBackOff")) {
    const memory = ended.reason === "OOMKilled";
    const why = memory
      ? "killed because its memory was used up"
      : `exit code ${ended.exitCode}, ${ended.reason ?? "Error"}`;
    const text = `container ${name} ends again and again: ${why}${ended.message ? `: ${ended.message}` : ""}`;
    const advice = memory
      ? "Raise resources.memory."
      : "Its log says why; most often it is an argument in engine.args, or the model in the bucket.";
    return [
      { text, advice, log: { pod, container: name, previous: state?.terminated === undefined && restartCount > 0 } },
    ];
  }
  if (["", "ContainerCreating", "PodInitializing"].includes(reason)) return [];
  return [{ text: `container ${name} is not started: ${words}`, advice: "Correct what it names, and deploy again." }];
}
