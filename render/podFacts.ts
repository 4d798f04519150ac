import type { V1Container, V1EnvVar, V1PodSpec, V1Probe } from "@kubernetes/client-node";
import { reached } from "../components/objects/environment.ts";

/** A variable of a container: its value, or which Secret has it. */
export type Variable = { name: string; value: string } | { name: string; secret: string; key: string };

/** How a container is asked whether it is well. */
export interface ProbeFacts {
  path: string;
  /** Where it is asked: a port of the container. */
  port: number;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
  /** How long it may fail: from the first failure, which a start begins with, to the one that counts. */
  seconds: number;
}

export interface ContainerFacts {
  name: string;
  image: string;
  /** It ends before the others start. */
  init?: true;
  /** By resource, as Kubernetes quantities. */
  requests: Record<string, string>;
  limits: Record<string, string>;
  environment: Variable[];
  probes?: { startup: ProbeFacts; readiness: ProbeFacts; liveness: ProbeFacts };
}

/** A volume, and where it is mounted. Only `memory` counts as memory of the pod. */
export interface VolumeFacts {
  name: string;
  kind: "memory" | "disk" | "configMap";
  /** Its limit, a Kubernetes quantity. */
  size?: string;
  configMap?: string;
  mounts: { container: string; path: string; readOnly?: true }[];
}

/** What one looks for in a pod that does not start. */
export interface PodFacts {
  /** Labels that its node has to have. */
  nodeSelector: Record<string, string>;
  tolerations: { key?: string; operator?: string; value?: string; effect?: string; tolerationSeconds?: number }[];
  priorityClassName?: string;
  pullSecrets: string[];
  /** Seconds between the wish to stop it and SIGKILL. */
  terminationGraceSeconds: number;
  /** In the order in which they start. */
  containers: ContainerFacts[];
  volumes: VolumeFacts[];
}

/** Reads a pod's spec, as it is deployed. */
export function podFacts(spec: V1PodSpec): PodFacts {
  const before = (spec.initContainers ?? []).map((one) => ({ ...containerFacts(one), init: true as const }));
  const all = [...(spec.initContainers ?? []), ...spec.containers];
  return {
    nodeSelector: spec.nodeSelector ?? {},
    tolerations: spec.tolerations ?? [],
    ...(spec.priorityClassName === undefined ? {} : { priorityClassName: spec.priorityClassName }),
    pullSecrets: (spec.imagePullSecrets ?? []).flatMap(({ name }) => name ?? []),
    terminationGraceSeconds: spec.terminationGracePeriodSeconds ?? 30,
    containers: [...before, ...spec.containers.map(containerFacts)],
    volumes: (spec.volumes ?? []).map(({ name, emptyDir, configMap }) => ({
      name,
      kind: configMap ? "configMap" : emptyDir?.medium === "Memory" ? "memory" : "disk",
      ...(emptyDir?.sizeLimit === undefined ? {} : { size: emptyDir.sizeLimit }),
      ...(configMap?.name === undefined ? {} : { configMap: configMap.name }),
      mounts: all.flatMap((container) =>
        (container.volumeMounts ?? [])
          .filter((mount) => mount.name === name)
          .map(({ mountPath, readOnly }) => ({
            container: container.name,
            path: mountPath,
            ...(readOnly ? { readOnly: true as const } : {}),
          })),
      ),
    })),
  };
}

function containerFacts(container: V1Container): ContainerFacts {
  const { name, image = "", resources = {}, env = [], startupProbe, readinessProbe, livenessProbe } = container;
  const facts = { name, image, requests: resources.requests ?? {}, limits: resources.limits ?? {} };
  const environment = env.map(variable);
  if (!startupProbe || !readinessProbe || !livenessProbe) return { ...facts, environment };
  const [startup, readiness, liveness] = [startupProbe, readinessProbe, livenessProbe].map((probe) =>
    probeFacts(probe, container),
  ) as [ProbeFacts, ProbeFacts, ProbeFacts];
  return { ...facts, environment, probes: { startup, readiness, liveness } };
}

function variable({ name, value = "", valueFrom }: V1EnvVar): Variable {
  const { name: secret = "", key } = valueFrom?.secretKeyRef ?? {};
  return key === undefined ? { name, value: reached(value) } : { name, secret, key };
}

function probeFacts({ httpGet, ...probe }: V1Probe, { ports = [] }: V1Container): ProbeFacts {
  const { periodSeconds = 10, timeoutSeconds = 1, failureThreshold = 3 } = probe;
  const port = ports.find(({ name }) => name === httpGet?.port)?.containerPort ?? 0;
  const figures = { periodSeconds, timeoutSeconds, failureThreshold };
  return { path: httpGet?.path ?? "/", port, ...figures, seconds: (failureThreshold - 1) * periodSeconds };
}
