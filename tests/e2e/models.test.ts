import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readPrefix, trustServiceAccount } from "../../components/iam.ts";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Account } from "./account.ts";
import { Cluster, type KubernetesObject } from "./cluster.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

const stack = "dev";
const namespace = `e2e-models-${unique}`;
const clusterArn = `arn:aws:eks:eu-west-1:123456789012:cluster/${stack}`;

/** What belongs to one model, by the names that Pulumi has for it: its server, and in it identity and workload. */
const parts = (model: string) => [
  `vllm-${model}`,
  ...[
    ...["access", "access-association", "access-policy", "access-role", "access-service-account"],
    ...["main", "main-deployment", "main-middleware", "disruption-budget", "service"],
  ].map((part) => `vllm-${model}-${part}`),
];
const steps = (op: string, names: string[]) => names.map((name) => `${op} ${name}`).sort();

/** A key in every form that it could be stored in. */
const forms = (key: string) => [key, Buffer.from(key).toString("base64"), Buffer.from(key).toString("hex")];

test("several models in one stack", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const account = new Account(lab);
  const project = await Project.stage(lab, namespace);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  const outputs = () => project.outputs(stack);
  const chat: Tree = { "vllm:models": { chat: { revision: "v1" } } };
  const embed: Tree = { "vllm:models": { embed: { revision: "v1", gpu: { count: 1 } } } };
  const rotated: Tree = { "vllm:apiKey": { rotation: "2" } };
  const configure = (...settings: Tree[]) =>
    project.stack(stack, merge({ ...quick, "vllm:namespace": { name: namespace } }, ...settings));
  /** Changes the settings, and says what that changed. */
  const apply = async (...settings: Tree[]) => {
    await configure(...settings);
    const finished = await pulumi("up", "--yes");
    succeeded(finished);
    return changed(finished);
  };
  const unchanged = async () => {
    const previewed = await pulumi("preview");
    succeeded(previewed);
    assert.deepEqual(changed(previewed), []);
  };
  const deployment = (model: string) => cluster.get(namespace, "deployment", model);
  const owned = ["deployment", "service", "poddisruptionbudget", "serviceaccount"];
  /** A model's objects and identity as they stand, down to their last change; what a controller writes left out. */
  const standing = async (model: string) => {
    const objects = await Promise.all(owned.map((kind) => cluster.get(namespace, kind, model)));
    const identities = (await account.identities(stack, namespace)).filter((one) => one.serviceAccount === model);
    const made = objects.map(({ kind, metadata: { uid, generation }, spec }) => ({ kind, uid, generation, spec }));
    return { made, identities, pods: await podIds(model) };
  };
  const podIds = async (model: string) => {
    const pods: KubernetesObject[] = await cluster.readyPods(namespace);
    const own = pods.filter(({ metadata }) => metadata.labels["app.kubernetes.io/instance"] === model);
    return own.map(({ metadata }) => metadata.uid).sort();
  };
  const secrets = async () => (await cluster.names(namespace, ["secret"])).map((name) => name.split("/")[1] ?? "");
  const keyIn = async (name: string) =>
    Buffer.from((await cluster.get(namespace, "secret", name)).data["api-key"], "base64").toString();
  const secretOf = async (model: string) => {
    const [container] = (await deployment(model)).spec.template.spec.containers;
    const variable = container.env.find((one: Tree) => one.name === "VLLM_API_KEY");
    return variable.valueFrom.secretKeyRef.name as string;
  };
  let bucket = "";

  await configure();
  succeeded(await pulumi("up", "--yes"));
  bucket = String((await outputs()).modelBucket);
  const folder = join(project.folder, "model");
  await writeTinyModel(folder);
  for (const model of ["chat", "embed"]) await publish(lab, folder, { bucket, model, revision: "v1" });
  await apply(chat);

  await t.test("the second model's coming makes what is its own, and touches nothing of the first's", async () => {
    const first = await standing("chat");
    assert.equal(first.pods.length, 1);
    assert.deepEqual(await apply(chat, embed), steps("create", parts("embed")));
    assert.deepEqual(await standing("chat"), first);
    await unchanged();
  });

  await t.test("each has its own server", async () => {
    const [cpu, gpu] = await Promise.all(["chat", "embed"].map(deployment));
    const container = (one: KubernetesObject) => one.spec.template.spec.containers[0];
    assert.match(container(cpu).image, /^vllm\/vllm-openai-cpu:v/);
    assert.match(container(gpu).image, /^vllm\/vllm-openai:v/);
    assert.equal(container(cpu).resources.limits["nvidia.com/gpu"], undefined);
    assert.equal(container(gpu).resources.limits["nvidia.com/gpu"], "1");
    assert.equal(container(cpu).args[0], "/model");
    assert.equal(container(gpu).args[0], `s3://${bucket}/models/embed/v1/`);
    for (const [one, model] of [
      [cpu, "chat"],
      [gpu, "embed"],
    ] as const) {
      assert.equal(one.spec.template.spec.serviceAccountName, model);
      assert.equal(one.spec.selector.matchLabels["app.kubernetes.io/instance"], model);
      const service = await cluster.get(namespace, "service", model);
      assert.equal(service.spec.selector["app.kubernetes.io/instance"], model);
      assert.equal((await podIds(model)).length, 1);
    }
    assert.deepEqual(
      await cluster.names(namespace, owned),
      ["deployment.apps", "poddisruptionbudget.policy", "service", "serviceaccount"].flatMap((kind) => [
        `${kind}/chat`,
        `${kind}/embed`,
      ]),
    );
    const { models, endpoint } = await outputs();
    assert.equal(endpoint, undefined);
    assert.deepEqual(
      Object.entries(models as Tree).map(([name, output]) => [name, (output as Tree).endpoint]),
      [
        ["chat", `http://chat.${namespace}.svc/v1`],
        ["embed", `http://embed.${namespace}.svc/v1`],
      ],
    );
  });

  await t.test("each has its own identity, which reads its own prefix alone", async () => {
    const identities = await account.identities(stack, namespace);
    identities.sort((a, b) => (String(a.serviceAccount) < String(b.serviceAccount) ? -1 : 1));
    assert.deepEqual(
      identities.map(({ roleArn: _, ...rest }) => rest),
      ["chat", "embed"].map((serviceAccount) => ({
        serviceAccount,
        trust: trustServiceAccount(clusterArn, namespace, serviceAccount),
        policies: [readPrefix(`arn:aws:s3:::${bucket}`, `models/${serviceAccount}/`)],
      })),
    );
    assert.equal(new Set(identities.map(({ roleArn }) => roleArn)).size, 2);
  });

  await t.test("a rotation replaces the key and rolls every server; the old key is nowhere", async () => {
    const oldKey = String((await outputs()).apiKey);
    const [oldSecret = "", ...others] = await secrets();
    assert.deepEqual(others, []);
    assert.equal(await keyIn(oldSecret), oldKey);
    const [oldChat, oldEmbed] = await Promise.all(["chat", "embed"].map(podIds));

    const replaced = ["create-replacement", "delete-replaced", "replace"].flatMap((op) =>
      steps(op, ["vllm-api-key", "vllm-api-key"]),
    );
    const updated = steps("update", ["vllm-chat-main-deployment", "vllm-embed-main-deployment"]);
    assert.deepEqual(await apply(chat, embed, rotated), [...replaced, ...updated]);

    const key = String((await outputs()).apiKey);
    assert.match(key, /^[A-Za-z0-9]{48}$/);
    assert.notEqual(key, oldKey);
    const [secret = "", ...rest] = await secrets();
    assert.deepEqual(rest, []);
    assert.notEqual(secret, oldSecret);
    assert.equal(await keyIn(secret), key);
    for (const [model, old] of [
      ["chat", oldChat],
      ["embed", oldEmbed],
    ] as const) {
      assert.equal(await secretOf(model), secret);
      const pods = async () => (await podIds(model)).map((uid) => old?.includes(uid));
      await cluster.eventually(pods, [false]);
    }

    const exported = async (...flags: string[]) => (await pulumi("stack", "export", ...flags)).stdout;
    const [sealed, open] = [await exported(), await exported("--show-secrets")];
    assert.ok(open.includes(key), "the state with its secrets shown holds the key");
    for (const form of forms(oldKey)) assert.ok(!open.includes(form), "the old key stands in the state");
    for (const form of [...forms(oldKey), ...forms(key)])
      assert.ok(!sealed.includes(form), "a key stands in the state");
    await unchanged();
  });

  await t.test("a model that is removed takes its server and identity along, and leaves its files", async () => {
    const first = await standing("chat");
    const objects = await account.objects(bucket);
    assert.ok(objects.includes("models/embed/v1/config.json"));
    const [role = "", ...others] = (await account.identities(stack, namespace))
      .filter(({ serviceAccount }) => serviceAccount === "embed")
      .map(({ roleArn }) => String(roleArn).split("/").at(-1) ?? "");
    assert.deepEqual(others, []);
    assert.deepEqual(await account.roles(role), [role]);

    assert.deepEqual(await apply(chat, rotated), steps("delete", parts("embed")));
    assert.deepEqual(await standing("chat"), first);
    assert.deepEqual(
      await cluster.names(namespace, owned),
      ["deployment.apps", "poddisruptionbudget.policy", "service", "serviceaccount"].map((kind) => `${kind}/chat`),
    );
    const left = (await account.identities(stack, namespace)).map(({ serviceAccount }) => serviceAccount);
    assert.deepEqual(left, ["chat"]);
    assert.deepEqual(await account.roles(role), []);
    assert.deepEqual(await account.objects(bucket), objects);
    const { models, endpoint } = await outputs();
    assert.deepEqual(Object.keys(models as Tree), ["chat"]);
    assert.equal(endpoint, `http://chat.${namespace}.svc/v1`);
    await unchanged();
  });

  await t.test("destroy", async () => succeeded(await pulumi("destroy", "--yes")));
});
