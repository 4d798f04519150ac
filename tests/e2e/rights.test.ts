import assert from "node:assert/strict";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { rolloutReaders } from "../../components/rollout/reader.ts";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { type Finished, Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { type Rule, rightsOf, rules, statements, values } from "../rightsFiles.ts";
import { awsGate } from "./awsGate.ts";
import { Cluster } from "./cluster.ts";
import { kubernetesGate } from "./kubernetesGate.ts";
import { changed, quick, succeeded, unique } from "./support.ts";

/** With the rights of docs/rights, and no others, a stack is previewed, made, changed and destroyed. */

const stack = "dev";
const namespace = `e2e-rights-${unique}`;
const given = { ...values, NAMESPACE: namespace };
const settings: Tree = {
  ...quick,
  "vllm:namespace": { name: namespace, create: false },
  "vllm:modelStore": { onDestroy: "delete" },
  "vllm:replicas": null,
  "vllm:autoscaling": { min: 1, max: 2, waitingRequests: 5 },
};

test("the rights of docs/rights are enough for what they are for, and the API server grants no others", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const folder = join(lab.dataDir, "projects", namespace);
  mkdirSync(folder, { recursive: true });
  const aws = await awsGate(t, lab.awsEndpoint);
  const kubernetes = await kubernetesGate(t, lab, folder);
  const project = await Project.stage(
    { ...lab, awsEndpoint: aws.endpoint, kubeconfig: kubernetes.kubeconfig },
    namespace,
  );
  const used = { review: new Set<string>(), deploy: new Set<string>() };

  /** Runs an operation as one of the two; nothing that it asks for may be refused. */
  const pulumi = async (who: "review" | "deploy", ...args: string[]): Promise<Finished> => {
    aws.policy = statements(who, given);
    kubernetes.group = `vllm-${who}`;
    kubernetes.asked = [];
    const finished = await project.pulumi([...args, "--stack", stack]);
    assert.deepEqual([...aws.refused], []);
    assert.deepEqual(
      kubernetes.asked.filter(({ status }) => status === 401 || status === 403),
      [],
    );
    for (const { right } of kubernetes.asked) if (!right.startsWith("/")) used[who].add(right);
    return finished;
  };
  const written = () =>
    kubernetes.asked.filter(({ right, isDryRun }) => /^(create|patch|update|delete) /.test(right) && !isDryRun);
  const tried = () =>
    kubernetes.asked.filter(({ isDryRun }) => isDryRun).map(({ right, status }) => `${right} ${status}`);
  const configure = async (revision?: string, labels: Tree = {}) => {
    const models = revision ? { "vllm:models": { chat: { revision } } } : {};
    await project.stack(stack, { ...settings, ...models, "vllm:labels": labels });
    const secret = ["--secret", "--path", "vllm:engine.secretEnv.TRACE_HEADERS", "authorization=abc"];
    assert.equal((await project.pulumi(["config", "set", "--stack", stack, ...secret])).code, 0);
  };

  await cluster.createNamespace(namespace);
  await t.test("the commands of docs/rights.md", async () => {
    symlinkSync(join(repository, "docs"), join(folder, "docs"));
    const page = readFileSync(join(repository, "docs/rights.md"), "utf8");
    const commands = [...page.matchAll(/^```sh\n([^`]*)```$/gm)].flatMap(([, block = ""]) => block.trim().split("\n"));
    assert.equal(commands.length, 4);
    const env = { PATH: `${dirname(lab.kubectl[0] ?? "")}:${process.env.PATH}` };
    for (const command of commands) {
      const line = command.replace("NAMESPACE/inference", `NAMESPACE/${namespace}`);
      const { code, output } = await run("bash", ["-c", `set -o pipefail; ${line}`], {
        cwd: folder,
        env,
        signal: AbortSignal.timeout(60_000),
      });
      assert.equal(code, 0, output);
    }
    for (const who of ["review", "deploy"] as const)
      assert.deepEqual(
        JSON.parse(readFileSync(join(folder, `${who}.json`), "utf8")).Statement,
        statements(who, { ...given, CLUSTER: "prod" }),
      );
  });
  const policy = ["validatingadmissionpolicybinding,validatingadmissionpolicy", "vllm-review-dry-runs"];
  t.after(() => cluster.kubectl("delete", ...policy));

  await t.test("a preview without any rights in the cluster, by the plugin itself", async () => {
    await configure("v1");
    aws.policy = statements("review", given);
    kubernetes.group = "others";
    kubernetes.asked = [];
    succeeded(await project.pulumi(["preview", "--stack", stack]));
    assert.ok(tried().includes("create deployments.apps 403"), tried().join("\n"));
  });

  await t.test("a preview of a stack that is not there yet, by the server", async () => {
    await configure("v1");
    succeeded(await pulumi("review", "preview"));
    assert.ok(tried().includes("create deployments.apps 201"), tried().join("\n"));
    assert.deepEqual(written(), []);
    assert.deepEqual(await cluster.names(namespace, ["serviceaccount", "deployment", "configmap"]), []);
  });

  await t.test("up, of a bucket and identities, then of a server", async () => {
    await configure();
    succeeded(await pulumi("deploy", "up", "--yes"));
    const { modelBucket } = await project.outputs(stack);
    const model = join(folder, "model");
    mkdirSync(model);
    await writeTinyModel(model);
    for (const revision of ["v1", "v2"])
      await publish(lab, model, { bucket: String(modelBucket), model: "chat", revision });
    await configure("v1");
    succeeded(await pulumi("deploy", "up", "--yes"));
    assert.equal((await cluster.readyPods(namespace)).length, 1);
  });

  await t.test("a preview of a change, by the server, and one with what was changed by hand", async () => {
    await configure("v2", { team: "search" });
    succeeded(await pulumi("review", "preview"));
    assert.ok(tried().includes("patch deployments.apps 200"), tried().join("\n"));
    succeeded(await pulumi("review", "preview", "--refresh"));
    assert.deepEqual(written(), []);
  });

  await t.test("up of a change, refresh, and what the program reads of a rollout that is stuck", async () => {
    await configure("v2", { team: "search" });
    const finished = await pulumi("deploy", "up", "--yes");
    succeeded(finished);
    assert.ok(changed(finished).includes("update vllm-chat-main-deployment"));
    succeeded(await pulumi("deploy", "refresh", "--yes"));
    kubernetes.asked = [];
    const { kubeconfig } = kubernetes;
    const rollout = rolloutReaders({ kubeconfig, context: lab.context })("chat", namespace);
    const { deployment } = (await rollout.observe()) ?? {};
    const [pod] = deployment ? await rollout.pods(deployment) : [];
    await rollout.warnings();
    assert.notEqual(await rollout.log(pod?.metadata?.name ?? "", pod?.spec?.containers[0]?.name ?? "", false), "");
    for (const { right, status } of kubernetes.asked) {
      assert.equal(status, 200, right);
      used.deploy.add(right);
    }
  });

  await t.test("the group of reviews can try, and write nothing", async () => {
    kubernetes.group = "vllm-review";
    const path = `/api/v1/namespaces/${namespace}/configmaps`;
    const send = async (query: string) => {
      const body = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "tried" } });
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${kubernetes.address}${path}${query}`, { method: "POST", headers, body });
      return { status: response.status, text: await response.text() };
    };
    await cluster.eventually(async () => (await send("")).status, 422);
    assert.match((await send("")).text, /the group vllm-review may write nothing, and only try it in dry runs/);
    assert.equal((await send("?dryRun=All")).status, 201);
    assert.equal((await cluster.names(namespace, ["configmap"])).includes("configmap/tried"), false);
  });

  for (const who of ["review", "deploy"] as const)
    await t.test(`the API server knows of no other rights of the group vllm-${who} than its Role's`, async () => {
      kubernetes.group = `vllm-${who}`;
      const response = await fetch(`${kubernetes.address}/apis/authorization.k8s.io/v1/selfsubjectrulesreviews`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          apiVersion: "authorization.k8s.io/v1",
          kind: "SelfSubjectRulesReview",
          spec: { namespace },
        }),
      });
      const { status } = (await response.json()) as { status: { resourceRules: Rule[] } };
      // What everybody may ask about himself.
      const own = rightsOf(status.resourceRules).filter((right) => !/^create selfsubject/.test(right));
      assert.deepEqual(own, rightsOf(rules(who)));
    });

  await t.test("destroy", async () => {
    succeeded(await pulumi("deploy", "destroy", "--yes"));
    assert.deepEqual(await cluster.names(namespace, ["deployment", "service", "secret", "serviceaccount"]), []);
  });
  await t.test("nothing is granted that is not used, but for what the real plugin watches", () => {
    const unused = (who: "review" | "deploy") => rightsOf(rules(who)).filter((right) => !used[who].has(right));
    // It lists both with every Deployment that it reads; the stand-in lists pods with one that is not ready.
    const listed = ["list persistentvolumeclaims", "list pods"];
    assert.deepEqual(
      unused("review").filter((right) => !listed.includes(right)),
      [],
    );
    // Its informers list and watch what it waits for, deletions among it, and the events beside them.
    const others = unused("deploy").filter((right) => !/^(list|watch) /.test(right));
    assert.deepEqual(others, []);
  });
});
