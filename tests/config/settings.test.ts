import assert from "node:assert/strict";
import { test } from "node:test";
import { placeToSet } from "../../config/layers/origin.ts";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import type { Tree } from "../../config/tree.ts";
import { type Given, givenBy, least, problemsOf, resolve, resolved, stacks } from "./settings.ts";

/** What a stack's layers come to. */

/** The least settings, with the model left to the base. */
const { model: _name, ...unnamed } = least;

const model = (given: Given, name = "chat") => {
  const found = resolve(given).models.find((one) => one.name === name);
  assert.ok(found, `no model ${name}`);
  return found;
};

const revisionKey = (given: Given, name = "chat") => placeToSet(resolved(given).origin, "revision", name).key;

test("the least stack: a cluster, a model, a GPU; all else has its default", () => {
  const ofModel = {
    labels: {},
    image: { pullSecrets: [] },
    delivery: { image: "amazon/aws-cli:2.37.4" },
    scheduling: { nodeSelector: {}, tolerations: [] },
    gpu: { product: "L4", count: 1, labels: "nvidia" },
    resources: {},
    replicas: 1,
    engine: {
      kind: "vllm",
      version: "0.32.0",
      acceptCves: [],
      acknowledge: [],
      pipelineParallelSize: 1,
      args: {},
      env: {},
      secretEnv: {},
    },
    access: { kind: "podIdentity" },
    provisioning: {},
    startup: {},
    drain: { seconds: 75 },
  };
  assert.deepEqual(resolve({}), {
    stack: "prod",
    region: "eu-west-1",
    production: false,
    cluster: { eks: "lab", ipFamily: "ipv4" },
    namespace: { name: "vllm", create: false },
    modelStore: { onDestroy: "keep" },
    apiKey: {},
    prices: {},
    policy: {
      ...{
        imageDigest: "mandatory",
        bucketPrivate: "mandatory",
        bucketTls: "mandatory",
        bucketEncryption: "mandatory",
      },
      ...{ staticKeys: "mandatory", modelAccess: "mandatory", gpuQuota: "mandatory", costCeiling: "mandatory" },
      ...{ availability: "advisory", storeProtected: "mandatory", bucketKept: "mandatory", limits: {} },
    },
    models: [{ ...ofModel, name: "chat" }],
  });
});

test("precedence: built-in, base, the stack's own keys, base.models.X, the stack's models.X", () => {
  const layers = (depth: number): Given => {
    const at = (level: number, tree: Tree) => (depth >= level ? tree : {});
    return {
      base: { models: { chat: at(3, { drain: { seconds: 103 } }) }, ...at(1, { drain: { seconds: 101 } }) },
      own: {
        cluster: { eks: "lab" },
        gpu: { product: "L4" },
        ...at(2, { drain: { seconds: 102 } }),
        ...at(4, { models: { chat: { drain: { seconds: 104 } } } }),
      },
    };
  };
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((depth) => model(layers(depth)).drain?.seconds),
    [75, 101, 102, 103, 104],
  );
});

test("groups are merged through all layers, and one model's settings are not another's", () => {
  const given: Given = {
    base: { gpu: { product: "L4", labels: "karpenter" }, models: { chat: { gpu: { count: 4 } }, code: {} } },
    own: { cluster: { eks: "lab" }, gpu: { spare: 4 }, models: { chat: { gpu: { product: "L40S", spare: 8 } } } },
  };
  assert.deepEqual(model(given).gpu, { product: "L40S", labels: "karpenter", count: 4, spare: 8 });
  assert.deepEqual(model(given, "code").gpu, { product: "L4", labels: "karpenter", count: 1, spare: 4 });
  assert.deepEqual(
    resolve(given).models.map(({ name }) => name),
    ["chat", "code"],
  );
});

