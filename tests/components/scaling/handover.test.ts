import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { credentials } from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import callbackService from "@pulumi/pulumi/proto/callback_grpc_pb.js";
import callback from "@pulumi/pulumi/proto/callback_pb.js";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import protobuf from "google-protobuf/google/protobuf/struct_pb.js";
import type { ClusterAccess } from "../../../components/clusterAccess.ts";
import { scalerHandover } from "../../../components/scaling/handover.ts";
import type { Tree } from "../../../config/tree.ts";
import { least } from "../../config/settings.ts";
import { callbackServer, type Deployed, deploy, type Hook } from "../mocks.ts";
import { deployPlatform } from "../platform.ts";

/** From scaled to fixed: the scaler goes before the count is set, and in no other change. */

const hookName = "vllm-scaler-handover";
const bound = { beforeUpdate: [hookName] };
const scaled = { autoscaling: { min: 2, max: 4 } };
const v1 = { ...least, revision: "v1" };
const served = (models: Tree) => ({ ...v1, model: null, models });

/** The hooks of the Deployments, by model; nothing else may have one. */
function bindings({ resources }: Deployed<unknown>): Record<string, Record<string, string[]>> {
  const [deployments, others] = [true, false].map((wanted) =>
    resources.filter(({ type }) => (type === "kubernetes:apps/v1:Deployment") === wanted),
  );
  for (const { id, hooks } of others ?? []) assert.deepEqual(hooks, {}, id);
  return Object.fromEntries((deployments ?? []).map(({ inputs, hooks }) => [inputs.metadata.name, hooks]));
}
const names = ({ hooks }: Deployed<unknown>) => hooks.map(({ name }) => name);

const three = served({ chat: {}, code: scaled, math: { gpu: { count: 0 }, replicas: 2 } });

test("a fixed count has the hook, a scaled one has none", async () => {
  const deployed = await deployPlatform({ own: three });
  assert.deepEqual(bindings(deployed), { chat: bound, code: {}, math: bound });
  // One for all of them: a program may not have two of a name.
  assert.deepEqual(names(deployed), [hookName]);
});

test("in a preview there is none, and no server that it would be called at", async () => {
  const deployed = await deployPlatform({ own: three }, { preview: true });
  assert.deepEqual(bindings(deployed), { chat: {}, code: {}, math: {} });
  assert.deepEqual(names(deployed), []);
  assert.equal(callbackServer(), undefined);
  await deployPlatform({ own: three });
  assert.ok(callbackServer());
});

test("where every model that is served is scaled, no hook is made at all", async () => {
  const all = await deployPlatform({ own: served({ chat: scaled, code: scaled }) });
  assert.deepEqual(bindings(all), { chat: {}, code: {} });
  assert.deepEqual(names(all), []);
  // A fixed one without a revision has no Deployment.
  const beside = await deployPlatform({ own: served({ chat: scaled, code: { revision: null } }) });
  assert.deepEqual(bindings(beside), { chat: {} });
  assert.deepEqual(names(beside), []);
  const none = await deployPlatform({ own: least });
  assert.deepEqual([bindings(none), names(none)], [{}, []]);
});

test("it does not run in a preview, and an update in which it fails fails", async () => {
  const { hooks } = await deployPlatform({ own: v1 });
  assert.deepEqual(
    hooks.map(({ callback: _, ...flags }) => flags),
    [{ name: hookName, onDryRun: false, ignoreErrors: false }],
  );
});

