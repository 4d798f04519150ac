import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { SettingsError } from "../../config/problems.ts";
import { inKeyOrder, type Tree } from "../../config/tree.ts";
import { planStack } from "../../planning/plan.ts";
import type { RenderedObject, RenderedStack } from "../../render/objects.ts";
import { settingsOf } from "../../render/settings.ts";
import { renderStack } from "../../render/stack.ts";
import { projectOf } from "../cli/run.ts";
import { deployPlanned } from "../components/platform.ts";
import { least, resolved } from "../config/settings.ts";
import { allStacks, publishedProject, publishedSettings } from "./stacks.ts";

/** `renderStack`: the objects of a stack, as the components register them. */

const folder = publishedProject();
const one = ({ objects }: RenderedStack, type: string): RenderedObject => {
  const found = objects.filter((object) => object.type === type);
  assert.equal(found.length, 1, type);
  return found[0] as RenderedObject;
};
/** Every text in a value. */
const textsIn = (value: unknown): string[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [String(value)];

for (const stack of allStacks)
  describe(stack, () => {
    let rendered: RenderedStack;
    before(async () => {
      rendered = await renderStack(publishedSettings(stack, folder));
    });

    test("has all that the program registers but components and providers, with its options", async () => {
      const settings = publishedSettings(stack, folder);
      const { resources } = await deployPlanned(
        { ...settings, plan: planStack(settings) },
        { ipFamily: stack === "all" ? "ipv6" : "ipv4" },
      );
      const registered = resources.filter(({ custom, type }) => custom && !type.startsWith("pulumi:providers:"));
      const options = ({ type, name, protect, retainOnDelete }: Omit<RenderedObject, "properties" | "placeholders">) =>
        [`${type}::${name}`, { protect, retainOnDelete }] as const;
      assert.deepEqual(Object.fromEntries(rendered.objects.map(options)), Object.fromEntries(registered.map(options)));
      assert.equal(rendered.objects.length, registered.length);
    });

    test("every Kubernetes object says what it is, and lies in the namespace of the stack", () => {
      const namespace = stack === "all" ? "everything" : "inference";
      const inCluster = rendered.objects.filter(({ type }) => type.startsWith("kubernetes:"));
      assert.ok(inCluster.length >= 6);
      for (const { type, properties } of inCluster) {
        const { apiVersion, kind, metadata } = properties as { apiVersion: string; kind: string; metadata: Tree };
        assert.equal(type, `kubernetes:${apiVersion === "v1" ? "core/v1" : apiVersion}:${kind}`);
        if (kind === "Namespace") assert.equal(metadata.name, namespace);
        else assert.equal(metadata.namespace, namespace);
        assert.match(String(metadata.name), /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/);
      }
    });

    test("every name that a pod refers to is an object's, and every one that is chosen ends in a hash", () => {
      const names = (kind: string) =>
        rendered.objects.flatMap(({ type, properties }) =>
          type === `kubernetes:core/v1:${kind}` ? [String((properties.metadata as Tree).name)] : [],
        );
      const wanted: Record<"Secret" | "ConfigMap", Set<string>> = { Secret: new Set(), ConfigMap: new Set() };
      const collect = (value: unknown): void => {
        if (typeof value !== "object" || value === null) return;
        const { secretKeyRef, configMap } = value as { secretKeyRef?: { name: string }; configMap?: { name: string } };
        if (secretKeyRef) wanted.Secret.add(secretKeyRef.name);
        if (configMap) wanted.ConfigMap.add(configMap.name);
        Object.values(value).forEach(collect);
      };
      collect(rendered.objects.map(({ properties }) => properties));
      for (const kind of ["Secret", "ConfigMap"] as const) {
        assert.deepEqual([...wanted[kind]].sort(), names(kind).sort(), kind);
        for (const name of names(kind)) assert.match(name, /^vllm-[a-z-]+-[0-9a-f]{8}$/);
      }
      const bucket = one(rendered, "aws:s3/bucket:Bucket").properties.bucket as string;
      assert.match(bucket, /^vllm-models-bucket-[0-9a-f]{7}$/);
      for (const { type, properties } of rendered.objects)
        if (type.startsWith("aws:s3/")) assert.equal(properties.bucket, bucket, type);
      const roles = rendered.objects.filter(({ type }) => type === "aws:iam/role:Role");
      const policies = rendered.objects.filter(({ type }) => type === "aws:iam/rolePolicy:RolePolicy");
      const associations = rendered.objects.filter(({ type }) => type.startsWith("aws:eks/"));
      const roleNames = roles.map(({ properties }) => properties.name);
      assert.deepEqual(
        policies.map(({ properties }) => properties.role),
        roleNames,
      );
      assert.deepEqual(
        associations.map(({ properties }) => properties.roleArn),
        roleNames.map((name) => `arn:aws:iam::000000000000:role/${name}`),
      );
    });

    test("IAM documents are objects, of this bucket and this model alone", () => {
      const { bucket } = one(rendered, "aws:s3/bucket:Bucket").properties;
      const documents = rendered.objects.flatMap(({ type, name, properties }) =>
        ["aws:iam/rolePolicy:RolePolicy", "aws:s3/bucketPolicy:BucketPolicy"].includes(type)
          ? [[name, properties.policy as { Statement: Tree[] }] as const]
          : [],
      );
      assert.equal(documents.length, stack === "all" ? 3 : 2);
      const [rule] = one(
        rendered,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
      ).properties.rules as { applyServerSideEncryptionByDefault: { kmsMasterKeyId?: string } }[];
      const key = rule?.applyServerSideEncryptionByDefault.kmsMasterKeyId;
      assert.equal(key !== undefined, stack === "all");
      for (const [name, { Statement }] of documents)
        for (const resource of Statement.flatMap(({ Resource }) => Resource as string | string[])) {
          const [, model] = /^vllm-(.*)-access-policy$/.exec(name) ?? [];
          const inside = model ? [`arn:aws:s3:::${bucket}/models/${model}/*`, key] : [`arn:aws:s3:::${bucket}/*`];
          assert.ok([`arn:aws:s3:::${bucket}`, ...inside].includes(resource), resource);
        }
      for (const { type, properties } of rendered.objects)
        for (const text of textsIn(properties))
          if (type.startsWith("aws:")) assert.doesNotMatch(text, /^[{[]/, "a document in a text");
    });

    test("all keys are in order, and all objects", () => {
      for (const { properties } of rendered.objects)
        assert.equal(JSON.stringify(properties), JSON.stringify(inKeyOrder(properties)));
      const ids = rendered.objects.map(({ type, name }) => `${type}::${name}`);
      assert.deepEqual(ids, [...ids].sort());
    });

    test("is the same once more, and beside others", async () => {
      const again = await Promise.all(
        [stack, "prod", stack].map((name) => renderStack(publishedSettings(name, folder))),
      );
      assert.deepEqual([again[0], again[2]], [rendered, rendered]);
    });
  });

test("the order of settings, and so of registration, changes nothing but lists", async () => {
  const models = { chat: { revision: "v1" }, code: { revision: "v1", labels: { a: "1", b: "2" } } };
  const turned = { code: { labels: { b: "2", a: "1" }, revision: "v1" }, chat: { revision: "v1" } };
  const render = (models: Tree) => {
    const { model: _, ...rest } = least;
    return renderStack(resolved({ own: { ...rest, models } }));
  };
  const both = [await render(models), await render(turned)];
  assert.equal(JSON.stringify(both[0]), JSON.stringify(both[1]));
});

test("what a group becomes as a list is in the order of its keys, as Pulumi hands groups over", async () => {
  const files = {
    "Pulumi.yaml": "name: x\nruntime: nodejs\nconfig:\n  aws:region: {value: eu-west-1}\n",
    "Pulumi.s.yaml":
      "config:\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {product: L4}\n  vllm:models: {chat: {revision: v1}}\n  vllm:engine: {args: {seed: 3, max-logprobs: 5}, env: {Z: a, B: b, A: z}}\n",
  };
  const deployment = one(await renderStack(settingsOf(projectOf(files), "s")), "kubernetes:apps/v1:Deployment");
  const texts = textsIn(deployment.properties);
  const own = texts.filter((text) => ["Z", "B", "A", "--seed", "--max-logprobs"].includes(text));
  assert.deepEqual(own, ["--max-logprobs", "--seed", "A", "B", "Z"]);
});

test("another content is another name, of its own object and of what refers to it alone", async () => {
  const render = async (labels: Tree) => {
    const { objects } = await renderStack(resolved({ own: { ...least, revision: "v1", labels } }));
    return Object.fromEntries(objects.map(({ name, properties }) => [name, properties.metadata as Tree | undefined]));
  };
  const [before, after] = [await render({ team: "a" }), await render({ team: "b" })];
  assert.notEqual(before["vllm-chat-main-middleware"]?.name, after["vllm-chat-main-middleware"]?.name);
  assert.equal(before["vllm-api-key"]?.name, after["vllm-api-key"]?.name);
});

test("values of secrets are in nothing, whoever has them", async () => {
  const secrets = { value: "an-own-key-that-stays-secret", token: "a-token-that-stays-secret" };
  const own = {
    ...{ ...least, revision: "v1", apiKey: { value: secrets.value } },
    engine: { secretEnv: { A_TOKEN: secrets.token } },
  };
  const settings = resolved({ own });
  assert.deepEqual(Object.values(settings.secrets).sort(), Object.values(secrets).sort());
  const rendered = await renderStack(settings);
  for (const secret of Object.values(secrets)) assert.ok(!JSON.stringify(rendered).includes(secret));
  const held = rendered.objects.flatMap(({ properties }) => properties.stringData ?? []);
  assert.deepEqual(held, [{ "api-key": "[secret]" }, { A_TOKEN: "[secret]" }]);
});

test("a bucket of one's own is known by its name, in the partition of its region; none is made", async () => {
  for (const [region, partition] of [
    ["eu-west-1", "aws"],
    ["cn-north-1", "aws-cn"],
    ["us-gov-west-1", "aws-us-gov"],
  ] as const) {
    const own = { ...least, modelStore: { bucket: "acme-models" } };
    const rendered = await renderStack(resolved({ own, region }));
    assert.deepEqual(
      rendered.objects.filter(({ type }) => type.startsWith("aws:s3/")),
      [],
    );
    const { policy } = one(rendered, "aws:iam/rolePolicy:RolePolicy").properties as { policy: { Statement: Tree[] } };
    assert.deepEqual(
      policy.Statement.map(({ Resource }) => Resource),
      [`arn:${partition}:s3:::acme-models`, `arn:${partition}:s3:::acme-models/models/chat/*`],
    );
    const { assumeRolePolicy } = one(rendered, "aws:iam/role:Role").properties;
    assert.ok(textsIn(assumeRolePolicy).includes(`arn:${partition}:eks:${region}:000000000000:cluster/lab`));
  }
});

test("wrong settings are refused as everywhere, and the next render is none the worse", async () => {
  await assert.rejects(renderStack(resolved({ own: { ...least, replicas: 0 } })), SettingsError);
  assert.equal((await renderStack(resolved({}))).objects.length, 12);
});
