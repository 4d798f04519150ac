import assert from "node:assert/strict";
import { test } from "node:test";
import type { V1Deployment } from "@kubernetes/client-node";
import { explainStack } from "../../render/explanation.ts";
import type { RenderedObject } from "../../render/objects.ts";
import { podFacts } from "../../render/podFacts.ts";
import { settingsOf } from "../../render/settings.ts";
import { renderStack } from "../../render/stack.ts";
import { projectOf } from "../cli/run.ts";
import { root, stacks } from "../config/settings.ts";
import { allStacks, publishedProject } from "./stacks.ts";

/** What an explanation says of objects and pods is what the components register. */

/** Names that Pulumi chooses end in a hash. */
const withoutHash = (text: string) => text.replace(/-[0-9a-f]{7,8}(?=$|\/|")/g, "-<hash>");

function nameOf({ type, name, properties }: RenderedObject): string {
  if (type.startsWith("kubernetes:")) return withoutHash((properties.metadata as { name: string }).name);
  const own =
    type === "aws:s3/bucket:Bucket" ? properties.bucket : type.startsWith("aws:iam/") ? properties.name : name;
  return withoutHash(String(own));
}

const inOrder = (objects: readonly { type: string; name: string }[]) =>
  objects.map(({ type, name }) => `${type} ${name}`).sort();

const ownBucket = `config:
  aws:region: eu-west-1
  vllm:cluster: {eks: lab}
  vllm:namespace: {name: team, create: true}
  vllm:modelStore: {bucket: our-models}
  vllm:gpu: {count: 0}
  vllm:models: {chat: {revision: v1, delivery: {kind: copy}, engine: {env: {A: "1$2$$(B)"}}}, code: {}}
`;
const cases: readonly [what: string, folder: string, stack: string][] = [
  ...allStacks.map((stack) => [`${stack}, served`, publishedProject(), stack] as [string, string, string]),
  ...stacks.map((stack) => [`${stack}, as it is shipped`, root, stack] as [string, string, string]),
  [
    "a bucket of the team's",
    projectOf({ "Pulumi.yaml": "name: x\nruntime: nodejs\n", "Pulumi.s.yaml": ownBucket }),
    "s",
  ],
];

for (const [what, folder, stack] of cases)
  test(`${what}: every object by type and name, and no other`, async () => {
    const settings = settingsOf(folder, stack);
    const { objects } = await renderStack(settings);
    const told = explainStack(settings);
    const all = [...told.objects, ...Object.values(told.models).flatMap((model) => model.objects)];
    const there = all.filter(({ awaitsRevision }) => !awaitsRevision);
    assert.deepEqual(inOrder(there), inOrder(objects.map((object) => ({ type: object.type, name: nameOf(object) }))));
    for (const { served, objects: ofModel } of Object.values(told.models))
      assert.equal(
        ofModel.some(({ awaitsRevision }) => awaitsRevision),
        !served,
      );
  });

for (const [what, folder, stack] of cases)
  test(`${what}: the pods are those of the Deployments, the addresses those of the Services`, async () => {
    const settings = settingsOf(folder, stack);
    const { objects } = await renderStack(settings);
    const ofKind = (kind: string) => objects.filter(({ properties }) => properties.kind === kind);
    const { models, namespace } = explainStack(settings);
    const served = Object.entries(models).filter(([, model]) => model.served);
    const deployments = ofKind("Deployment").map(({ properties }) => properties as unknown as V1Deployment);
    const rendered = deployments.map(({ metadata, spec }) => {
      const pod = JSON.parse(
        withoutHash(JSON.stringify(spec?.template.spec)).replaceAll("vllm-models-bucket-<hash>", "<model bucket>"),
      );
      return [metadata?.name, podFacts(pod)] as const;
    });
    assert.deepEqual(Object.fromEntries(served.map(([name, { pod }]) => [name, pod])), Object.fromEntries(rendered));
    const services = ofKind("Service").map(
      ({ properties }) =>
        properties as {
          metadata: { name: string; namespace: string };
          spec: { ports: { port: number; targetPort: string }[] };
        },
    );
    assert.deepEqual(
      served.map(([, { address }]) => [address.host, address.port]),
      services.map(({ metadata, spec }) => [`${metadata.name}.${metadata.namespace}.svc`, spec.ports[0]?.port]),
    );
    assert.ok(
      services.every(({ metadata, spec }) => metadata.namespace === namespace && spec.ports[0]?.targetPort === "http"),
    );
    for (const [, { address, pod }] of served) {
      const { probes } = pod.containers.at(-1) ?? {};
      assert.equal(address.targetPort, probes?.startup.port);
      assert.ok(address.targetPort > 0);
    }
  });
