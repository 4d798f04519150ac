import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { isAlive, type ProcessId } from "../../../workspace/processes.ts";
import { eventually, kill9, OwnLab } from "../../lab/ownLab.ts";
import { changes, hasNodes, processesOf, type Traces, traces } from "./traces.ts";

const lab = new OwnLab();
let clean: Traces;

before(async () => {
  await eventually(() => !hasNodes());
  clean = await traces();
});
after(() => lab.remove());

async function nothingIsLeft(): Promise<void> {
  await eventually(() => !hasNodes());
  assert.deepEqual(changes(clean, await traces()), []);
  assert.deepEqual(processesOf(lab.folder), []);
}

test("up --node leaves one link with its address's routes on this machine, and control groups", async () => {
  const { code, stderr } = await lab.run("up --node");
  assert.equal(code, 0, stderr);
  const now = await traces();
  const added = (name: keyof Traces) => now[name].filter((line) => !clean[name].includes(line));
  assert.equal(added("links").length, 1);
  const link = /^(lab[0-9a-f]{8})@\S+ +UP /.exec(added("links")[0] ?? "")?.[1];
  assert.ok(link, added("links")[0]);
  assert.ok(
    added("routes").every((route) => route.includes(` dev ${link} `)),
    added("routes").join("\n"),
  );
  assert.equal(added("routes").filter((route) => /^\d/.test(route)).length, 1);
  assert.ok(added("cgroups").every((group) => group.split("/").includes(link)));
  assert.deepEqual(added("mounts"), []);
  assert.deepEqual(added("rules"), []);
  assert.deepEqual(
    added("sysctls").filter((line) => !line.startsWith("/proc/sys/net/") || !line.includes(`/${link}/`)),
    [],
  );
});

test("down leaves nothing but logs", async () => {
  await lab.run("up --node");
  assert.equal((await lab.run("down")).stdout, "the lab is down\n");
  await nothingIsLeft();
  assert.deepEqual(readdirSync(lab.folder), ["logs"]);
});

test("whatever process of it is killed, all of it ends and nothing is left", async () => {
  await lab.run("up --node");
  const names = ["supervisor", ...lab.state().daemons.map(({ name }) => name)];
  assert.deepEqual(names.toSorted(), [
    "coredns",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
    "moto",
    "node-1",
    "node-1 containerd",
    "node-1 kube-proxy",
    "node-1 kubelet",
    "node-2",
    "node-2 containerd",
    "node-2 kube-proxy",
    "node-2 kubelet",
    "supervisor",
    "switch",
  ]);
  for (const name of names) {
    const { code, stderr } = await lab.run("up --node");
    assert.equal(code, 0, stderr);
    const all = lab.processes();
    await kill9(processOf(name));
    await eventually(() => !all.some(isAlive));
    // What a killed supervisor leaves, the next command removes; an ending one does so itself.
    if (name === "supervisor") await lab.run("down");
    await nothingIsLeft();
  }
});

function processOf(name: string): ProcessId {
  const { supervisor, daemons } = lab.state();
  const found = name === "supervisor" ? supervisor : daemons.find((daemon) => daemon.name === name);
  assert.ok(found, name);
  return found;
}
