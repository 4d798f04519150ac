import assert from "node:assert/strict";
import { test } from "node:test";
import { cpuInstances } from "../../catalogue/cpus.ts";
import { gpuProducts, gpus } from "../../catalogue/gpus.ts";
import { instanceTypes, priceList } from "../../catalogue/prices.ts";
import type { Tree } from "../../config/tree.ts";
import { type ModelCost, type PriceBook, priceBook, type StackCost, stackCost } from "../../planning/cost.ts";
import { givenBy, plan } from "../config/settings.ts";
import { file, stackOf, wrong } from "./given.ts";

/** What the nodes of a stack cost: exact figures, and what is in none. */

/** The cost of a stack of models; `top` are settings of the stack. */
const costOf = (models: Tree, top: Tree = {}, region = "us-east-1"): StackCost =>
  plan({ region, own: { cluster: { eks: "lab" }, models, ...top } }).cost;

/** The cost of one model. */
const one = (model: Tree, top: Tree = {}): ModelCost => {
  const { chat } = costOf({ chat: model }, top).models;
  assert.ok(chat);
  return chat;
};

/** The part of an instance that a pod pays, or why it is unknown. */
const share = (model: Tree, top: Tree = {}): [instance: string, share: number] | string => {
  const cost = one(model, top);
  return cost.known ? [cost.instance, cost.share] : cost.reason;
};

const l4 = (count: number, more: Tree = {}): Tree => ({ gpu: { product: "L4", count }, ...more });

test("every price is one of an instance type of the catalogue; of one type there is none", () => {
  assert.equal(new Set(instanceTypes).size, instanceTypes.length);
  assert.equal(
    instanceTypes.length,
    cpuInstances.length + gpuProducts.reduce((sum, name) => sum + gpus[name].instances.length, 0),
  );
  assert.deepEqual(
    Object.keys(priceList.usdPerHour).filter((type) => !instanceTypes.includes(type)),
    [],
  );
  assert.deepEqual(
    instanceTypes.filter((type) => !(priceList.usdPerHour[type] ?? 0)),
    ["p5e.48xlarge"],
  );
  assert.match(priceList.date, /^\d{4}-\d\d-\d\d$/);
});

const catalogue = (instance: string) => ({
  region: "us-east-1",
  date: "2026-07-20",
  otherRegion: true,
  instances: [instance],
});
const g6 = (steady: StackCost["steady"], most: StackCost["most"]): StackCost => ({
  ...{ currency: "USD", steady, most, unknown: [] },
  models: {
    chat: {
      ...{ known: true, instance: "g6.xlarge", instancePerHour: 0.8048, from: "catalogue", share: 1 },
      ...{ steady, most, unpriced: [] },
    },
  },
  catalogue: catalogue("g6.xlarge"),
});
const [dev, most] = [
  { perHour: 0.1134, perMonth: 82.78 },
  { perHour: 0.2268, perMonth: 165.56 },
];
const stacks: Readonly<Record<string, StackCost>> = {
  // 9 of 16 GiB, which is more than 2 of 4 vCPUs; a rollout has one pod more.
  dev: {
    ...{ currency: "USD", steady: dev, most, unknown: [] },
    models: {
      chat: {
        ...{ known: true, instance: "m7i.xlarge", instancePerHour: 0.2016, from: "catalogue", share: 0.5625 },
        ...{ steady: dev, most, unpriced: [] },
      },
    },
    catalogue: catalogue("m7i.xlarge"),
  },
  // One, replaced in place.
  test: g6({ perHour: 0.8048, perMonth: 587.5 }, { perHour: 0.8048, perMonth: 587.5 }),
  // 2, and 3 while these are replaced.
  staging: g6({ perHour: 1.6096, perMonth: 1175.01 }, { perHour: 2.4144, perMonth: 1762.51 }),
  // 4 to 20, and 2 more.
  prod: g6({ perHour: 3.2192, perMonth: 2350.02 }, { perHour: 17.7056, perMonth: 12_925.09 }),
};
for (const [stack, cost] of Object.entries(stacks))
  test(`what ${stack} costs`, () => assert.deepEqual(plan(givenBy(stack)).cost, cost));