test("exclusive settings: the later layer's replaces the earlier's, across all kinds of layers", () => {
  const scaled = { min: 1, max: 4, waitingRequests: 5 };
  const cases: [Given, Tree][] = [
    [{ base: { replicas: 3 }, own: { ...least, autoscaling: scaled } }, { autoscaling: scaled }],
    [{ base: { autoscaling: scaled }, own: { ...least, replicas: 3 } }, { replicas: 3 }],
    [{ base: { models: { chat: { autoscaling: scaled } } }, own: { ...least, replicas: 3 } }, { autoscaling: scaled }],
    [{ base: { autoscaling: scaled, models: { chat: { replicas: 2 } } } }, { replicas: 2 }],
    [{ own: { ...least, autoscaling: scaled } }, { autoscaling: scaled }],
  ];
  for (const [given, expected] of cases) {
    const { replicas, autoscaling } = model(given);
    assert.deepEqual({ replicas, autoscaling }, { replicas: undefined, autoscaling: undefined, ...expected });
  }
});

for (const top of [null, ""])
  test(`null, at the top ${JSON.stringify(top)} too, takes back what the base says; what has a default has it again`, () => {
    const base = {
      engine: { maxModelLen: 8192, version: "0.31.0" },
      autoscaling: { min: 2, max: 4 },
      namespace: { name: "inference" },
      apiKey: { rotation: "a" },
      production: true,
    };
    const own = {
      ...least,
      engine: { maxModelLen: null, version: null },
      autoscaling: top,
      namespace: top,
      apiKey: top,
      modelStore: { onDestroy: null },
      production: top,
    };
    const settings = resolve({ base, own });
    assert.deepEqual(settings.models[0]?.engine, {
      kind: "vllm",
      version: "0.32.0",
      acceptCves: [],
      acknowledge: [],
      pipelineParallelSize: 1,
      args: {},
      env: {},
      secretEnv: {},
    });
    assert.equal(settings.models[0]?.replicas, 1);
    assert.equal("autoscaling" in (settings.models[0] as object), false);
    assert.deepEqual(settings.namespace, { name: "vllm", create: false });
    assert.deepEqual(settings.apiKey, {});
    assert.deepEqual(settings.modelStore, { onDestroy: "keep" });
    assert.equal(settings.production, false);
  });

test("a shape that is taken back piece by piece is gone", () => {
  const shape = { layers: 2, slidingWindow: { size: 4 } };
  const own = { ...least, shape: { layers: null, slidingWindow: { size: null } } };
  assert.equal("shape" in (resolve({ base: { shape }, own }).models[0] as object), false);
});

test("what is left of a shape without what it needs is out, and said to be", () => {
  const base = { shape: { layers: 2, slidingWindow: { size: 4 } } };
  const { settings, problems } = resolved({ base, own: { ...least, shape: { layers: null } } });
  assert.equal("shape" in (settings.models[0] as object), false);
  assert.deepEqual(
    problems.map(({ kind, path }) => [kind, path.join(".")]),
    ["slidingWindow.layers", "layers", "hiddenSize", "attentionHeads", "parameters"].map((key) => [
      "missing",
      `shape.${key}`,
    ]),
  );
});

test("removing a whole group never leaves it missing", () => {
  const groups = ["namespace", "modelStore", "apiKey", "image", "gpu", "resources", "engine", "access", "drain"];
  for (const group of [...groups, "provisioning", "startup", "production", "replicas"])
    for (const own of [
      { ...least, [group]: null },
      { ...least, model: null, models: { chat: group in modelEntries ? { [group]: null } : {} } },
    ]) {
      const settings = resolve({ base: { gpu: { product: "L4" } }, own });
      assert.ok(Object.hasOwn(group in modelEntries ? (settings.models[0] as object) : settings, group), group);
    }
});

