import type { ConfigurationOptions, CoreV1Event, V1Deployment, V1Pod } from "@kubernetes/client-node";
import type { ClusterAccess } from "../clusterAccess.ts";
import { clientConfig, within } from "../clusterClient.ts";
import type { Observation } from "./standing.ts";

/** One Deployment as the cluster has it, and what belongs to it. Events and logs that may not be read are left out. */
export interface RolloutReader {
  /** `undefined` where there is no such Deployment. */
  observe(): Promise<Observation | undefined>;
  pods(deployment: V1Deployment): Promise<V1Pod[]>;
  /** Warnings about pods of the namespace. */
  warnings(): Promise<CoreV1Event[]>;
  /** The end of a container's log, of the run before or of the present one; empty where there is none. */
  log(pod: string, container: string, previous: boolean): Promise<string>;
}

/** Makes a reader for one Deployment. */
export type RolloutReaders = (name: string, namespace: string) => RolloutReader;

/** vLLM 0.32.0 tells the reason 120 lines above its last one, 15 kB. */
const logLines = 400;
const logBytes = 262_144;

/**
 * Readers that reach the cluster as the provider does, with one client for all, made at the first call.
 * @param callMs a call that is not answered in that time failed
 */
export function rolloutReaders(access: ClusterAccess | Promise<ClusterAccess>, callMs = 30_000): RolloutReaders {
  let client: ReturnType<typeof connect> | undefined;
  const ask = async <T>(
    call: (apis: Awaited<ReturnType<typeof connect>>, options: ConfigurationOptions) => Promise<T>,
  ) => {
    client ??= connect(access);
    try {
      const apis = await client;
      return await call(apis, await within(callMs));
    } catch (error) {
      // Credentials that the server does not take any more, or that could not be had, are asked for anew.
      if (!(isCode(error) && error.code !== 401)) client = undefined;
      throw error;
    }
  };
  return (name, namespace) => ({
    async observe() {
      const deployment = await ask(({ apps }, options) =>
        apps.readNamespacedDeployment({ name, namespace }, options),
      ).catch(but(404));
      if (!deployment) return undefined;
      const sets = await ask(({ apps }, options) =>
        apps.listNamespacedReplicaSet({ namespace, ...selecting(deployment) }, options),
      );
      const own = sets.items.filter(({ metadata }) =>
        metadata?.ownerReferences?.some(({ uid }) => uid === deployment.metadata?.uid),
      );
      return { deployment, replicaSets: own };
    },
    pods: (deployment) =>
      ask(({ core }, options) => core.listNamespacedPod({ namespace, ...selecting(deployment) }, options)).then(
        ({ items }) => items,
      ),
    warnings: () =>
      ask(({ core }, options) => core.listNamespacedEvent({ namespace, fieldSelector: ofPods }, options))
        .catch(but(403))
        .then((list) => list?.items ?? []),
    log: (pod, container, previous) =>
      ask(({ core }, options) => {
        const length = { tailLines: logLines, limitBytes: logBytes };
        return core.readNamespacedPodLog({ name: pod, namespace, container, previous, ...length }, options);
        // The reasons stand without it: a node that does not answer has no log.
      }).catch(() => ""),
  });
}

const ofPods = "type=Warning,involvedObject.kind=Pod";

async function connect(access: ClusterAccess | Promise<ClusterAccess>) {
  const { AppsV1Api, CoreV1Api } = await import("@kubernetes/client-node");
  const config = await clientConfig(await access);
  return {
    apps: config.makeApiClient(AppsV1Api),
    core: config.makeApiClient(CoreV1Api),
  };
}

const isCode = (error: unknown): error is { code: number } => typeof (error as { code?: unknown }).code === "number";

/** Takes a failure with that code for no answer. */
const but = (code: number) => (error: unknown) => {
  if (isCode(error) && error.code === code) return undefined;
  throw error;
};

const selecting = ({ spec }: V1Deployment) => ({
  labelSelector: Object.entries(spec?.selector.matchLabels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(","),
});