test("a pod pays by its GPUs, on the cheapest type that has as many", () => {
  assert.deepEqual(share(l4(1)), ["g6.xlarge", 1]);
  assert.deepEqual(share(l4(2)), ["g6.12xlarge", 0.5]);
  assert.deepEqual(share(l4(4)), ["g6.12xlarge", 1]);
  assert.deepEqual(share(l4(8)), ["g6.48xlarge", 1]);
  assert.deepEqual(share({ gpu: { product: "RTX-PRO-6000", count: 2 } }), ["g7e.12xlarge", 1]);
  // Its memory is three quarters of the node's, but one GPU of two more is what it keeps from others.
  assert.deepEqual(share(l4(2, { resources: { memory: "144Gi" } })), ["g6.12xlarge", 0.5]);
});

test("a pod fits where CPU and memory are more than it asks for: a node keeps some for itself", () => {
  const asks = (cpu: number | string, memory: string) => share(l4(1, { resources: { cpu, memory } }));
  assert.deepEqual(asks("3999m", "16383Mi"), ["g6.xlarge", 1]);
  assert.deepEqual(asks(4, "12Gi"), ["g6.2xlarge", 1]);
  assert.deepEqual(asks(1, "16Gi"), ["g6.2xlarge", 1]);
  // The cheapest with more than 64 GiB has 128.
  assert.deepEqual(asks(1, "64Gi"), ["gr6.4xlarge", 1]);
  assert.deepEqual(asks(191, "64Gi"), ["g6.48xlarge", 0.125]);
  const labels = { gpu: { product: "L4", labels: "nvidia" } };
  assert.equal(
    share({ ...labels, resources: { cpu: 192 } }),
    "no instance type of the catalogue has room for a pod (1 × L4, 192 CPU, 12Gi)",
  );
});

test("a pod without a GPU pays by the larger of its shares of CPU and memory", () => {
  const asks = (cpu: number, memory: string) => share({ gpu: { count: 0 }, resources: { cpu, memory } });
  assert.deepEqual(asks(1, "6Gi"), ["m7i.large", 0.75]);
  assert.deepEqual(asks(3, "8Gi"), ["m7i.xlarge", 0.75]);
  assert.deepEqual(asks(2, "8Gi"), ["m7i.xlarge", 0.5]);
  assert.deepEqual(asks(191, "767Gi"), ["m7i.48xlarge", 767 / 768]);
  assert.equal(asks(1, "768Gi"), "no instance type of the catalogue has room for a pod (1 CPU, 768Gi)");
});

test("the node selector's instance type is the one that is paid for", () => {
  const on = (type: string) => ({ scheduling: { nodeSelector: { "node.kubernetes.io/instance-type": type } } });
  assert.deepEqual(share(l4(1, on("g6.12xlarge"))), ["g6.12xlarge", 0.25]);
  assert.deepEqual(share({ gpu: { count: 0 }, ...on("m7i.2xlarge") }), ["m7i.2xlarge", 0.375]);
  assert.equal(
    share(l4(1, on("g5.xlarge"))),
    "no instance type of the catalogue has room for a pod (1 × L4, 3 CPU, 12Gi, node.kubernetes.io/instance-type: g5.xlarge)",
  );
});

const h200: Tree = { gpu: { product: "H200", count: 8 } };
const onP5e = { scheduling: { nodeSelector: { "node.kubernetes.io/instance-type": "p5e.48xlarge" } } };

test("a type without a price is told, and where no other does it the cost is unknown and in no sum", () => {
  const other = one(h200);
  assert.ok(other.known);
  assert.deepEqual([other.instance, other.unpriced], ["p5en.48xlarge", ["p5e.48xlarge"]]);
  const { chat, ...others } = costOf({ chat: { ...h200, ...onP5e }, code: l4(1) }).models;
  const reason = "no price is known of p5e.48xlarge; prices gives one";
  assert.deepEqual(chat, { known: false, reason, unpriced: ["p5e.48xlarge"] });
  assert.deepEqual(Object.keys(others), ["code"]);
  const whole = costOf({ chat: { ...h200, ...onP5e }, code: l4(1) });
  assert.deepEqual(whole.unknown, [{ model: "chat", reason }]);
  assert.deepEqual(whole.steady, { perHour: 0.8048, perMonth: 587.5 });
  const alone = costOf({ chat: { ...h200, ...onP5e } });
  assert.deepEqual(alone.steady, { perHour: 0, perMonth: 0 });
  assert.equal("catalogue" in alone, false, "no price of it is used");
});

