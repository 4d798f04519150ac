import assert from "node:assert/strict";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";
import { freePorts } from "../../lab/ports.ts";
import { Project } from "../../lab/project.ts";
import { Account } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { errors, readable } from "./process.ts";
import { changed, succeeded, unique } from "./support.ts";

const stack = "dev";
const namespace = `e2e-wrong-${unique}`;
const file = `Pulumi.${stack}.yaml`;

/** The one message about wrong settings, as `pulumi` shows it. */
const refusal = (...problems: string[]) => {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [
    `the settings of this stack have ${count}; nothing was deployed.`,
    ...problems.map((problem) => `  ${problem}`),
  ].join("\n");
};

test("wrong input", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const account = new Account(lab);
  const project = await Project.stage(lab, namespace);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  const configure = (settings: Tree = {}) =>
    project.stack(stack, { "vllm:namespace": { name: namespace }, ...settings });
  const resources = async (): Promise<Tree[]> => {
    const { code, stdout, output } = await pulumi("stack", "export");
    assert.equal(code, 0, output);
    return JSON.parse(stdout).deployment.resources ?? [];
  };
  /** Everything that there is of this stack in the cluster; nothing where its namespace is not there. */
  const objects = async () => {
    const kinds = ["deployment", "service", "poddisruptionbudget", "serviceaccount", "secret"];
    const there = await cluster.kubectl("get", "namespace", namespace, "--ignore-not-found", "--output", "name");
    return there.trim() ? ["namespace", ...(await cluster.names(namespace, kinds))] : [];
  };
  /** What there is of this stack, for Pulumi, in the cluster and in the account. */
  const all = async () => ({
    resources: await resources(),
    objects: await objects(),
    identities: await account.identities(stack, namespace),
  });
  const nothing = { resources: [], objects: [], identities: [] };
  /** Runs `up`, which is refused with exactly that message, registers no resource, and leaves all as it was. */
  const refused = async (message: string | RegExp) => {
    const before = await all();
    const finished = await pulumi("up", "--yes");
    assert.notEqual(finished.code, 0, finished.output);
    readable(finished.output);
    const [said = "", ...others] = errors(finished);
    assert.deepEqual(others, []);
    if (typeof message === "string") assert.equal(said, message);
    else assert.match(said, message);
    // The engine makes two by itself: the stack, and the provider that the program asks a question.
    const registered = changed(finished).filter((step) => !/^create (pulumi-vllm-dev|default_[\d_]+)$/.test(step));
    assert.deepEqual(registered, []);
    assert.deepEqual(await all(), before);
  };

  const cases: { what: string; settings: Tree; problems: string[] }[] = [
    {
      what: "a misspelt setting",
      settings: { "vllm:replcas": 3 },
      problems: [`vllm:replcas (${file}): there is no such setting; did you mean 'replicas'?`],
    },
    {
      what: "a misspelt setting within a group",
      settings: { "vllm:engine": { maxModelLenght: 4096 } },
      problems: [`vllm:engine.maxModelLenght (${file}): there is no such setting; did you mean 'maxModelLen'?`],
    },
    {
      what: "a misspelt setting within a model",
      settings: { "vllm:models": { chat: { gpu: { cuont: 1 } } } },
      problems: [`vllm:models.chat.gpu.cuont (${file}): there is no such setting; did you mean 'count'?`],
    },
    {
      what: "a stack that names no cluster, although there is a current context",
      settings: { "vllm:cluster": null },
      problems: [
        `vllm:cluster.eks (${file}): is not set; name the EKS cluster to deploy to (the ambient current context is never used)`,
      ],
    },
    {
      what: "two problems",
      settings: { "vllm:replicas": 0, "vllm:modelStore": { onDestroy: "keeep" } },
      problems: [
        `vllm:modelStore.onDestroy (${file}): is "keeep", but must be 'keep' or 'delete'; did you mean 'keep'?`,
        `vllm:replicas (${file}): is 0, but must be at least 1`,
      ],
    },
    {
      what: "problems of both layers, of the whole and of the plan",
      settings: {
        "vllm:replcas": 3,
        "vllm:autoscaling": { min: 3, max: 2 },
        "vllm:gpu": { count: 1, product: "T4" },
        "vllm:models": {
          chat: {
            servedModelName: "x",
            shape: { parameters: "8.19B", layers: 36, hiddenSize: 4096, attentionHeads: 32 },
          },
        },
        "vllm:engine": { maxModelLen: 8192, args: { "enable-prefix-cachin": true } },
      },
      problems: [
        `vllm:replcas (${file}): there is no such setting; did you mean 'replicas'?`,
        `vllm:autoscaling.min (${file}): is 3, more than autoscaling.max (2)`,
        `vllm:engine.args.enable-prefix-cachin (${file}): is no flag of vLLM 0.32.0; did you mean 'enable-prefix-caching'?`,
        `vllm:resources.memory (${file}): is 9Gi, too little for vLLM (engine 1.0 GiB, workers 4.0 GiB, /dev/shm 2.0 GiB, streamer 2.3 GiB); at least 9542Mi`,
        `vllm:gpu.product (${file}): the model does not fit: 4.9 GiB a GPU are missing (weights 15.3 GiB, engine about 1.9 GiB, KV cache for one sequence of 8192 tokens 1.1 GiB, of the 13.4 GiB that vLLM may take of one T4); it would fit with 2 × T4 or 1 × L4 or 1 × A10G; without shape the fit is not checked`,
      ],
    },
    {
      what: "the base in a stack's file",
      settings: { "vllm:base": { replicas: 2 } },
      problems: [
        `vllm:base (${file}): belongs into Pulumi.yaml, where all stacks share it; here it would replace the whole base`,
      ],
    },
  ];
  for (const { what, settings, problems } of cases)
    await t.test(what, async () => {
      await configure(settings);
      await refused(refusal(...problems));
      assert.deepEqual(await all(), nothing);
    });

  await t.test("what Pulumi changes in the stack's file, and what it reads nothing of", async () => {
    await configure();
    appendFileSync(
      join(project.folder, file),
      "  vllm:revision: 1.10\n  vllm:labels: {a: 010}\n  vlm:replicas: 3\n  replicas: 4\nvllm:drain: {seconds: 90}\n",
    );
    await refused(
      refusal(
        `vllm:drain (${file}): stands outside of 'config:' and has no effect; indent it below that, or remove it`,
        `vlm:replicas (${file}): has no effect; settings are read from 'vllm:replicas'`,
        `replicas (${file}): has no effect; settings are read from 'vllm:replicas'`,
        `vllm:revision (${file}): is "1.1", as Pulumi reads 1.10 without quotes; put it in quotes`,
        `vllm:labels.a (${file}): is 8, as Pulumi reads 010 without quotes; put it in quotes`,
      ),
    );
    assert.deepEqual(await all(), nothing);
  });

  await t.test("a secret in plain text, its value in no message", async () => {
    await configure({ "vllm:engine": { secretEnv: { TRACE_TOKEN: "hush-hush" } } });
    await refused(
      refusal(
        `vllm:engine.secretEnv.TRACE_TOKEN (${file}): is a secret in plain text; encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.TRACE_TOKEN (and take another value: this one is in the file's history)`,
      ),
    );
    assert.ok(!(await pulumi("up", "--yes")).output.includes("hush-hush"));
    assert.deepEqual(await all(), nothing);
  });

  await t.test("an EKS cluster that does not exist is named", async () => {
    await configure({ "vllm:cluster": { eks: "nowhere" } });
    await refused(/vllm:cluster\.eks.*EKS Cluster \(nowhere\): couldn't find resource/);
    assert.deepEqual(await all(), nothing);
  });

  await t.test("a plugin that is missing is named, with its version", async (t) => {
    await configure();
    // The lab's PULUMI_HOME is everyone's, so the plugin goes missing in another one, with links to the others.
    const home = mkdtempSync(join(tmpdir(), "e2e-plugins-"));
    t.after(() => rmSync(home, { recursive: true }));
    const installed = join(String(project.env.PULUMI_HOME), "plugins");
    const folders = readdirSync(installed, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const others = folders.map(({ name }) => name).filter((name) => !name.startsWith("resource-random-v"));
    assert.deepEqual(others.map((name) => name.replace(/-v.*/, "")).sort(), ["resource-aws", "resource-kubernetes"]);
    for (const name of others) {
      mkdirSync(join(home, "plugins", name), { recursive: true });
      for (const part of readdirSync(join(installed, name)))
        symlinkSync(join(installed, name, part), join(home, "plugins", name, part));
    }
    const args = ["up", "--yes", "--non-interactive", "--color=never", "--stack", stack];
    const options = {
      cwd: project.folder,
      env: { ...project.env, PULUMI_HOME: home },
      signal: AbortSignal.timeout(60_000),
    };
    const finished = await run(project.engine, args, options);
    assert.notEqual(finished.code, 0, finished.output);
    readable(finished.output);
    const { version } = project.plugins.find(({ name }) => name === "random") ?? {};
    // The engine's own message; where it may, it downloads the plugin instead.
    assert.deepEqual(
      [...finished.output.matchAll(/^ {4}error: (.*)$/gm)].map(([, message]) => message),
      [`no resource plugin 'pulumi-resource-random' found in the workspace at version v${version} or on your $PATH`],
    );
    assert.deepEqual(await all(), nothing);
  });

  const [closed = 0] = await freePorts(1);
  const elsewhere = join(project.folder, "kubeconfig-elsewhere");
  const kubeconfig = JSON.parse(readFileSync(lab.kubeconfig, "utf8"));
  kubeconfig.clusters[0].cluster.server = `https://127.0.0.1:${closed}`;
  writeFileSync(elsewhere, JSON.stringify(kubeconfig));
  for (const { what, access, reason } of [
    {
      what: "a cluster that nobody answers for",
      access: { kubeconfig: elsewhere },
      reason: new RegExp(
        `^configured Kubernetes cluster is unreachable: unable to load schema information from the API server: .*"https://127\\.0\\.0\\.1:${closed}/.*connection refused$`,
      ),
    },
    {
      what: "a context that the kubeconfig does not have",
      access: { context: "nowhere" },
      reason: /^configured Kubernetes cluster is unreachable: [\s\S]*context "nowhere" does not exist$/,
    },
  ])
    await t.test(`${what} is named by the plugin, and nothing is made in a cluster`, async () => {
      await configure({ "vllm:cluster": access });
      const finished = await pulumi("up", "--yes");
      assert.notEqual(finished.code, 0, finished.output);
      readable(finished.output);
      const messages = errors(finished);
      assert.notEqual(messages.length, 0, finished.output);
      for (const message of messages) assert.match(message, reason);
      const types = (await resources()).map(({ type }) => String(type));
      assert.deepEqual(
        types.filter((type) => type.startsWith("kubernetes:")),
        [],
      );
      assert.deepEqual(await objects(), []);
    });

  await t.test("with the right access the next up goes through", async () => {
    await configure();
    succeeded(await pulumi("up", "--yes"));
    const [first, ...rest] = await objects();
    assert.equal(first, "namespace");
    assert.deepEqual(
      rest.map((name) => name.replace(/api-key-\w+$/, "api-key")),
      ["secret/vllm-api-key", "serviceaccount/chat"],
    );
    const again = await pulumi("preview");
    succeeded(again);
    assert.deepEqual(changed(again), []);
  });

  await t.test("a wrong setting later on leaves what is deployed as it is", async () => {
    assert.notDeepEqual(await resources(), []);
    await configure({ "vllm:models": { chat: { revison: "v1" } } });
    await refused(refusal(`vllm:models.chat.revison (${file}): there is no such setting; did you mean 'revision'?`));
  });

  await t.test("destroy", async () => {
    await configure();
    succeeded(await pulumi("destroy", "--yes"));
  });
});
