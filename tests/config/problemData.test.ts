import assert from "node:assert/strict";
import { test } from "node:test";
import { gpuProducts } from "../../catalogue/gpus.ts";
import { type Problem, type ProblemKind, sentence } from "../../config/problems.ts";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import type { Files } from "../../config/sources/project.ts";
import type { Tree } from "../../config/tree.ts";
import { problemsIn, wrongKey } from "./files.ts";

/** What a form, or a report, gets to know of a problem, and that no secret is in it. */

type Told = Pick<Problem, "kind" | "found" | "allowed" | "meant"> & { path: string };
const told = ({ kind, path, found, allowed, meant }: Problem): Told => ({
  kind,
  path: path.join("."),
  ...(found === undefined ? {} : { found }),
  ...(allowed === undefined ? {} : { allowed }),
  ...(meant === undefined ? {} : { meant }),
});

const ofGpu = Object.keys(modelEntries.gpu.members);
const products = gpuProducts.map((name) => `'${name}'`).join(" or ");
const key = "sk-hunter2-hunter2-hunter2";
const one = (text: string): [string, ...string[]] => text.split(".") as [string, ...string[]];

/** What is written, and all that is told of it. */
const cases: readonly [string, Tree, Told[], Partial<Files>?][] = [
  [
    "unknown, and something near",
    { gpu: { product: "L4", cuont: 4 } },
    [{ kind: "unknown", path: "gpu.cuont", allowed: ofGpu, meant: "count" }],
  ],
  [
    "unknown, and nothing near",
    { gpu: { product: "L4", colour: "red" } },
    [{ kind: "unknown", path: "gpu.colour", allowed: ofGpu }],
  ],
  ["reserved", { portal: { a: 1 } }, [{ kind: "reserved", path: "portal" }]],
  [
    "reserved, of a model",
    { model: null, models: { chat: { draft: 1 } } },
    [{ kind: "reserved", path: "models.chat.draft" }],
  ],
  ["invalid", { replicas: 0 }, [{ kind: "invalid", path: "replicas", found: 0, allowed: "at least 1" }]],
  [
    "invalid, of a model",
    { model: null, models: { chat: { replicas: "two" } } },
    [{ kind: "invalid", path: "models.chat.replicas", found: "two", allowed: "a number" }],
  ],
  [
    "invalid, a list for a group",
    { labels: ["a"] },
    [{ kind: "invalid", path: "labels", found: ["a"], allowed: "a group of settings" }],
  ],
  [
    "invalid, a key",
    { model: null, models: { Chat: {} } },
    [
      {
        kind: "invalid",
        path: "models.Chat",
        found: "Chat",
        allowed: "a DNS label: lower-case letters, digits and '-', beginning with a letter and not ending with '-'",
      },
    ],
  ],
  [
    "an invalid choice, and something near",
    { gpu: { product: "h-100" } },
    [{ kind: "invalid", path: "gpu.product", found: "h-100", allowed: products, meant: "H100" }],
  ],
  [
    "an invalid choice, and nothing near",
    { gpu: { product: "L4", labels: "gke" } },
    [{ kind: "invalid", path: "gpu.labels", found: "gke", allowed: "'nvidia' or 'karpenter' or 'eks-auto'" }],
  ],
  ["missing", { cluster: null }, [{ kind: "missing", path: "cluster.eks" }]],
  ["missing, one of many names", { gpu: {} }, [{ kind: "missing", path: "gpu.product", allowed: gpuProducts }]],
  ["missing, elsewhere", {}, [{ kind: "missing", path: "region" }], { region: "" }],
  ["exclusive", { replicas: 1, autoscaling: { min: 1, max: 2 } }, [{ kind: "exclusive", path: "replicas" }]],
  ["exclusive, the short form", { models: { code: {} } }, [{ kind: "exclusive", path: "model" }]],
  ["misplaced, a base", {}, [{ kind: "misplaced", path: "base" }], wrongKey("vllm:base")],
  [
    "misplaced, another namespace",
    {},
    [{ kind: "misplaced", path: "replicas", meant: "vllm:replicas" }],
    wrongKey("x:replicas"),
  ],
  ["secret", { apiKey: { value: key } }, [{ kind: "secret", path: "apiKey.value" }]],
  ["secret, in the base", {}, [{ kind: "secret", path: "apiKey.value" }], { base: { apiKey: { value: key } } }],
  [
    "secret, of a model",
    { model: null, models: { chat: { engine: { secretEnv: { A: key } } } } },
    [{ kind: "secret", path: "models.chat.engine.secretEnv.A" }],
  ],
  ["secret, by its name", { engine: { env: { MY_TOKEN: key } } }, [{ kind: "secret", path: "engine.env.MY_TOKEN" }]],
  [
    "secret, by its form",
    { engine: { args: { "otlp-traces-endpoint": "http://me:hunter2@collector" } } },
    [{ kind: "secret", path: "engine.args.otlp-traces-endpoint" }],
  ],
  [
    "encrypted",
    { replicas: "[secret]" },
    [{ kind: "encrypted", path: "replicas" }],
    { unreadable: true, encrypted: [one("replicas")] },
  ],
  [
    "encrypted, and wrong in plain text",
    { replicas: key },
    [{ kind: "invalid", path: "replicas", found: "[secret]", allowed: "a number" }],
    { encrypted: [one("replicas")] },
  ],
  [
    "a conflict",
    { gpu: { product: "L4" }, autoscaling: { min: 5, max: 4 } },
    [{ kind: "conflict", path: "autoscaling.min", found: 5 }],
  ],
  [
    "a conflict of a model that is empty",
    { model: null, models: { chat: {}, math: null } },
    [{ kind: "conflict", path: "models.math" }],
  ],
  [
    "a model that does not fit",
    { shape: { parameters: "405B", layers: 126, hiddenSize: 16_384, attentionHeads: 128, contextLength: 4096 } },
    [{ kind: "fit", path: "gpu.product" }],
  ],
  [
    "a flag",
    { engine: { args: { "enable-prefix-cachin": true } } },
    [{ kind: "flag", path: "engine.args.enable-prefix-cachin", meant: "enable-prefix-caching" }],
  ],
  ["an advisory", { engine: { version: "0.11.0" } }, [{ kind: "advisory", path: "engine.version", found: "0.11.0" }]],
];
for (const [what, own, expected, files] of cases)
  test(`what is known of a problem: ${what}`, () => {
    const problems = problemsIn(own, files);
    assert.deepEqual(problems.map(told), expected);
    for (const problem of problems) {
      assert.ok(problem.key.endsWith(problem.path.join(".")), problem.key);
      assert.match(problem.layer, /^Pulumi\.(s\.)?yaml$/);
      assert.deepEqual(JSON.parse(JSON.stringify(problem)), problem);
      assert.ok(sentence(problem).length > 10);
      assert.doesNotMatch(`${JSON.stringify(problem)}${sentence(problem)}`, /hunter2/);
    }
  });

