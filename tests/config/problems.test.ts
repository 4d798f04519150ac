import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { nearest, type Problem, problemText, SettingsError, sentence } from "../../config/problems.ts";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import { stackEntries } from "../../config/schema/stackEntries.ts";
import type { Tree } from "../../config/tree.ts";
import { type Given, least, plan, problemsOf } from "./settings.ts";

const noRegion = "is not set; bucket and credentials are made there: pulumi config set aws:region eu-west-1";
const noEks = "is not set; name the EKS cluster to deploy to (the ambient current context is never used)";
const noContext = "is not set; name the context of cluster.kubeconfig to use, its current one may change";
const noModel = "is not set; name the model to serve ('model: chat'), or several under 'models'";
const noDelete = "is delete, but a production stack keeps its models; remove it, or 'production: true'";
const noDigest =
  "is not set; a production stack pins its image: give the digest, or in image.allowTag the reason why a tag is enough";
const image = { allowTag: "a tag stays where it is" };
const file = "(Pulumi.prod.yaml)";
const kubeconfig = "/etc/kubeconfig";
const wholes: readonly [string, Given, string[]][] = [
  ["no region", { region: undefined }, [`aws:region ${file}: ${noRegion}`]],
  ["an empty region", { region: "" }, [`aws:region ${file}: ${noRegion}`]],
  [
    "no region's name",
    { region: "EU West 1" },
    [`aws:region ${file}: is "EU West 1", but must be the name of an AWS region such as eu-west-1`],
  ],
  ["no cluster", { own: { ...least, cluster: null } }, [`vllm:cluster.eks ${file}: ${noEks}`]],
  [
    "a context without an EKS cluster",
    { own: { ...least, cluster: { context: "lab" } } },
    [`vllm:cluster.eks ${file}: ${noEks}`],
  ],
  [
    "a kubeconfig without a context",
    { own: { ...least, cluster: { eks: "lab", kubeconfig } } },
    [`vllm:cluster.context ${file}: ${noContext}`],
  ],
  ["no model", { own: { ...least, model: null } }, [`vllm:model ${file}: ${noModel}`]],
  ["an empty list of models", { own: { ...least, model: null, models: {} } }, [`vllm:model ${file}: ${noModel}`]],
  [
    "production and delete",
    { own: { ...least, image, production: true, modelStore: { onDestroy: "delete" } } },
    [`vllm:modelStore.onDestroy ${file}: ${noDelete}`],
  ],
  [
    "production, and delete in the base",
    { base: { modelStore: { onDestroy: "delete" } }, own: { ...least, image, production: true } },
    [`vllm:base.modelStore.onDestroy (Pulumi.yaml): ${noDelete}`],
  ],
  ["production, and a tag alone", { own: { ...least, production: true } }, [`vllm:image.digest ${file}: ${noDigest}`]],
  [
    "production, and a tag alone in one of two models, of its own",
    {
      own: {
        ...least,
        model: null,
        production: true,
        models: { a: { image: { tag: "v1" } }, b: { image } },
      },
    },
    [`vllm:models.a.image.digest ${file}: ${noDigest}`],
  ],
  [
    "min over max",
    { own: { ...least, autoscaling: { min: 5, max: 4 } } },
    [`vllm:autoscaling.min ${file}: is 5, more than autoscaling.max (4)`],
  ],
  [
    "min over max, from two layers",
    { base: { autoscaling: { min: 5 } }, own: { ...least, autoscaling: { max: 4 } } },
    ["vllm:base.autoscaling.min (Pulumi.yaml): is 5, more than autoscaling.max (4)"],
  ],
  [
    "autoscaling without bounds",
    { own: { ...least, autoscaling: {} } },
    ["min", "max"].map((key) => `vllm:autoscaling.${key} ${file}: is not set; 'autoscaling' needs both min and max`),
  ],
  [
    "autoscaling without max",
    { own: { ...least, autoscaling: { min: 2 } } },
    [`vllm:autoscaling.max ${file}: is not set; 'autoscaling' needs both min and max`],
  ],
];
for (const [name, given, expected] of wholes)
  test(`refused: ${name}`, () =>
    assert.deepEqual(
      problemsOf(() => plan(given)),
      expected,
    ));

