import { inGib } from "../../planning/fit/memory.ts";
import type { MemoryPart } from "../../planning/pod/memory.ts";
import type { ModelDeployment, StackExplanation } from "../../render/explanation.ts";
import type { PodFacts, ProbeFacts, VolumeFacts } from "../../render/podFacts.ts";
import { shown, table } from "../table.ts";
import { duration } from "./duration.ts";

/** What of a pod is told: the model with its figures and its deployment. */
type Model = StackExplanation["models"][string];

/** By what a pod finds a node, and what it asks of it. */
export function nodesText({ pod }: ModelDeployment): string {
  const { nodeSelector, tolerations, priorityClassName, containers } = pod;
  const labels = Object.entries(nodeSelector).map(([key, value]) => `${key}=${value}`);
  return table([
    ["labels", labels.join(", ") || "any"],
    ["tolerates", tolerations.map(tolerationText).join(", ") || "no taint"],
    ...(priorityClassName === undefined ? [] : [["priority class", priorityClassName]]),
    ...containers.map(({ name, init, requests, limits }) => {
      // What has no request of its own is asked for by its limit.
      const asked = Object.entries({ ...limits, ...requests }).map(([resource, amount]) => `${resource} ${amount}`);
      const limited = limits.memory === undefined ? "" : `; killed above memory ${limits.memory}`;
      return [
        `${name} asks for`,
        `${asked.sort().join(", ")}${limited}${init ? "; ends before the engine starts" : ""}`,
      ];
    }),
  ]);
}

function tolerationText({ key, operator, value, effect, tolerationSeconds }: PodFacts["tolerations"][number]): string {
  const taint = `${key ?? "any"}${operator === "Exists" || value === undefined ? "" : `=${value}`}${effect ? `:${effect}` : ""}`;
  return tolerationSeconds === undefined ? taint : `${taint} for ${duration(tolerationSeconds)}`;
}

/** How the engine is asked whether it is well, and what follows when it is not. */
export function probesText({ pod }: ModelDeployment): string | undefined {
  const probes = pod.containers.find((container) => container.probes)?.probes;
  if (!probes) return undefined;
  const { startup, readiness, liveness } = probes;
  const every = ({ periodSeconds }: ProbeFacts) => `every ${periodSeconds} s`;
  const failing = ({ failureThreshold, seconds }: ProbeFacts) =>
    `${failureThreshold} failures in a row, ${duration(seconds)}`;
  return table([
    ["asked", `GET ${startup.path} on port ${startup.port}`],
    ["startup", `${every(startup)}; not ready after ${failing(startup)}: killed, and started again`],
    ["readiness", `${every(readiness)}; after ${failing(readiness)}: no requests until it answers`],
    ["liveness", `${every(liveness)}; after ${failing(liveness)}: killed, and started again`],
  ]);
}

/** Every image that a node has to pull. */
export const imagesText = ({ pod }: ModelDeployment): string =>
  table([
    ...pod.containers.map(({ name, image, init }) => [name, `${image}${init ? ", before the engine" : ""}`]),
    ...(pod.pullSecrets.length > 0 ? [["pull secrets", pod.pullSecrets.join(", ")]] : []),
  ]);

/** The variables of each container; of those in a Secret where they are. */
export const environmentText = ({ pod }: ModelDeployment): string =>
  pod.containers
    .map(({ name, environment }) => {
      const rows = environment.map((one) => [
        one.name,
        "value" in one ? shown(one.value) : `key ${one.key} of Secret ${one.secret}`,
      ]);
      return `${pod.containers.length > 1 ? `of ${name}\n` : ""}${indented(table(rows), pod.containers.length > 1)}`;
    })
    .join("\n");

const indented = (text: string, wanted: boolean) => (wanted ? text.replace(/^/gm, "  ") : text);

/** What is mounted where, and the disk that a pod asks for. */
export function volumesText({ pod, disk }: Model): string {
  const rows = pod.volumes.map((volume) => {
    const path = volume.mounts[0]?.path ?? volume.name;
    const readOnly = volume.mounts.every((mount) => mount.readOnly) ? ", read-only" : "";
    return [path, `${contentOf(volume)}${readOnly}`];
  });
  return table([
    ...rows,
    ["ephemeral-storage", disk === undefined ? "not asked for" : `${disk} asked of the node, for a copy of the model`],
  ]);
}

const contentOf = ({ kind, size, configMap }: VolumeFacts): string => {
  if (kind === "configMap") return `ConfigMap ${configMap}`;
  const limit = size === undefined ? "" : `, at most ${size}`;
  return kind === "memory" ? `in memory${limit}, counted in the pod's` : `on the node's disk${limit}, empty at first`;
};

/** What lies in the memory of a pod. */
export function memoryText({ memory }: Model): string {
  const { bytes, parts, shm, unreckoned } = memory;
  const rows = (all: MemoryPart[], indent = "") => all.map(({ part, bytes }) => [`${indent}${part}`, inGib(bytes)]);
  return table([
    ["its limit", inGib(bytes)],
    ...rows(parts),
    ["size of /dev/shm", inGib(shm.bytes)],
    ...(shm.parts.length > 1 ? rows(shm.parts, "  ") : []),
    ...unreckoned.map(({ setting, reason }) => ["not reckoned", `${setting}: ${reason}`]),
  ]);
}
