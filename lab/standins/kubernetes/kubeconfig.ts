import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";

/** How to reach one cluster: what a kubeconfig says for one context. */
export interface Access {
  server: string;
  namespace: string;
  headers: { [name: string]: string };
  tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized?: boolean; servername?: string };
}

/** What was given as a kubeconfig is none. */
export class NoKubeconfig extends Error {}

interface Named<Kind extends string> {
  name: string;
  [kind: string]: unknown | { [key in Kind]: unknown };
}

interface Kubeconfig {
  "current-context"?: string;
  clusters?: Named<"cluster">[];
  contexts?: Named<"context">[];
  users?: Named<"user">[];
}

/**
 * Reads the access to a cluster. `pathOrContent` is a path or the text of a kubeconfig; without it, `KUBECONFIG`
 * or `~/.kube/config` as for any Kubernetes tool. Users with a certificate or a token are known, plugins are not.
 */
export function readAccess(
  pathOrContent: string | undefined,
  choice: { context?: string; cluster?: string; namespace?: string },
): Access {
  const config = load(pathOrContent || process.env.KUBECONFIG || join(homedir(), ".kube", "config"));
  const contextName = choice.context || config["current-context"];
  if (!contextName)
    throw new Error("no configuration has been provided, try setting KUBERNETES_MASTER environment variable");
  const context = find(config.contexts, contextName, "context");
  if (!context) throw new Error(`context "${contextName}" does not exist`);
  const clusterName = choice.cluster || text(context.cluster) || "";
  const cluster = find(config.clusters, clusterName, "cluster");
  if (!cluster) throw new Error(`cluster "${clusterName}" does not exist`);
  const user = find(config.users, text(context.user) ?? "", "user") ?? {};
  if (user.exec) throw new Error("the lab's stand-in does not run credential plugins; give the user a token");
  const token = text(user.token) ?? (user.tokenFile ? readFileSync(String(user.tokenFile), "utf8").trim() : undefined);
  return {
    server: String(cluster.server).replace(/\/$/, ""),
    namespace: choice.namespace || text(context.namespace) || "default",
    headers: token ? { Authorization: `Bearer ${token}` } : {},
    tls: {
      ca: bytes(cluster, "certificate-authority"),
      cert: bytes(user, "client-certificate"),
      key: bytes(user, "client-key"),
      rejectUnauthorized: cluster["insecure-skip-tls-verify"] === true ? false : undefined,
      servername: text(cluster["tls-server-name"]),
    },
  };
}

function load(pathOrContent: string): Kubeconfig {
  const path = pathOrContent.replace(/^~(?=$|\/)/, homedir());
  const config = parseOrNothing(existsSync(path) ? readFileSync(path, "utf8") : pathOrContent);
  if (typeof config !== "object" || config === null) {
    throw new NoKubeconfig(
      "couldn't get version/kind; json parse error: this is neither a kubeconfig nor the path of one",
    );
  }
  return config as Kubeconfig;
}

function parseOrNothing(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

function find(list: Named<string>[] | undefined, name: string, kind: string): { [key: string]: unknown } | undefined {
  return list?.find((entry) => entry.name === name)?.[kind] as { [key: string]: unknown } | undefined;
}

/** A field that holds a file's path, or with `-data` behind its name the file itself. */
function bytes(owner: { [key: string]: unknown }, field: string): Buffer | undefined {
  const data = text(owner[`${field}-data`]);
  if (data) return Buffer.from(data, "base64");
  const path = text(owner[field]);
  return path ? readFileSync(path) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
