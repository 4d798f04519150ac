import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSource } from "../../../config/layers/layer.ts";
import { sentence } from "../../../config/problems.ts";
import type { Tree } from "../../../config/tree.ts";

const check = (tree: Tree) => checkSource({ name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree });
/** The problems of one layer as `key: message`. */
const problems = (tree: Tree): string[] => {
  const found = check(tree).problems;
  for (const { path, key, layer } of found) {
    assert.equal(layer, "Pulumi.prod.yaml");
    assert.equal(key, `vllm:${path.join(".")}`);
  }
  return found.map((problem) => `${problem.key}: ${sentence(problem)}`);
};

const dnsLabel = "a DNS label: lower-case letters, digits and '-', beginning with a letter and not ending with '-'";
const label = "lower-case letters, digits and '-', beginning and ending with a letter or digit";
const noVllm =
  "a name that does not begin with 'vllm' (a Service of such a name injects VLLM_PORT into every pod beside it)";
const revision = "letters, digits, '.', '_' and '-', at most 100, the first a letter or digit";
const plainSecret =
  "holds a secret in plain text, by its form; take it out, and take another value: this one is in the file's history";
const reserved = "is reserved for a later version and has no effect yet; remove it";
const stackKnown =
  "access, apiKey, autoscaling, cluster, delivery, drain, engine, gpu, image, labels, model, modelStore, models, namespace, policy, prices, production, provisioning, replicas, resources, revision, scheduling, servedModelName, shape, startup";
const modelKnown =
  "access, autoscaling, delivery, drain, engine, gpu, image, labels, provisioning, replicas, resources, revision, scheduling, servedModelName, shape, startup";

const products =
  "'T4' or 'A10G' or 'L4' or 'L40S' or 'RTX-PRO-6000' or 'A100-40GB' or 'A100-80GB' or 'H100' or 'H200' or 'B200'";
const engineKnown =
  "acceptCves, acknowledge, allowRemoteCode, args, env, gpuMemoryUtilization, kind, maxModelLen, maxNumSeqs, pipelineParallelSize, secretEnv, tensorParallelSize, version";

