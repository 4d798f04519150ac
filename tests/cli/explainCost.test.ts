import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf, told } from "./explanation.ts";
import { projectOf } from "./run.ts";

/** `npm run explain`: what the nodes cost, where that is from, and what is in no figure. */

const project = projectOf({
  "Pulumi.yaml": "name: x\nruntime: nodejs\n",
  "Pulumi.s.yaml": `config:
  aws:region: us-east-1
  vllm:cluster: {eks: lab}
  vllm:prices: {g6.xlarge: 0.5}
  vllm:gpu: {product: L4}
  vllm:models:
    chat: {replicas: 2}
    wide: {gpu: {product: H200, count: 4}}
    none: {gpu: {product: H200, count: 8}, scheduling: {nodeSelector: {node.kubernetes.io/instance-type: p5e.48xlarge}}}
`,
});

test("as JSON, by the schema: known, by the user's price, and unknown", async () => {
  const { cost, models } = await told(project, "s");
  const reason = "no price is known of p5e.48xlarge; prices gives one";
  assert.deepEqual(cost, {
    currency: "USD",
    steady: { perHour: 32.648, perMonth: 23_833.04 },
    most: { perHour: 32.648, perMonth: 23_833.04 },
    unknown: [{ model: "none", reason }],
    catalogue: { region: "us-east-1", date: "2026-07-20", otherRegion: false, instances: ["p5en.48xlarge"] },
  });
  const rate = { perHour: 1, perMonth: 730 };
  assert.deepEqual(models.chat?.cost, {
    ...{ known: true, instance: "g6.xlarge", instancePerHour: 0.5, from: "settings", share: 1 },
    ...{ steady: rate, most: rate, unpriced: [] },
  });
  assert.deepEqual(models.none?.cost, { known: false, reason, unpriced: ["p5e.48xlarge"] });
});

test("to a person: whose prices, and what is not in the figures", async () => {
  const text = await textOf(project);
  const section = `
Cost of the stack
  fewest replicas  32.6480 USD an hour, 23833.04 USD in a month of 730 hours
  at most          32.6480 USD an hour, 23833.04 USD in a month of 730 hours
  reckoned         the nodes alone, each pod by its share of one; storage, network and the cluster are in no figure
  prices           on demand in us-east-1 on 2026-07-20: p5en.48xlarge
  in no figure     none: no price is known of p5e.48xlarge; prices gives one

Settings of the stack
`;
  assert.ok(text.includes(section), text);
  assert.match(text, /^ {2}a pod {12}all of g6\.xlarge, 0\.5 USD an hour by prices$/m);
  assert.match(text, /^ {2}a pod {12}50 % of p5en\.48xlarge, 63\.296 USD an hour by the catalogue$/m);
  assert.match(text, /^ {2}without a price {2}p5e\.48xlarge, which may be cheaper$/m);
  assert.match(text, /^Cost\n {2}unknown: no price is known of p5e\.48xlarge; prices gives one$/m);
});
