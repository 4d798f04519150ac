import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf, told } from "./explanation.ts";
import { cli, projectOf } from "./run.ts";

/** `npm run explain` of models that run on the same GPUs: what they share, and what follows for each. */

const times = "provisioning: {seconds: 100}, startup: {seconds: 200}, drain: {seconds: 50}";
const project = projectOf({
  "Pulumi.yaml": "name: x\nruntime: nodejs\n",
  "Pulumi.s.yaml": `config:
  aws:region: eu-west-1
  vllm:cluster: {eks: lab}
  vllm:models:
    chat: {gpu: {product: L4, spare: 2}, replicas: 4, ${times}}
    code: {gpu: {product: L4}, replicas: 3, ${times}}
    math: {gpu: {product: H100, count: 8, spare: 4}, replicas: 2, ${times}}
    solo: {gpu: {product: T4, count: 4, spare: 1}, ${times}}
    tiny: {gpu: {count: 0}, ${times}}
`,
});
const text = (...args: string[]) => textOf(project, ...args);

const products = {
  H100: { steady: 16, rolling: 16, max: 16, spare: 4 },
  L4: { steady: 7, rolling: 9, max: 9, spare: 2 },
  T4: { steady: 4, rolling: 4, max: 4, spare: 1 },
};
const gpus = { steady: 27, rolling: 29, max: 29, products };

test("the GPUs of the stack, by product and in sum, whichever model is asked for", async () => {
  const whole = await told(project, "s");
  assert.deepEqual(whole.gpus, gpus);
  const one = await told(project, "s", "--model", "tiny");
  assert.deepEqual([one.gpus, Object.keys(one.models)], [gpus, ["tiny"]]);
  const section = `
GPUs of the stack
          fewest replicas  during a rollout  at most  spare
  H100    16               16                16       4
  L4      7                9                 9        2
  T4      4                4                 4        1
  in all  27               29                29

Cost of the stack
`;
  assert.ok((await text()).includes(section));
  assert.ok((await text("--model", "tiny")).includes(section));
});

test("what is spare is worked out where another model says it, and of no matter without a GPU", async () => {
  const { models } = await told(project, "s");
  const spare = Object.entries(models).map(([name, { settings }]) => [name, settings["gpu.spare"]]);
  assert.deepEqual(spare, [
    ["chat", { value: 2, layer: "stack.models" }],
    ["code", { value: 2, layer: "computed" }],
    ["math", { value: 4, layer: "stack.models" }],
    ["solo", { value: 1, layer: "stack.models" }],
    ["tiny", undefined],
  ]);
});

test("the turns of others are told, and that they are in the times", async () => {
  const { models } = await told(project, "s");
  const turns = Object.values(models).map(({ budgets }) => [budgets.turns, budgets.progressDeadline, budgets.rollout]);
  assert.deepEqual(turns, [
    [700, 1110, 1520],
    [700, 1110, 1520],
    [0, 410, 820],
    [0, 410, 470],
    [0, 410, 470],
  ]);
  assert.ok(
    (await text("--model", "code")).includes(`
Times
  a new node and its image  100 s
  start-up, to ready        200 s (3 min 20 s)
  drain                     50 s: 15 s until no request comes, 20 s to answer those under way; the rest ends with an error
  wait for spare GPUs       700 s (11 min 40 s), while models that share them are rolled out
  \`pulumi up\` waits         until the rollout is complete: 1520 s (25 min 20 s) at most by these figures
  \`pulumi up\` fails after   1110 s (18 min 30 s) in which no further pod becomes ready
  a deletion waits          until the pods are gone: 350 s (5 min 50 s) at most
`),
  );
  assert.doesNotMatch(await text("--model", "math"), /wait for spare GPUs/);
});

test("spare GPUs that are too few for a pod are told, of the models that they are too few for", async () => {
  const { models } = await told(project, "s");
  const small = Object.entries(models).flatMap(([name, { spareTooSmall }]) =>
    spareTooSmall ? [[name, spareTooSmall]] : [],
  );
  assert.deepEqual(small, [
    ["math", { product: "H100", spare: 4, count: 8 }],
    ["solo", { product: "T4", spare: 1, count: 4 }],
  ]);
  for (const lines of [
    "1 old pod at a time, each before its successor comes: 2 times with 2 replicas\n  the 4 spare H100 are fewer than the 8 GPUs of a pod, so an old pod goes before its successor comes\n",
    "Recreate: the old pod goes before the new one comes, which is downtime\n  the 1 spare T4 is fewer than the 4 GPUs of a pod, so an old pod goes before its successor comes\n",
  ])
    assert.ok((await text()).includes(`\nRollout\n  ${lines}`), lines);
  for (const name of ["chat", "tiny"]) assert.doesNotMatch(await text("--model", name), /fewer than/);
});

test("two values for one product are refused, by key and in words", async () => {
  const wrong = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml":
      "config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:models: {chat: {gpu: {product: L4, spare: 2}}, code: {gpu: {product: L4, spare: 3}}}\n",
  });
  const { code, output } = await cli("explain", "--project", wrong, "--stack", "s");
  assert.equal(code, 1);
  assert.equal(
    output,
    "the settings of this stack have 1 problem.\n  vllm:models.code.gpu.spare (Pulumi.s.yaml): is 3, but model chat, on L4 too, has 2; it is one budget for each GPU product of the stack: write the same, or leave it out\n",
  );
});
