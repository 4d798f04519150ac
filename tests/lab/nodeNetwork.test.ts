import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Lock } from "../../lab/lock.ts";
import { allPods, freeNetwork, realNodes } from "../../lab/node/addresses.ts";

const held: Lock[] = [];
after(() => Promise.all(held.map((lock) => lock.release())));

async function network(routes: string): Promise<number> {
  const { prefix, machine, dns, held: lock } = await freeNetwork(routes);
  held.push(lock);
  assert.equal(machine, `${prefix}.1`);
  assert.equal(dns, `${prefix}.2`);
  return Number(/^10\.201\.(\d+)$/.exec(prefix)?.[1]);
}

test("a lab's network is one that no route has and no other lab holds", async () => {
  // A running lab may hold the first.
  const first = await network("default via 192.0.2.1 dev eth0");
  const second = await network("default via 192.0.2.1 dev eth0");
  assert.ok(second > first);
  const taken = [second + 1, second + 2].map((number) => `10.201.${number}.0/24 dev other `).join("\n");
  assert.ok((await network(taken)) > second + 2);
});

test("routes of other networks count wherever they lead; a default route is none", async () => {
  const wide = ["10.201.0.0/16 dev tun0 ", "10.0.0.0/8 via 192.0.2.9 dev tun0 ", "unreachable 10.200.0.0/15 dev lo "];
  for (const route of wide) {
    const { prefix, held: lock } = await freeNetwork(`default via 192.0.2.1 dev eth0 \n${route}\n`);
    held.push(lock);
    assert.match(prefix, /^198\.18\.\d+$/, route);
  }
});

test("where all are taken it says so", async () => {
  await assert.rejects(freeNetwork("10.0.0.0/8 dev tun0 \n198.18.0.0/15 dev tun0 \n"), {
    name: "LabError",
    message:
      "no free network for the lab's nodes: routes of this machine or other labs have all of 10.201.0.0/16 and 198.18.0.0/16",
  });
});

test("nodes and their pods have addresses of their own, and none of KWOK's", () => {
  const hosts = realNodes.map(({ host }) => host);
  const pods = realNodes.map(({ pods }) => pods);
  assert.equal(new Set(hosts).size, realNodes.length);
  assert.equal(new Set(pods).size, realNodes.length);
  // 1 and 2 are this machine's and CoreDNS's.
  assert.ok(hosts.every((host) => host > 2 && host < 255));
  const whole = allPods.replace(".0.0/16", ".");
  assert.ok(pods.every((network) => network.startsWith(whole)));
  assert.notEqual(whole, "10.244.");
});