test("the user's own prices come first, add what is missing, and are of no region", () => {
  const added = costOf({ chat: { ...h200, ...onP5e } }, { prices: { "p5e.48xlarge": "50.5" } }, "eu-west-1");
  const { chat } = added.models;
  assert.ok(chat?.known);
  assert.deepEqual([chat.instancePerHour, chat.from, chat.unpriced], [50.5, "settings", []]);
  assert.deepEqual(added.steady, { perHour: 50.5, perMonth: 36_865 });
  assert.equal("catalogue" in added, false);
  const dearer = one(l4(1), { prices: { "g6.xlarge": 0.98 } });
  assert.ok(dearer.known);
  assert.deepEqual([dearer.instance, dearer.from], ["g6.2xlarge", "catalogue"]);
  const discounted = one(l4(1), { prices: { "g6.xlarge": 0.97 } });
  assert.ok(discounted.known);
  assert.deepEqual([discounted.instance, discounted.from], ["g6.xlarge", "settings"]);
});

test("prices of another region than the stack's are said to be", () => {
  const regions = ["us-east-1", "us-east-2"].map(
    (region) => costOf({ chat: l4(1) }, {}, region).catalogue?.otherRegion,
  );
  assert.deepEqual(regions, [false, true]);
  const two = costOf({ b: l4(1), a: l4(1), c: { gpu: { count: 0 } } }).catalogue?.instances;
  assert.deepEqual(two, ["g6.xlarge", "m7i.xlarge"]);
});

test("models that share spare GPUs take no more of them together: the dearest ones count", () => {
  const models = (spare: number): Tree => ({
    // A pod more of chat is 1 GPU at 0.8048, of code 2 at 4.6016 ÷ 4.
    chat: { gpu: { product: "L4", spare }, autoscaling: { min: 2, max: 3 } },
    code: { gpu: { product: "L4", count: 2 }, replicas: 2 },
  });
  const costs = (spare: number) => {
    const { steady, most, models: each } = costOf(models(spare));
    const mosts = Object.values(each).map((cost) => cost.known && cost.most.perHour);
    return [steady.perHour, most.perHour, ...mosts];
  };
  // 2 × 0.8048 + 2 × 2.3008, and at most 3 × 0.8048 + 2 × 2.3008 with what rolls.
  assert.deepEqual(costs(0), [6.2112, 7.016, 2.4144, 4.6016]);
  assert.deepEqual(costs(1), [6.2112, 7.8208, 3.2192, 4.6016]);
  assert.deepEqual(costs(2), [6.2112, 9.3168, 3.2192, 6.9024]);
  assert.deepEqual(costs(3), [6.2112, 10.1216, 3.2192, 6.9024]);
});

test("a price book alone decides: without a price nothing is known", () => {
  const { models } = stackOf({ chat: l4(1) });
  const none: PriceBook = { usdPerHour: {}, own: new Set() };
  const { chat } = stackCost(models, new Map([["L4", 0]]), none, "us-east-1").models;
  assert.equal(chat?.known, false);
  assert.equal(chat.unpriced.length, gpus.L4.instances.length);
  assert.deepEqual(priceBook({ "g6.xlarge": 1 }).usdPerHour["g6.xlarge"], 1);
  assert.deepEqual(priceBook({}).usdPerHour["g6.xlarge"], 0.8048);
});

test("wrong prices: no such type, none, too much, no number", () => {
  const of = (prices: Tree) => wrong({ prices });
  assert.deepEqual(of({ "g6.xlarge": 0.000001, "g6.2xlarge": 10_000 }), []);
  for (const price of [0, -1, 10_000.5])
    assert.deepEqual(of({ "g6.xlarge": price }), [
      `vllm:prices.g6.xlarge ${file}: is ${price}, but must be more than 0 and at most 10000 USD an hour`,
    ]);
  assert.deepEqual(of({ "g6.xlarge": "much" }), [`vllm:prices.g6.xlarge ${file}: is "much", but must be a number`]);
  const families = "g4dn, g5, g6, gr6, g6e, g7e, p4d, p4de, p5, p5e, p5en, p6-b200, m7i";
  assert.deepEqual(of({ "g6.xlarg": 1 }), [
    `vllm:prices.g6.xlarg ${file}: is "g6.xlarg", but must be an instance type such as g6.xlarge, of one of the families ${families}`,
  ]);
});
