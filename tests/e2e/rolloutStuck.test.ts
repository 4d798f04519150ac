import assert from "node:assert/strict";
import { test } from "node:test";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { extraNode } from "../../lab/cluster/nodes.ts";
import { podKindLabel } from "../../lab/cluster/podKinds.ts";
import { up } from "../../lab/lab.ts";
import { Rollouts } from "./rollout.ts";
import { unique } from "./support.ts";

/** One model for each way in which a rollout is stuck, beside one that is well, in one stack. */

const namespace = `e2e-stuck-${unique}`;
const priority = `stuck-${unique}`;
const kind = (name: string): Tree => ({ labels: { [podKindLabel]: name } });

/** What makes each stuck. */
const broken: Record<string, Tree> = {
  node: { scheduling: { nodeSelector: { "lab.vllm/none": "such" } } },
  image: kind("bad-image"),
  crash: kind("crash-loop"),
  probe: kind("never-ready"),
  volume: kind("no-volume"),
  quota: { scheduling: { priorityClassName: priority } },
};
const names = Object.keys(broken);

/** What is said of each: the pods' own reason, and what to do. */
const reasons: Record<string, RegExp[]> = {
  node: [
    /1 pod: no node takes it: 0\/\d+ nodes are available: .*didn't match Pod's node affinity\/selector/,
    /Make room/,
  ],
  image: [
    /1 pod: container vllm has no image vllm\/\S+: ImagePullBackOff: .*ErrImagePull.*not found/,
    /Correct image\./,
  ],
  crash: [
    /1 pod: container vllm ends again and again: exit code 1, Error\n/,
    /the end of the log of crash-\S+:\n(.*\| .*\n)+.*\| ValueError: No available memory for the cache blocks\./,
  ],
  probe: [
    /1 pod: container vllm runs and is not ready: Startup probe failed: HTTP probe failed with statuscode: 503/,
    /raise startup\.seconds/,
  ],
  volume: [/1 pod: cannot start: FailedMount: MountVolume\.SetUp failed/, /kubectl describe pod volume-/],
  quota: [/^ {2}pods are not made: pods "quota-\S+" is forbidden: exceeded quota: none/m, /Raise the quota/],
};

test("stuck rollouts, each in its own way", async (t) => {
  const lab = await up();
  // GPUs that no other test takes: nothing else is to keep a pod from its node.
  const roomy = { gpu: { product: "H100" } };
  const pool = { "lab.vllm/pool": priority };
  const one = { gpu: { product: "H200" }, scheduling: { nodeSelector: pool } };
  const base = (revision: string): Tree => ({
    ...Object.fromEntries([...names, "good"].map((name) => [name, { revision, ...roomy }])),
    // On a node that has room for one of its pods.
    count: { revision: "v1", ...one },
  });
  const node = extraNode(priority, { labels: { "karpenter.k8s.aws/instance-gpu-name": "h200", ...pool }, gpus: 1 });
  const stack = await Rollouts.stage(lab, namespace, base("v1"));
  const { cluster } = stack;
  const quota = { hard: { pods: "0" }, scopeSelector: { matchExpressions: [inPriority()] } };
  await cluster.apply({
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: priority },
    value: 1,
  });
  await cluster.apply({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none", namespace }, spec: quota });
  await cluster.apply(node);
  const deadline = async () => (await stack.deployment("good")).spec.progressDeadlineSeconds as number;

  const told = (said: Record<string, string>, left: RegExp) => {
    for (const name of names) {
      const text = said[name] ?? "";
      assert.match(
        text,
        /^model \w+: its rollout is stuck: no further pod became ready in \d+ s\. 0 of 1 new pods are ready; /,
      );
      for (const reason of reasons[name] ?? []) assert.match(text, reason);
      assert.match(text, left);
      // Each reason once: with its advice, two lines, and where there is a log, that.
      const indented = text.split("\n").filter((line) => /^ {2}\S/.test(line));
      assert.equal(indented.length, 2, text);
    }
  };

  await t.test("a first deployment fails in its time and says why; the model that is well is served", async () => {
    const { said, seconds } = await stack.fails(names, broken);
    told(said, /nothing serves this model/);
    assert.equal(await stack.ready("good"), 1);
    assert.ok(seconds < (await deadline()) + 60, `${seconds} s`);
  });

  await t.test("the next up, without a change, fails too, and at once", async () => {
    const { said, seconds } = await stack.fails(names, broken);
    told(said, /nothing serves this model/);
    assert.ok(seconds < (await deadline()), `${seconds} s`);
  });

  await t.test("with the corrections it goes through", async () => {
    await stack.rollsOut();
    for (const name of names) assert.equal(await stack.ready(name), 1, name);
  });

  await t.test("a change fails as well; what is corrected goes through, and the rest goes on failing", async () => {
    const changed = merge(base("v2"), { good: { replicas: 2 } });
    const more = { count: { replicas: 2 } };
    const { said, seconds } = await stack.fails([...names, "count"], merge(changed, broken, more));
    told(said, /nothing serves this model/);
    assert.match(
      said.count ?? "",
      /stuck.* 1 of 2 new pods are ready; these serve\.\n {2}1 pod: no node takes it: .*Insufficient/,
    );
    assert.ok(seconds < (await deadline()) + 60, `${seconds} s`);
    assert.equal(await stack.ready("good"), 2);
    const { node = {}, crash = {} } = broken;
    await stack.fails(["crash", "node"], merge(changed, { node, crash }));
    await stack.rollsOut(changed);
    for (const name of names) assert.equal(await stack.ready(name), 1, name);
  });

  await stack.destroy();
  await cluster.kubectl("delete", "priorityclass", priority);
  await cluster.kubectl("delete", "node", priority);
});

function inPriority() {
  return { scopeName: "PriorityClass", operator: "In", values: [priority] };
}
