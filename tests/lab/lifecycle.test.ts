import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { isAlive } from "../../workspace/processes.ts";
import { eventually, isOpen, kill9, listeners, OwnLab } from "./ownLab.ts";

/** 127.0.0.1 as /proc/net/tcp writes it on a little-endian machine. */
const loopback = "0100007F";

const lab = new OwnLab();
after(() => lab.remove());

test("a lab that was never started is down", async () => {
  const { code, stdout } = await lab.run("status");
  assert.equal(stdout, "the lab is down\n");
  assert.equal(code, 3);
  assert.equal((await lab.run("down")).stdout, "there was no lab\n");
});

test("up twice at once, and once more, is up once", async () => {
  const [first, second] = await Promise.all([lab.run("up"), lab.run("up")]);
  assert.equal(first.code, 0, first.stderr);
  assert.equal(second.code, 0, second.stderr);
  assert.equal(first.stdout, second.stdout);
  const before = lab.processes();
  assert.deepEqual(
    lab.state().daemons.map(({ name }) => name),
    ["moto", "etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"],
  );
  const third = await lab.run("up");
  assert.equal(third.stdout, first.stdout);
  assert.equal(third.stderr, "");
  assert.deepEqual(lab.processes(), before);
  assert.ok(before.every(isAlive));
});

test("a lab that runs without real nodes gets none, and goes on running", async () => {
  const before = lab.processes();
  const { code, stdout, stderr } = await lab.run("up --node");
  const root = process.getuid?.() === 0;
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    root
      ? "lab: the lab runs without real nodes, and gets none while it does: `npm run lab -- down` first, which removes its data\n"
      : "lab: real nodes need root, for namespaces, mounts and control groups of their own: run it as root, or without --node\n",
  );
  assert.deepEqual(lab.processes(), before);
  assert.ok(before.every(isAlive));
});

test("status shows every part", async () => {
  const { code, stdout } = await lab.run("status");
  assert.equal(code, 0);
  const lines = stdout.trim().split("\n");
  assert.equal(lines[0], "the lab is up");
  assert.deepEqual(
    lines.slice(1).map((line) => line.slice(2, 26).trim()),
    [
      "supervisor",
      "aws",
      "metrics control",
      "moto",
      "etcd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kwok",
    ],
  );
});

test("it listens on 127.0.0.1 only", () => {
  const open = lab.processes().flatMap(({ pid }) => listeners(pid));
  // etcd 2, kube-apiserver, moto, kwok, and in the supervisor the front, the metrics API and its control.
  assert.equal(open.length, 8);
  assert.deepEqual(new Set(open.map(({ address }) => address)), new Set([loopback]));
});

test("the environment of the daemons holds nothing of the user's home or keys", () => {
  for (const { pid } of lab.processes()) {
    const variables = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
    assert.ok(variables.includes(`HOME=${join(lab.folder, "data")}`), `pid ${pid}`);
    assert.ok(!variables.some((variable) => /^(KUBECONFIG|AWS_PROFILE|PULUMI_\w+)=/.test(variable)), `pid ${pid}`);
  }
});

for (const victim of ["etcd", "kube-apiserver", "moto", "kwok"]) {
  test(`a killed ${victim} ends the whole lab, and the next up is a new one`, async () => {
    await lab.run("up");
    const old = lab.processes();
    const marker = join(lab.folder, "data", "marker");
    writeFileSync(marker, "the data of this lab");
    const daemon = lab.state().daemons.find(({ name }) => name === victim);
    assert.ok(daemon);
    await kill9(daemon);
    await eventually(() => !old.some(isAlive));
    const { code, stdout } = await lab.run("status");
    assert.equal(code, 3);
    assert.match(
      stdout,
      new RegExp(`^the lab is down: ${victim} ended \\(SIGKILL\\)\\. Its log, .*/logs/${victim}\\.log, ends`),
    );
    const again = await lab.run("up");
    assert.equal(again.code, 0, again.stderr);
    assert.ok(!existsSync(marker));
    const fresh = lab.processes();
    assert.equal(fresh.length, old.length);
    assert.ok(fresh.every(isAlive));
    assert.ok(!fresh.some(({ pid }) => old.some((process) => process.pid === pid)));
  });
}

test("a killed supervisor takes its daemons along, and the next up is a new one", async () => {
  await lab.run("up");
  const old = lab.processes();
  const marker = join(lab.folder, "data", "marker");
  writeFileSync(marker, "the data of this lab");
  await kill9(lab.state().supervisor);
  await eventually(() => !old.some(isAlive));
  const { code, stdout } = await lab.run("status");
  assert.equal(code, 3);
  assert.match(stdout, /^the lab is down: it was killed: supervisor \(pid \d+\)/);
  const again = await lab.run("up");
  assert.equal(again.code, 0, again.stderr);
  assert.ok(!existsSync(marker));
  assert.ok(lab.processes().every(isAlive));
});

test("a record of pids that others have now ends nobody", async () => {
  await lab.run("down");
  const bystander = { pid: process.pid, startTime: "1" };
  const daemon = { ...bystander, name: "etcd", address: "" };
  writeFileSync(
    join(lab.folder, "lab.json"),
    JSON.stringify({ phase: "up", supervisor: bystander, daemons: [daemon] }),
  );
  assert.equal((await lab.run("status")).code, 3);
  assert.equal((await lab.run("down")).stdout, "the lab is down\n");
  assert.ok(!existsSync(join(lab.folder, "lab.json")));
});

test("down leaves no process, no open port and no data; only logs", async () => {
  await lab.run("up");
  const processes = lab.processes();
  const ports = processes.flatMap(({ pid }) => listeners(pid)).map(({ port }) => port);
  assert.equal(ports.length, 8);
  const { code, stdout } = await lab.run("down");
  assert.equal(code, 0);
  assert.equal(stdout, "the lab is down\n");
  assert.deepEqual(processes.filter(isAlive), []);
  for (const port of ports) assert.equal(await isOpen(port), false, `port ${port}`);
  assert.deepEqual(readdirSync(lab.folder), ["logs"]);
  assert.equal((await lab.run("down")).stdout, "there was no lab\n");
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`up that gets ${signal} leaves nothing running and nothing half-made`, async () => {
    const up = lab.spawn("up");
    const exit = new Promise<number | null>((done) => up.once("exit", done));
    await eventually(() => existsSync(join(lab.folder, "lab.json")) && lab.state().daemons.length >= 3);
    const processes = lab.processes();
    up.kill(signal);
    assert.equal(await exit, 130);
    assert.deepEqual(processes.filter(isAlive), []);
    assert.deepEqual(readdirSync(lab.folder), ["logs"]);
  });
}
