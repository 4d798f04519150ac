import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Cluster } from "./cluster.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

/** Secrets that a stack's file holds encrypted: they reach the pods, and are nowhere else in plain. */

const stack = "dev";
const namespace = `e2e-secrets-${unique}`;
const values = { token: "trace-token-that-stays-secret", key: "sk-own-key-of-our-clients", license: "license-of-ours" };
const forms = (value: string) => [value, Buffer.from(value).toString("base64"), Buffer.from(value).toString("hex")];

test("secrets of the settings", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const project = await Project.stage(lab, namespace);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  const said: string[] = [];
  const run = async (...args: string[]) => {
    const finished = await pulumi(...args);
    succeeded(finished);
    said.push(finished.output);
    return finished;
  };
  await project.stack(stack, { ...quick, "vllm:namespace": { name: namespace } });
  await run("config", "set", "--secret", "--path", "vllm:models.chat.engine.secretEnv.TRACE_TOKEN", values.token);
  await run("config", "set", "--secret", "--path", "vllm:apiKey.value", values.key);
  // Encrypted where it need not be: it is kept like one of secretEnv.
  await run("config", "set", "--secret", "--path", "vllm:models.chat.engine.env.LICENSE", values.license);
  await run("up", "--yes");
  const model = join(project.folder, "model");
  await writeTinyModel(model);
  const bucket = String((await project.outputs(stack)).modelBucket);
  await publish(lab, model, { bucket, model: "chat", revision: "v1" });
  await run("config", "set", "--path", "vllm:models.chat.revision", "v1");

  await t.test("they are in Secrets, which the pods refer to", async () => {
    await run("up", "--yes");
    const deployment = await cluster.get(namespace, "deployment", "chat");
    const env: { name: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[] =
      deployment.spec.template.spec.containers[0].env;
    const found: Record<string, string> = {};
    for (const { name, valueFrom } of env) {
      if (!valueFrom) continue;
      const secret = await cluster.get(namespace, "secret", valueFrom.secretKeyRef.name);
      found[name] = Buffer.from(secret.data[valueFrom.secretKeyRef.key], "base64").toString();
    }
    assert.deepEqual(found, { VLLM_API_KEY: values.key, LICENSE: values.license, TRACE_TOKEN: values.token });
    assert.equal((await project.outputs(stack)).apiKey, values.key);
  });

  await t.test("and nowhere in plain: the state, what Pulumi says, a preview's details, the Deployment", async () => {
    const exported = await run("stack", "export");
    await run("preview", "--diff");
    const deployment = JSON.stringify(await cluster.get(namespace, "deployment", "chat"));
    for (const [name, value] of Object.entries(values))
      for (const form of forms(value))
        for (const text of [...said, exported.stdout, deployment]) assert.ok(!text.includes(form), name);
  });

  await t.test("nothing changes without a change, another value rolls the pods", async () => {
    assert.deepEqual(changed(await run("preview")), []);
    await run("config", "set", "--secret", "--path", "vllm:models.chat.engine.secretEnv.TRACE_TOKEN", "another-token");
    const steps = changed(await run("up", "--yes"));
    assert.deepEqual(
      [...new Set(steps.map((step) => step.replace(/^(create|delete|discard)\S*/, "replace")))],
      ["replace vllm-chat-main-environment", "update vllm-chat-main-deployment"],
    );
  });

  await t.test("destroy", async () => {
    await run("destroy", "--yes");
  });
});
