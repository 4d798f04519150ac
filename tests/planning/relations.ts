import assert from "node:assert/strict";
import { deployment } from "../../components/objects/deployment.ts";
import type { ModelPlan } from "../../planning/model.ts";
import { imageReference } from "../../planning/pod/image.ts";
import { memoryBytes } from "../../planning/pod/memory.ts";
import type { VariantPlan } from "../../planning/variant.ts";

const inputs = {
  serviceAccount: "a",
  apiKeySecret: "b",
  middleware: "m",
  source: "s3://c/",
  region: "d",
  environmentSecret: "e",
};

const flagValue = (args: readonly string[], flag: string): string | undefined => {
  const at = args.indexOf(flag);
  return at < 0 ? undefined : args[at + 1];
};

/** All that must hold between the figures of a plan, and between them and the fields of the Deployment. */
export function assertRelations(plan: ModelPlan): void {
  assert.ok(plan.variants.length >= 1);
  for (const variant of plan.variants) assertVariant(plan, variant);
}

function assertVariant({ name, labels, servedModelName }: ModelPlan, variant: VariantPlan): void {
  const { budgets, rollout, scaling, gpus, facts, pod: planned } = variant;
  const { args, memory, streamed } = planned;
  const { count } = planned.gpu;
  const { spec } = deployment({ model: name, labels, namespace: "n" }, variant, inputs) as unknown as {
    // biome-ignore lint/suspicious/noExplicitAny: the assertions say what is in it
    spec: any;
  };
  const pod = spec.template.spec;
  const [engine] = pod.containers;
  const { drain, provisioning, startup } = budgets;

  // The probe lasts as long as start-up; Kubernetes tells of a stuck rollout after it, and what has waited for others.
  const { periodSeconds, failureThreshold } = engine.startupProbe;
  assert.ok((failureThreshold - 1) * periodSeconds >= startup);
  const wave = provisioning + startup + drain.total;
  assert.equal(spec.progressDeadlineSeconds, wave + budgets.turns + 60);
  assert.equal(budgets.rollout, rollout.waves * wave + budgets.turns + 120);
  assert.ok(budgets.deletion > drain.total);

  // preStop + --shutdown-timeout + a buffer is the grace period.
  assert.equal(pod.terminationGracePeriodSeconds, drain.total);
  assert.equal(engine.lifecycle.preStop.sleep.seconds, drain.preStop);
  assert.equal(flagValue(args, "--shutdown-timeout"), String(drain.shutdownTimeout));
  assert.ok(drain.preStop + drain.shutdownTimeout < drain.total);

  // Never all at a time; waves are the largest count over what moves at once.
  const { min, max } = scaling;
  const moved = rollout.surge + rollout.unavailable;
  assert.ok(moved >= 1);
  assert.equal(rollout.waves, rollout.strategy === "Recreate" ? 1 : Math.ceil(max / moved));
  if (rollout.strategy === "Recreate") assert.deepEqual([max, rollout.downtime], [1, true]);
  else if (min > 1) assert.ok(rollout.surge < min && rollout.unavailable < min);
  assert.equal(rollout.surge === 0 || rollout.unavailable === 0, true);

  if (scaling.kind === "fixed") assert.equal(min, max);
  assert.ok(min <= max);
  assert.equal(spec.replicas, min);
  assert.deepEqual(gpus, {
    steady: min * count,
    rolling: (min + rollout.surge) * count,
    max: (max + rollout.surge) * count,
  });

  // Tensor × pipeline are the pod's GPUs; the served name is one variable.
  const size = (flag: string) => Number(flagValue(args, flag) ?? 1);
  assert.equal(size("--tensor-parallel-size") * size("--pipeline-parallel-size"), Math.max(1, count));
  assert.equal(size("--tensor-parallel-size"), planned.tensorParallelSize);
  assert.equal(engine.resources.limits["nvidia.com/gpu"], count > 0 ? String(count) : undefined);
  assert.equal(flagValue(args, "--served-model-name"), servedModelName);
  assert.equal(args.includes("runai_streamer"), streamed);
  assert.equal(pod.initContainers === undefined, streamed);
  assert.equal(engine.image, imageReference(planned.image));

  // The program's middleware is found, and is around all others, whatever the user has.
  assert.deepEqual(args.slice(-2), ["--middleware", "pulumi_vllm_drain.Drain"]);
  const path = engine.env.find((one: { name: string }) => one.name === "PYTHONPATH").value;
  const mounted = engine.volumeMounts.find((one: { name: string }) => one.name === "middleware");
  assert.deepEqual(mounted, { name: "middleware", mountPath: path.split(":")[0], readOnly: true });

  // What lies in memory is counted in the limit, and what was checked fits.
  const inMemory = memoryBytes(memory.shm) + (memory.streamerBytes ?? 0);
  assert.ok(inMemory < memoryBytes(memory.limit));
  const { fit } = facts;
  if (fit.checked) assert.ok(fit.fits && fit.missingBytes === 0 && fit.fullSequences >= 1);

  // The nodes are those of the GPU and of the user, neither instead of the other.
  const selectors = { ...planned.gpu.nodeSelector, ...planned.scheduling.nodeSelector };
  assert.deepEqual(pod.nodeSelector ?? {}, selectors);
  const wanted = [planned.gpu.nodeSelector, planned.scheduling.nodeSelector].flatMap(Object.keys);
  assert.equal(Object.keys(selectors).length, wanted.length);

  const names = engine.env.map(({ name }: { name: string }) => name);
  assert.equal(new Set(names).size, names.length, "a variable stands once");
  const flags = args.filter((word) => /^--[a-z]/.test(word)).map((word) => word.replace(/^--no-|=.*/g, ""));
  assert.equal(new Set(flags).size, flags.length, "a flag stands once");
  for (const time of [provisioning, startup, spec.progressDeadlineSeconds, budgets.rollout, budgets.deletion])
    assert.ok(Number.isInteger(time) && time > 0);
}
