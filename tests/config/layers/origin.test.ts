import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isFaulty, layerOf, locate, placeToSet } from "../../../config/layers/origin.ts";
import { resolveSettings } from "../../../config/settings.ts";
import { at, isRemoval, put, type Tree } from "../../../config/tree.ts";
import { type Given, resolved } from "../settings.ts";

/** Where settings come from, with as many layers as there are. */

const originOf = (given: Given) => {
  const { origin, problems } = resolved(given);
  assert.deepEqual(problems, []);
  return origin;
};
const [base, own] = ["Pulumi.yaml", "Pulumi.prod.yaml"];
const given: Given = {
  base: { gpu: { count: 2, labels: "nvidia" }, models: { chat: { gpu: { count: 4 } } } },
  own: {
    cluster: { eks: "lab" },
    gpu: { product: "L4", count: 1 },
    models: { chat: { drain: { seconds: 60 } }, code: {} },
  },
};

test("locate: the place that decides, or the one where it would be set", () => {
  const origin = originOf(given);
  const places: [string, string | undefined, string, string][] = [
    ["gpu.count", "chat", "vllm:base.models.chat.gpu.count", base],
    ["gpu.count", "code", "vllm:gpu.count", own],
    ["gpu.labels", "code", "vllm:base.gpu.labels", base],
    ["drain.seconds", "chat", "vllm:models.chat.drain.seconds", own],
    ["gpu.spare", "chat", "vllm:models.chat.gpu.spare", own],
    ["cluster.eks", undefined, "vllm:cluster.eks", own],
    ["cluster.context", undefined, "vllm:cluster.context", own],
  ];
  for (const [path, model, key, layer] of places)
    assert.deepEqual(locate(origin, path, model), { path: pathOf(key), key, layer });
  assert.deepEqual(locate(originOf({}), "drain.seconds", "chat"), {
    path: ["drain", "seconds"],
    key: "vllm:drain.seconds",
    layer: own,
  });
});

const pathOf = (key: string) => key.replace(/^vllm:(base\.)?/, "").split(".");

test("a path may be its keys, also where one of them has dots", () => {
  const origin = originOf({ ...given, own: { ...given.own, labels: { "example.com/team": "a" } } });
  const path = ["labels", "example.com/team"];
  assert.deepEqual(locate(origin, path, "chat"), { path, key: "vllm:labels.example.com/team", layer: own });
  assert.equal(layerOf(origin, path, "chat"), "stack");
  assert.equal(isFaulty(origin, path, "chat"), false);
});

test("placeToSet: the last layer's, below the model where it is not its only one", () => {
  const origin = originOf(given);
  assert.deepEqual(placeToSet(origin, "gpu.count", "chat"), {
    path: ["models", "chat", "gpu", "count"],
    key: "vllm:models.chat.gpu.count",
    layer: own,
  });
  assert.deepEqual(placeToSet(origin, "cluster.eks"), {
    path: ["cluster", "eks"],
    key: "vllm:cluster.eks",
    layer: own,
  });
  assert.deepEqual(placeToSet(originOf({}), "gpu.count", "chat"), {
    path: ["gpu", "count"],
    key: "vllm:gpu.count",
    layer: own,
  });
});

test("layerOf: the layer that decides; what is taken back is built in again", () => {
  const origin = originOf({ ...given, own: { ...given.own, gpu: { product: "L4", labels: null } } });
  const layers: [string, string | undefined, string][] = [
    ["gpu.count", "chat", "base.models"],
    ["gpu.count", "code", "base"],
    ["gpu.product", "code", "stack"],
    ["gpu.labels", "chat", "built-in"],
    ["gpu.spare", "chat", "built-in"],
    ["drain.seconds", "chat", "stack.models"],
    ["drain.seconds", "code", "built-in"],
    ["cluster.eks", undefined, "stack"],
  ];
  for (const [path, model, layer] of layers) assert.equal(layerOf(origin, path.split("."), model), layer, path);
});

test("isFaulty: what was said to be wrong, its parts, what it is in, and what was probably meant", () => {
  const { origin } = resolved({
    base: { replcas: 2 },
    own: { cluster: { eks: "lab" }, gpu: 4, models: { chat: { engine: { maxModelLen: "x" } } } },
  });
  const faulty = (path: string, model?: string) => isFaulty(origin, path, model);
  assert.deepEqual(
    ["gpu", "gpu.count", "replcas", "replicas", "engine", "engine.maxModelLen"].map((path) => faulty(path, "chat")),
    [true, true, true, true, true, true],
  );
  assert.deepEqual([faulty("engine", "code"), faulty("engine"), faulty("cluster.eks")], [false, false, false]);
});

/** A third layer over both, as a form would write it. */
function withForm(tree: Tree, encrypted: string[][] = []) {
  return resolveSettings({
    stack: "prod",
    region: "eu-west-1",
    sources: [
      { name: "base", file: base, prefix: "vllm:base.", tree: given.base ?? {}, shared: true },
      { name: "stack", file: own, prefix: "vllm:", tree: given.own ?? {} },
      { name: "form", file: "form.json", prefix: "form:", tree, encrypted },
    ],
  });
}

