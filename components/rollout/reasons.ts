import type { CoreV1Event, V1ContainerStatus, V1Pod } from "@kubernetes/client-node";
import { newest, type Observation } from "./standing.ts";

/** What keeps pods from becoming ready, with what to do about it. */
export interface Reason {
  /** How many pods say so; 0 where it is why there are none. */
  pods: number;
  text: string;
  advice: string;
  /** Whose log may say more: the last run's where it has ended. */
  log?: { pod: string; container: string; previous: boolean };
}

type Finding = Omit<Reason, "pods">;

/** Why the pods of a rollout are not ready: each reason once, those of the most pods first. */
export function reasons(seen: Observation, pods: readonly V1Pod[], warnings: readonly CoreV1Event[]): Reason[] {
  const found = new Map<string, Reason>();
  for (const pod of pods.filter(({ metadata }) => !metadata?.deletionTimestamp)) {
    const said = warnings
      .filter(({ involvedObject }) => involvedObject.uid === pod.metadata?.uid)
      .sort((a, b) => timeOf(b) - timeOf(a));
    for (const finding of ofPod(pod, said)) {
      const key = anonymous(finding.text, pod);
      const known = found.get(key);
      if (known) known.pods++;
      else found.set(key, { pods: 1, ...finding });
    }
  }
  const all = [...found.values()].sort((a, b) => b.pods - a.pods);
  // A ReplicaSet that may not make pods, a Deployment that may not make a ReplicaSet.
  const refused =
    newest(seen)?.status?.conditions?.find(({ type, status }) => type === "ReplicaFailure" && status === "True") ??
    seen.deployment.status?.conditions?.find(({ reason }) => reason === "ReplicaSetCreateError");
  if (!refused) return all;
  const advice = "Raise the quota of the namespace, or correct what it forbids.";
  return [{ pods: 0, text: `pods are not made: ${refused.message ?? refused.reason}`, advice }, ...all];
}

/** Two pods with one reason differ in their own names and addresses only, and in numbers of the moment. */
const anonymous = (text: string, { metadata, spec }: V1Pod): string => {
  const names = [metadata?.name, spec?.nodeName].filter((name) => name !== undefined);
  return names.reduce((rest, name) => rest.replaceAll(name, ""), text).replace(ofOnePod, "");
};
/** Identifiers, addresses with their ports, and times. */
const ofOnePod =
  /[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32,}|\[?\b(\d{1,3}(\.\d{1,3}){3}|[0-9a-f]*(:[0-9a-f]*){3,})\]?(:\d+)?|\b\d+(\.\d+)?m?s\b/g;

const timeOf = ({ series, lastTimestamp, eventTime, metadata }: CoreV1Event): number =>
  new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime();

const slower = "If it only needs longer, raise startup.seconds; else its log says why.";

/** `warnings` are the pod's own, the latest first. */
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
  const podName = metadata.name ?? "";
  const { initContainerStatuses: before = [], containerStatuses: own = [] } = status;
  const probe = warnings.find(({ reason }) => reason === "Unhealthy")?.message;
  const found = [...before, ...own].flatMap((container) => ofContainer(container, podName, probe));
  if (found.length > 0) return found;
  const copying = before.find(({ state, started }) => state?.running && !started);
  if (copying) {
    const log = { pod: podName, container: copying.name, previous: false };
    return [{ text: `container ${copying.name}, which goes before the engine, is not done`, advice: slower, log }];
  }
  const running = own.find(({ state, ready }) => state?.running && !ready);
  if (running) {
    const log = { pod: podName, container: running.name, previous: false };
    const words = probe ? `: ${probe}` : "";
    return [{ text: `container ${running.name} runs and is not ready${words}`, advice: slower, log }];
  }
  const last = warnings.find(({ reason }) => reason !== "FailedScheduling");
  if (!last) return [];
  const advice = `See what Kubernetes says of it: kubectl describe pod ${podName} --namespace ${metadata.namespace}`;
  return [{ text: `cannot start: ${last.reason}: ${last.message}`, advice }];
}

function ofContainer(container: V1ContainerStatus, pod: string, probe: string | undefined): Finding[] {
  const { name, state, lastState, restartCount, image } = container;
  const { reason = "", message } = state?.waiting ?? {};
  const words = [reason, message].filter(Boolean).join(": ");
  if (/Image|Registry/.test(reason)) {
    const advice = "Correct image.repository, image.tag or image.digest, or image.pullSecrets.";
    return [{ text: `container ${name} has no image ${image}: ${words}`, advice }];
  }
  const ended = state?.terminated ?? lastState?.terminated;
  // An init container that has done its work has ended too.
  if (ended && (ended.exitCode !== 0 || reason === "CrashLoopBackOff")) {
    const log = { pod, container: name, previous: state?.terminated === undefined && restartCount > 0 };
    if (ended.reason === "OOMKilled") {
      const text = `container ${name} ends again and again: killed because its memory was used up`;
      return [{ text, advice: "Raise resources.memory.", log }];
    }
    // SIGKILL and SIGTERM come from a kubelet whose probe did not pass.
    if ((ended.exitCode === 137 || ended.exitCode === 143) && probe)
      return [{ text: `container ${name} is stopped because it does not become ready: ${probe}`, advice: slower, log }];
    const why = `exit code ${ended.exitCode}, ${ended.reason ?? "Error"}${ended.message ? `: ${ended.message}` : ""}`;
    const advice = "Its log says why; most often it is an argument in engine.args, or the model in the bucket.";
    return [{ text: `container ${name} ends again and again: ${why}`, advice, log }];
  }
  if (["", "ContainerCreating", "PodInitializing"].includes(reason)) return [];
  return [{ text: `container ${name} is not started: ${words}`, advice: "Correct what it names, and deploy again." }];
}
