import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import {
  containsSecret,
  containsUnknown,
  fromStruct,
  isSecret,
  outputSignature,
  type Properties,
  type PropertyValue,
  plainProperties,
  secret,
  signatureKey,
  toStruct,
  unknown,
} from "../../lab/standins/plugin/values.ts";
import { root } from "../config/settings.ts";
import { type CallError, call, ProviderUnderTest } from "../contract/harness.ts";
import { EngineForTests } from "../contract/nodejsEngine.ts";

/** The provider of the components, called as the engine calls it for a program in another language. */

const key = "sk-0123456789abcdefghij";
const kubeconfig = "apiVersion: v1\nkind: Config\n";
const arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
const output = (value: PropertyValue | undefined, secret = false): PropertyValue => ({
  [signatureKey]: outputSignature,
  ...(value === undefined ? {} : { value }),
  secret,
  dependencies: ["urn:pulumi:dev::contract::test:index:Other::other"],
});

const engine = new EngineForTests();
let vllm: ProviderUnderTest;
before(async () => {
  await engine.start();
  vllm = await ProviderUnderTest.start(join(root, "provider/main.ts"), { args: [engine.address] });
});
after(async () => {
  await vllm?.stop();
  engine.stop();
});
beforeEach(() => {
  engine.resources.length = 0;
  engine.logs.length = 0;
});

async function construct(type: string, name: string, inputs: Properties): Promise<Properties> {
  const request = new provider.ConstructRequest()
    .setProject("contract")
    .setStack("dev")
    .setDryrun(true)
    .setParallel(4)
    .setMonitorendpoint(engine.address)
    .setType(`vllm:index:${type}`)
    .setName(name)
    .setInputs(toStruct(inputs))
    .setAcceptsOutputValues(true);
  const response = await call(vllm.client, vllm.client.construct, request);
  assert.equal(response.getUrn(), `urn:pulumi:dev::contract::vllm:index:${type}::${name}`);
  return fromStruct(response.getState());
}

/** What a construct is refused with. */
const refused = (construct: Promise<unknown>): Promise<CallError> =>
  construct.then(
    () => assert.fail("it was taken"),
    (error: CallError) => error,
  );

const one = (type: string) => {
  const found = engine.resources.filter((resource) => resource.type === type);
  assert.equal(found.length, 1, type);
  return found[0]?.inputs ?? {};
};

const platform = (namespace: string, more: Properties = {}): Properties => ({
  region: "eu-west-1",
  cluster: { eks: "prod", arn, kubeconfig: secret(kubeconfig) },
  namespace: { name: namespace, create: true },
  models: { chat: { revision: "v1", replicas: 2, gpu: { product: "L4", spare: 1 } } },
  apiKey: { value: secret(key) },
  ...more,
});

/** That neither secret is anywhere in plain text. */
function holdsSecrets(): void {
  for (const { type, name, inputs } of engine.resources)
    for (const text of [key, Buffer.from(key).toString("base64"), kubeconfig]) {
      const [json, sought] = [JSON.stringify(withoutSecrets(inputs)), JSON.stringify(text).slice(1, -1)];
      assert.equal(json.includes(sought), false, `${type} ${name}`);
    }
  for (const line of engine.logs) assert.equal(line.includes(key), false, line);
}

/** What is left of values when everything marked as secret is taken out. */
function withoutSecrets(value: unknown): unknown {
  if (isSecret(value)) return null;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutSecrets(inner)]));
}

test("a platform whose arguments have secrets, and an ARN that is not known yet", async () => {
  const cluster = { eks: "prod", arn: output(undefined), kubeconfig: secret(kubeconfig) };
  const state = await construct("InferencePlatform", "llm", platform("one", { cluster }));
  assert.deepEqual(plainProperties(state), {
    models: {
      chat: {
        endpoint: "http://chat.one.svc/v1",
        servedModelName: "chat",
        revision: "v1",
        replicas: { min: 2, max: 2 },
      },
    },
    endpoint: "http://chat.one.svc/v1",
    modelBucket: unknown,
    namespace: "one",
    apiKey: key,
  });
  assert.equal(isSecret(state.apiKey), true);
  assert.equal(containsSecret({ ...state, apiKey: null }), false);
  // Known at once, in the role's trust: the ARN is what may assume it.
  assert.equal(containsUnknown(one("aws:iam/role:Role").assumeRolePolicy), true);
  assert.deepEqual(one("vllm:index:InferencePlatform"), {});
  one("kubernetes:apps/v1:Deployment");
  holdsSecrets();
});