test("taken: the other side of each of these bounds", () => {
  plan({ own: { ...least, cluster: { eks: "lab", kubeconfig, context: "lab" } } });
  plan({ own: { ...least, cluster: { eks: "lab", context: "lab" } } });
  for (const region of ["us-gov-west-1", "eusc-de-east-1", "ap-southeast-2"]) plan({ region });
  plan({ own: { ...least, production: true, image } });
  plan({ own: { ...least, production: true, image: { digest: `sha256:${"0".repeat(64)}` } } });
  plan({ own: { ...least, image: { tag: "v1" } } });
  plan({ own: { ...least, modelStore: { onDestroy: "delete" } } });
  plan({ own: { ...least, autoscaling: { min: 4, max: 4 } } });
});

const keysOf = (problems: string[]) => problems.map((problem) => problem.split(": ")[0]);

test("all problems at once: of both layers, of the whole, of the plan", () => {
  const given = {
    region: undefined,
    base: { gpu: { cont: 1 }, engine: { args: { "max-model-len": 5 } } },
    own: {
      portal: 1,
      production: true,
      modelStore: { onDestroy: "delete" },
      cluster: { kubeconfig },
      autoscaling: { min: 3 },
      gpu: { product: "L5" },
      models: { a: {} },
    },
  };
  assert.deepEqual(keysOf(problemsOf(() => plan(given))), [
    "vllm:base.gpu.cont (Pulumi.yaml)",
    `vllm:portal ${file}`,
    `vllm:gpu.product ${file}`,
    `vllm:cluster.eks ${file}`,
    `vllm:autoscaling.max ${file}`,
    `aws:region ${file}`,
    `vllm:modelStore.onDestroy ${file}`,
    `vllm:image.digest ${file}`,
    "vllm:base.engine.args.max-model-len (Pulumi.yaml)",
  ]);
});

test("what follows from a problem is not told beside it", () => {
  const follows: [Tree, string][] = [
    [{ ...least, cluster: { ekss: "lab" } }, `vllm:cluster.ekss ${file}`],
    [{ ...least, cluster: 5 }, `vllm:cluster ${file}`],
    [{ ...least, cluster: { eks: "not a name" } }, `vllm:cluster.eks ${file}`],
    [{ ...least, model: "Chat" }, `vllm:model ${file}`],
    [{ ...least, model: null, models: { Chat: {} } }, `vllm:models.Chat ${file}`],
    [{ ...least, model: null, models: 5 }, `vllm:models ${file}`],
    [{ ...least, gpu: { prodct: "L4" } }, `vllm:gpu.prodct ${file}`],
    [{ ...least, gpu: { product: "L4", cuont: 4 }, engine: { tensorParallelSize: 4 } }, `vllm:gpu.cuont ${file}`],
    [{ ...least, gpu: { product: "L4", count: "x" }, engine: { tensorParallelSize: 4 } }, `vllm:gpu.count ${file}`],
    [{ ...least, autoscaling: { min: 3, max: 0 } }, `vllm:autoscaling.max ${file}`],
    [{ ...least, autoscaling: { min: 3, maxx: 9 } }, `vllm:autoscaling.maxx ${file}`],
    [{ ...least, production: true, image: { digest: "sha256:1" } }, `vllm:image.digest ${file}`],
  ];
  for (const [own, problem] of follows) assert.deepEqual(keysOf(problemsOf(() => plan({ own }))), [problem]);
});