/** What is written, and the one problem that it has. */
const refused: readonly [Tree, string][] = [
  // unknown: at the top, in a group, in a model, in a model's group
  [{ modle: "chat" }, "vllm:modle: there is no such setting; did you mean 'model'?"],
  [{ colour: "red" }, `vllm:colour: there is no such setting; known here: ${stackKnown}`],
  [{ gpu: { cont: 1 } }, "vllm:gpu.cont: there is no such setting; did you mean 'count'?"],
  [{ gpu: { colour: "red" } }, "vllm:gpu.colour: there is no such setting; known here: count, labels, product, spare"],
  [
    { models: { chat: { replica: 2 } } },
    "vllm:models.chat.replica: there is no such setting; did you mean 'replicas'?",
  ],
  [
    { models: { chat: { production: true } } },
    `vllm:models.chat.production: there is no such setting; known here: ${modelKnown}`,
  ],
  [
    { models: { chat: { engine: { maxModelLength: 1 } } } },
    "vllm:models.chat.engine.maxModelLength: there is no such setting; did you mean 'maxModelLen'?",
  ],
  [{ base: {} }, `vllm:base: there is no such setting; known here: ${stackKnown}`],
  [{ constructor: 1 }, `vllm:constructor: there is no such setting; known here: ${stackKnown}`],
  [{ toString: 1 }, `vllm:toString: there is no such setting; known here: ${stackKnown}`],
  [JSON.parse('{"__proto__": {"a": 1}}'), `vllm:__proto__: there is no such setting; known here: ${stackKnown}`],
  // taking back what does not exist is a slip too
  [{ replica: null }, "vllm:replica: there is no such setting; did you mean 'replicas'?"],
  [{ gpu: { prodct: "" } }, "vllm:gpu.prodct: there is no such setting; did you mean 'product'?"],
  // wrong types
  [{ replicas: "two" }, 'vllm:replicas: is "two", but must be a number'],
  [{ replicas: "1e3" }, 'vllm:replicas: is "1e3", but must be a number'],
  [{ replicas: true }, "vllm:replicas: is true, but must be a number"],
  [{ replicas: 1.5 }, "vllm:replicas: is 1.5, but must be a whole number"],
  [{ replicas: "1.5" }, "vllm:replicas: is 1.5, but must be a whole number"],
  [{ production: "yes" }, 'vllm:production: is "yes", but must be true or false'],
  [{ production: 1 }, "vllm:production: is 1, but must be true or false"],
  [{ gpu: "L4" }, 'vllm:gpu: is "L4", but must be a group of settings'],
  [{ gpu: ["L4"] }, 'vllm:gpu: is ["L4"], but must be a group of settings'],
  [{ models: "chat" }, 'vllm:models: is "chat", but must be a group of settings'],
  [{ models: { chat: "v1" } }, "vllm:models.chat: must be a group of settings"],
  [{ model: { name: "chat" } }, 'vllm:model: is {"name":"chat"}, but must be text'],
  [{ image: { pullSecrets: "one" } }, 'vllm:image.pullSecrets: is "one", but must be a list'],
  [{ image: { pullSecrets: ["a", null] } }, "vllm:image.pullSecrets.1: is null, but must be text"],
  [{ revision: ["v1"] }, 'vllm:revision: is ["v1"], but must be text'],
  [
    { engine: { args: { "max-logprobs": [[1]] } } },
    "vllm:engine.args.max-logprobs: is [[1]], but must be text, a number, true or false, a list, or a group (for a flag that takes JSON)",
  ],
  [{ engine: { env: { A: [] } } }, "vllm:engine.env.A: must be text"],
  // out of range, one off on each side
  [{ replicas: 0 }, "vllm:replicas: is 0, but must be at least 1"],
  [{ replicas: 1001 }, "vllm:replicas: is 1001, but must be at most 1000"],
  [{ autoscaling: { min: 0 } }, "vllm:autoscaling.min: is 0, but must be at least 1"],
  [{ autoscaling: { max: 1001 } }, "vllm:autoscaling.max: is 1001, but must be at most 1000"],
  [{ autoscaling: { waitingRequests: 0 } }, "vllm:autoscaling.waitingRequests: is 0, but must be at least 1"],
  [{ gpu: { count: -1 } }, "vllm:gpu.count: is -1, but must be at least 0"],
  [{ gpu: { count: 9 } }, "vllm:gpu.count: is 9, but must be at most 8"],
  [{ gpu: { spare: "-1" } }, "vllm:gpu.spare: is -1, but must be at least 0"],
  [{ engine: { gpuMemoryUtilization: 0.09 } }, "vllm:engine.gpuMemoryUtilization: is 0.09, but must be at least 0.1"],
  [{ engine: { gpuMemoryUtilization: 1 } }, "vllm:engine.gpuMemoryUtilization: is 1, but must be at most 0.99"],
  [{ engine: { tensorParallelSize: 65 } }, "vllm:engine.tensorParallelSize: is 65, but must be at most 64"],
  [{ engine: { pipelineParallelSize: 0 } }, "vllm:engine.pipelineParallelSize: is 0, but must be at least 1"],
  [{ engine: { maxModelLen: 0 } }, "vllm:engine.maxModelLen: is 0, but must be at least 1"],
  [{ engine: { maxNumSeqs: 0 } }, "vllm:engine.maxNumSeqs: is 0, but must be at least 1"],
  [{ provisioning: { seconds: 0 } }, "vllm:provisioning.seconds: is 0, but must be at least 1"],
  [{ provisioning: { seconds: 7201 } }, "vllm:provisioning.seconds: is 7201, but must be at most 7200"],
  [{ startup: { seconds: 9 } }, "vllm:startup.seconds: is 9, but must be at least 10"],
  [{ startup: { seconds: 14_401 } }, "vllm:startup.seconds: is 14401, but must be at most 14400"],
  [{ drain: { seconds: 34 } }, "vllm:drain.seconds: is 34, but must be at least 35"],
  [{ drain: { seconds: 3601 } }, "vllm:drain.seconds: is 3601, but must be at most 3600"],
  // choices
  [{ gpu: { labels: "gke" } }, "vllm:gpu.labels: is \"gke\", but must be 'nvidia' or 'karpenter' or 'eks-auto'"],
  [{ modelStore: { onDestroy: "drop" } }, "vllm:modelStore.onDestroy: is \"drop\", but must be 'keep' or 'delete'"],
  [{ engine: { kind: "sglang" } }, "vllm:engine.kind: is \"sglang\", but must be 'vllm'"],
  [{ access: { kind: "irsa" } }, "vllm:access.kind: is \"irsa\", but must be 'podIdentity'"],
  [
    { gpu: { product: "a100_80gb" } },
    `vllm:gpu.product: is "a100_80gb", but must be ${products}; did you mean 'A100-80GB'?`,
  ],
  // Another number is another GPU.
  ...["H10", "A10", "L40", "L5", "B100"].map((product): [Tree, string] => [
    { gpu: { product } },
    `vllm:gpu.product: is "${product}", but must be ${products}`,
  ]),
  [{ gpu: { product: "l4" } }, `vllm:gpu.product: is "l4", but must be ${products}; did you mean 'L4'?`],
  [{ gpu: { product: "RTX9090" } }, `vllm:gpu.product: is "RTX9090", but must be ${products}`],
  [{ gpu: { product: "constructor" } }, `vllm:gpu.product: is "constructor", but must be ${products}`],
  [{ gpu: { product: 4 } }, `vllm:gpu.product: is 4, but must be ${products}`],
  [
    { models: { chat: { delivery: { kind: "steam" } } } },
    "vllm:models.chat.delivery.kind: is \"steam\", but must be 'stream' or 'copy'; did you mean 'stream'?",
  ],
  [
    { gpu: { labels: "NVIDIA" } },
    "vllm:gpu.labels: is \"NVIDIA\", but must be 'nvidia' or 'karpenter' or 'eks-auto'; did you mean 'nvidia'?",
  ],
  // forms
  [{ engine: { version: "0.32" } }, 'vllm:engine.version: is "0.32", but must be a version such as 0.32.0'],
  [{ engine: { version: "v0.32.0" } }, 'vllm:engine.version: is "v0.32.0", but must be a version such as 0.32.0'],
  [
    { engine: { args: { "max logprobs": 1 } } },
    'vllm:engine.args.max logprobs: is "max logprobs", but must be a flag of vllm serve without its dashes',
  ],
  [
    { engine: { env: { "A-B": "1" } } },
    'vllm:engine.env.A-B: is "A-B", but must be the name of an environment variable',
  ],
  [{ resources: { cpu: "4 cores" } }, 'vllm:resources.cpu: is "4 cores", but must be a CPU quantity such as 4 or 500m'],
  [{ resources: { memory: "8G" } }, 'vllm:resources.memory: is "8G", but must be a memory quantity such as 24Gi'],
  [{ resources: { memory: 8 } }, 'vllm:resources.memory: is "8", but must be a memory quantity such as 24Gi'],
  [{ namespace: { name: "Inference" } }, `vllm:namespace.name: is "Inference", but must be ${label}`],
  [
    { namespace: { name: "n".repeat(64) } },
    `vllm:namespace.name: is "${"n".repeat(64)}", but must be at most 63 characters`,
  ],
  [{ revision: "../v1" }, `vllm:revision: is "../v1", but must be ${revision}`],
  [{ revision: "v1/" }, `vllm:revision: is "v1/", but must be ${revision}`],
  [{ revision: "v".repeat(101) }, `vllm:revision: is "${"v".repeat(101)}", but must be ${revision}`],
  // images
  [
    { image: { tag: "latest" } },
    "vllm:image.tag: is \"latest\", but must be a tag other than 'latest', which is another image tomorrow",
  ],
  [{ image: { tag: "-x" } }, 'vllm:image.tag: is "-x", but must be an image tag'],
  [
    { image: { digest: "sha256:abc" } },
    'vllm:image.digest: is "sha256:abc", but must be sha256: and 64 hexadecimal digits',
  ],
  ...[
    "vllm/vllm-openai:v1",
    "vllm/vllm-openai@sha256:ab",
    "Vllm/x",
    "a//b",
    "a/",
    "a.b-/c",
    "a-.b/c",
    "x/a-",
    "x/a..b",
    "x/a___b",
    "a..b/c",
  ].map((repository): [Tree, string] => [
    { image: { repository } },
    `vllm:image.repository: is "${repository}", but must be an image repository without tag or digest`,
  ]),
  // names
  ...["Chat", "1chat", "-chat", "chat-", "chat.v2", "chat_v2"].map((name): [Tree, string] => [
    { model: name },
    `vllm:model: is "${name}", but must be ${dnsLabel}`,
  ]),
  [{ model: "c".repeat(40) }, `vllm:model: is "${"c".repeat(40)}", but must be at most 39 characters`],
  ...["vllm", "vllm-chat", "vllmx"].map((name): [Tree, string] => [
    { model: name },
    `vllm:model: is "${name}", but must be ${noVllm}`,
  ]),
  [{ models: { "vllm-chat": {} } }, `vllm:models.vllm-chat: is "vllm-chat", but must be ${noVllm}`],
  [{ models: { Chat: {} } }, `vllm:models.Chat: is "Chat", but must be ${dnsLabel}`],
  // what excludes each other
  [
    { replicas: 1, autoscaling: { min: 1, max: 2 } },
    "vllm:replicas: excludes 'autoscaling', which stands beside it; keep one of them",
  ],
  [
    { models: { chat: { replicas: 1, autoscaling: { min: 1, max: 2 } } } },
    "vllm:models.chat.replicas: excludes 'autoscaling', which stands beside it; keep one of them",
  ],
  [
    { model: "chat", models: { code: {} } },
    "vllm:model: is short for 'models' with one entry, which stands beside it; keep one of them",
  ],
  // what could be a secret is not shown
  [{ apiKey: "hunter2" }, "vllm:apiKey: must be a group of settings"],
  [{ apiKey: ["hunter2"] }, "vllm:apiKey: must be a group of settings"],
  [{ engine: "hunter2" }, "vllm:engine: must be a group of settings"],
  [{ engine: { env: ["hunter2"] } }, "vllm:engine.env: must be a group of settings"],
  [{ engine: { env: { A: { b: "hunter2" } } } }, "vllm:engine.env.A: must be text"],
  // a word that a secret setting has too, where it is none
  [
    { scheduling: { tolerations: [{ key: "a", operator: "Exists", value: "b" }] } },
    'vllm:scheduling.tolerations.0: is {"key":"a","operator":"Exists","value":"b"}, but must be a toleration: with operator Exists it has no value, without it (Equal) it has a key and a value',
  ],
  // nor what is one by its form, wherever it stands
  [
    { image: { repository: "https://user:hunter2@registry.example.com/vllm" } },
    `vllm:image.repository: ${plainSecret}`,
  ],
  [{ servedModelName: { token: "hf_hunter2hunter2hunter2" } }, `vllm:servedModelName: ${plainSecret}`],
  // names that maps of the library leave out
  ...["constructor", "prototype"].map((name): [Tree, string] => [
    { models: { [name]: {} } },
    `vllm:models.${name}: is a name that cannot be used here; choose another`,
  ]),
  [{ labels: { constructor: "x" } }, "vllm:labels.constructor: is a name that cannot be used here; choose another"],
  [{ engine: { version: "0.032.0" } }, 'vllm:engine.version: is "0.032.0", but must be a version such as 0.32.0'],
  [{ gpu: { spare: Number.POSITIVE_INFINITY } }, "vllm:gpu.spare: is .inf, but must be a whole number"],
  // reserved
  ...["services", "prerequisites", "backend", "portal", "adapters", "draft", "traffic", "monitoring"].map(
    (key): [Tree, string] => [{ [key]: {} }, `vllm:${key}: ${reserved}`],
  ),
  ...["backend", "adapters", "draft", "traffic", "monitoring"].map((key): [Tree, string] => [
    { models: { chat: { [key]: {} } } },
    `vllm:models.chat.${key}: ${reserved}`,
  ]),
  ...["services", "prerequisites", "portal"].map((key): [Tree, string] => [
    { models: { chat: { [key]: {} } } },
    `vllm:models.chat.${key}: there is no such setting; known here: ${modelKnown}`,
  ]),
  [{ engine: { backend: {} } }, `vllm:engine.backend: there is no such setting; known here: ${engineKnown}`],
];

for (const [tree, problem] of refused)
  test(`refused: ${JSON.stringify(tree)}`, () => assert.deepEqual(problems(tree), [problem]));

test("all problems of a layer are reported at once, several in one group too", () => {
  const found = problems({
    modle: "chat",
    colour: "red",
    services: {},
    replicas: 0,
    autoscaling: { min: 0 },
    gpu: { cont: 1, prodct: "L4", labels: "gke" },
    models: { Chat: {}, code: { revison: "v1" } },
  });
  assert.deepEqual(found.map((problem) => problem.split(": ")[0]).sort(), [
    "vllm:autoscaling.min",
    "vllm:colour",
    "vllm:gpu.cont",
    "vllm:gpu.labels",
    "vllm:gpu.prodct",
    "vllm:models.Chat",
    "vllm:models.code.revison",
    "vllm:modle",
    "vllm:replicas",
    "vllm:replicas",
    "vllm:services",
  ]);
});
