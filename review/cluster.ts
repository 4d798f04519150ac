import { homedir } from "node:os";
import { join } from "node:path";
import type { ClusterAccess } from "../components/clusterAccess.ts";
import { clientConfig, within } from "../components/clusterClient.ts";
import { inWords } from "../components/clusterWords.ts";
import { redacted } from "../config/secretForms.ts";
import { isTree } from "../config/tree.ts";
import type { Step } from "../workspace/events.ts";

/** For an answer of the API server, in milliseconds. */
const patience = 10_000;

/**
 * The access that a preview gives to the plugin for Kubernetes; nothing where the step is about something else, or the
 * access is a secret.
 */
export function accessIn({ type, name, metadata }: Step, env: NodeJS.ProcessEnv): ClusterAccess | undefined {
  const inputs: unknown = metadata.new?.inputs;
  if (type !== "pulumi:providers:kubernetes" || /^default(_|$)/.test(name) || !isTree(inputs)) return undefined;
  const { kubeconfig = env.KUBECONFIG || join(env.HOME ?? homedir(), ".kube", "config"), context } = inputs;
  if (typeof kubeconfig !== "string") return undefined;
  return { kubeconfig, ...(typeof context === "string" ? { context } : {}) };
}

/**
 * Why a cluster cannot be asked, in a line; nothing where it can. The plugin does not say so in a preview: it goes without
 * the cluster's own checks.
 */
export async function silence(access: ClusterAccess): Promise<string | undefined> {
  try {
    const { VersionApi } = await import("@kubernetes/client-node");
    const config = await clientConfig(access);
    await config.makeApiClient(VersionApi).getCode({}, await within(patience));
    return undefined;
  } catch (error) {
    return redacted(`the cluster cannot be reached: ${inWords(error)}`);
  }
}
