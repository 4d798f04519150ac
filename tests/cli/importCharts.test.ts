import assert from "node:assert/strict";
import { test } from "node:test";
import { importValues } from "../../cli/import/import.ts";
import { covers, leaves, Place } from "../../cli/import/place.ts";
import type { Tree } from "../../config/tree.ts";
import { effective, expected, importTrees, read, sets, stackModelOf, textOf } from "./values.ts";

/** What each values file becomes, and that nothing of it is lost or shown that must not be. */

for (const set of sets) {
  const { files, ...wanted } = expected(set);
  const trees = files.map(read);
  const imported = importValues(trees, { stack: "prod" });

  test(`${set}: exactly these settings, and exactly these keys without one`, () => {
    const { chart, base, stack, unmapped, noops } = imported;
    assert.deepEqual({ chart, base, stack, unmapped: unmapped.map(({ from }) => from), noops }, wanted);
    for (const { from, reason } of unmapped) assert.match(reason, /^\S.{10,}/, from);
    effective(imported);
  });

  test(`${set}: each value is a setting, or listed, or declared to say nothing`, () => {
    const told = [...imported.mapped, ...imported.unmapped].map(({ from }) => from).concat(imported.noops);
    const lost = trees
      .flatMap(({ tree }) => leaves(new Place(tree)))
      .filter((leaf) => !told.some((from) => covers(from, leaf)));
    assert.deepEqual(lost, []);
    const unknown = imported.unmapped.filter(({ reason }) => /is no key of/.test(reason)).map(({ from }) => from);
    assert.deepEqual(unknown, set === "example-values-filled" ? ["hostAliases"] : []);
  });

  test(`${set}: each setting that is told of is there`, () => {
    const there = leaves(new Place({ ...imported.base })).concat(leaves(new Place({ ...imported.stack })));
    for (const { from, to, note } of imported.mapped)
      if (!note)
        assert.ok(
          there.some((leaf) => covers(to, leaf)),
          `${from} → ${to}`,
        );
  });

  test(`${set}: no secret in anything that is made of it`, () => {
    const secrets = files.flatMap((file) => textOf(file).match(/secret-[\w-]+/g) ?? []);
    const made = JSON.stringify(imported);
    for (const secret of secrets) assert.ok(!made.includes(secret), secret);
    assert.equal(secrets.length > 0, /filled|multi|streamer|offloading|lora/.test(set), set);
  });
}

test("a secret is asked for where there is a setting for it", () => {
  const { todo } = importValues([read("stack/streamer.yaml")], { stack: "prod" });
  assert.deepEqual(
    todo.filter((text) => text.includes("--secret")),
    [
      "where clients shall keep their API key (the command asks for it):\npulumi config set --stack prod --secret --path 'vllm:apiKey.value'",
      "set PROXY_URL (the command asks for the value):\npulumi config set --stack prod --secret --path 'vllm:models.qwen.engine.secretEnv.PROXY_URL'",
    ],
  );
});

test("the model's files are asked for, and no revision is made up", () => {
  const { base, stack, uploads } = importValues(["article/values.yaml", "article/values-prod.yaml"].map(read), {
    stack: "prod",
  });
  assert.ok(!JSON.stringify({ base, stack }).includes("revision"));
  assert.deepEqual(
    uploads.map(({ model }) => model),
    ["llm-7b"],
  );
  assert.deepEqual(uploads[0]?.text.split("\n"), [
    "publish oss://ai-models-prod/llm-7b/v2.0/model.bin as a revision of llm-7b, once 'pulumi up' has made the bucket (second copies of the weights stay out: the engine would load some of them too):",
    "aws s3 cp --recursive ./llm-7b \"s3://$(pulumi stack output modelBucket --stack prod)/models/llm-7b/v2.0/\" --exclude 'consolidated*' --exclude 'original/*'",
    "pulumi config set --stack prod --path 'vllm:models.llm-7b.revision' v2.0",
  ]);
});