test("the message: how many, a line each, and a shared setting's problem once", () => {
  const problem: Problem = { path: ["a"], key: "vllm:a", layer: "Pulumi.x.yaml", kind: "conflict", reason: "is wrong" };
  const other: Problem = { ...problem, path: ["b"], key: "vllm:b" };
  assert.equal(
    new SettingsError([problem]).message,
    "the settings of this stack have 1 problem.\n  vllm:a (Pulumi.x.yaml): is wrong",
  );
  assert.equal(
    new SettingsError([problem, other, problem]).message,
    "the settings of this stack have 2 problems.\n" +
      "  vllm:a (Pulumi.x.yaml): is wrong\n  vllm:b (Pulumi.x.yaml): is wrong",
  );
  assert.equal(
    problemText([problem], "nothing was deployed"),
    "the settings of this stack have 1 problem; nothing was deployed.\n  vllm:a (Pulumi.x.yaml): is wrong",
  );
  assert.equal(
    problemText([problem, other, problem], "nothing was deployed"),
    "the settings of this stack have 2 problems; nothing was deployed.\n" +
      "  vllm:a (Pulumi.x.yaml): is wrong\n  vllm:b (Pulumi.x.yaml): is wrong",
  );
});

test("an error's problems: what several models share is one of them", () => {
  const problem: Problem = { path: ["a"], key: "vllm:a", layer: "Pulumi.x.yaml", kind: "conflict", reason: "is wrong" };
  assert.deepEqual(new SettingsError([problem, { ...problem }]).problems, [problem]);
});

test("the nearest name, if it is near enough to be meant", () => {
  const known = ["replicas", "revision", "gpu", "min", "max"];
  assert.equal(nearest("replica", known), "replicas");
  assert.equal(nearest("REVISION", known), "revision");
  assert.equal(nearest("gpus", known), "gpu");
  assert.equal(nearest("gup", known), undefined);
  assert.equal(nearest("erplicas", known), "replicas");
  assert.equal(nearest("colour", known), undefined);
  assert.equal(nearest("x", []), undefined);
  const unknown = { kind: "unknown", allowed: known } as const;
  assert.equal(sentence({ ...unknown, meant: "replicas" }), "there is no such setting; did you mean 'replicas'?");
  assert.equal(sentence(unknown), "there is no such setting; known here: gpu, max, min, replicas, revision");
});

const names = [...Object.keys({ ...stackEntries, ...modelEntries }), "models", "services", "__proto__", "constructor"];
const inner = [
  "count",
  "product",
  "args",
  "env",
  "min",
  "max",
  "seconds",
  "chat",
  "eks",
  "version",
  "kind",
  "__proto__",
];
const { anything } = fc.letrec((tie) => ({
  anything: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, "", true, "true", 0, 1, 4, -1, 0.5, "1", "chat", "L4", "lab", "keep", "delete", [], ["a"]),
    fc.jsonValue({ maxDepth: 1 }),
    fc.dictionary(fc.constantFrom(...inner, ...names), tie("anything"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const layer = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), anything, { noNullPrototype: true });

test("whatever JSON the layers hold, nothing but SettingsError is thrown", () => {
  let deployable = 0;
  fc.assert(
    fc.property(layer, layer, fc.boolean(), (base, own, complete) => {
      const whole = complete ? { ...own, ...least } : own;
      try {
        plan({ base: base as Tree, own: whole as Tree });
        deployable++;
      } catch (error) {
        assert.ok(error instanceof SettingsError, String((error as Error).stack));
        assert.ok(error.problems.length > 0);
      }
      assert.deepEqual(Object.keys(Object.prototype), []);
    }),
    { numRuns: 2000, examples: [[{}, {}, true]] },
  );
  assert.ok(deployable > 0);
});

test("each top-level setting alone with each odd value: SettingsError or a plan", () => {
  const odd = [null, "", [], {}, 0, -1, 1.5, "x", true, ["a"], { x: 1 }, { x: null }, { chat: null }, { chat: {} }];
  for (const name of names)
    for (const value of odd)
      for (const [base, own] of [
        [{ [name]: value }, least],
        [least, { [name]: value }],
        [{}, { ...least, model: null, models: { chat: { [name]: value } } }],
      ] as [Tree, Tree][])
        try {
          plan({ base, own });
        } catch (error) {
          assert.ok(error instanceof SettingsError, `${name}: ${JSON.stringify(value)}: ${(error as Error).stack}`);
        }
});
