import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { Agent, request as send } from "node:https";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { parse, stringify } from "yaml";
import { listen } from "../../lab/listen.ts";
import type { Lab } from "../../lab/state.ts";

/** A request to the API server, and what became of it. */
export interface Asked {
  /** `create deployments.apps`; a path where it is of no resource. */
  right: string;
  isDryRun: boolean;
  status: number;
}

/** The lab's API server before which everybody is a member of one group, by impersonation, and nobody else. */
export interface KubernetesGate {
  address: string;
  /** The file of a kubeconfig that leads here. */
  kubeconfig: string;
  /** The group of who asks now. */
  group: string;
  asked: Asked[];
}

export async function kubernetesGate(t: Pick<TestContext, "after">, lab: Lab, folder: string): Promise<KubernetesGate> {
  const config = parse(readFileSync(lab.kubeconfig, "utf8"));
  const [{ cluster }] = config.clusters;
  const [{ user }] = config.users;
  const ca = Buffer.from(String(cluster["certificate-authority-data"]), "base64");
  const agent = new Agent({ keepAlive: true, ca });
  const gate: KubernetesGate = { address: "", kubeconfig: join(folder, "gate.kubeconfig"), group: "", asked: [] };
  const server = createServer((request, response) => {
    const { connection: _, host: __, ...headers } = request.headers;
    const groups = [gate.group, "system:authenticated"];
    const impersonated = { "impersonate-user": `somebody of ${gate.group}`, "impersonate-group": groups };
    const options = {
      ...{ agent, method: request.method },
      headers: { ...headers, authorization: `Bearer ${user.token}`, ...impersonated },
    };
    const upstream = send(new URL(request.url ?? "/", cluster.server), options, (answer) => {
      gate.asked.push({ ...rightOf(request), status: answer.statusCode ?? 0 });
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    upstream.on("error", () => response.destroy());
    request.pipe(upstream);
  });
  gate.address = `http://127.0.0.1:${await listen(server)}`;
  t.after(() => {
    server.close();
    server.closeAllConnections();
    agent.destroy();
  });
  // Plain HTTP is taken by a client of Kubernetes only where it is told so.
  const plain = { server: gate.address, "insecure-skip-tls-verify": true };
  const own = { clusters: [{ name: "gate", cluster: plain }], users: [{ name: "gate", user: {} }] };
  const contexts = [{ name: lab.context, context: { cluster: "gate", user: "gate" } }];
  writeFileSync(gate.kubeconfig, stringify({ apiVersion: "v1", kind: "Config", ...own, contexts }));
  return gate;
}

/** The right that a request needs: verb, resource and group, as RBAC has them. */
function rightOf({ method = "", url = "/" }: IncomingMessage): Omit<Asked, "status"> {
  const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
  const isDryRun = searchParams.get("dryRun") === "All";
  const [, group = "", rest = ""] = /^\/api(?:s\/([^/]+))?\/v[^/]+\/(.+)$/.exec(pathname) ?? [];
  if (rest === "") return { right: pathname, isDryRun };
  const [resource = "", name, part] = rest.replace(/^namespaces\/[^/]+\//, "").split("/");
  const reads = name === undefined ? (searchParams.get("watch") ? "watch" : "list") : "get";
  const verb = { GET: reads, POST: "create", PATCH: "patch", PUT: "update", DELETE: "delete" }[method] ?? method;
  return { right: `${verb} ${part ? `${resource}/${part}` : resource}${group ? `.${group}` : ""}`, isDryRun };
}
