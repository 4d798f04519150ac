import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { type Lab, up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Account } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { installPackage } from "./package.ts";
import { errors, readable } from "./process.ts";
import { changed, succeeded, unique } from "./support.ts";

/** Programs of others, with the package as npm installs it in a folder outside of the repository. */

const folder = mkdtempSync(join(tmpdir(), "examples-"));
const stack = "test";
let lab: Lab;
let cluster: Cluster;

before(async () => {
  lab = await up();
  cluster = new Cluster(lab);
  await installPackage(folder);
});
after(() => rmSync(folder, { recursive: true }));

/** An example beside the package, with its stack. */
async function example(name: string, config: Tree): Promise<Project> {
  cpSync(join(repository, "examples", name), join(folder, name), { recursive: true });
  const project = await Project.open(lab, join(folder, name));
  await project.configure(stack, { "aws:region": "eu-west-1", ...config });
  return project;
}

const namespaceOf = (name: string) => `e2e-${name}-${unique}`;

/** Where an example's models run. */
const place = (name: string): Tree => ({
  [`example-${name}:cluster`]: "test",
  [`example-${name}:namespace`]: namespaceOf(name),
  // A kubeconfig is a secret, also where it is one of a lab.
  [`example-${name}:kubeconfig`]: readFileSync(lab.kubeconfig, "utf8"),
});

async function publishTo(bucket: string): Promise<void> {
  const model = join(folder, "model");
  mkdirSync(model, { recursive: true });
  await writeTinyModel(model);
  await publish(lab, model, { bucket, model: "chat", revision: "v1" });
}

const workload = ["deployment", "service", "poddisruptionbudget", "serviceaccount"];
const served = ["deployment.apps/chat", "poddisruptionbudget.policy/chat", "service/chat", "serviceaccount/chat"];

test("a platform beside other resources, which feed it an ARN, a kubeconfig and a secret", async () => {
  const namespace = namespaceOf("platform");
  const project = await example("platform", place("platform"));
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  succeeded(await pulumi("preview"));
  succeeded(await pulumi("up", "--yes"));
  const bucket = String((await project.outputs(stack)).bucket);
  assert.deepEqual(await cluster.names(namespace, workload), ["serviceaccount/chat"]);

  await publishTo(bucket);
  await project.configure(stack, { ...place("platform"), "example-platform:revision": "v1" });
  succeeded(await pulumi("up", "--yes"));
  assert.equal((await project.outputs(stack)).endpoint, `http://chat.${namespace}.svc/v1`);
  assert.deepEqual(await cluster.names(namespace, workload), served);
  assert.equal((await cluster.readyPods(namespace)).length, 1);
  assert.deepEqual(changed(await pulumi("preview", "--expect-no-changes")), []);

  // The key is in one Secret of the cluster, and the state has neither it nor the kubeconfig in plain text.
  const [secret] = await cluster.list(namespace, "secrets");
  const key = Buffer.from(secret.data["api-key"], "base64").toString();
  assert.match(key, /^\w{40}$/);
  const { stdout: state } = await pulumi("stack", "export");
  assert.equal(state.includes(key), false);
  for (const { type, inputs = {} } of JSON.parse(state).deployment.resources)
    if (type.startsWith("vllm:")) assert.deepEqual(inputs, {}, type);

  succeeded(await pulumi("destroy", "--yes"));
  assert.equal((await new Account(lab).buckets()).includes(bucket), false);
});

test("what is wrong with arguments is told at the component, and nothing of it is made", async () => {
  const project = await example("platform", place("platform"));
  const file = join(project.folder, "index.ts");
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace('product: "L4"', 'prodct: "L4", count: key.length').replace("arn,", 'arn: "arn",'));
  const refused = await project.pulumi(["preview", "--stack", stack]);
  assert.notEqual(refused.code, 0);
  readable(refused.output);
  assert.deepEqual(errors(refused), [
    `the arguments of 'llm' have 3 problems; nothing of it was deployed.
  cluster.arn (arguments): is "arn", but must be the ARN of an EKS cluster
  models.chat.gpu.count (arguments): is an Output, and is needed before anything is deployed; write a plain value
  models.chat.gpu.prodct (arguments): there is no such setting; did you mean 'product'?`,
  ]);
  assert.deepEqual(
    changed(refused).filter((step) => step.includes("llm")),
    ["create llm"],
  );
});

