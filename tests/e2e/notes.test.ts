import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Account } from "./account.ts";
import { Cluster, type KubernetesObject } from "./cluster.ts";
import { typed, words } from "./process.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

const stack = "dev";
const namespace = `e2e-notes-${unique}`;

/** The routes of a running vLLM, recorded. */
const routes: { path: string; methods: string[] }[] = JSON.parse(
  readFileSync(join(repository, "tests/data/vllm-0.32.0-routes.json"), "utf8"),
);

test("the notes", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const account = new Account(lab);
  const project = await Project.stage(lab, namespace);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  const outputs = () => project.outputs(stack);
  /** The line of the notes that runs a command; there is exactly one. */
  const line = async (command: string) => {
    const lines = String((await outputs()).notes).split("\n");
    const found = lines.filter((one) => one.trim().startsWith(`${command} `));
    assert.equal(found.length, 1, lines.join("\n"));
    return String(found[0]).trim();
  };
  const run = async (text: string) => {
    const finished = await typed(text, project, lab);
    assert.equal(finished.code, 0, finished.output);
    return finished;
  };
  /** The Deployment's container, and its Service. */
  const deployed = async () => {
    const { spec } = (await cluster.get(namespace, "deployment", "chat")).spec.template;
    assert.equal(spec.containers.length, 1);
    return { pod: spec, container: spec.containers[0], service: await cluster.get(namespace, "service", "chat") };
  };

  await project.stack(stack, { ...quick, "vllm:namespace": { name: namespace } });
  succeeded(await pulumi("up", "--yes"));
  const bucket = String((await outputs()).modelBucket);
  let revision = "";

  await t.test(
    "how to publish: the upload goes to the prefix that the role may read, in the stack's bucket",
    async () => {
      const [service, operation, ...rest] = await words(await line("aws"), project, lab);
      assert.deepEqual([service, operation, ...rest.slice(0, 2)], ["s3", "cp", "--recursive", "./chat"]);
      assert.deepEqual(rest.slice(3), ["--exclude", "consolidated*", "--exclude", "original/*"]);
      const target = new URL(String(rest[2]));
      assert.equal(target.protocol, "s3:");
      assert.equal(target.hostname, bucket);
      assert.ok((await account.buckets()).includes(bucket));
      revision = /^\/models\/chat\/([^/]+)\/$/.exec(target.pathname)?.[1] ?? "";
      assert.notEqual(revision, "", target.pathname);

      const [identity, ...others] = await account.identities("dev", namespace);
      assert.deepEqual(others, []);
      const statements: Tree[] = identity?.policies.flatMap((policy) => policy.Statement) ?? [];
      const readable = statements.filter(({ Action }) => Action === "s3:GetObject").map(({ Resource }) => Resource);
      assert.deepEqual(readable, [`arn:aws:s3:::${bucket}/models/chat/*`]);
      assert.ok(`arn:aws:s3:::${target.hostname}${target.pathname}`.startsWith(String(readable[0]).slice(0, -1)));
    },
  );

  await t.test("how to publish: its setting, as it stands, makes the next preview create the server", async () => {
    const folder = join(project.folder, "model");
    await writeTinyModel(folder);
    await publish(lab, folder, { bucket, model: "chat", revision });
    const lines = String((await outputs()).notes).split("\n");
    const commands = lines.filter((one) => one.startsWith("  pulumi ")).map((one) => one.trim());
    assert.deepEqual(commands.slice(1), [`pulumi up --stack ${stack}`]);
    await run(String(commands[0]));
    const previewed = await pulumi("preview");
    succeeded(previewed);
    const parts = ["disruption-budget", "main", "main-deployment", "main-middleware", "service"];
    const server = parts.map((part) => `create vllm-chat-${part}`);
    assert.deepEqual(changed(previewed), server);
    // As `pulumi up` asks a person, the test says yes.
    const finished = await pulumi("up", "--yes");
    succeeded(finished);
    assert.deepEqual(changed(finished), server);
    const { pod } = await deployed();
    const sources = pod.initContainers.flatMap((one: KubernetesObject) => one.env);
    const source = sources.find((one: Tree) => one.name === "MODEL_SOURCE");
    assert.equal(source.value, `s3://${bucket}/models/chat/${revision}/`);
  });

  await t.test("how to ask: a served model's notes no longer say how to publish", async () => {
    const notes = String((await outputs()).notes);
    assert.doesNotMatch(notes, /aws s3 cp|pulumi config set/);
  });

  await t.test("how to ask: the forwarded service and port exist, and lead to vLLM's", async () => {
    const forward = await line("kubectl");
    const all = await words(forward, project, lab);
    const at = all.indexOf("port-forward");
    const [target = "", ports = "", ...rest] = all.slice(at + 1);
    assert.deepEqual(rest, []);
    // The same flags reach the same object, and they leave no choice to the ambient kubeconfig.
    const flags = all.slice(0, at);
    assert.deepEqual(flags, ["--kubeconfig", lab.kubeconfig, "--context", lab.context, "--namespace", namespace]);
    const read = await run(forward.replace(/port-forward .*/, `get ${target} --output json`));
    const { service, container } = await deployed();
    const found = JSON.parse(read.stdout);
    assert.equal(found.metadata.uid, service.metadata.uid);

    const [, remote] = ports.split(":").map(Number);
    const open = service.spec.ports.filter((one: Tree) => one.port === remote);
    assert.equal(open.length, 1);
    assert.equal(open[0].targetPort, "http");
    assert.deepEqual(container.ports, [{ name: "http", containerPort: 8000, protocol: "TCP" }]);
    assert.equal(container.args[container.args.indexOf("--port") + 1], "8000");
    const pods = await cluster.readyPods(namespace);
    assert.equal(pods.length, 1);
    for (const [label, value] of Object.entries(service.spec.selector))
      assert.equal(pods[0].metadata.labels[label], value);
  });

  await t.test("how to ask: the curl line, run as it stands, gets an answer with the key of the cluster", async () => {
    const { container } = await deployed();
    const curl = await line("curl");
    const args = await words(curl, project, lab);
    const url = new URL(String(args[0]));
    const [, forwarded = ""] = / port-forward \S+ (\d+):\d+$/.exec(await line("kubectl")) ?? [];
    assert.equal(url.origin, `http://127.0.0.1:${forwarded}`);
    assert.deepEqual(routes.find(({ path }) => path === url.pathname)?.methods, ["POST"]);
    const served = container.args[container.args.indexOf("--served-model-name") + 1];

    const variables = container.env.filter((one: Tree) => one.name === "VLLM_API_KEY");
    assert.equal(variables.length, 1);
    const { name, key } = variables[0].valueFrom.secretKeyRef;
    const { data } = await cluster.get(namespace, "secret", name);
    const apiKey = Buffer.from(data[key], "base64").toString();
    assert.equal(apiKey.length, 48);
    assert.ok(!String((await outputs()).notes).includes(apiKey), "the notes hold the key");

    const server = await vllm(url.pathname, apiKey, served, Number(forwarded));
    // Where 8000 is taken on this machine, the server has another port, and the line differs in its port alone.
    const here = curl.replace(`127.0.0.1:${forwarded}/`, `127.0.0.1:${server.port}/`);
    try {
      const answered = await run(here);
      assert.deepEqual(server.statuses, [200]);
      assert.deepEqual(JSON.parse(answered.stdout), answer(served));
      // The server is one that refuses: with another key, and without.
      const refused = await run(here.replace(/\$\(.*?\)/, "no-key"));
      assert.deepEqual(JSON.parse(refused.stdout), unauthorized);
      assert.deepEqual(server.statuses, [200, 401]);
    } finally {
      await server.close();
    }
  });

  await t.test("destroy", async () => succeeded(await pulumi("destroy", "--yes")));
});

