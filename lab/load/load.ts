import { readFileSync } from "node:fs";
import { clientImage } from "../images/nodeImages.ts";

/** A model to ask: where, by which key, under which name. */
export interface Asked {
  name: string;
  /** `http://<model>.<namespace>.svc/v1` */
  baseURL: string;
  apiKey: string;
  /** The name that it is served under. */
  model: string;
}

/** What a client does: see `client.mjs`. */
export interface Task {
  models: Asked[];
  /** How many ask each model at once. */
  workers: number;
  /** How many requests are sent at least, whenever it is told to end. */
  requests: number;
  /** Lengths of answers in tokens, by turns. */
  tokens: number[];
  /** Length of an answer that no drain waits for; 0 asks for none. */
  overlong: number;
}

/** A request without the answer that it asked for. */
export interface Loss {
  at: string;
  model: string;
  reason: string;
}

/** What became of the requests. */
export interface Outcome {
  sent: number;
  /** Answered in one piece, and in a stream to its `[DONE]`. */
  answered: number;
  streamed: number;
  lost: number;
  /** The first of those. */
  losses: Loss[];
  /** Streams longer than a drain: whole ones, those ended by a word that says so, and those cut or left hanging. */
  overlong: { done: number; ended: number; cut: Loss[] };
}

const script = readFileSync(new URL("client.mjs", import.meta.url), "utf8");

/**
 * The pod that asks, and the ConfigMap with its program: npm's `openai`, which keeps its connections open and tries
 * nothing twice. It ends, and prints its outcome, once `/tmp/stop` is there. It passes the level `restricted`.
 */
export function clientObjects(name: string, namespace: string, task: Task): object[] {
  const labels = { "lab.vllm/load": name };
  return [
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { "client.mjs": script } },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels },
      spec: {
        ...restricted,
        restartPolicy: "Never",
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "client",
            image: clientImage,
            args: ["/client/client.mjs", JSON.stringify(task)],
            securityContext: unprivileged,
            resources: { limits: { memory: "1Gi" } },
            volumeMounts: [
              { name: "client", mountPath: "/client" },
              { name: "tmp", mountPath: "/tmp" },
            ],
          },
        ],
        volumes: [
          { name: "client", configMap: { name } },
          { name: "tmp", emptyDir: {} },
        ],
      },
    },
  ];
}

/** What the spec of a pod says at the Pod Security level `restricted` … */
export const restricted = {
  securityContext: { runAsNonRoot: true, runAsUser: 2000, seccompProfile: { type: "RuntimeDefault" } },
  automountServiceAccountToken: false,
};

/** … and each of its containers. */
export const unprivileged = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

/** The outcome in what the client printed. */
export const outcomeIn = (log: string): Outcome => JSON.parse(log.trim().split("\n").at(-1) ?? "") as Outcome;
