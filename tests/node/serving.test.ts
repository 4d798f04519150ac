import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Lab, up } from "../../lab/lab.ts";
import { LoadClient } from "../../lab/load/client.ts";
import { Served } from "../../lab/load/served.ts";
import { Cluster, type KubernetesObject } from "../e2e/cluster.ts";
import { succeeded, unique } from "../e2e/support.ts";

const namespace = `serving-${unique}`;
/** Copied to the node's disk, and slow to start, yet within its budget of 20 s; read from the bucket by the engine. */
const models = {
  copied: { revision: "v1", image: { streamer: false }, engine: { env: { DOUBLE_STARTUP_SECONDS: "12" } } },
  streamed: { revision: "v1" },
};

let lab: Lab;
let cluster: Cluster;
let served: Served;

before(async () => {
  lab = await up({ nodes: true });
  cluster = new Cluster(lab);
  served = await Served.stage(lab, namespace, Object.keys(models));
  succeeded(await served.up(models));
});
after(() => served.destroy());

async function podOf(model: string): Promise<KubernetesObject> {
  const [pod, ...others] = (await cluster.readyPods(namespace)).filter(
    ({ metadata }) => metadata.labels["app.kubernetes.io/instance"] === model,
  );
  assert.ok(pod);
  assert.deepEqual(others, []);
  return pod;
}

const inEngine = (pod: KubernetesObject, ...command: string[]) =>
  cluster.kubectl("exec", "-n", namespace, pod.metadata.name, "-c", "vllm", "--", ...command);

for (const model of Object.keys(models)) {
  test(`${model}: the engine is a process without rights, on a root that cannot be written to`, async () => {
    const pod = await podOf(model);
    const status = await inEngine(pod, "cat", "/proc/1/status");
    const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, "m").exec(status)?.[1];
    assert.equal(field("Uid"), "2000\t2000\t2000\t2000");
    for (const name of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) assert.equal(field(name), "0".repeat(16));
    assert.equal(field("NoNewPrivs"), "1");
    // 2: a filter of system calls.
    assert.equal(field("Seccomp"), "2");
    const touch = (path: string) => inEngine(pod, "sh", "-c", `touch ${path} 2>&1 || true`);
    assert.match(await touch("/own"), /Read-only file system/);
    assert.equal(await touch("/cache/own"), "");
    assert.equal(await touch("/tmp/own"), "");
  });

  test(`${model}: it is ready when it answers and not before, and is not killed meanwhile`, async () => {
    const { status } = await podOf(model);
    const [container] = status.containerStatuses;
    assert.equal(container.restartCount, 0);
    assert.equal(status.initContainerStatuses?.[0]?.restartCount, model === "copied" ? 0 : undefined);
    const ready = status.conditions.find(({ type }: KubernetesObject) => type === "Ready").lastTransitionTime;
    const seconds = (Date.parse(ready) - Date.parse(container.state.running.startedAt)) / 1000;
    // Times are told in whole seconds.
    if (model === "copied") assert.ok(seconds >= 11, `ready ${seconds} s after its start`);
  });
}

test("what was copied is what was published, and cannot be written to by the engine", async () => {
  const pod = await podOf("copied");
  assert.deepEqual((await inEngine(pod, "ls", "/model")).trim().split("\n"), [
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "tokenizer.json",
    "tokenizer_config.json",
  ]);
  assert.match(await inEngine(pod, "sh", "-c", "touch /model/own 2>&1 || true"), /Read-only file system/);
});

/** The lines of the notes that are commands: for each model first the one that forwards a port, then the one that asks. */
async function commands(model: string): Promise<[string, string]> {
  const lines = String((await served.outputs()).notes)
    .split("\n")
    .map((line) => line.trim());
  const forward = lines.findIndex((line) => line.startsWith("kubectl ") && line.includes(`service/${model} `));
  assert.ok(forward >= 0, lines.join("\n"));
  return [lines[forward] ?? "", lines[forward + 1] ?? ""];
}

/** A command as a person types it; kubectl and pulumi are the lab's. */
function typed(line: string): ChildProcess {
  const tools = `kubectl() { '${lab.kubectl.join("' '")}' "$@"; }; pulumi() { '${served.project.engine}' "$@"; }`;
  return spawn("bash", ["-c", `${tools}; ${line}`], {
    cwd: served.project.folder,
    env: served.project.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
}

const said = async (child: ChildProcess): Promise<string> => {
  let text = "";
  for await (const chunk of child.stdout ?? []) text += chunk;
  return text;
};

test("the notes' own lines forward a port and get an answer", async () => {
  const [forward, ask] = await commands("streamed");
  const forwarding = typed(forward);
  try {
    const answer = await (async () => {
      for (let tries = 0; ; tries++) {
        const text = await said(typed(ask));
        if (text !== "" || tries > 100) return text;
        await sleep(200);
      }
    })();
    const { object, choices, usage } = JSON.parse(answer);
    assert.equal(object, "chat.completion");
    assert.equal(choices[0].message.role, "assistant");
    assert.ok(usage.completion_tokens > 0);
  } finally {
    process.kill(-(forwarding.pid ?? 0), "SIGKILL");
  }
});

test("a client in the cluster gets answers and streams by the endpoint, and none without the key", async () => {
  const asked = await served.asked();
  assert.deepEqual(
    asked.map(({ baseURL }) => baseURL),
    Object.keys(models).map((model) => `http://${model}.${namespace}.svc/v1`),
  );
  const task = { models: asked, workers: 2, requests: 40, tokens: [1, 16], overlong: 0 };
  const client = await LoadClient.start(lab, namespace, "client", task);
  const outcome = await client.stop();
  assert.deepEqual(outcome.losses, []);
  assert.ok(outcome.answered > 0 && outcome.streamed > 0 && outcome.sent >= 40);
  assert.equal(outcome.answered + outcome.streamed, outcome.sent);
  const stranger = { ...task, models: asked.map((model) => ({ ...model, apiKey: "none" })), requests: 4 };
  const refused = await (await LoadClient.start(lab, namespace, "stranger", stranger)).stop();
  assert.equal(refused.lost, refused.sent);
  assert.ok(refused.losses.every(({ reason }) => reason.startsWith("401 ")));
});
