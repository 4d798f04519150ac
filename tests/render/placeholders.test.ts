import assert from "node:assert/strict";
import { test } from "node:test";
import { settingsOf } from "../../render/settings.ts";
import { renderStack } from "../../render/stack.ts";
import { projectOf } from "../cli/run.ts";
import { stacks } from "../config/settings.ts";
import { publishedProject, publishedSettings } from "./stacks.ts";

/** Every place of a render that is not as it is deployed. */

const folder = publishedProject();

type Places = Record<string, Record<string, string>>;
const placesOf = async (settings: Parameters<typeof renderStack>[0]): Promise<Places> => {
  const { objects } = await renderStack(settings);
  return Object.fromEntries(
    objects.flatMap(({ type, name, placeholders }) =>
      placeholders.length === 0
        ? []
        : [
            [
              `${type.split(":")[0]} ${name}`,
              Object.fromEntries(placeholders.map(({ path, kinds }) => [path, kinds.join(", ")])),
            ],
          ],
    ),
  );
};

/** What all four stacks have. */
const shared: Places = {
  "aws vllm-chat-access-association": { roleArn: "account, name" },
  "aws vllm-chat-access-policy": {
    name: "name",
    "policy.Statement[0].Resource": "name",
    "policy.Statement[1].Resource": "name",
    role: "name",
  },
  "aws vllm-chat-access-role": {
    'assumeRolePolicy.Statement[0].Condition.StringEquals["aws:RequestTag/eks-cluster-arn"]': "account",
    name: "name",
  },
  "aws vllm-models-bucket": { bucket: "name" },
  "aws vllm-models-encryption": { bucket: "name" },
  "aws vllm-models-ownership": { bucket: "name" },
  "aws vllm-models-policy": {
    bucket: "name",
    "policy.Statement[0].Resource[0]": "name",
    "policy.Statement[0].Resource[1]": "name",
  },
  "aws vllm-models-public-access-block": { bucket: "name" },
  "aws vllm-models-versioning": { bucket: "name" },
  "kubernetes vllm-api-key": { "metadata.name": "name", "stringData.api-key": "secret" },
  "kubernetes vllm-chat-main-middleware": { "metadata.name": "name" },
};
/** What every Deployment has. */
const ofDeployment = {
  "spec.template.spec.containers[0].env[0].valueFrom.secretKeyRef.name": "name",
  "spec.template.spec.volumes[3].configMap.name": "name",
};
/** Where the bucket's name stands in it. */
const source = {
  dev: "spec.template.spec.initContainers[0].env[0].value",
  test: "spec.template.spec.containers[0].args[0]",
  staging: "spec.template.spec.containers[0].args[0]",
  prod: "spec.template.spec.containers[0].args[0]",
};

for (const stack of stacks)
  test(`${stack}: these, and no more`, async () => {
    assert.deepEqual(await placesOf(publishedSettings(stack, folder)), {
      ...shared,
      "kubernetes vllm-chat-main-deployment": { ...ofDeployment, [source[stack]]: "name" },
    });
    const { "kubernetes vllm-chat-main-middleware": _, ...withoutServer } = shared;
    assert.deepEqual(await placesOf(settingsOf(projectOf(), stack)), withoutServer);
  });

test("a setting that is encrypted and no secret is one too, where any text may stand", async () => {
  const files = {
    "Pulumi.yaml": "name: x\nruntime: nodejs\nconfig:\n  aws:region: {value: eu-west-1}\n",
    "Pulumi.s.yaml":
      "config:\n  vllm:cluster: {eks: lab}\n  vllm:gpu: {product: L4}\n  vllm:models: {chat: {revision: v1}}\n  vllm:engine: {args: {otlp-traces-endpoint: {secure: 'v1:abc'}}, env: {LICENSE: {secure: 'v1:def'}}}\n",
  };
  const places = await placesOf(settingsOf(projectOf(files), "s"));
  const found = Object.entries(places).flatMap(([name, paths]) =>
    Object.entries(paths).flatMap(([path, kinds]) => (kinds === "secret" ? [`${name} ${path}`] : [])),
  );
  assert.deepEqual(found.map((place) => place.replace(/args\[\d+\]/, "args")).sort(), [
    "kubernetes vllm-api-key stringData.api-key",
    "kubernetes vllm-chat-main-deployment spec.template.spec.containers[0].args",
    "kubernetes vllm-chat-main-environment stringData.LICENSE",
  ]);
});
