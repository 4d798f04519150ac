import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import type { InferencePlatformArgs } from "../../components/args.ts";
import { ArgumentsError } from "../../components/arguments.ts";
import { InferencePlatform } from "../../components/inferencePlatform.ts";
import { type Deployed, deploy } from "./mocks.ts";

/** The door: what another program writes, and what it is told. */

const arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
const served = { revision: "v1", gpu: { product: "L4" } } as const;
const least: InferencePlatformArgs = { cluster: { eks: "prod" }, models: { chat: served } };

const platformOf = (
  args: InferencePlatformArgs,
  options?: { preview?: boolean },
): Promise<Deployed<InferencePlatform>> => deploy(() => new InferencePlatform("llm", args), options);
const resolved = <T>(output: pulumi.Output<T>): Promise<T> =>
  new Promise((done) => pulumi.unsecret(output).apply(done));

/** What is said of wrong arguments, after the first line; nothing may have been made but the component itself. */
async function refusal(args: unknown): Promise<string[]> {
  const { result, ids } = await deploy(() => {
    try {
      return new InferencePlatform("llm", args as InferencePlatformArgs);
    } catch (error) {
      return error;
    }
  });
  assert.ok(result instanceof ArgumentsError, String(result));
  assert.ok(pulumi.ResourceError.isInstance(result));
  assert.equal(result.hideStack, true);
  assert.deepEqual(ids(), ["vllm:index:InferencePlatform::llm"]);
  const [first, ...lines] = result.message.split("\n");
  const count = lines.length === 1 ? "1 problem" : `${lines.length} problems`;
  assert.equal(first, `the arguments of 'llm' have ${count}; nothing of it was deployed.`);
  assert.deepEqual(
    lines.map((line) => line.split(" ")[2]),
    result.problems.map(({ path }) => path.join(".")),
  );
  return lines.map((line) => line.trim());
}

test("a platform from arguments: its outputs, and what it asks AWS for", async () => {
  const deployed = await platformOf({
    cluster: { eks: "prod" },
    models: {
      chat: { servedModelName: "qwen3-8b", gpu: { product: "L4", spare: 2 }, autoscaling: { min: 4, max: 20 } },
    },
    revision: "v1",
    apiKey: { value: pulumi.secret("sk-0123456789abcdef") },
  });
  const { result: llm } = deployed;
  assert.equal(await resolved(llm.endpoint), "http://chat.vllm.svc/v1");
  assert.equal(await resolved(llm.namespace), "vllm");
  assert.equal(await resolved(llm.modelBucket), "llm-models-bucket-1234567");
  assert.equal(await resolved(llm.apiKey), "sk-0123456789abcdef");
  assert.equal(await pulumi.isSecret(llm.apiKey), true);
  assert.deepEqual(await resolved(llm.models), {
    chat: {
      ...{ endpoint: "http://chat.vllm.svc/v1", servedModelName: "qwen3-8b", revision: "v1" },
      replicas: { min: 4, max: 20 },
    },
  });
  assert.deepEqual(deployed.invokes.map(({ token }) => token).sort(), [
    "aws:eks/getCluster:getCluster",
    "aws:index/getRegion:getRegion",
  ]);
  assert.deepEqual(deployed.one("vllm:index:InferencePlatform").inputs, {});
});

test("what the arguments say AWS is not asked for: region, ARN and kubeconfig may be Outputs", async () => {
  const later = <T>(value: T) => pulumi.output(Promise.resolve(value));
  const args = {
    ...least,
    region: later("eu-west-1"),
    cluster: { eks: "prod", arn: later(arn), kubeconfig: later("{}") },
  };
  const { invokes, one } = await platformOf(args);
  assert.deepEqual(invokes, []);
  const trust = JSON.parse(one("aws:iam/role:Role").inputs.assumeRolePolicy);
  assert.equal(trust.Statement[0].Condition.StringEquals["aws:RequestTag/eks-cluster-arn"], arn);
  const { env } = one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.containers[0];
  assert.deepEqual(env.slice(1, 3), [
    { name: "AWS_REGION", value: "eu-west-1" },
    { name: "AWS_DEFAULT_REGION", value: "eu-west-1" },
  ]);
});

test("what is undefined is not there", async () => {
  const args = { ...least, engine: undefined, models: { chat: { ...served, replicas: undefined } } };
  assert.equal(
    (await platformOf(args as InferencePlatformArgs)).one("kubernetes:apps/v1:Deployment").inputs.spec.replicas,
    1,
  );
});

