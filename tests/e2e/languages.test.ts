import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parse } from "yaml";
import { type Lab, up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { installYamlHost } from "../../lab/yamlHost.ts";
import { Account } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { installPackage } from "./package.ts";
import { errors, readable, typed } from "./process.ts";
import { changed, succeeded, unique } from "./support.ts";

/** The components in a program that is written in another language: the engine runs the package as a plugin. */

const folder = mkdtempSync(join(tmpdir(), "languages-"));
const namespace = `e2e-yaml-${unique}`;
const apiKey = "sk-0123456789abcdefghij";
let lab: Lab;
let cluster: Cluster;
let project: Project;
const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", "test"]);

/** What docs/languages.md tells to type, as a person types it. */
async function type(line: string): Promise<void> {
  const { code, output } = await typed(line, project, lab);
  assert.equal(code, 0, output);
}

before(async () => {
  lab = await up();
  cluster = new Cluster(lab);
  await installYamlHost(lab, AbortSignal.timeout(900_000));
  await installPackage(folder);
  cpSync(join(repository, "examples/yaml"), join(folder, "yaml"), { recursive: true });
  project = await Project.open(lab, join(folder, "yaml"));
  await project.configure("test", {});

  await type("mkdir vllm");
  // The repository is beside the program.
  mkdirSync(join(folder, "pulumi-vllm"));
  cpSync(join(folder, "pulumi-vllm-0.1.0.tgz"), join(folder, "pulumi-vllm/pulumi-vllm-0.1.0.tgz"));
  await type("tar xzf ../pulumi-vllm/pulumi-vllm-0.1.0.tgz -C vllm --strip-components 1");
  symlinkSync(join(folder, "node_modules"), join(project.folder, "vllm/node_modules"));
  const file = join(project.folder, "Pulumi.yaml");
  const whole = parse(readFileSync(file, "utf8"));
  // The lab's own host of Node.js installs no packages. A real one does, by npm, which may know no registry in the lab's
  // environment: there what it notes is as the example has it.
  if (project.plugins.some(({ name, source }) => name === "nodejs" && source === "stand-in")) {
    writeFileSync(file, readFileSync(file, "utf8").replace(/^packages:\n.*\n/m, ""));
    await type("pulumi package add ./vllm");
  }
  assert.deepEqual(parse(readFileSync(file, "utf8")), whole);

  cpSync(lab.kubeconfig, join(project.folder, "kubeconfig.json"));
  await type("pulumi config set aws:region eu-west-1");
  await type("pulumi config set eks prod");
  await type("pulumi config set namespace inference");
  succeeded(await pulumi("config", "set", "eks", "test"));
  succeeded(await pulumi("config", "set", "namespace", namespace));
  await type('pulumi config set --secret kubeconfig "$(cat kubeconfig.json)"');
  await type('pulumi config set --secret kubernetes:kubeconfig "$(cat kubeconfig.json)"');
  await type('pulumi config set --secret apiKey "$(openssl rand -hex 20)"');
  succeeded(await pulumi("config", "set", "--secret", "apiKey", apiKey));
});
after(() => rmSync(folder, { recursive: true }));

/** The program with something else in it, for as long as a test takes. */
async function altered<T>(change: (text: string) => string, run: () => Promise<T>): Promise<T> {
  const file = join(project.folder, "Pulumi.yaml");
  const text = readFileSync(file, "utf8");
  assert.notEqual(change(text), text);
  writeFileSync(file, change(text));
  try {
    return await run();
  } finally {
    writeFileSync(file, text);
  }
}

test("what is wrong is told once, in the arguments' words, and no secret is shown", async () => {
  const wrong = (text: string) =>
    text
      .replace("replicas: 2", "replicas: 0\n          engine: {args: {max-logprob: 5}}")
      .replace(/\$\{apiKey\}/, apiKey);
  const refused = await altered(wrong, () => pulumi("preview"));
  assert.notEqual(refused.code, 0);
  readable(refused.output);
  const [told = "", ...others] = errors(refused);
  assert.deepEqual(others, []);
  assert.deepEqual(
    told.split("\n").map((line) => line.trim()),
    [
      "vllm:index:InferencePlatform resource 'llm' has a problem: the arguments of 'llm' have 3 problems; nothing of it was deployed.",
      "apiKey.value (arguments): is a secret in plain text; hand over a secret Output at apiKey.value, such as config.requireSecret(…) or pulumi.secret(…)",
      "- property models.chat.replicas with value '{0}' has a problem: is 0, but must be at least 1",
      "- property models.chat.engine.args.max-logprob with value '{5}' has a problem: is no flag of vLLM 0.32.0; did you mean 'max-logprobs'?",
    ],
  );
  assert.equal(refused.output.includes(apiKey), false);
});

test("what is wrong with a store is told in the argument's words", async () => {
  const refused = await altered(
    (text) => text.replace("onDestroy: delete", "bucket: nobodys-models"),
    () => pulumi("preview"),
  );
  assert.notEqual(refused.code, 0);
  readable(refused.output);
  assert.match(errors(refused).join("\n"), /bucket: the bucket 'nobodys-models' cannot be read: /);
});

test("a store and a platform that reads its models, in YAML", async () => {
  succeeded(await pulumi("preview"));
  succeeded(await pulumi("up", "--yes"));
  const outputs = await project.outputs("test");
  const bucket = String(outputs.bucket);
  assert.deepEqual(outputs, { bucket, apiKey, endpoint: null });
  assert.equal((await new Account(lab).buckets()).includes(bucket), true);
  assert.deepEqual(changed(await pulumi("preview", "--expect-no-changes")), []);

  const model = join(folder, "model");
  await writeTinyModel(model);
  await publish(lab, model, { bucket, model: "chat", revision: "v1" });
  await altered(
    (text) => text.replace("servedModelName:", "revision: v1\n          servedModelName:"),
    async () => {
      succeeded(await pulumi("up", "--yes"));
      assert.equal((await project.outputs("test")).endpoint, `http://chat.${namespace}.svc/v1`);
      assert.equal((await cluster.readyPods(namespace)).length, 2);
      assert.deepEqual(changed(await pulumi("preview", "--expect-no-changes")), []);
    },
  );

  const { stdout: state } = await pulumi("stack", "export");
  const { resources } = JSON.parse(state).deployment;
  for (const secret of [apiKey, Buffer.from(apiKey).toString("base64")]) assert.equal(state.includes(secret), false);
  for (const { type, inputs = {} } of resources) if (type.startsWith("vllm:")) assert.deepEqual(inputs, {}, type);

  succeeded(await pulumi("destroy", "--yes"));
  assert.equal((await new Account(lab).buckets()).includes(bucket), false);
});