/** What vLLM says to a request without its key. */
const unauthorized = { error: "Unauthorized" };

const answer = (model: string) => ({
  object: "chat.completion",
  model,
  choices: [{ index: 0, message: { role: "assistant", content: "Hello to you" }, finish_reason: "stop" }],
});

/** Answers one path as vLLM does: to its key, to JSON, to the model that it serves. */
async function vllm(path: string, apiKey: string, served: string, wanted: number) {
  const statuses: number[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const [status, body] = reply();
    statuses.push(status);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

    function reply(): [number, unknown] {
      if (request.headers.authorization !== `Bearer ${apiKey}`) return [401, unauthorized];
      if (request.url !== path) return [404, { detail: "Not Found" }];
      if (request.method !== "POST") return [405, { detail: "Method Not Allowed" }];
      if (request.headers["content-type"] !== "application/json") return [415, { error: "Unsupported Media Type" }];
      const { model, messages } = JSON.parse(text);
      if (model !== served) return [404, { error: { message: `The model \`${model}\` does not exist.` } }];
      if (!Array.isArray(messages) || messages.length === 0) return [400, { error: { message: "no messages" } }];
      return [200, answer(model)];
    }
  });
  const listen = (port: number) =>
    new Promise<void>((done, failed) => {
      server.once("error", failed);
      server.listen(port, "127.0.0.1", () => done());
    });
  await listen(wanted).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    return listen(0);
  });
  return {
    port: (server.address() as AddressInfo).port,
    statuses,
    close: () => new Promise((done) => server.close(done)),
  };
}
