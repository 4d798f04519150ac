import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { documentOf, filesOf } from "../../render/documents.ts";
import { renderStack } from "../../render/stack.ts";
import { Cluster } from "../e2e/cluster.ts";
import { unique } from "../e2e/support.ts";
import { allStacks, publishedProject, publishedSettings } from "../render/stacks.ts";

/** What is rendered is what a real API server takes: field by field, in a namespace of the strictest Pod Security level. */

const folder = mkdtempSync(join(tmpdir(), "rendered-"));
const namespace = `rendered-${unique}`;
/** The class of the stack with every setting on, which a cluster has or has not. */
const priorityClass = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "inference" } };
let cluster: Cluster;
before(async () => {
  cluster = new Cluster(await up());
  await cluster.createNamespace(namespace);
  await cluster.apply({ ...priorityClass, value: 1000 });
});
after(async () => {
  await cluster.kubectl("delete", "namespace", namespace, "--wait=false");
  await cluster.kubectl("delete", "priorityclass", priorityClass.metadata.name);
  rmSync(folder, { recursive: true });
});

/** Has the server do all but write an object down; with `fieldValidation=Strict` it refuses what it does not know. */
async function tried(text: string): Promise<string> {
  const file = join(folder, "object.yaml");
  writeFileSync(file, text);
  return cluster.kubectl("create", "--dry-run=server", "--validate=strict", "--output=name", "--filename", file);
}

/** The pod that a Deployment asks for. The level is enforced on pods alone. */
const podOf = ({ metadata, spec }: Tree) => {
  const { template } = spec as { template: { metadata: Tree; spec: Tree } };
  const { name } = metadata as Tree;
  return { apiVersion: "v1", kind: "Pod", metadata: { ...template.metadata, name, namespace }, spec: template.spec };
};

const rendered = (stack: string) => renderStack(publishedSettings(stack, publishedProject(namespace)));

test("the server sees a field that is none, and a pod that may too much", async () => {
  const { objects } = await rendered("prod");
  const [deployment] = objects.filter(({ type }) => type === "kubernetes:apps/v1:Deployment").map(documentOf);
  assert.ok(deployment);
  const misspelt = { ...deployment, spec: { ...(deployment.spec as Tree), replica: 1 } };
  await assert.rejects(tried(JSON.stringify(misspelt)), /unknown field "spec\.replica"/);
  const pod = podOf(deployment);
  const may = { ...pod, spec: { ...pod.spec, serviceAccountName: "default", hostNetwork: true } };
  await assert.rejects(tried(JSON.stringify(may)), /violates PodSecurity "restricted:latest"/);
});

for (const stack of allStacks)
  test(`${stack}: the server takes every object, and the pods of its Deployments`, async () => {
    const whole = await rendered(stack);
    const inCluster = whole.objects.filter(({ type }) => type.startsWith("kubernetes:"));
    const ofKind = (kind: string) => inCluster.filter(({ type }) => type.endsWith(`:${kind}`)).map(documentOf);
    const wanted = inCluster.map(({ properties }) => String((properties.metadata as Tree).name));
    const taken: string[] = [];
    // The stack's own namespace is there already; it is tried under another name.
    for (const { path, text } of filesOf(whole).filter((file) => file.path.startsWith("kubernetes/")))
      taken.push(await tried(path === "kubernetes/vllm-namespace.yaml" ? text.replace(namespace, "$&-x") : text));
    const names = taken.map((line) => line.trim().replace(/^.*\//, "").replace(`${namespace}-x`, namespace));
    assert.deepEqual(names.sort(), wanted.sort());

    // A pod is refused where its identity is not there.
    await cluster.apply(...ofKind("ServiceAccount"));
    const pods = ofKind("Deployment").map(podOf);
    assert.equal(pods.length, stack === "all" ? 2 : 1);
    for (const pod of pods) assert.equal(await tried(JSON.stringify(pod)), `pod/${pod.metadata.name}\n`);
    await cluster.kubectl("delete", "serviceaccount", "--all", "--namespace", namespace);
  });