const cases: { what: string; spec: Tree; model?: Tree; unmapped?: RegExp[]; engine?: Tree }[] = [
  { what: "the least model", spec: {} },
  { what: "a CPU", spec: { requestGPU: 0 } },
  {
    what: "a memory quantity in other units",
    spec: { requestMemory: "10G" },
    model: { resources: { memory: "9537Mi" } },
  },
  {
    what: "a figure that no setting takes",
    spec: { replicaCount: 0, requestMemory: "much", requestCPU: "lots" },
    unmapped: [
      /requestCPU: is "lots", but must be a CPU/,
      /requestMemory: is "much", but must be/,
      /replicaCount: is 0, but must be at least 1/,
    ],
  },
  {
    what: "a tag that moves",
    spec: { repository: "registry.example.com/llm", tag: "nightly" },
    unmapped: [/tag: 'nightly' names another image tomorrow/, /repository: is not taken over without a tag/],
  },
  {
    what: "a tag with a digest",
    spec: { repository: "registry.example.com/llm", tag: `7@sha256:${"ab".repeat(32)}` },
    model: { image: { repository: "registry.example.com/llm", tag: "7", digest: `sha256:${"ab".repeat(32)}` } },
  },
  {
    what: "a GPU that may be two",
    spec: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "karpenter.k8s.aws/instance-gpu-name", operator: "In", values: ["a100"] }] },
      ],
    },
    unmapped: [/matchExpressions\[0\]: may be A100-40GB or A100-80GB; a model here runs on one product/],
  },
  {
    what: "a GPU by GKE's name",
    spec: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "cloud.google.com/gke-accelerator", operator: "In", values: ["nvidia-l4"] }] },
      ],
    },
    model: {
      gpu: { product: "L4" },
      scheduling: { nodeSelector: { "cloud.google.com/gke-accelerator": "nvidia-l4" } },
    },
  },
  {
    what: "terms to choose from, values to choose from",
    spec: {
      nodeSelectorTerms: [{ matchExpressions: [] }, { matchExpressions: [] }],
      affinity: {},
    },
    unmapped: [/nodeSelectorTerms: is a choice between terms/],
  },
  {
    what: "a toleration for a while",
    spec: { tolerations: [{ key: "spot", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }] },
    model: {
      scheduling: {
        tolerations: [{ key: "spot", operator: "Exists", effect: "NoExecute", tolerationSeconds: 60 }],
      },
    },
  },
  {
    what: "the default trigger of KEDA, and the time to stop",
    spec: { keda: { enabled: true, minReplicaCount: 1, maxReplicaCount: 3 }, terminationGracePeriodSeconds: 120 },
    model: { autoscaling: { min: 1, max: 3, waitingRequests: 5 }, drain: { seconds: 120 } },
  },
  {
    what: "a context with a suffix, as a key and as a flag",
    spec: { vllmConfig: { enablePrefixCaching: true, maxModelLen: "8k" } },
    model: { engine: { maxModelLen: 8000, args: { "enable-prefix-caching": true } } },
  },
  {
    what: "part of a startup probe: the rest is the chart's own",
    spec: {},
    engine: { startupProbe: { initialDelaySeconds: 300 } },
    model: { startup: { seconds: 900 } },
  },
  {
    what: "a context by what fits",
    spec: { vllmConfig: { enablePrefixCaching: true, extraArgs: ["--max-model-len", "auto"] } },
    model: { engine: { maxModelLen: "auto", args: { "enable-prefix-caching": true } } },
  },
  {
    what: "flags in every form",
    spec: {
      vllmConfig: {
        enablePrefixCaching: true,
        extraArgs: [
          "--max_model_len=8K",
          "--quantization=fp8",
          "-q",
          "awq",
          "--seed",
          "-1",
          "--served-model-name",
          "one",
          "two",
          "--load-format",
          "auto",
          "-O3",
          "--swap-space",
          "4",
        ],
      },
    },
    model: {
      servedModelName: "one",
      engine: {
        maxModelLen: 8192,
        args: { "enable-prefix-caching": true, quantization: "awq", seed: -1, "swap-space": 4 },
      },
    },
    unmapped: [
      /extraArgs\[1\]: is overridden by/,
      /--served-model-name gives 2 names; the first is taken, two not/,
      /--load-format auto is left out: the streamer reads safetensors by itself; with delivery.kind: copy it can be said/,
      /---?O3 is a short or nested form/,
    ],
  },
  {
    what: "what only sounds like a secret",
    spec: {
      vllmConfig: {
        enablePrefixCaching: true,
        extraArgs: ["--additional-config", '{"no_token":9693,"yes_token":2152}'],
      },
    },
    model: {
      engine: { args: { "enable-prefix-caching": true, "additional-config": { no_token: 9693, yes_token: 2152 } } },
    },
  },
  {
    what: "Mistral's own format, which is read from a copy alone",
    spec: { vllmConfig: { enablePrefixCaching: true, extraArgs: ["--load-format=mistral", "-asc", "2"] } },
    model: {
      delivery: { kind: "copy" },
      engine: { args: { "enable-prefix-caching": true, "load-format": "mistral" } },
    },
    unmapped: [/--api-server-count has no counterpart: several API servers cut off all answers/],
  },
  {
    what: "secrets by their form, wherever they stand",
    spec: {
      modelURL: "https://user:hunter2@models.example.com/chat",
      podLabels: { owner: "hf_abcdefghijklmnop" },
      env: [{ name: "EXTRA", value: "Bearer abcdefghijkl" }],
      vllmConfig: { enablePrefixCaching: true, extraArgs: ["--otlp-traces-endpoint", "http://me:hunter2@collector"] },
    },
    model: { engine: { args: { "enable-prefix-caching": true } } },
    unmapped: [
      /modelURL: is or holds a secret/,
      /podLabels.owner: is or holds a secret/,
      /EXTRA is a secret/,
      /--otlp-traces-endpoint holds a secret/,
    ],
  },
];

