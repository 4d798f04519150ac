import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Lab, up } from "../../lab/lab.ts";
import { LoadClient } from "../../lab/load/client.ts";
import type { Outcome } from "../../lab/load/load.ts";
import { Served, settled } from "../../lab/load/served.ts";
import { succeeded, unique } from "../e2e/support.ts";

const namespace = `load-${unique}`;
/** Each is rolled out, scaled down and drained once and more: three of each in the time of one. */
const models = ["amber", "birch", "cedar"];
const ours = `app.kubernetes.io/instance in (${models.join(",")})`;

let lab: Lab;
let served: Served;
let outcome: Outcome;
const replicas: number[] = [];

/** Deploys all of them, and waits until the pods that go have gone. */
async function deploy(revision: string, count: number): Promise<void> {
  succeeded(await served.up(Object.fromEntries(models.map((model) => [model, { revision, replicas: count }]))));
  await allSettled(count);
}

async function allSettled(count: number): Promise<void> {
  await settled(lab, namespace, ours, models.length * count);
  replicas.push(count);
}

before(async () => {
  lab = await up({ nodes: true });
  served = await Served.stage(lab, namespace, models);
  await deploy("v1", 2);
  const client = await LoadClient.start(lab, namespace, "client", {
    models: await served.asked(),
    workers: 6,
    requests: 3000,
    tokens: [2, 8, 30, 150],
    // At 50 tokens a second 38 s, where a drain waits for 20 s in all.
    overlong: 1900,
  });
  await deploy("v2", 2);
  await deploy("v2", 1);
  await deploy("v2", 2);
  for (const node of ["node-1", "node-2", "node-1"]) {
    await served.kubectl("drain", node, "--delete-emptydir-data", `--pod-selector=${ours}`);
    await served.kubectl("uncordon", node);
    await allSettled(2);
  }
  outcome = await client.stop();
});
after(() => served.destroy());

test("over 3 rollouts, 3 scale-downs and 3 drains no request of at least 3,000 is lost", () => {
  assert.deepEqual(replicas, [2, 2, 1, 2, 2, 2, 2]);
  assert.deepEqual(outcome.losses, []);
  assert.ok(outcome.sent >= 3000, `${outcome.sent} requests`);
  assert.equal(outcome.answered + outcome.streamed, outcome.sent);
});

test("a stream that no drain waits for is ended by a word that says so, and is neither cut nor left hanging", () => {
  assert.deepEqual(outcome.overlong.cut, []);
  assert.ok(outcome.overlong.ended > 0);
});
