import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import type { StackPlan } from "../../planning/plan.ts";
import type { StackGpus } from "../../planning/sharing.ts";
import { stackOf } from "./given.ts";

/** Models of one GPU product: how long they wait for one another, and what they take together. */

const times = (provisioning: number, startup: number, drain: number): Tree => ({
  provisioning: { seconds: provisioning },
  startup: { seconds: startup },
  drain: { seconds: drain },
});
const [short, middle, long] = [times(100, 200, 50), times(300, 500, 100), times(1000, 700, 200)];
const l4 = (more: Tree = {}): Tree => ({ gpu: { product: "L4", ...more } });
const h100 = (more: Tree = {}): Tree => ({ gpu: { product: "H100", count: 8, ...more } });
const cpu: Tree = { gpu: { product: "L4", count: 0, spare: 9 } };

/** Waves of 350, 900 and 1,900 s; with two spare L4 chat and code move two pods at a time, big one without them. */
const chat = { ...l4({ spare: 2 }), ...short, replicas: 4 };
const code = { ...l4(), ...middle, autoscaling: { min: 3, max: 9 } };
const big = { ...l4({ count: 4 }), ...long, replicas: 2 };

/** A model's seconds for others, of its deadline, and of a whole change. */
type Waits = readonly [turns: number, progressDeadline: number, rollout: number];
const waits = ({ models }: StackPlan): Record<string, Waits> =>
  Object.fromEntries(
    models.map(({ name, variants: [{ budgets }] }) => [
      name,
      [budgets.turns, budgets.progressDeadline, budgets.rollout],
    ]),
  );

const stacks: readonly [string, Tree, Record<string, Waits>][] = [
  ["one model waits for none", { chat }, { chat: [0, 410, 820] }],
  [
    "two share: each waits for the other's waves at its smallest count, 2 × 350 and 2 × 900",
    { chat, code },
    { chat: [1800, 2210, 2620], code: [700, 1660, 5320] },
  ],
  [
    "three, one of which takes too many for the spare ones: it waits and is waited for, 2 × 1,900",
    { chat, code, big },
    { chat: [5600, 6010, 6420], code: [4500, 5460, 9120], big: [2500, 4460, 6420] },
  ],
  [
    "one that is recreated has one wave",
    { chat, big: { ...big, replicas: 1 } },
    { chat: [1900, 2310, 2720], big: [700, 2660, 2720] },
  ],
  [
    "other products and the CPU do not wait, nor are they waited for",
    { chat, code, one: { ...h100(), ...short }, two: { ...h100(), ...long }, cpu: { ...cpu, ...short } },
    {
      chat: [1800, 2210, 2620],
      code: [700, 1660, 5320],
      one: [0, 410, 470],
      two: [0, 1960, 2020],
      cpu: [0, 410, 470],
    },
  ],
  [
    "each product by itself",
    { chat, code, one: { ...h100({ spare: 8 }), ...short }, two: { ...h100(), ...long, replicas: 3 } },
    {
      chat: [1800, 2210, 2620],
      code: [700, 1660, 5320],
      // two more models' waves: 3 × 1,900, and 1 × 350
      one: [5700, 6110, 6170],
      two: [350, 2310, 6170],
    },
  ],
  [
    "without spare GPUs each takes back its own",
    { chat: { ...chat, ...l4() }, code },
    { chat: [0, 410, 1520], code: [0, 960, 8220] },
  ],
];
for (const [what, models, expected] of stacks)
  test(`times: ${what}`, () => assert.deepEqual(waits(stackOf(models)), expected));

test("a first revision changes its own model's plan alone, and there only what is served", () => {
  const without = stackOf({ chat, code });
  const { models, ...rest } = stackOf({ chat, code: { ...code, revision: "v1" } });
  const [first, second] = without.models;
  assert.ok(first && second);
  const [main] = second.variants;
  assert.deepEqual(models, [first, { ...second, variants: [{ ...main, revision: "v1" }] }]);
  assert.deepEqual({ ...rest, models: without.models }, without);
});

const none = { steady: 0, rolling: 0, max: 0 };
const sums: readonly [string, Tree, StackGpus][] = [
  ["none on a CPU", { cpu }, { ...none, products: {} }],
  [
    "one model's are the stack's",
    { code: { ...code, ...l4({ spare: 2 }) } },
    { steady: 3, rolling: 5, max: 11, products: { L4: { steady: 3, rolling: 5, max: 11, spare: 2 } } },
  ],
  [
    "two that roll together take no more than there is spare: 2, not 2 + 2",
    { chat, code, big },
    { steady: 15, rolling: 17, max: 23, products: { L4: { steady: 15, rolling: 17, max: 23, spare: 2 } } },
  ],
  [
    "nor more than they want: 1 + 2 of 9",
    { chat: { ...l4({ spare: 9 }), replicas: 2 }, code },
    { steady: 5, rolling: 8, max: 14, products: { L4: { steady: 5, rolling: 8, max: 14, spare: 9 } } },
  ],
  [
    "what one pod takes counts: 4 + 2 wanted of 5",
    { chat: { ...chat, ...l4({ spare: 5 }), replicas: 3 }, big },
    { steady: 11, rolling: 16, max: 16, products: { L4: { steady: 11, rolling: 16, max: 16, spare: 5 } } },
  ],
  [
    "several products, in the order of their names, and their sums",
    { chat, cpu, code, one: h100(), other: { gpu: { product: "A10G", spare: 3 } } },
    {
      steady: 16,
      rolling: 19,
      max: 25,
      products: {
        A10G: { steady: 1, rolling: 2, max: 2, spare: 3 },
        H100: { steady: 8, rolling: 8, max: 8, spare: 0 },
        L4: { steady: 7, rolling: 9, max: 15, spare: 2 },
      },
    },
  ],
];
for (const [what, models, expected] of sums)
  test(`GPUs: ${what}`, () => {
    const { gpus } = stackOf(models);
    assert.deepEqual(gpus, expected);
    assert.deepEqual(Object.keys(gpus.products), Object.keys(expected.products));
  });
