import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import type { ClusterAccess } from "../../../components/clusterAccess.ts";
import { rolloutReaders } from "../../../components/rollout/reader.ts";
import { deployment, kubeconfigAt, pod, replicaSet } from "./objects.ts";

/** What is asked of the API server, with whose word, and what is made of its refusals. */

const requests: [string | undefined, string | undefined][] = [];
/** What the server answers, by the end of the path; else the objects below. */
const answers = new Map<string, (response: ServerResponse) => void>();
const list = (kind: string, items: unknown[]) => ({ apiVersion: "v1", kind: `${kind}List`, metadata: {}, items });
const foreign = { ...replicaSet("2", 9), metadata: { ...replicaSet("2", 9).metadata, ownerReferences: [] } };
const objects: Readonly<Record<string, unknown>> = {
  "/deployments/chat": deployment(),
  "/replicasets": list("ReplicaSet", [foreign, replicaSet("2", 1)]),
  "/pods": list("Pod", [pod("chat-new-1")]),
  "/events": list("Event", []),
};
const api = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1");
  requests.push([`${pathname}?${searchParams}`, request.headers.authorization]);
  const ending = [...answers.keys(), ...Object.keys(objects)].find((end) => pathname.endsWith(end)) ?? "";
  const own = answers.get(ending);
  if (own) return own(response);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(objects[ending]));
});
before(() => new Promise<void>((done) => api.listen(0, "127.0.0.1", done)));
afterEach(() => {
  requests.length = 0;
  answers.clear();
});
const folder = mkdtempSync(join(tmpdir(), "reader-"));
const file = join(folder, "kubeconfig");
after(() => {
  rmSync(folder, { recursive: true });
  api.closeAllConnections();
  return new Promise((done) => api.close(done));
});

const refusal = (code: number) => (response: ServerResponse) => {
  response.writeHead(code, { "content-type": "application/json" });
  response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, message: "may not" }));
};
const kubeconfig = () => kubeconfigAt((api.address() as AddressInfo).port, "token-of-the-provider");
const reader = () => rolloutReaders({ kubeconfig: kubeconfig(), context: "at-lab" })("chat", "inference");

const labels = "labelSelector=app.kubernetes.io%2Fname%3Dvllm%2Capp.kubernetes.io%2Finstance%3Dchat";
const apps = "/apis/apps/v1/namespaces/inference";
const core = "/api/v1/namespaces/inference";

test("the Deployment, its own ReplicaSets, its pods, the namespace's warnings, with the provider's own access", async () => {
  const chat = reader();
  const seen = await chat.observe();
  assert.ok(seen);
  assert.equal(seen.deployment.metadata?.uid, "uid-of-chat");
  assert.ok(seen.deployment.status?.conditions?.[1]?.lastUpdateTime instanceof Date);
  assert.deepEqual(
    seen.replicaSets.map(({ status }) => status?.availableReplicas),
    [1],
    "one that is another's is left out",
  );
  assert.deepEqual(
    (await chat.pods(seen.deployment)).map(({ metadata }) => metadata?.name),
    ["chat-new-1"],
  );
  assert.deepEqual(await chat.warnings(), []);
  const token = "Bearer token-of-the-provider";
  assert.deepEqual(requests, [
    [`${apps}/deployments/chat?`, token],
    [`${apps}/replicasets?${labels}`, token],
    [`${core}/pods?${labels}`, token],
    [`${core}/events?fieldSelector=type%3DWarning%2CinvolvedObject.kind%3DPod`, token],
  ]);
});

test("the end of a log: of the run before, and of the present one", async () => {
  answers.set("/log", (response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    response.end("ValueError: no room\n");
  });
  assert.equal(await reader().log("chat-new-1", "vllm", true), "ValueError: no room\n");
  await reader().log("chat-new-1", "copy", false);
  const log = (container: string, previous: boolean) =>
    `${core}/pods/chat-new-1/log?container=${container}&limitBytes=262144&previous=${previous}&tailLines=400`;
  const asked = requests.map(([address = ""]) => {
    const { pathname, searchParams } = new URL(address, "http://127.0.0.1");
    searchParams.sort();
    return `${pathname}?${searchParams}`;
  });
  assert.deepEqual(asked, [log("vllm", true), log("copy", false)]);
});

test("a Deployment that is not there is none; events and logs that may not be read are left out", async () => {
  answers.set("/deployments/chat", refusal(404));
  assert.equal(await reader().observe(), undefined);
  answers.clear();
  for (const what of ["/events", "/log"]) answers.set(what, refusal(403));
  assert.deepEqual(await reader().warnings(), []);
  assert.equal(await reader().log("chat-new-1", "vllm", true), "");
});

test("what the verdict rests on must be read, and a server that fails is an error; a log is not worth one", async () => {
  for (const code of [401, 403, 500]) {
    for (const what of ["/deployments/chat", "/replicasets"]) {
      answers.set(what, refusal(code));
      await assert.rejects(reader().observe(), { code });
      answers.clear();
    }
    answers.set("/pods", refusal(code));
    await assert.rejects(reader().pods(deployment()), { code });
  }
  for (const what of ["/events", "/log"]) answers.set(what, refusal(500));
  await assert.rejects(reader().warnings(), { code: 500 });
  assert.equal(await reader().log("chat-new-1", "vllm", true), "");
});

test("a call that is not answered in time fails, and is given up", async () => {
  const given = new Promise<void>((done) =>
    answers.set("/deployments/chat", (response) => response.once("close", done)),
  );
  const chat = rolloutReaders({ kubeconfig: kubeconfig(), context: "at-lab" }, 300)("chat", "inference");
  await assert.rejects(chat.observe(), /timeout|abort/i);
  await given;
});

test("credentials that are not taken any more are read anew", async () => {
  writeFileSync(file, kubeconfig());
  const chat = rolloutReaders({ kubeconfig: file, context: "at-lab" })("chat", "inference");
  await chat.observe();
  writeFileSync(file, kubeconfig().replace("token-of-the-provider", "another-token"));
  await chat.observe();
  answers.set("/deployments/chat", refusal(401));
  await assert.rejects(chat.observe(), { code: 401 });
  answers.clear();
  requests.length = 0;
  await chat.observe();
  assert.deepEqual([...new Set(requests.map(([, token]) => token))], ["Bearer another-token"]);
  // So is a file that comes late.
  rmSync(file);
  const late = rolloutReaders({ kubeconfig: file, context: "at-lab" })("chat", "inference");
  await assert.rejects(late.observe(), /ENOENT/);
  writeFileSync(file, kubeconfig());
  assert.ok(await late.observe());
});

test("a kubeconfig or a context that there is not is an error, and nobody else is asked", async () => {
  const observe = (access: ClusterAccess) => rolloutReaders(access)("chat", "inference").observe();
  await assert.rejects(observe({ kubeconfig: "/nowhere", context: "at-lab" }), /ENOENT/);
  await assert.rejects(observe({ kubeconfig: kubeconfig(), context: "nowhere" }), /No active cluster/);
  assert.deepEqual(requests, []);
});