test("every kind of problem is among these", () => {
  const kinds: Record<ProblemKind, true> = {
    ...{ unknown: true, reserved: true, invalid: true, missing: true, exclusive: true, misplaced: true },
    ...{ secret: true, encrypted: true, conflict: true, fit: true, flag: true, advisory: true },
  };
  assert.deepEqual([...new Set(cases.flatMap(([, , problems]) => problems.map(({ kind }) => kind)))].sort(), [
    ...Object.keys(kinds).sort(),
  ]);
});

const hidden: readonly [string, Tree, Partial<Files>?][] = [
  ["a group that is text", { apiKey: key }],
  ["a group that is a list", { apiKey: [key] }],
  ["what holds a secret group", { engine: key }],
  ["a secret that is a group", { apiKey: { value: { a: key } } }],
  ["a secret of a wrong form", { apiKey: { value: `${key} with spaces` } }],
  ["a secret of a wrong form, encrypted", { apiKey: { value: `${key} ` } }, { encrypted: [one("apiKey.value")] }],
  ["a wrong key beside a secret", { apiKey: { valu: key } }],
  ["secret variables that are text", { engine: { secretEnv: key } }],
  ["secret variables that are a list", { engine: { secretEnv: [key] } }],
  ["a secret variable that is a group", { engine: { secretEnv: { A: { b: key } } } }],
  ["a variable that is a group", { engine: { env: { A: { b: key } } } }],
  ["variables that are a list", { engine: { env: [key] } }],
  ["a model that is text", { model: null, models: { chat: key } }],
  ["models that are a list", { model: null, models: [{ name: "chat", engine: { secretEnv: { A: key } } }] }],
  ["encrypted text where a number is needed", { gpu: { count: key } }, { encrypted: [one("gpu.count")] }],
  ["an encrypted group", { gpu: { count: key, product: "L4" } }, { encrypted: [one("gpu")] }],
  ["an encrypted choice", { gpu: { product: key } }, { encrypted: [one("gpu.product")] }],
  ["a base that is text", {}, { base: key }],
];
for (const [what, own, files] of hidden)
  test(`no secret is in any word or field: ${what}`, () => {
    const problems = problemsIn(own, files);
    assert.ok(problems.length > 0);
    for (const problem of problems)
      assert.doesNotMatch(`${JSON.stringify(problem)}${sentence(problem)}`, /hunter2/, problem.key);
  });
