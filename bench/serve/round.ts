import { LoadClient } from "../../lab/load/client.ts";
import { realNodes } from "../../lab/node/addresses.ts";
import type { Operation, Phase, Round } from "./rounds.ts";
import { models, namespace, pods, replicas, type Stage } from "./stage.ts";
import { selectorOf, type Variant } from "./variants.ts";

/**
 * What clients ask of each model: answers of 0.05 s to 3 s, in turn streamed and whole, and streams of 24 s, which no
 * drain of 20 s waits for. Two cores for nodes and clients are not busy with it.
 */
export const load = { workers: 12, requests: 0, tokens: [1, 5, 12, 24, 60], overlong: 480 };

/**
 * One round of a variant under load: a rollout of every model, a scale-down of every one and back, and a drain of every
 * node. The second node then has all pods, as where a cluster's nodes are replaced one after the other.
 */
export async function round(stage: Stage, variant: Variant, number: number): Promise<Round> {
  await stage.turn(variant);
  const begin = performance.now();
  const name = `load-${selectorOf(variant).split("=")[1]}-${number}`;
  const client = await LoadClient.start(stage.lab, namespace, name, { ...load, models: stage.asked(variant) });
  const phases: Phase[] = [];
  let ended = 0;
  const phase = async (operation: Operation, work: () => Promise<number>) => {
    const from = new Date().toISOString();
    ended += await work();
    phases.push({ operation, from, to: new Date().toISOString() });
  };
  await phase("rollout", () => rollOut(stage, variant));
  await phase("scale-down", () => scaleDown(stage, variant));
  for (const node of realNodes) await phase("drain", () => drain(stage, variant, node.name));
  const outcome = await client.stop();
  const seconds = (performance.now() - begin) / 1000;
  const [rollouts, scaleDowns, drains] = [models.length, models.length, realNodes.length];
  return { variant, seconds, rollouts, scaleDowns, drains, ended, phases, outcome };
}

/** Each operation returns how many pods it has ended. */
async function rollOut(stage: Stage, variant: Variant): Promise<number> {
  const which = ["deployment", "--selector", selectorOf(variant)];
  await stage.kubectl("rollout", "restart", ...which);
  await stage.kubectl("rollout", "status", ...which, "--timeout=240s");
  await stage.settled(variant, pods);
  return pods;
}

async function scaleDown(stage: Stage, variant: Variant): Promise<number> {
  await stage.scale(variant, 1);
  await stage.settled(variant, models.length);
  await stage.scale(variant, replicas);
  await stage.settled(variant, pods);
  return pods - models.length;
}

async function drain(stage: Stage, variant: Variant, node: string): Promise<number> {
  const own = ["--selector", selectorOf(variant), "--field-selector", `spec.nodeName=${node}`];
  const there = (await stage.kubectl("get", "pods", ...own, "--output", "name")).split("\n").filter(Boolean);
  try {
    await stage.kubectl("drain", node, `--pod-selector=${selectorOf(variant)}`, "--delete-emptydir-data");
    await stage.settled(variant, pods);
  } finally {
    await stage.kubectl("uncordon", node);
  }
  return there.length;
}