test("all that is wrong with arguments is one error, in their words, before anything is made", async () => {
  assert.deepEqual(
    await refusal({
      cluster: { eks: "prod" },
      models: { chat: { gpu: { prodct: "L4" }, replicas: 0 } },
      region: "Ireland",
    }),
    [
      "models.chat.gpu.prodct (arguments): there is no such setting; did you mean 'product'?",
      "models.chat.replicas (arguments): is 0, but must be at least 1",
      'region (arguments): is "Ireland", but must be the name of an AWS region such as eu-west-1',
    ],
  );
  assert.deepEqual(await refusal({ models: { chat: served } }), [
    "cluster.eks (arguments): is not set; name the EKS cluster to deploy to (the ambient current context is never used)",
  ]);
});

test("an Output where the shape of what is deployed depends on it is refused, in lists too", async () => {
  const later = pulumi.output("v1");
  const needed = "is an Output, and is needed before anything is deployed; write a plain value";
  assert.deepEqual(
    await refusal({
      ...least,
      models: { chat: { ...served, revision: later, servedModelName: Promise.resolve("a"), autoscaling: later } },
      scheduling: { tolerations: [{ key: later, operator: "Exists" }] },
      engine: { acceptCves: [later], args: { seed: later } },
    }),
    [
      `models.chat.revision (arguments): ${needed}`,
      `models.chat.servedModelName (arguments): ${needed}`,
      `models.chat.autoscaling (arguments): ${needed}`,
      `scheduling.tolerations.0.key (arguments): ${needed}`,
      `engine.acceptCves.0 (arguments): ${needed}`,
      `engine.args.seed (arguments): ${needed}`,
    ],
  );
  assert.deepEqual(await refusal({ ...least, engine: { env: { A: later } } }), [
    "engine.env.A (arguments): is an Output, and is needed before anything is deployed; hand it over at engine.secretEnv.A",
  ]);
});

test("a secret in plain text is refused, and shown in no message; as an Output it is in its Secret alone", async () => {
  const how = (path: string) => `a secret Output at ${path}, such as config.requireSecret(…) or pulumi.secret(…)`;
  const hidden = "hunter2-hunter2-hunter2";
  const plain = await refusal({ ...least, apiKey: { value: hidden }, engine: { secretEnv: { TOKEN: hidden } } });
  assert.deepEqual(plain, [
    `apiKey.value (arguments): is a secret in plain text; hand over ${how("apiKey.value")}`,
    `engine.secretEnv.TOKEN (arguments): is a secret in plain text; hand over ${how("engine.secretEnv.TOKEN")}`,
  ]);
  assert.deepEqual(await refusal({ ...least, engine: { env: { HF_TOKEN: hidden } } }), [
    `engine.env.HF_TOKEN (arguments): is a secret in plain text, by its name; take it out, and hand over ${how("engine.secretEnv.HF_TOKEN")}`,
  ]);
  const secrets = { ...least, engine: { secretEnv: { TOKEN: pulumi.output(hidden) } } };
  const { resources, one } = await platformOf(secrets);
  const secret = one("kubernetes:core/v1:Secret", "llm-chat-main-environment");
  assert.deepEqual([secret.inputs.stringData, secret.secrets], [{ TOKEN: hidden }, ["stringData"]]);
  const holders = resources.filter(({ inputs, outputs }) => JSON.stringify([inputs, outputs]).includes(hidden));
  assert.deepEqual(
    holders.map(({ name }) => name),
    ["llm-chat-main-environment"],
  );
});

test("what is null is not there", async () => {
  const none = {
    ...least,
    region: null,
    cluster: { eks: "prod", arn: null, kubeconfig: null },
    modelStore: { bucket: null },
  };
  const { all, invokes } = await platformOf(none as unknown as InferencePlatformArgs);
  assert.equal(all("aws:s3/bucket:Bucket").length, 1);
  assert.equal(invokes.length, 2);
});

test("an ARN that is none, or another cluster's, and a context without its kubeconfig are refused", async () => {
  const cluster = (more: object) => refusal({ ...least, cluster: { eks: "prod", ...more } });
  assert.deepEqual(await cluster({ arn: "prod" }), [
    'cluster.arn (arguments): is "prod", but must be the ARN of an EKS cluster',
  ]);
  assert.deepEqual(await cluster({ arn: arn.replace("prod", "dev") }), [
    "cluster.arn (arguments): is arn:aws:eks:eu-west-1:123456789012:cluster/dev, but cluster.eks names 'prod'",
  ]);
  assert.deepEqual(await cluster({ context: "admin" }), [
    "cluster.context (arguments): needs cluster.kubeconfig beside it: no kubeconfig of the machine is ever used",
  ]);
});

