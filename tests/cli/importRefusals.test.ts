import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chartOf, charts } from "../../cli/import/charts.ts";
import { ImportError } from "../../cli/import/values.ts";
import { holdsSecret, redacted } from "../../config/secretForms.ts";
import type { Tree } from "../../config/tree.ts";
import { importTrees, read } from "./values.ts";

/** Values that are not imported, and secrets, which never are. */

const messageOf = (values: Tree, chart?: string): string => {
  try {
    chartOf(values, chart);
  } catch (error) {
    if (error instanceof ImportError) return error.message;
    throw error;
  }
  return "";
};

const others: [string, string][] = [
  ["kubeai", "the models chart of KubeAI"],
  ["llm-d", "the llm-d modelservice chart"],
  ["kserve", "a KServe resource"],
  ["bitnami", "a chart of Bitnami"],
  ["ai-on-eks", "the inference chart of AI on EKS"],
  ["unknown", "no chart that is known here"],
];

for (const [file, name] of others)
  test(`values of another chart are refused by name: ${file}`, () => {
    const { tree } = read(`other/${file}.yaml`);
    const [first, ...expected] = messageOf(tree).split("\n");
    assert.equal(first, `these are values of ${name}; expected are those of`);
    assert.deepEqual(
      expected.map((line) => line.trim().split(" ")[0]),
      ["chart-vllm", "ai-inference", "vllm-stack"],
    );
    // A name does not make them others.
    const [again, only, ...more] = messageOf(tree, "vllm-stack").split("\n");
    assert.equal(again, first);
    assert.deepEqual(
      [only, more],
      ["  vllm-stack (vLLM production-stack): servingEngineSpec, routerSpec, cacheserverSpec …", []],
    );
  });

test("an object of Kubernetes is called so, and not values", () => {
  const [first] = messageOf({ apiVersion: "apps/v1", kind: "Deployment", spec: {} }).split("\n");
  assert.equal(first, "this is a Kubernetes object, which has no values; expected are those of");
});

test("the charts are known by their keys, by a name where these tell nothing, and from within a parent", () => {
  const known = (values: Tree, chart?: string) => chartOf(values, chart).name;
  assert.deepEqual(
    charts.map(({ name }) => name),
    ["chart-vllm", "ai-inference", "vllm-stack"],
  );
  assert.equal(known(read("example/values.yaml").tree), "chart-vllm");
  assert.equal(known(read("article/values-prod.yaml").tree), "ai-inference");
  assert.equal(known(read("stack/minimal.yaml").tree), "vllm-stack");
  assert.equal(known({ routerSpec: {} }), "vllm-stack");
  const both = { extraInit: {}, healthCheck: {} };
  assert.match(messageOf(both), /^the values may be of chart-vllm or ai-inference; say which: --chart chart-vllm$/);
  assert.equal(known(both, "ai-inference"), "ai-inference");
  assert.equal(
    messageOf({}, "helm"),
    "there is no chart 'helm' that can be imported; known are chart-vllm, ai-inference, vllm-stack",
  );
  assert.match(
    messageOf({ llm: read("stack/multi-model.yaml").tree }),
    /^these are values of a parent chart: those of vllm-stack stand under 'llm'/,
  );
});

test("another engine than vLLM is refused", () => {
  assert.throws(
    () => importTrees([{ inference: { engine: "triton" } }]),
    new ImportError("inference.engine is 'triton': this program serves with vLLM"),
  );
});

test("a server on another maker's hardware, or half of one, is refused where it is all that there is", () => {
  const only = "this program serves on GPUs of NVIDIA and on CPUs, so it is not taken over";
  const image = { repository: "vllm/vllm-openai", tag: "v0.32.0" };
  const half = ["--kv-transfer-config", '{"kv_connector":"NixlConnector", "kv_role":"kv_producer"}'];
  for (const [values, said] of [
    [{ gpuModels: ["AMD-Instinct-MI300X"], image }, `runs on AMD GPUs (gpuModels[0]): ${only}`],
    [{ extraInit: {}, image: { ...image, tag: "v0.32.0-tpu" } }, `runs on TPUs of Google (image.tag): ${only}`],
    [
      { extraInit: {}, image, resources: { limits: { "habana.ai/gaudi": 1 } } },
      `runs on Intel Gaudi accelerators (resources.limits["habana.ai/gaudi"]): ${only}`,
    ],
    [
      { healthCheck: {}, resources: { gpu: { enabled: true, count: 1, type: "trainium2" } } },
      `runs on AWS Neuron accelerators (resources.gpu.type): ${only}`,
    ],
    [
      { extraInit: {}, image, nodeSelector: { "node.kubernetes.io/instance-type": "inf2.48xlarge" } },
      `runs on AWS Neuron accelerators (nodeSelector["node.kubernetes.io/instance-type"]): ${only}`,
    ],
    [
      { extraInit: {}, image: { ...image, env: [{ name: "HIP_VISIBLE_DEVICES", value: "0" }] } },
      `runs on AMD GPUs (image.env[0]): ${only}`,
    ],
    [
      { extraInit: {}, image: { ...image, command: ["vllm", "serve", "/data", ...half] } },
      "only prefills or only decodes (image.command[4]): this program has no disaggregated prefill, each of its pods does both; add the model once, with the GPUs of one such pod",
    ],
  ] as const)
    assert.throws(() => importTrees([values as Tree]), new ImportError(`the server of these values ${said}`));
  // What is switched off, or asked for in no number, is not asked for.
  for (const values of [
    { healthCheck: {}, resources: { gpu: { enabled: false, type: "MI300X" } } },
    { extraInit: {}, image, resources: { limits: { "amd.com/gpu": 0, "nvidia.com/gpu": 1 } } },
  ])
    assert.ok(importTrees([values as Tree]));
});

