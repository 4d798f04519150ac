import assert from "node:assert/strict";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { clientImage } from "../../lab/images/nodeImages.ts";
import { type Lab, up } from "../../lab/lab.ts";
import { restricted, unprivileged } from "../../lab/load/load.ts";
import { Cluster, type KubernetesObject } from "../e2e/cluster.ts";
import { unique } from "../e2e/support.ts";

const namespace = `nodes-${unique}`;
let lab: Lab;
let cluster: Cluster;
let pods: KubernetesObject[];

/** Says its own name, and what it runs as. */
const server = `
const { writeFileSync } = require("node:fs");
const writable = (path) => { try { writeFileSync(path, ""); return true; } catch { return false; } };
require("node:http").createServer((request, response) => response.end(JSON.stringify({
  name: process.env.HOSTNAME, user: process.getuid(), root: writable("/own"), from: request.socket.remoteAddress,
}))).listen(8000);
console.log("listens");`;

before(async () => {
  lab = await up({ nodes: true });
  cluster = new Cluster(lab);
  await cluster.createNamespace(namespace);
  await cluster.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: "web" } },
      template: {
        metadata: { labels: { app: "web" } },
        spec: {
          ...restricted,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "DoNotSchedule",
              labelSelector: { matchLabels: { app: "web" } },
            },
          ],
          containers: [
            {
              name: "web",
              image: clientImage,
              args: ["-e", server],
              securityContext: unprivileged,
              readinessProbe: { httpGet: { path: "/", port: 8000 }, periodSeconds: 1 },
            },
          ],
        },
      },
    },
  });
  await cluster.apply({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace },
    spec: { selector: { app: "web" }, ports: [{ port: 80, targetPort: 8000 }] },
  });
  await cluster.eventually(async () => (await cluster.readyPods(namespace)).length, 2);
  pods = await cluster.readyPods(namespace);
});
after(() => cluster.kubectl("delete", "namespace", namespace, "--wait=false"));

/** Runs JavaScript in a pod and returns what it prints. */
const inPod = async (pod: KubernetesObject, code: string): Promise<string> =>
  cluster.kubectl("exec", "--namespace", namespace, pod.metadata.name, "--", "node", "-e", `(async () => {${code}})()`);

test("two nodes run pods, in place of the simulated one without a GPU", async () => {
  const nodes = await cluster.list("", "nodes");
  const real = nodes.filter(({ metadata }) => metadata.annotations["kwok.x-k8s.io/node"] === undefined);
  assert.deepEqual(
    real.map(({ metadata }) => metadata.name),
    ["node-1", "node-2"],
  );
  assert.deepEqual(
    nodes.filter(({ status }) => status.allocatable["nvidia.com/gpu"] === undefined),
    real,
  );
  for (const { spec, status } of real) {
    assert.equal(spec.taints, undefined);
    assert.equal(status.nodeInfo.kubeletVersion, "v1.36.3");
    assert.match(status.nodeInfo.containerRuntimeVersion, /^containerd:\/\/1\.[67]\./);
  }
});

test("pods are unprivileged processes of their own, each with an address of its node's network", async () => {
  assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), ["node-1", "node-2"]);
  for (const pod of pods) {
    assert.ok(pod.status.podIP.startsWith(pod.spec.nodeName === "node-1" ? "10.246.1." : "10.246.2."));
    const said = JSON.parse(
      await inPod(pod, `console.log(await (await fetch("http://${pod.status.podIP}:8000")).text())`),
    );
    assert.deepEqual([said.name, said.user, said.root], [pod.metadata.name, 2000, false]);
  }
});

test("a Service leads from each pod to both, by its name and its address", async () => {
  const { spec } = await cluster.get(namespace, "service", "web");
  for (const pod of pods) {
    for (const host of [`web.${namespace}.svc`, "web", spec.clusterIP]) {
      // A node learns of a Service a moment after the API server does, and until then has no route to its address.
      const reached = async () => {
        const printed = await inPod(
          pod,
          `for (let n = 0; n < 30; n++) console.log(await fetch("http://${host}", { headers: { connection: "close" } }).then(async (answer) => (await answer.json()).name, (error) => error.cause.code))`,
        );
        return [...new Set(printed.trim().split("\n"))].sort();
      };
      await cluster.eventually(reached, pods.map(({ metadata }) => metadata.name).sort());
    }
  }
});

test("logs come through the API server", async () => {
  for (const { metadata } of pods) {
    assert.equal(await cluster.kubectl("logs", "--namespace", namespace, metadata.name), "listens\n");
  }
});

test("a kubelet answers the API server, and refuses who does not prove who it is", async () => {
  const { status } = await cluster.get("", "node", "node-1");
  const host = status.addresses.find(({ type }: KubernetesObject) => type === "InternalIP").address;
  const answered = await new Promise((done, failed) => {
    request({ host, port: 10250, path: "/pods", rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      done(answer.statusCode);
    })
      .on("error", failed)
      .end();
  });
  assert.equal(answered, 401);
});

test("of this machine a pod reaches the API server and AWS, and nothing else; of the world nothing", async () => {
  const aws = new URL(lab.awsForPods ?? "");
  const [pod] = pods;
  const reach = (url: string) =>
    inPod(
      pod,
      `process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; console.log(await fetch("${url}", { signal: AbortSignal.timeout(2000) }).then((answer) => answer.status, (error) => error.cause?.code ?? error.name))`,
    );
  assert.equal(await reach(`${aws.origin}/moto-api/`), "200\n");
  assert.equal(await reach("https://kubernetes.default.svc/version"), "200\n");
  assert.equal(await reach(`http://${aws.hostname}:${new URL(lab.awsEndpoint).port}/`), "ECONNREFUSED\n");
  assert.match(await reach("http://192.0.2.1/"), /^(ENETUNREACH|EHOSTUNREACH)\n$/);
});