test("the bucket of another: it is asked for, its models are read, and nothing of it is made", async () => {
  for (const bucket of ["acme-models", pulumi.output("acme-models")]) {
    const { all, one, invokes, result } = await platformOf({ ...least, modelStore: { bucket } });
    assert.deepEqual(
      all("aws:s3/bucket:Bucket").map(({ name }) => name),
      [],
    );
    assert.equal(await resolved(result.modelBucket), "acme-models");
    // There is nothing that a destroy should refuse to delete.
    const { protect, retainOnDelete } = one("vllm:index:ModelStore");
    assert.deepEqual([protect, retainOnDelete], [false, false]);
    assert.ok(
      invokes.some(
        ({ token, inputs }) =>
          token === "aws:s3/getBucket:getBucket" && isDeepStrictEqual(inputs, { bucket: "acme-models" }),
      ),
    );
    const { policy } = one("aws:iam/rolePolicy:RolePolicy").inputs;
    assert.equal(JSON.parse(policy).Statement[0].Resource, "arn:aws:s3:::acme-models");
    assert.equal(
      one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec.containers[0].args[0],
      "s3://acme-models/models/chat/v1/",
    );
  }
  const excluded = await refusal({
    ...least,
    modelStore: { bucket: pulumi.output("acme-models"), onDestroy: "delete" },
  });
  assert.deepEqual(excluded, [
    "modelStore.onDestroy (arguments): excludes 'bucket', which stands beside it; keep one of them",
  ]);
});

test("in a preview a bucket that the same run makes is not asked for, as it is not there yet", async () => {
  const { one, invokes } = await platformOf(
    { ...least, modelStore: { bucket: pulumi.output("acme-models") } },
    { preview: true },
  );
  assert.deepEqual(
    invokes.filter(({ token }) => token.startsWith("aws:s3/")),
    [],
  );
  const { policy } = one("aws:iam/rolePolicy:RolePolicy").inputs;
  assert.equal(JSON.parse(policy).Statement[0].Resource, "arn:aws:s3:::acme-models");
});

test("a key may come from another resource, and be known only after the up", async () => {
  const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
  const modelStore = { bucket: "acme-models", kmsKey: pulumi.output(key) };
  const { one, all } = await platformOf({ ...least, modelStore });
  const { policy } = one("aws:iam/rolePolicy:RolePolicy").inputs;
  assert.equal(JSON.parse(policy).Statement[2].Resource, key);
  assert.deepEqual(all("aws:s3/bucket:Bucket"), []);
  const alias = await refusal({ ...least, modelStore: { kmsKey: "alias/models" } });
  assert.deepEqual(alias, [
    'modelStore.kmsKey (arguments): is "alias/models", but must be the ARN of a KMS key, of no alias: arn:aws:kms:<region>:<account>:key/<id>',
  ]);
});

test("groups that are Outputs as a whole are refused", async () => {
  const needed = "is an Output, and is needed before anything is deployed; write a plain value";
  const later = pulumi.output({});
  assert.deepEqual(await refusal({ ...least, cluster: { eks: "prod" }, modelStore: later, gpu: later }), [
    `modelStore (arguments): ${needed}`,
    `gpu (arguments): ${needed}`,
  ]);
});

test("two platforms live side by side; one model of a namespace is one platform's", async () => {
  const refusals: unknown[] = [];
  const made = (...others: InferencePlatformArgs[]) =>
    deploy(() =>
      pulumi.runtime.runInPulumiStack(async () => {
        new InferencePlatform("llm", least);
        try {
          for (const [at, args] of others.entries()) new InferencePlatform(`llm-${at}`, args);
        } catch (error) {
          refusals.push((error as Error).message);
        }
      }),
    );
  const { all } = await made(
    { ...least, namespace: { name: "other" } },
    { ...least, cluster: { eks: "dev" } },
    { ...least, models: { code: served } },
  );
  assert.equal(all("kubernetes:apps/v1:Deployment").length, 4);
  assert.deepEqual(refusals, []);
  await made(least);
  // Another program is another matter.
  await made();
  assert.deepEqual(refusals, [
    `the arguments of 'llm-0' have 1 problem; nothing of it was deployed.
  models.chat (arguments): is a model of 'llm' in namespace 'vllm' of cluster 'prod' already; take another name or namespace`,
  ]);
});