test("a secret that is not what its setting takes is told at the component, without its value", async () => {
  const project = await example("platform", place("platform"));
  const file = join(project.folder, "index.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace("key.result", 'key.result.apply(() => "too short")'));
  const refused = await project.pulumi(["up", "--yes", "--skip-preview", "--stack", stack]);
  assert.notEqual(refused.code, 0);
  readable(refused.output);
  assert.deepEqual(errors(refused), [
    "apiKey.value: is a secret that is not at least 16 characters without white space",
  ]);
  assert.equal(refused.output.includes("too short"), false);
  succeeded(await project.pulumi(["destroy", "--yes", "--stack", stack]));
});

test("a store by itself", async () => {
  const project = await example("store", {});
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  succeeded(await pulumi("up", "--yes"));
  const bucket = String((await project.outputs(stack)).bucket);
  const { versioning, encryption } = await new Account(lab).guards(bucket);
  assert.deepEqual([versioning, encryption], ["Enabled", "AES256"]);
  succeeded(await pulumi("destroy", "--yes"));
});

test("two platforms side by side, with the models of one bucket that is another's", async () => {
  const [search, support] = ["search", "support"].map((team) => `${namespaceOf("two")}-${team}`);
  const project = await example("two", place("two"));
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  succeeded(await pulumi("up", "--yes"));
  const bucket = String((await project.outputs(stack)).bucket);
  await publishTo(bucket);
  await project.configure(stack, { ...place("two"), "example-two:revision": "v1" });
  succeeded(await pulumi("up", "--yes"));
  assert.deepEqual((await project.outputs(stack)).endpoints, [
    `http://chat.${search}.svc/v1`,
    `http://chat.${support}.svc/v1`,
  ]);
  for (const namespace of [search, support]) assert.deepEqual(await cluster.names(namespace ?? "", workload), served);
  succeeded(await pulumi("destroy", "--yes"));
});

test("a bucket that there is not is told at the store, in a preview already", async () => {
  const project = await example("store", {});
  const file = join(project.folder, "index.ts");
  writeFileSync(file, readFileSync(file, "utf8").replace('onDestroy: "delete"', 'bucket: "nobodys-models"'));
  const refused = await project.pulumi(["preview", "--stack", stack]);
  assert.notEqual(refused.code, 0);
  readable(refused.output);
  const [told, ...others] = errors(refused);
  assert.match(told ?? "", /^bucket: the bucket 'nobodys-models' cannot be read: /);
  assert.deepEqual(others, []);
});

test("the package's types hold in a program that checks all of them, and CommonJS takes it too", async () => {
  cpSync(join(repository, "examples/two"), join(folder, "typed"), { recursive: true });
  const compiler = join(repository, "node_modules/typescript/lib/tsc.js");
  for (const module of [["nodenext"], ["commonjs", "--moduleResolution", "node10", "--ignoreDeprecations", "6.0"]]) {
    const strict = ["--ignoreConfig", "--noEmit", "--strict", "--target", "es2022", "--module", ...module];
    const { code, output } = await run(process.execPath, [compiler, ...strict, "typed/index.ts"], {
      cwd: folder,
      signal: AbortSignal.timeout(120_000),
    });
    assert.equal(code, 0, output);
  }
  const required = await run(process.execPath, ["-e", 'console.log(Object.keys(require("pulumi-vllm")).length)'], {
    cwd: folder,
    signal: AbortSignal.timeout(60_000),
  });
  assert.equal(required.code, 0, required.output);
  assert.ok(Number(required.stdout) >= 10, required.stdout);
});
