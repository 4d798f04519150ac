import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { InferencePlatform } from "../../../components/inferencePlatform.ts";
import { argumentsOf } from "../../../program/arguments.ts";
import { connectCluster } from "../../../program/cluster.ts";
import { least } from "../../config/settings.ts";
import { callbackServer, type Deployed, deploy } from "../mocks.ts";
import { planned } from "../platform.ts";
import { deployment, kubeconfigAt, replicaSet } from "./objects.ts";

/** When the platform looks at its rollouts, and what waits for them; how one fails is shown by the real engine. */

/** Deployments whose rollout goes on, and what was asked for. */
const rolling = new Set<string>();
const asked: string[] = [];
const api = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? "", "http://127.0.0.1");
  const [, name] = /\/deployments\/(\w+)$/.exec(pathname) ?? [];
  if (name) asked.push(name);
  const one = name && rolling.has(name) ? deployment({ reason: "ReplicaSetUpdated" }) : deployment();
  const items = pathname.endsWith("/replicasets") ? [replicaSet("2", 2)] : [];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(name ? one : { metadata: {}, items }));
});
before(() => new Promise<void>((done) => api.listen(0, "127.0.0.1", done)));
afterEach(() => {
  asked.length = 0;
  rolling.clear();
});
after(() => {
  api.closeAllConnections();
  return new Promise((done) => api.close(done));
});

const kubeconfig = () => kubeconfigAt((api.address() as AddressInfo).port, "token");

/** Deploys two models that are served and one that is not, as to a cluster. */
function deployed(options: { preview?: boolean; made?: boolean }): Promise<Deployed<InferencePlatform>> {
  const models = { chat: { revision: "v1" }, code: { revision: "v1" }, none: {} };
  const settings = planned({ own: { ...least, model: null, models } });
  return deploy(async () => {
    const { provider, arn } = await connectCluster(settings.plan);
    const args = argumentsOf(settings, { provider, arn, kubeconfig: kubeconfig() });
    const cluster = { ...args.cluster, context: "at-lab" };
    return new InferencePlatform("vllm", { ...args, cluster }, { providers: [provider] });
  }, options);
}

const workloads = ({ all }: Deployed<unknown>) =>
  all("vllm:index:Workload").map(({ name, outputs }) => [name, outputs]);

test("each Deployment that a server has made is looked at; the component is done when its rollout is", async () => {
  rolling.add("code");
  const wait = deployed({ made: true });
  while (asked.filter((name) => name === "code").length < 2) await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual([...new Set(asked)].sort(), ["chat", "code"]);
  assert.equal(asked.filter((name) => name === "chat").length, 1);
  rolling.clear();
  const registered = workloads(await wait);
  assert.deepEqual(registered.sort(), [
    ["vllm-chat-main", {}],
    ["vllm-code-main", {}],
  ]);
});

test("a preview looks at none, and has no server for callbacks", async () => {
  const previewed = await deployed({ preview: true, made: true });
  assert.deepEqual(asked, []);
  assert.equal(workloads(previewed).length, 2);
  assert.equal(callbackServer(), undefined);
});

test("what a test's mocks have made is not looked for", async () => {
  assert.equal(workloads(await deployed({})).length, 2);
  assert.deepEqual(asked, []);
});
