import type { CoreV1Event, V1Deployment, V1Pod } from "@kubernetes/client-node";
import { type ClusterAccess, clientConfig } from "../clusterAccess.ts";
import type { Observation } from "./standing.ts";

/** One Deployment as the cluster has it, and what belongs to it. What may not be read beside it is left out. */
export interface RolloutReader {
  /** `undefined` where there is no such Deployment. */
  observe(): Promise<Observation | undefined>;
  pods(deployment: V1Deployment): Promise<V1Pod[]>;
  /** Warnings about anything in the namespace. */
  warnings(): Promise<CoreV1Event[]>;
  /** The last lines of a container's log, of the run before or of the present one; empty where there are none. */
  log(pod: string, container: string, previous: boolean): Promise<string>;
}

/** Makes a reader for one Deployment. */
export type RolloutReaders = (name: string, namespace: string) => RolloutReader;

/** A call that is not answered in that time failed. */
const callSeconds = 30;
const logLines = 12;
const logBytes = 4096;

/** Readers that reach the cluster as the provider does, with one client for all, made at the first call. */
export function rolloutReaders(access: ClusterAccess): RolloutReaders {
  let client: ReturnType<typeof connect> | undefined;
  const connected = () => {
    client ??= connect(access);
    return client;
  };
  return (name, namespace) => ({
    observe: async () => {
      const { apps, answered, items } = await connected();
      const deployment = await answered(apps.readNamespacedDeployment({ name, namespace }), 404);
      if (!deployment) return undefined;
      const sets = await items(apps.listNamespacedReplicaSet({ namespace, ...selecting(deployment) }));
      const own = sets.filter(({ metadata }) =>
        metadata?.ownerReferences?.some(({ uid }) => uid === deployment.metadata?.uid),
      );
      return { deployment, replicaSets: own };
    },
    pods: async (deployment) => {
      const { core, items } = await connected();
      return items(core.listNamespacedPod({ namespace, ...selecting(deployment) }));
    },
    warnings: async () => {
      const { core, items } = await connected();
      return items(core.listNamespacedEvent({ namespace, fieldSelector: "type=Warning" }));
    },
    log: async (pod, container, previous) => {
      const { core, answered } = await connected();
      const length = { tailLines: logLines, limitBytes: logBytes };
      const log = answered(core.readNamespacedPodLog({ name: pod, namespace, container, previous, ...length }));
      // The reasons stand without it: a node that does not answer has no log.
      return log.then(
        (text) => text ?? "",
        () => "",
      );
    },
  });
}

async function connect(access: ClusterAccess) {
  const { ApiException, AppsV1Api, CoreV1Api } = await import("@kubernetes/client-node");
  const config = await clientConfig(access);
  /** A call's answer, in time; `undefined` where it failed with that code. */
  const answered = async <T>(call: Promise<T>, but?: number): Promise<T | undefined> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, fail) => {
      timer = setTimeout(() => fail(new Error(`no answer in ${callSeconds} s`)), callSeconds * 1000);
    });
    try {
      return await Promise.race([call, late]);
    } catch (error) {
      if (error instanceof ApiException && error.code === but) return undefined;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    apps: config.makeApiClient(AppsV1Api),
    core: config.makeApiClient(CoreV1Api),
    answered,
    /** What a list holds; nothing where it may not be read. */
    items: <T>(call: Promise<{ items: T[] }>) => answered(call, 403).then((list) => list?.items ?? []),
  };
}

const selecting = ({ spec }: V1Deployment) => ({
  labelSelector: Object.entries(spec?.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(","),
});
