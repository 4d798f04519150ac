import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readPrefix, trustServiceAccount } from "../../components/iam.ts";
import { run } from "../../lab/command.ts";
import { cacheDir, repository } from "../../lab/paths.ts";
import type { Lab, State } from "../../lab/state.ts";
import { isAlive, type ProcessId } from "../../workspace/processes.ts";
import { Account } from "./account.ts";
import { Cluster } from "./cluster.ts";
import { eventually, node, type Running, readable } from "./process.ts";

const namespace = "inference";
const seconds = (count: number) => AbortSignal.timeout(count * 1000);

/** A lab of this test's own, a home without anything in it, and the tools that are built already. */
const folder = mkdtempSync(join(tmpdir(), "e2e-start-"));
const home = mkdtempSync(join(tmpdir(), "e2e-home-"));
const env: NodeJS.ProcessEnv = { ...process.env, HOME: home, LAB_STATE: folder, LAB_CACHE: cacheDir };
// What would lead to the real home, or to another cluster or account, does not come along.
for (const name of Object.keys(env))
  if (/^(XDG_|AWS_|PULUMI_|KUBECONFIG$|NODE_TEST_CONTEXT$)/.test(name)) delete env[name];

const cli = async (command: "down" | "status") =>
  run(process.execPath, [join(repository, "lab/cli.ts"), command], { env, cwd: repository, signal: seconds(60) });
const start = () => node(join(repository, "lab/start.ts"), env, repository);
const state = (): State => JSON.parse(readFileSync(join(folder, "lab.json"), "utf8"));
const lab = (): Lab => {
  const { lab } = state();
  assert.ok(lab);
  return lab;
};

/** Processes that have this test's folder in their command line or environment: all that belongs to its lab. */
const left = () =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        const [command, variables] = ["cmdline", "environ"].map((file) => readFileSync(`/proc/${pid}/${file}`, "utf8"));
        return `${command}\0${variables}`.includes(folder) ? [`${pid} ${command?.replaceAll("\0", " ")}`] : [];
      } catch {
        return []; // It has just ended.
      }
    });

/** Waits for what a command says; fails with all that it said where it ends before. */
async function says(running: Running, text: string): Promise<void> {
  const ended = running.ended.then((how) => assert.fail(`ended (${how}) before '${text}':\n${running.said()}`));
  const said = async () => {
    while (!running.said().includes(text)) await new Promise((done) => setTimeout(done, 20));
  };
  await Promise.race([said(), ended]);
}

const git = async (...args: string[]) => {
  const { code, output } = await run("git", args, { cwd: repository, signal: seconds(60) });
  assert.equal(code, 0, output);
  return output;
};

/** What is deployed, as the cluster and the account have it. */
async function deployed() {
  const [cluster, account] = [new Cluster(lab()), new Account(lab())];
  const { metadata, spec } = await cluster.get(namespace, "deployment", "chat");
  const pods = await cluster.list(namespace, "pods");
  const ready = await cluster.readyPods(namespace);
  return {
    deployment: { uid: metadata.uid, generation: metadata.generation },
    replicas: spec.replicas,
    pods: pods.map((pod) => pod.metadata.uid).sort(),
    ready: ready.map((pod) => pod.metadata.uid).sort(),
    names: (await cluster.names(namespace, ["deployment", "service", "serviceaccount", "secret"])).sort(),
    buckets: await account.buckets(),
    identities: await account.identities("dev", namespace),
  };
}

after(async () => {
  await cli("down");
  for (const path of [folder, home]) rmSync(path, { recursive: true, force: true });
});

let first: Awaited<ReturnType<typeof deployed>>;
let before = "";