test("a value is a secret by its name, by its form, and by what is in it", () => {
  for (const [value, name] of [
    ["x", "HF_TOKEN"],
    [512, "DB_PASSWORD"],
    [["a", "hf_abcdefghijklmnop"], "LIST"],
    [{ a: [{ password: "x" }] }, "GROUP"],
    [{ "https://u:p@h": true }, "GROUP"],
  ] as const)
    assert.ok(holdsSecret(value, name), name);
  for (const value of ["", true, null, undefined]) assert.ok(!holdsSecret(value, "HF_TOKEN"));
  for (const value of [512, "x", { a: ["b"], password: true }]) assert.ok(!holdsSecret(value, "MAX_TOKENS"));
  assert.equal(redacted("publish https://u:p4ss@host/x now"), "publish https://[secret]@host/x now");
  assert.equal(redacted("send Bearer abcdefgh\nnow"), "send [secret]\nnow");
  assert.equal(redacted('is {"password": "p4ss"}'), 'is {"password": "[secret]"}');
});

test("a secret anywhere in the values is in nothing that is made of them", () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,24}$/).map((text) => `Zq${text}`);
  const stack = (text: string): Tree => ({
    servingEngineSpec: {
      vllmApiKey: text,
      configs: { UPSTREAM_TOKEN: text },
      env: [{ name: "DB_PASSWORD", value: text }],
      modelSpec: [
        {
          name: "chat",
          repository: "vllm/vllm-openai",
          tag: "v0.32.0",
          modelURL: `https://me:${text}@host/chat`,
          hf_token: text,
          env: [
            { name: "VLLM_API_KEY", value: text },
            { name: "PROXY", value: `http://me:${text}@proxy` },
            { name: "AWS_SECRET_ACCESS_KEY", value: text },
          ],
          vllmConfig: { extraArgs: ["--api-key", text, `--hf-token=${text}`, "--ssl-keyfile-password", text] },
          initContainer: { env: [{ name: "X", value: text }], args: [text] },
          unknownToken: text,
        },
      ],
    },
    routerSpec: { vllmApiKey: text, hf_token: text, extraArgs: [text] },
    loraAdapters: [{ name: "a", adapterSource: { credentials: text } }],
    extraObjects: [{ stringData: { a: text } }],
  });
  const example = (text: string): Tree => ({
    image: {
      repository: "vllm/vllm-openai",
      tag: "v0.32.0",
      command: ["vllm", "serve", "/data", "--api-key", text],
      env: [{ name: "my_key", value: text }],
    },
    secrets: { s3accesskey: text, anything: text },
    configs: { session_cookie: text },
    extraInit: {},
    customObjects: [{ data: text }],
  });
  fc.assert(
    fc.property(secret, fc.constantFrom(stack, example), (text, make) => {
      const imported = importTrees([make(text)]);
      assert.ok(!JSON.stringify(imported).includes(text));
      assert.ok(imported.todo.some((line) => line.includes("--secret")));
    }),
    { numRuns: 50 },
  );
});

test("nothing is left of a secret that an import cuts, joins or writes in another case", () => {
  const token = `pul-${"0123456789abcdef".repeat(2)}01234567`;
  const repository = "https://me:pass1*:word2@host/vllm";
  const model = { name: `--some-flag=${token}`, repository, tag: "v0.32.0", modelURL: `org/${token}`, requestGPU: 1 };
  const imported = importTrees([{ servingEngineSpec: { modelSpec: [model] } }]);
  assert.doesNotMatch(JSON.stringify(imported), /pass1|word2|01234567/i);
  assert.deepEqual(Object.keys(imported.base.models as Tree), ["some-flag-secret"]);
});
