import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";

/** A Kubernetes object, as far as the lab looks into one. */
export interface KubernetesObject {
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec?: { taints?: { key: string; effect: string }[] };
  status?: { phase?: string; conditions?: { type: string; status: string }[] };
}

/** An answer of the API server. */
export interface Answer {
  status: number;
  body: string;
}

/** The few requests that the lab itself sends to its API server. */
export class ClusterClient {
  readonly #server: string;
  readonly #token: string;
  readonly #certificate: string;
  #agent: Agent | undefined;

  /** `certificate` is the path of the CA; it is read at the first request. */
  constructor(server: string, token: string, certificate: string) {
    this.#server = server;
    this.#token = token;
    this.#certificate = certificate;
  }

  /** A client as a kubeconfig of the lab says. */
  static fromKubeconfig(path: string): ClusterClient {
    const config = JSON.parse(readFileSync(path, "utf8"));
    const { server, "certificate-authority-data": authority } = config.clusters[0].cluster;
    const client = new ClusterClient(server, config.users[0].user.token, "");
    client.#agent = new Agent({ ca: Buffer.from(authority, "base64"), keepAlive: true });
    return client;
  }

  /** Sends one request; rejects only where there is no answer within `timeout` milliseconds. */
  send(method: string, path: string, body?: unknown, timeout = 5000): Promise<Answer> {
    this.#agent ??= new Agent({ ca: readFileSync(this.#certificate), keepAlive: true });
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const options = { agent: this.#agent, method, headers, signal: AbortSignal.timeout(timeout) };
    return new Promise((done, failed) => {
      const sent = request(new URL(path, this.#server), options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => done({ status: response.statusCode ?? 0, body: text }));
        response.on("error", failed);
      });
      sent.on("error", failed);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Creates an object; one that is there already is left alone. */
  async create(path: string, object: unknown): Promise<void> {
    const { status, body } = await this.send("POST", path, object);
    if (status >= 300 && status !== 409) throw new Error(`POST ${path}: ${status} ${body}`);
  }

  /** The object at a path, or undefined. */
  async get<T = KubernetesObject>(path: string): Promise<T | undefined> {
    const { status, body } = await this.send("GET", path);
    if (status === 404) return undefined;
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${body}`);
    return JSON.parse(body) as T;
  }

  /** The objects of a list. */
  async list(path: string): Promise<KubernetesObject[]> {
    return (await this.get<{ items: KubernetesObject[] }>(path))?.items ?? [];
  }

  /** Closes the connections. */
  close(): void {
    this.#agent?.destroy();
  }
}

/** Whether an object has a condition of that type that is true. */
export function isTrue(object: KubernetesObject | undefined, condition: string): boolean {
  return object?.status?.conditions?.some(({ type, status }) => type === condition && status === "True") ?? false;
}