test("layers are a list: a third one wins over both, and is named", () => {
  const form = {
    gpu: { spare: 4 },
    drain: { seconds: 90 },
    models: { chat: { gpu: { count: 8 } }, code: { replicas: 3 } },
  };
  const { settings, origin, problems } = withForm(form);
  assert.deepEqual(problems, []);
  const [chat, code] = settings.models;
  assert.deepEqual(chat?.gpu, { product: "L4", count: 8, labels: "nvidia", spare: 4 });
  assert.deepEqual([chat?.drain.seconds, chat?.replicas], [60, 1], "a model's own part wins over all tops");
  assert.deepEqual([code?.drain.seconds, code?.replicas, code?.gpu.count], [90, 3, 1]);
  const layers = (path: string, ...models: string[]) => models.map((model) => layerOf(origin, path.split("."), model));
  assert.deepEqual(layers("gpu.count", "chat", "code"), ["form.models", "stack"]);
  assert.deepEqual(layers("gpu.spare", "chat", "code"), ["form", "form"]);
  assert.deepEqual(layers("drain.seconds", "chat", "code"), ["stack.models", "form"]);
  assert.deepEqual(layers("gpu.labels", "chat", "code"), ["base", "base"]);
  assert.deepEqual(locate(origin, "gpu.count", "chat"), {
    path: ["models", "chat", "gpu", "count"],
    key: "form:models.chat.gpu.count",
    layer: "form.json",
  });
  assert.equal(locate(origin, "gpu.count", "code").layer, own);
  assert.equal(placeToSet(origin, "revision", "chat").key, "form:models.chat.revision");
  assert.deepEqual(
    origin.layers.map(({ name }) => name),
    ["base", "stack", "form"],
  );
});

test("a third layer takes back, replaces what it excludes, and names the only model of earlier short forms", () => {
  const taken = withForm({ gpu: { product: null, count: 0 }, models: { chat: null } });
  assert.deepEqual(taken.problems, []);
  assert.deepEqual(
    taken.settings.models.map(({ name, gpu }) => [name, gpu]),
    [["code", { count: 0, labels: "nvidia" }]],
  );
  const [scaled] = withForm({ models: null, model: "math", autoscaling: { min: 1, max: 2 } }).settings.models;
  assert.deepEqual([scaled?.name, scaled?.replicas, scaled?.autoscaling?.max], ["math", undefined, 2]);
});

test("a third layer's problems and secrets carry its own file and prefix", () => {
  const value = "hunter2-hunter2-hunter2";
  const { problems, secrets, settings } = withForm(
    {
      cluster: { eks: "lab" },
      gpu: { cuont: 2 },
      apiKey: { value },
      models: { chat: { replicas: 0, engine: { secretEnv: { A: value } } }, math: null },
    },
    [["apiKey"]],
  );
  assert.deepEqual(
    problems.map(({ kind, key, layer }) => [kind, key, layer]),
    [
      ["secret", "form:models.chat.engine.secretEnv.A", "form.json"],
      ["unknown", "form:gpu.cuont", "form.json"],
      ["invalid", "form:models.chat.replicas", "form.json"],
      ["conflict", "form:models.math", "form.json"],
    ],
  );
  assert.deepEqual(secrets, { "form:apiKey.value": value });
  assert.equal(settings.apiKey.value, "form:apiKey.value");
});

test("what a group lacks is told beside what the last layer says of it, with what took the rest away", () => {
  const gaps = (given: Given) =>
    resolved(given).problems.map(({ key, layer, reason }) => `${key} (${layer}): ${reason}`);
  const bounds = "'autoscaling' needs both min and max";
  const eks = { cluster: { eks: "lab" } };
  assert.deepEqual(
    gaps({
      base: { autoscaling: { min: 1, max: 3 } },
      own: { ...eks, replicas: 2, models: { chat: { autoscaling: { max: 9 } } } },
    }),
    [
      `vllm:models.chat.autoscaling.min (${own}): ${bounds}, and vllm:replicas (${own}) takes those of earlier layers away`,
    ],
  );
  assert.deepEqual(
    gaps({
      base: { autoscaling: { min: 1, max: 3 } },
      own: { ...eks, autoscaling: null, models: { chat: { autoscaling: { max: 9 } } } },
    }),
    [
      `vllm:models.chat.autoscaling.min (${own}): ${bounds}, and vllm:autoscaling (${own}) takes those of earlier layers away`,
    ],
  );
  assert.deepEqual(gaps({ base: { autoscaling: { max: 3 } }, own: { ...eks, model: "chat" } }), [
    `vllm:base.autoscaling.min (${base}): ${bounds}`,
  ]);
});

/** A layer that says something of replicas, of how they scale, or takes one of them back. */
const bound = fc.constantFrom<unknown>(undefined, undefined, 3, null);
const saidOfScaling: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom<Tree>({}, {}, { replicas: 2 }, { replicas: null }, { autoscaling: null }),
  fc.tuple(bound, bound, bound).map(([min, max, waitingRequests]) => ({
    autoscaling: Object.fromEntries(
      Object.entries({ min, max, waitingRequests }).filter(([, value]) => value !== undefined),
    ),
  })),
);

test("what is missing is not set where it is told, and is there when it is set there", () => {
  let told = 0;
  fc.assert(
    fc.property(fc.tuple(saidOfScaling, saidOfScaling, saidOfScaling, saidOfScaling), ([all, ofChat, top, chat]) => {
      const given = {
        base: { ...all, models: { chat: ofChat } },
        own: { ...top, cluster: { eks: "lab" }, models: { chat } },
      };
      const missing = resolved(given).problems.filter(({ kind }) => kind === "missing");
      for (const { path, layer } of missing) {
        told++;
        const trees = structuredClone(given);
        const tree = layer === base ? trees.base : trees.own;
        assert.ok(isRemoval(at(tree, path) ?? null), path.join("."));
        put(tree, path, 5);
        const left = resolved(trees).problems.filter(({ kind }) => kind === "missing");
        assert.equal(left.length, missing.length - 1, JSON.stringify([given, path, layer]));
      }
    }),
    { numRuns: 10_000, seed: 11 },
  );
  assert.ok(told > 1000, String(told));
});
