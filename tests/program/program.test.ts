import assert from "node:assert/strict";
import { test } from "node:test";
import { gpuProducts } from "../../catalogue/gpus.ts";
import type { Tree } from "../../config/tree.ts";
import { configOf, root, stacks } from "../config/settings.ts";

/** The program itself, `index.ts`, on the repository's own four stack files. */

process.env.PULUMI_NODEJS_ROOT_DIRECTORY = root;
const pulumi = await import("@pulumi/pulumi");
const { deploy, waitForRPCs } = await import("../components/mocks.ts");

let runs = 0;
/** Runs `index.ts` anew with the configuration of a stack, and what is set over it. */
const program = (stack: string, over: Record<string, string> = {}) => {
  pulumi.runtime.setAllConfig({ ...configOf(stack), ...over });
  return import(`../../index.ts?run=${runs++}`);
};
const up = (stack: string, over: Record<string, string> = {}) =>
  deploy(
    async () => {
      const outputs = await pulumi.runtime.runInPulumiStack(async () => (await program(stack, over)).default);
      await waitForRPCs();
      return outputs as Tree;
    },
    { stack },
  );
/** What `pulumi config set --path vllm:models.chat.revision v1` makes of the stack's own models. */
const published = (stack: string) => {
  const models = JSON.parse(configOf(stack)["vllm:models"] ?? "{}");
  return { "vllm:models": JSON.stringify({ ...models, chat: { ...models.chat, revision: "v1" } }) };
};

/** What tells the stacks apart in what they deploy, once a revision is there. */
const expected = {
  dev: {
    resources: 23,
    image: "vllm/vllm-openai-cpu:v0.32.0",
    replicas: 1,
    scaled: undefined,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    limits: { memory: "9Gi" },
    nodeSelector: undefined,
    copied: true,
    deadline: 903,
    kept: false,
    namespaceMade: true,
    downtime: false,
    output: 1,
    servedModelName: "qwen3-0.6b",
  },
  test: {
    resources: 22,
    image: "vllm/vllm-openai:v0.32.0",
    replicas: 1,
    scaled: undefined,
    strategy: { type: "Recreate" },
    limits: { memory: "12Gi", "nvidia.com/gpu": "1" },
    nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" },
    copied: false,
    deadline: 1585,
    kept: false,
    namespaceMade: false,
    downtime: true,
    output: 1,
    servedModelName: "qwen3-8b",
  },
  staging: {
    resources: 22,
    image: "vllm/vllm-openai:v0.32.0",
    replicas: 2,
    scaled: undefined,
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    limits: { memory: "12Gi", "nvidia.com/gpu": "1" },
    nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" },
    copied: false,
    deadline: 1585,
    kept: true,
    namespaceMade: false,
    downtime: false,
    output: 2,
    servedModelName: "qwen3-8b",
  },
  prod: {
    resources: 23,
    image: "vllm/vllm-openai:v0.32.0",
    replicas: 4,
    scaled: [4, 20, "5"],
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
    limits: { memory: "12Gi", "nvidia.com/gpu": "1" },
    nodeSelector: { "karpenter.k8s.aws/instance-gpu-name": "l4" },
    copied: false,
    deadline: 1585,
    kept: true,
    namespaceMade: false,
    downtime: false,
    output: { min: 4, max: 20 },
    servedModelName: "qwen3-8b",
  },
};

for (const stack of stacks) {
  test(`${stack}, from an empty account: green, and without a server`, async () => {
    const deployed = await up(stack);
    const { resources, all, result } = deployed;
    // The stack, the provider, the platform, its key and Secret, seven of the store, six of the model: no workload.
    assert.equal(resources.length, 1 + 17 + (stack === "dev" ? 1 : 0));
    for (const type of ["apps/v1:Deployment", "core/v1:Service", "autoscaling/v2:HorizontalPodAutoscaler"])
      assert.deepEqual(all(`kubernetes:${type}`), []);
    assert.deepEqual(Object.keys(result).sort(), ["apiKey", "modelBucket", "models", "namespace", "notes"]);
    assert.equal(
      deployed.one("pulumi:pulumi:Stack").outputs.notes.split("\n")[2],
      `  pulumi config set --stack ${stack} --path 'vllm:models.chat.revision' v1`,
    );
  });

  test(`${stack}, with a revision: what it deploys`, async () => {
    const deployed = await up(stack, published(stack));
    const { resources, one, all } = deployed;
    const { inputs } = one("kubernetes:apps/v1:Deployment");
    const { nodeSelector, containers, initContainers } = inputs.spec.template.spec;
    const scaler = all("kubernetes:autoscaling/v2:HorizontalPodAutoscaler")[0]?.inputs.spec;
    const bucket = one("aws:s3/bucket:Bucket");
    const outputs = one("pulumi:pulumi:Stack").outputs;
    assert.equal(bucket.inputs.forceDestroy, !bucket.protect);
    assert.equal(bucket.retainOnDelete, bucket.protect);
    assert.deepEqual(
      {
        resources: resources.length - 1,
        image: containers[0].image,
        replicas: inputs.spec.replicas,
        scaled: scaler && [scaler.minReplicas, scaler.maxReplicas, scaler.metrics[0].pods.target.averageValue],
        strategy: inputs.spec.strategy,
        limits: containers[0].resources.limits,
        nodeSelector,
        copied: initContainers !== undefined,
        deadline: inputs.spec.progressDeadlineSeconds,
        kept: bucket.protect,
        namespaceMade: all("kubernetes:core/v1:Namespace").length === 1,
        downtime: outputs.notes.includes("downtime"),
        output: outputs.models.chat.replicas,
        servedModelName: outputs.models.chat.servedModelName,
      },
      expected[stack],
    );
    assert.equal(outputs.endpoint, "http://chat.inference.svc/v1");
    assert.deepEqual(one("pulumi:pulumi:Stack").secretOutputs, ["apiKey"]);
  });
}

/** Runs the program with settings that are refused; nothing is registered, and nothing asked. */
const refused = async (over: Record<string, string>, problem: string) => {
  const message = `the settings of this stack have 1 problem; nothing was deployed.\n  ${problem}`;
  const stopped = (error: Error) => {
    assert.ok(pulumi.RunError.isInstance(error), error.stack);
    assert.equal(error.message, message);
    return true;
  };
  const deployed = await deploy(() => assert.rejects(program("prod", over), stopped), { stack: "prod" });
  assert.deepEqual(deployed.resources, []);
  assert.deepEqual(deployed.invokes, []);
};

test("wrong settings stop the program by RunError before anything is registered", async () => {
  await refused(
    { "vllm:replica": "2" },
    "vllm:replica (Pulumi.prod.yaml): there is no such setting; did you mean 'replicas'?",
  );
  const products = gpuProducts.map((product) => `'${product}'`).join(" or ");
  await refused(
    { "vllm:gpu": '{"product":"l4"}' },
    `vllm:gpu.product (Pulumi.prod.yaml): is "l4", but must be ${products}; did you mean 'L4'?`,
  );
});

test("a plan that cannot be deployed stops it too, as plain lines", () =>
  refused(
    { "vllm:engine": '{"args":{"enable-prefix-cachin":true}}' },
    "vllm:engine.args.enable-prefix-cachin (Pulumi.prod.yaml): is no flag of vLLM 0.32.0; did you mean 'enable-prefix-caching'?",
  ));