const folder = mkdtempSync(join(tmpdir(), "handover-"));
const file = join(folder, "kubeconfig");
/** What the API was asked: method, address and whose token. */
const requests: [string, string, string | undefined][] = [];
let status = 200;
const api = createServer((request, response) => {
  requests.push([request.method ?? "", request.url ?? "", request.headers.authorization]);
  const reason = status === 200 ? { status: "Success" } : { status: "Failure", code: status, message: "as it is told" };
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ kind: "Status", apiVersion: "v1", ...reason }));
});
const ambient = process.env.KUBECONFIG;
before(() => new Promise<void>((done) => api.listen(0, "127.0.0.1", done)));
afterEach(() => {
  requests.length = 0;
  status = 200;
  if (ambient === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = ambient;
  rmSync(file, { force: true });
});
after(() => {
  rmSync(folder, { recursive: true });
  api.closeAllConnections();
  return new Promise((done) => api.close(done));
});

/** A kubeconfig of two clusters behind the one API, told apart by their paths; the second is the current one. */
const kubeconfig = () => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: ["lab", "other"].map((name) => ({
    name,
    cluster: {
      server: `http://127.0.0.1:${(api.address() as AddressInfo).port}/${name}`,
      "insecure-skip-tls-verify": true,
    },
  })),
  contexts: ["lab", "other"].map((name) => ({ name: `at-${name}`, context: { cluster: name, user: name } })),
  "current-context": "at-other",
  users: ["lab", "other"].map((name) => ({ name, user: { token: `token-of-${name}` } })),
});
const asJson = () => JSON.stringify(kubeconfig());
/** The same in YAML's own form, which every kubeconfig written by hand has. */
const asYaml = () =>
  Object.entries(kubeconfig())
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}\n`)
    .join("");
const deletedAt = (cluster: string) => [
  "DELETE",
  `/${cluster}/apis/autoscaling/v2/namespaces/inference/horizontalpodautoscalers/chat`,
  `Bearer token-of-${cluster}`,
];

/** Inputs of a Deployment of a fixed or a scaled count, with what else a Deployment may be annotated with. */
const inputs = (kind: "fixed" | "scaled", annotations?: Record<string, string>) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: {
    name: "chat",
    namespace: "inference",
    ...(kind === "fixed"
      ? { annotations: { "pulumi.com/patchForce": "true", ...annotations } }
      : annotations && { annotations }),
  },
  spec: { replicas: 2 },
});
type Inputs = Record<string, unknown> | undefined;

/** Runs the hook's callback as the engine would at an update. */
async function change(access: ClusterAccess, oldInputs: Inputs, newInputs: Inputs): Promise<void> {
  const { result } = await deploy(() => ({ hook: scalerHandover("handover", pulumi.output(access)) }));
  const [urn, id, name, type] = ["urn", "inference/chat", "vllm-chat-main-deployment", "kubernetes:apps/v1:Deployment"];
  const args = { ...(oldInputs ? { oldInputs } : {}), ...(newInputs ? { newInputs } : {}) };
  await result.hook.callback({ urn, id, name, type, ...args });
}
const atLab = () => ({ kubeconfig: asJson(), context: "at-lab" });

test("from scaled to fixed: the scaler of the Deployment's name is deleted, once, and nothing else is asked", async () => {
  await change(atLab(), inputs("scaled"), inputs("fixed"));
  assert.deepEqual(requests, [deletedAt("lab")]);
});

test("other annotations, on either side, make no difference", async () => {
  await change(atLab(), inputs("scaled", { a: "b" }), inputs("fixed", { c: "d" }));
  assert.deepEqual(requests, [deletedAt("lab")]);
});

test("no other change asks anything", async () => {
  for (const [from, to] of [
    ["fixed", "fixed"],
    ["scaled", "scaled"],
    ["fixed", "scaled"],
  ] as const)
    await change(atLab(), inputs(from), inputs(to));
  const unforced = inputs("scaled", { "pulumi.com/patchForce": "false" });
  await change(atLab(), inputs("scaled"), unforced);
  await change(atLab(), inputs("scaled"), undefined);
  assert.deepEqual(requests, []);
});

test("what does not ask anything does not read the kubeconfig", async () => {
  await change({ kubeconfig: file, context: "nowhere" }, inputs("fixed"), inputs("fixed"));
  await assert.rejects(change({ kubeconfig: file, context: "nowhere" }, inputs("scaled"), inputs("fixed")), /ENOENT/);
});

for (const [form, given, cluster] of [
  ["a text in JSON", () => ({ kubeconfig: asJson() }), "other"],
  ["a text in JSON, with a context", () => ({ kubeconfig: asJson(), context: "at-lab" }), "lab"],
  ["a text in JSON over many lines", () => ({ kubeconfig: `\n${JSON.stringify(kubeconfig(), null, 2)}` }), "other"],
  ["a text in YAML, with a context", () => ({ kubeconfig: asYaml(), context: "at-lab" }), "lab"],
  ["a text in YAML that begins with a comment", () => ({ kubeconfig: `# mine\n${asYaml()}` }), "other"],
  ["a file", () => ({ kubeconfig: file }), "other"],
  ["a file, with a context", () => ({ kubeconfig: file, context: "at-lab" }), "lab"],
] as [string, () => ClusterAccess, string][])
  test(`the kubeconfig as ${form}`, async () => {
    writeFileSync(file, asYaml());
    process.env.KUBECONFIG = join(folder, "none");
    await change(given(), inputs("scaled"), inputs("fixed"));
    assert.deepEqual(requests, [deletedAt(cluster)]);
  });