test("npm start deploys dev from nothing, and shows what there is", async () => {
  before = await git("status", "--porcelain");
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  assert.equal(scripts.start, "node bin/run.mjs lab/start.ts");
  const running = start();
  assert.equal(await running.ended, 0, running.said());
  const said = running.said();
  readable(said);

  first = await deployed();
  assert.equal(first.replicas, 1);
  assert.equal(first.pods.length, 1);
  assert.deepEqual(first.ready, first.pods);
  const [bucket = "", ...others] = first.buckets;
  assert.deepEqual(others, []);
  assert.match(bucket, /^vllm-models-bucket-[0-9a-f]+$/);
  const objects = await new Account(lab()).objects(bucket);
  assert.ok(objects.includes("models/chat/v1/config.json"), objects.join("\n"));
  const clusterArn = "arn:aws:eks:eu-west-1:123456789012:cluster/dev";
  assert.deepEqual(
    first.identities.map(({ roleArn: _, ...rest }) => rest),
    [
      {
        serviceAccount: "chat",
        trust: trustServiceAccount(clusterArn, namespace, "chat"),
        policies: [readPrefix(`arn:aws:s3:::${bucket}`, "models/chat/")],
      },
    ],
  );
  const [role = "", ...more] = await new Account(lab()).roles("vllm-");
  assert.deepEqual(more, []);
  assert.equal(first.identities[0]?.roleArn, `arn:aws:iam::123456789012:role/${role}`);

  // The tree of resources, the outputs, the notes.
  for (const [type, name] of [
    ["vllm:index:InferencePlatform", "vllm"],
    ["vllm:index:ModelStore", "vllm-models"],
    ["vllm:index:ModelServer", "vllm-chat"],
    ["vllm:index:ModelAccess", "vllm-chat-access"],
    ["vllm:index:Workload", "vllm-chat-main"],
    ["kubernetes:apps/v1:Deployment", "vllm-chat-main-deployment"],
    ["aws:s3/bucket:Bucket", "vllm-models-bucket"],
    ["aws:iam/role:Role", "vllm-chat-access-role"],
  ])
    assert.match(said, new RegExp(`─ ${type} +${name}$`, "m"));
  assert.match(said, /^ +apiKey +\[secret\]$/m);
  assert.match(said, new RegExp(`^ +endpoint +http://chat\\.${namespace}\\.svc/v1$`, "m"));
  assert.match(said, new RegExp(`^ +modelBucket +${bucket}$`, "m"));
  assert.match(said, new RegExp(`^chat serves '.*', revision v1, at http://chat\\.${namespace}\\.svc/v1 inside`, "m"));
  assert.match(said, /^ {2}kubectl .* port-forward service\/chat 8000:80$/m);
});

test("again it changes nothing", async () => {
  const running = start();
  assert.equal(await running.ended, 0, running.said());
  readable(running.said());
  assert.deepEqual(await deployed(), first);
  assert.deepEqual(
    running
      .said()
      .match(/^.* … done in/gm)
      ?.filter((line) => /which has no model yet|starting the cluster/.test(line)),
    [],
  );
});

test("it writes nothing into the checkout or the home of whoever runs it", async () => {
  assert.equal(await git("status", "--porcelain"), before);
  assert.deepEqual(readdirSync(home), []);
});

const daemons = () => (existsSync(join(folder, "lab.json")) ? state().daemons.length : 0);
const buckets = async () => (await new Account(lab()).buckets()).length;
const deployments = async () => (await new Cluster(lab()).names(namespace, ["deployment"])).length;

for (const { during, step, begun, running } of [
  { during: "the start of the lab", step: "starting the cluster …", begun: () => daemons() >= 3, running: false },
  {
    during: "the first deployment",
    step: "which has no model yet …",
    begun: async () => (await buckets()) === 1,
    running: true,
  },
  {
    during: "the second deployment",
    step: "with that revision …",
    begun: async () => (await deployments()) === 1,
    running: true,
  },
])
  test(`interrupted during ${during}, it says so, leaves nothing running, and the next start works`, async () => {
    assert.equal((await cli("down")).code, 0);
    const stopped = start();
    await says(stopped, step);
    // In the middle of the step: some of what it makes is there.
    await eventually(begun);
    const processes: ProcessId[] = [state().supervisor, ...state().daemons];
    stopped.interrupt("SIGINT");
    assert.equal(await stopped.ended, 130, stopped.said());
    readable(stopped.said());
    assert.match(stopped.said(), /^lab: interrupted/m);
    assert.doesNotMatch(stopped.said(), / inside the cluster\.$/m);
    // A lab that was up goes on running, for the next start; nothing else does.
    assert.equal(processes.every(isAlive), running);
    assert.equal(processes.some(isAlive), running);
    const known = processes.filter(isAlive).map(({ pid }) => String(pid));
    assert.deepEqual(
      left().filter((one) => !known.includes(one.split(" ")[0] ?? "")),
      [],
    );

    const next = start();
    assert.equal(await next.ended, 0, next.said());
    readable(next.said());
    const now = await deployed();
    assert.equal(now.pods.length, 1);
    assert.deepEqual(now.ready, now.pods);
    assert.equal(now.buckets.length, 1);
    assert.equal(now.identities.length, 1);
    assert.deepEqual(
      now.names.map((name) => name.replace(/api-key-\w+$/, "api-key")),
      ["deployment.apps/chat", "secret/vllm-api-key", "service/chat", "serviceaccount/chat"],
    );
  });

test("down leaves no process and no data", async () => {
  const { code, output } = await cli("down");
  assert.equal(code, 0, output);
  assert.deepEqual(left(), []);
  assert.equal((await cli("status")).code, 3);
  assert.deepEqual(readdirSync(folder).sort(), ["logs", "pulumi"]);
});