test("a model of the base is removed by null; one that is not there is not, and says so", () => {
  const base = { models: { chat: {}, code: {} } };
  const cluster = { eks: "lab" };
  const names = (own: Tree) => resolve({ base, own: { cluster, ...own } }).models.map(({ name }) => name);
  assert.deepEqual(names({ models: { chat: null } }), ["code"]);
  assert.deepEqual(names({ models: { math: {} } }), ["chat", "code", "math"]);
  for (const removal of [null, ""])
    assert.deepEqual(
      resolve({ base, own: { cluster, models: removal, model: "math" } }).models.map(({ name }) => name),
      ["math"],
    );
  const short = resolve({ base: { model: "chat" }, own: { cluster, models: { chat: null, math: {} } } });
  assert.deepEqual(
    short.models.map(({ name }) => name),
    ["math"],
  );
  const empty = (name: string) =>
    `is empty, which removes a model, and there is none to remove; write '${name}: {}' for one with defaults`;
  assert.deepEqual(
    problemsOf(() => names({ models: { math: null } })),
    [`vllm:models.math (Pulumi.prod.yaml): ${empty("math")}`],
  );
  assert.deepEqual(
    problemsOf(() => resolve({ base: { models: { chat: null } } })),
    [`vllm:base.models.chat (Pulumi.yaml): ${empty("chat")}`],
  );
});

test("model: chat is short for models: {chat: {}}, in each layer", () => {
  assert.deepEqual(resolve({}), resolve({ own: { ...least, model: null, models: { chat: {} } } }));
  assert.deepEqual(
    resolve({ base: { model: "chat" }, own: unnamed }).models.map(({ name }) => name),
    ["chat"],
  );
});

test("a stack's model takes the place of the base's model; the base's models stay", () => {
  const names = (base: Tree, own: Tree) =>
    resolve({ base: { gpu: { product: "L4" }, ...base }, own: { cluster: { eks: "lab" }, ...own } }).models.map(
      ({ name }) => name,
    );
  assert.deepEqual(names({ model: "a" }, { model: "b" }), ["b"]);
  assert.deepEqual(names({ model: "a" }, { model: "a" }), ["a"]);
  assert.deepEqual(names({ model: "a" }, {}), ["a"]);
  assert.deepEqual(names({ model: "a" }, { models: { b: {} } }), ["a", "b"]);
  for (const removal of [null, ""]) {
    assert.deepEqual(names({ model: "a" }, { model: removal, models: { b: {} } }), ["b"]);
    assert.deepEqual(names({ models: { a: {} } }, { model: removal }), ["a"]);
  }
  assert.deepEqual(names({ models: { a: {}, c: {} } }, { model: "b" }), ["a", "c", "b"]);
  assert.deepEqual(names({ models: { a: {}, c: {} } }, { model: "c" }), ["a", "c"]);
  const given = { base: { model: "a", replicas: 3 }, own: { ...least, model: "b" } };
  assert.deepEqual(
    resolve(given).models.map(({ name, replicas }) => [replicas, revisionKey(given, name)]),
    [[3, "vllm:revision"]],
    "the base's other settings are this one's",
  );
});

test("the key of the revision is where the stack can set it", () => {
  assert.equal(revisionKey({}), "vllm:revision");
  const own = unnamed;
  assert.equal(revisionKey({ own: { ...own, models: { chat: {} } } }), "vllm:models.chat.revision");
  assert.equal(revisionKey({ base: { models: { chat: {} } }, own }), "vllm:models.chat.revision");
  assert.equal(revisionKey({ base: { model: "chat" }, own }), "vllm:models.chat.revision");
  for (const stack of stacks) assert.equal(revisionKey(givenBy(stack)), "vllm:models.chat.revision");
});

test("setting the revision by that key is what the model then has", () => {
  assert.equal(model({ own: { ...least, revision: "v2" } }).revision, "v2");
  const own = { ...least, model: null, models: { chat: { revision: "v2" } } };
  assert.equal(model({ base: { revision: "v0", models: { chat: { revision: "v1" } } }, own }).revision, "v2");
});

for (const stack of stacks)
  test(`${stack}: all that its layers come to is plain data`, () => {
    const all = resolved(givenBy(stack));
    assert.deepEqual(JSON.parse(JSON.stringify(all)), all);
    assert.deepEqual(Object.keys(all.origin), ["layers", "faulty"]);
    assert.equal(all.origin.layers.length, 2);
  });
