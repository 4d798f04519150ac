import assert from "node:assert/strict";
import { deployment } from "../../components/objects.ts";
import type { ModelPlan } from "../../planning/model.ts";
import { memoryBytes } from "../../planning/pod/memory.ts";

const inputs = { serviceAccount: "a", apiKeySecret: "b", source: "s3://c/", region: "d", environmentSecret: "e" };

const flagValue = (args: readonly string[], flag: string): string | undefined => {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
};

/** All that must hold between the figures of a plan, and between them and the fields of the Deployment. */
export function assertRelations(plan: ModelPlan): void {
  const { budgets, rollout, replicas, gpuCount, gpus, autoscaling, args, memory } = plan;
  const { spec } = deployment(plan, "n", inputs) as unknown as {
    // biome-ignore lint/suspicious/noExplicitAny: the assertions say what is in it
    spec: any;
  };
  const pod = spec.template.spec;
  const [engine] = pod.containers;
  const { drain, provisioning, startup } = budgets;

  // The probe lasts as long as start-up; Kubernetes tells of a stuck rollout after it, and before Pulumi gives up.
  const { periodSeconds, failureThreshold } = engine.startupProbe;
  assert.ok((failureThreshold - 1) * periodSeconds >= startup);
  assert.ok(spec.progressDeadlineSeconds > provisioning + startup);
  assert.ok(budgets.creation > spec.progressDeadlineSeconds);
  assert.ok(budgets.rollout > rollout.waves * (provisioning + startup + drain.total));
  assert.ok(budgets.deletion > drain.total);

  // preStop + --shutdown-timeout + a buffer is the grace period.
  assert.equal(pod.terminationGracePeriodSeconds, drain.total);
  assert.equal(engine.lifecycle.preStop.sleep.seconds, drain.preStop);
  assert.equal(flagValue(args, "--shutdown-timeout"), String(drain.shutdownTimeout));
  assert.ok(drain.preStop + drain.shutdownTimeout < drain.total);

  // Never all at a time; waves are the largest count over what moves at once.
  const most = autoscaling?.max ?? replicas;
  const moved = rollout.surge + rollout.unavailable;
  assert.ok(moved >= 1);
  assert.equal(rollout.waves, rollout.strategy === "Recreate" ? 1 : Math.ceil(most / moved));
  if (rollout.strategy === "Recreate") assert.deepEqual([most, rollout.downtime], [1, true]);
  else if (replicas > 1) assert.ok(rollout.surge < replicas && rollout.unavailable < replicas);
  assert.equal(rollout.surge === 0 || rollout.unavailable === 0, true);

  if (autoscaling) assert.ok(autoscaling.min <= autoscaling.max && replicas === autoscaling.min);
  assert.equal(spec.replicas, replicas);
  assert.deepEqual(gpus, {
    steady: replicas * gpuCount,
    rolling: (replicas + rollout.surge) * gpuCount,
    max: (most + rollout.surge) * gpuCount,
  });

  // Tensor × pipeline are the pod's GPUs; the served name is one variable.
  const size = (flag: string) => Number(flagValue(args, flag) ?? 1);
  assert.equal(size("--tensor-parallel-size") * size("--pipeline-parallel-size"), Math.max(1, gpuCount));
  assert.equal(engine.resources.limits["nvidia.com/gpu"], gpuCount > 0 ? String(gpuCount) : undefined);
  assert.equal(flagValue(args, "--served-model-name"), plan.servedModelName);
  assert.equal(args.includes("runai_streamer"), plan.streamed);
  assert.equal(pod.initContainers === undefined, plan.streamed);

  // What lies in memory is counted in the limit, and what was checked fits.
  const inMemory = memoryBytes(memory.shm) + (memory.streamerBytes ?? 0);
  assert.ok(inMemory < memoryBytes(memory.limit));
  if (plan.fit.checked) assert.ok(plan.fit.fits && plan.fit.missingBytes === 0 && plan.fit.fullSequences >= 1);

  const names = engine.env.map(({ name }: { name: string }) => name);
  assert.equal(new Set(names).size, names.length, "a variable stands once");
  const flags = args.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/^--no-|=.*/g, ""));
  assert.equal(new Set(flags).size, flags.length, "a flag stands once");
  for (const time of [provisioning, startup, budgets.creation, budgets.rollout, budgets.deletion])
    assert.ok(Number.isInteger(time) && time > 0);
}