for (const { what, spec, model = {}, unmapped = [], engine = {} } of cases)
  test(`vllm-stack, ${what}`, () => {
    const { model: made, imported } = stackModelOf(spec, engine);
    assert.deepEqual(made, model);
    const listed = imported.unmapped.map(({ from, reason }) => `${from}: ${reason}`);
    for (const pattern of unmapped)
      assert.ok(
        listed.some((text) => pattern.test(text)),
        `${pattern}\n${listed.join("\n")}`,
      );
    const consolidated = imported.uploads.some(({ text }) => !text.includes("--exclude 'consolidated*'"));
    assert.equal(consolidated, what.startsWith("Mistral"));
    assert.doesNotMatch(JSON.stringify(imported), /hunter2|hf_abc|abcdefghijkl/);
  });

test("names that no Service can have are changed, and never meet", () => {
  const names = ["7B_Chat", "vllm-chat", "vllm", "chat", "x".repeat(60), "Größe!"];
  const spec = (name: string) => ({
    name,
    repository: "vllm/vllm-openai",
    tag: "v0.32.0",
    modelURL: name,
    requestGPU: 1,
  });
  const { base, mapped } = importTrees([{ servingEngineSpec: { modelSpec: names.map(spec) } }]);
  const models = base.models as Record<string, Tree>;
  assert.deepEqual(Object.keys(models), ["model-7b-chat", "chat", "model", "chat-2", "x".repeat(39), "gr-e"]);
  assert.deepEqual(
    Object.values(models).map(({ servedModelName }) => servedModelName),
    names,
  );
  effective({ base, stack: {} });
  assert.ok(mapped.some(({ to, note }) => to === "models.gr-e" && note === "as a name that a Service can have"));
});

test("a command that cannot be read is listed, and never shown", () => {
  const image = (command: unknown) => ({
    image: { command, repository: "vllm/vllm-openai", tag: "v0.32.0" },
    extraInit: {},
  });
  for (const command of [["/bin/sh", "-c", "export K=secret-x; vllm serve /data"], ["/entrypoint.sh"], "run"]) {
    const imported = importTrees([image(command)]);
    assert.deepEqual(imported.unmapped[0], {
      from: "image.command",
      reason: "does not run 'vllm serve' in a form that can be read; write its flags as settings",
    });
    assert.doesNotMatch(JSON.stringify(imported), /secret-x/);
  }
  const shell = importTrees([
    image(["/bin/sh", "-c", "exec vllm serve /data --served-model-name 'my model' --dtype \"half\""]),
  ]);
  assert.deepEqual((shell.base.engine as Tree).args, { dtype: "half" });
});