test("the kubeconfig as several files: what one has is there, and the first one's context is the current one", async () => {
  const none = { apiVersion: "v1", kind: "Config", clusters: [], users: [], contexts: [] };
  const first = join(folder, "first");
  writeFileSync(first, JSON.stringify({ ...none, "current-context": "at-lab" }));
  writeFileSync(file, asYaml());
  await change({ kubeconfig: `${first}:${file}` }, inputs("scaled"), inputs("fixed"));
  assert.deepEqual(requests, [deletedAt("lab")]);
});

test("a context that there is not is an error, and no other cluster is asked", async () => {
  await assert.rejects(change({ kubeconfig: asJson(), context: "nowhere" }, inputs("scaled"), inputs("fixed")));
  assert.deepEqual(requests, []);
});

test("a scaler that is gone already is fine", async () => {
  status = 404;
  await change(atLab(), inputs("scaled"), inputs("fixed"));
  assert.deepEqual(requests, [deletedAt("lab")]);
});

for (const wrong of [401, 403, 409, 500])
  test(`an API that answers ${wrong} stops the update, after one try`, async () => {
    status = wrong;
    await assert.rejects(change(atLab(), inputs("scaled"), inputs("fixed")), new RegExp(`HTTP-Code: ${wrong}`));
    assert.deepEqual(requests, [deletedAt("lab")]);
  });

/** Calls a hook over the wire, as the engine does; its answer is the error's message, if there is one. */
function call({ callback: { target, token } }: Hook, oldInputs: object, newInputs: object): Promise<string> {
  const request = new resource.ResourceHookRequest();
  const struct = (value: object) => protobuf.Struct.fromJavaScript(value as Record<string, protobuf.JavaScriptValue>);
  request.setOldInputs(struct(oldInputs));
  request.setNewInputs(struct(newInputs));
  const invoke = new callback.CallbackInvokeRequest();
  invoke.setToken(token);
  invoke.setRequest(request.serializeBinary());
  const client = new callbackService.CallbacksClient(target, credentials.createInsecure());
  return new Promise<string>((done, failed) =>
    client.invoke(invoke, (error, response) =>
      error
        ? failed(error)
        : done(resource.ResourceHookResponse.deserializeBinary(response.getResponse_asU8()).getError()),
    ),
  ).finally(() => client.close());
}

test("the platform's own hook, on the inputs that it registers, asks the cluster of the provider", async () => {
  writeFileSync(file, asYaml());
  const cluster = { eks: "lab", kubeconfig: file, context: "at-lab" };
  const own = { ...v1, cluster, namespace: { name: "inference" } };
  const [before, deployed] = [await deployPlatform({ own: { ...own, ...scaled } }), await deployPlatform({ own })];
  const [from, to] = [before, deployed].map((one) => one.one("kubernetes:apps/v1:Deployment").inputs);
  const [hook] = deployed.hooks;
  assert.ok(hook);
  assert.equal(await call(hook, to, to), "");
  assert.deepEqual(requests, []);
  assert.equal(await call(hook, from, to), "");
  assert.deepEqual(requests, [deletedAt("lab")]);
  status = 403;
  assert.match(await call(hook, from, to), /HTTP-Code: 403/);
});