test("the same where a language makes one secret of a whole group, and of an argument that depends on others", async () => {
  const asGroups = platform("two", {
    region: output("eu-west-1"),
    cluster: secret({ eks: "prod", arn, kubeconfig }),
    apiKey: output({ value: key }, true),
    models: output({ chat: { revision: "v1", replicas: 2, gpu: { product: "L4", spare: 1 } } }),
  });
  const state = await construct("InferencePlatform", "groups", asGroups);
  const grouped = engine.resources.splice(0);
  const written = await construct("InferencePlatform", "groups", platform("two"));
  assert.deepEqual(plainProperties(state), plainProperties(written));
  const plain = (resources: typeof grouped) =>
    resources.map(({ type, name, inputs }) => JSON.stringify([type, name, plainProperties(inputs)])).sort();
  assert.deepEqual(plain(grouped), plain(engine.resources));
  engine.resources.push(...grouped);
  holdsSecrets();
});

test("what is not there may be null", async () => {
  const state = await construct("ModelStore", "store", { bucket: null, onDestroy: "delete", tags: null });
  assert.equal(one("aws:s3/bucket:Bucket").forceDestroy, true);
  assert.deepEqual(Object.keys(state).sort(), ["bucketArn", "bucketName"]);
  const more = { model: null, production: null, modelStore: { bucket: null }, autoscaling: null };
  await construct("InferencePlatform", "nulls", platform("three", more));
});

test("everything wrong comes in one error, by the properties' paths, and nothing is made below the component", async () => {
  const wrong = platform("four", {
    models: { chat: { replicas: 0, gpu: { prodct: "L4" }, engine: { args: { "max-logprob": 5 } } } },
    gpu: { product: output(undefined) },
    apiKey: { value: key },
  });
  const { message, properties } = await refused(construct("InferencePlatform", "wrong", wrong));
  // The engine adds the value to each path, which of text could be a secret.
  assert.equal(
    message,
    `the arguments of 'wrong' have 5 problems; nothing of it was deployed.
  apiKey.value (arguments): is a secret in plain text; hand over a secret Output at apiKey.value, such as config.requireSecret(…) or pulumi.secret(…)
  gpu.product (arguments): is an Output, and is needed before anything is deployed; write a plain value
  models.chat.gpu.prodct (arguments): there is no such setting; did you mean 'product'?`,
  );
  assert.deepEqual(properties, [
    ["models.chat.replicas", "is 0, but must be at least 1"],
    ["models.chat.engine.args.max-logprob", "is no flag of vLLM 0.32.0; did you mean 'max-logprobs'?"],
  ]);
  assert.equal(message.includes(key), false);
  assert.deepEqual(
    engine.resources.map(({ type }) => type),
    ["vllm:index:InferencePlatform"],
  );
});

test("of a group that arrives as one Output no path is told, to which the engine would add what is in it", async () => {
  const engineGroup = { args: { "max-logprob": key, "api-key": key }, env: { TOKEN: 5 } };
  for (const engine of [output(engineGroup), output(engineGroup, true), secret(engineGroup)]) {
    const { message, properties } = await refused(
      construct("InferencePlatform", "grouped", platform("six", { engine })),
    );
    assert.match(message, /engine\.args\.max-logprob \(arguments\): holds a secret, by its form/);
    assert.deepEqual(properties, []);
    assert.equal(message.includes(key), false);
  }
});

test("platforms of one run may not have one model in one namespace; the update after a preview may", async () => {
  await construct("InferencePlatform", "search", platform("five"));
  await construct("InferencePlatform", "search", platform("five"));
  const { message } = await refused(construct("InferencePlatform", "support", platform("five")));
  assert.equal(
    message,
    `the arguments of 'support' have 1 problem; nothing of it was deployed.
  models.chat (arguments): is a model of 'search' in namespace 'five' of cluster 'prod' already; take another name or namespace`,
  );
});

test("a component that there is not", async () => {
  await assert.rejects(construct("ModelServer", "inner", {}), {
    message:
      "there is no component 'vllm:index:ModelServer'; there are: vllm:index:InferencePlatform, vllm:index:ModelAccess, vllm:index:ModelStore",
  });
});
