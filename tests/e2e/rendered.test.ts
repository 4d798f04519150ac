import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { extraNode } from "../../lab/cluster/nodes.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { everything } from "../render/stacks.ts";
import { Cluster } from "./cluster.ts";
import { isJudgedAsRendered } from "./judged.ts";
import { isAsRendered } from "./registered.ts";
import { succeeded, unique } from "./support.ts";

/** A render is what the real engine registers, with every setting on; the four stacks are compared in their lives. */

const stack = "all";
const namespace = `e2e-rendered-${unique}`;

test("every setting on: the render is what the engine has registered", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const labels = { "node-role": "inference" };
  const ofGpus = { ...labels, "karpenter.k8s.aws/instance-gpu-name": "l4" };
  const nodes = [
    extraNode(`${namespace}-gpus`, { labels: ofGpus, gpus: 8 }),
    extraNode(`${namespace}-cpus`, { labels }),
  ];
  const classes = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: namespace } };
  await cluster.apply(...nodes, { ...classes, value: 1000 });
  t.after(async () => {
    await cluster.kubectl("delete", "node", ...nodes.map(({ metadata }) => metadata.name));
    await cluster.kubectl("delete", "priorityclass", namespace);
  });

  const project = await Project.stage(lab, namespace);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  const { kubeconfig, context } = lab;
  const ofLab: Tree = {
    "vllm:cluster": { eks: "prod", kubeconfig, context, ipFamily: "ipv4" },
    "vllm:namespace": { name: namespace },
    "vllm:scheduling": { priorityClassName: namespace },
    // They are set below, as only Pulumi can encrypt them.
    "vllm:apiKey": null,
    "vllm:models": {
      chat: { engine: { secretEnv: null, env: { LICENSE: null } } },
      code: { engine: { secretEnv: null } },
    },
  };
  await project.configure(stack, merge(parse(everything).config as Tree, ofLab));
  for (const [key, value] of [
    ["vllm:apiKey.value", "sk-own-key-of-our-clients"],
    ["vllm:models.chat.engine.env.LICENSE", "license-of-ours"],
    ["vllm:models.chat.engine.secretEnv.A_TOKEN", "a-token"],
    ["vllm:models.code.engine.secretEnv.A_TOKEN", "another-token"],
  ] as const)
    succeeded(await pulumi("config", "set", "--secret", "--path", key, value));
  succeeded(await pulumi("up", "--yes"));
  assert.equal((await cluster.readyPods(namespace)).length, 4);
  await isAsRendered(project, stack);
  await isJudgedAsRendered(project, stack);
  succeeded(await pulumi("destroy", "--yes", "--exclude-protected"));
});
