import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { OwnLab } from "./ownLab.ts";

const own = new OwnLab();
process.env.LAB_STATE = own.folder;
after(() => rmSync(own.folder, { recursive: true }));

// What they import fixes the folder of the lab, so they come after it is set.
const { start, PortTaken } = await import("../../lab/daemon.ts");
const { etcd } = await import("../../lab/cluster/controlPlane.ts");
const { tools } = await import("../../lab/build.ts");
const { listen } = await import("../../lab/listen.ts");

mkdirSync(join(own.folder, "data"));

test("a daemon that ends is told with its name, its end and its last lines", async () => {
  const reason = await new Promise<Error>((done) => {
    start({ name: "short", command: "sh", args: ["-c", "seq 30; echo the cause; exit 7"] }, done);
  });
  const log = join(own.folder, "logs/short.log");
  const lines = [20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, "the cause"].map((line) => `    ${line}`).join("\n");
  assert.equal(reason.message, `short ended (exit code 7). Its log, ${log}, ends with:\n${lines}`);
  assert.ok(!(reason instanceof PortTaken));
});

test("a daemon that does not exist is told", async () => {
  const reason = await new Promise<Error>((done) => start({ name: "none", command: "/no/such", args: [] }, done));
  assert.match(reason.message, /^none could not be started: .*ENOENT/);
});

test("a port that was taken meanwhile is recognised from the daemon itself", async () => {
  const server = createServer();
  const taken = await listen(server);
  const { cluster } = await tools(new AbortController().signal);
  const reason = await new Promise((done) => {
    start(etcd(cluster, { etcd: taken, etcdPeer: taken, apiServer: 0, kubelet: 0 }), done);
  });
  assert.ok(reason instanceof PortTaken, String(reason));
  server.close();
});

test("a supervisor whose daemons do not start leaves the reason, and no process", async () => {
  const broken = join(own.folder, "broken");
  writeFileSync(broken, "#!/bin/sh\necho it is broken\nexit 1\n", { mode: 0o755 });
  const given = { cluster: broken, pulumi: broken, moto: { python: broken, packages: "" } };
  const child = spawn(process.execPath, [join(import.meta.dirname, "../../lab/supervisor.ts"), JSON.stringify(given)], {
    env: own.env,
    stdio: "ignore",
  });
  const code = new Promise((done) => child.once("exit", done));
  assert.equal(await code, 1);
  const { phase, reason, portTaken, lab } = own.state();
  assert.equal(phase, "failed");
  assert.match(
    reason ?? "",
    /^(moto|etcd|kube-apiserver) ended \(exit code 1\)\. Its log, .*, ends with:\n {4}it is broken$/,
  );
  assert.equal(portTaken, false);
  assert.equal(lab, undefined);
});
