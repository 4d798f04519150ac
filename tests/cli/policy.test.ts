import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stringify } from "yaml";
import * as policy from "../../cli/policy.ts";
import { holdsSecret } from "../../config/secretForms.ts";
import type { Tree } from "../../config/tree.ts";
import { ruleNames } from "../../policy/judge.ts";
import { packConfig } from "../../policy/packConfig.ts";
import { policyContext } from "../../review/policySubject.ts";
import { allStacks, publishedProject, publishedSettings } from "../render/stacks.ts";
import { said } from "./inProcess.ts";
import { cli, projectOf } from "./run.ts";

/** `npm run policy`: what the rules say of a stack, and how it ends. */

const base = {
  cluster: { eks: "lab" },
  gpu: { product: "L4" },
  image: { allowTag: "a release stays" },
  models: { chat: { revision: "v1", replicas: 2 } },
};
const single = { production: true, models: { chat: { replicas: 1 } } };

/** The stack `s` of two pods on an L4, with settings of its own. */
function project(own: Tree, region = "us-east-1"): string {
  const config = Object.fromEntries(Object.entries(own).map(([key, value]) => [`vllm:${key}`, value]));
  const shared = { "aws:region": { value: region }, "vllm:base": { value: base } };
  return projectOf({
    "Pulumi.yaml": stringify({ name: "x", runtime: "nodejs", config: shared }),
    "Pulumi.s.yaml": stringify({ config }),
  });
}
const judged = (own: Tree, ...args: string[]) => said(policy, "--stack", "s", "--project", project(own), ...args);

const unseen = `Not checked
  staticKeys (mandatory): stringData.api-key (kubernetes:core/v1:Secret vllm-api-key): its value is a secret; next: see that no AWS key is set there
  bucketKept (mandatory): there are no changes here; next: judge it where there are`;
const few =
  "spec.replicas (kubernetes:apps/v1:Deployment vllm-chat-main-deployment): it may have 1 replica; allowed: 2 or more; next: set replicas or autoscaling.min to 2 or more";

test("a stack that keeps all rules and its limits ends well, and says what was not checked", async () => {
  const output = `${unseen}\n\nStack s: 0 refused, 0 noted, 2 not checked`;
  assert.deepEqual(await judged({}), { code: 0, output });
  const limits = { gpus: 2, costPerHour: 1.6096 };
  assert.deepEqual(await judged({ policy: { limits } }), { code: 0, output });
});

test("an advisory rule notes, a mandatory one refuses, one that is off says nothing and is named", async () => {
  assert.deepEqual(await judged(single), {
    code: 0,
    output: `noted  availability (advisory): ${few}\n\n${unseen}\n\nStack s: 0 refused, 1 noted, 2 not checked`,
  });
  assert.deepEqual(await judged({ ...single, policy: { availability: "mandatory" } }), {
    code: 1,
    output: `refused  availability (mandatory): ${few}\n\n${unseen}\n\nStack s: 1 refused, 0 noted, 2 not checked`,
  });
  const off = { availability: "off", staticKeys: "off", bucketKept: "off" };
  assert.deepEqual(await judged({ ...single, policy: off }), {
    code: 0,
    output: "Stack s: 0 refused, 0 noted, 0 not checked; off: staticKeys, availability, bucketKept",
  });
});

const dear = `costCeiling (advisory): policy.limits.costPerHour: the stack costs 1.6096 USD an hour at most; allowed: at most 1.6 USD an hour; next: lower autoscaling.max, replicas or gpu.spare, take a cheaper GPU, or raise the limit`;
const tooMany =
  "gpuQuota (mandatory): policy.limits.gpus: the stack takes 2 GPUs at most; allowed: at most 1; next: lower autoscaling.max, replicas or gpu.spare, or raise the limit";

test("limits: what the plan takes and costs, in the order of the rules", async () => {
  assert.deepEqual(await judged({ policy: { limits: { gpus: 1, costPerHour: 1.6 }, costCeiling: "advisory" } }), {
    code: 1,
    output: `refused  ${tooMany}\nnoted  ${dear}\n\n${unseen}\n\nStack s: 1 refused, 1 noted, 2 not checked`,
  });
});

test("a cost that is unknown is too much; prices of another region are not checked", async () => {
  const rules = { limits: { costPerHour: 1000 }, staticKeys: "off", bucketKept: "off" };
  const scheduling = { nodeSelector: { "node.kubernetes.io/instance-type": "p5e.48xlarge" } };
  assert.deepEqual(await judged({ policy: rules, gpu: { product: "H200", count: 8 }, scheduling }), {
    code: 1,
    output: `refused  costCeiling (mandatory): policy.limits.costPerHour: the cost of chat is unknown: no price is known of p5e.48xlarge; prices gives one; allowed: at most 1000 USD an hour; next: give its instance type a price in prices

Stack s: 1 refused, 0 noted, 0 not checked; off: staticKeys, bucketKept`,
  });
  assert.deepEqual(await said(policy, "--stack", "s", "--project", project({ policy: rules }, "eu-west-1")), {
    code: 0,
    output: `Not checked
  costCeiling (mandatory): policy.limits.costPerHour: the cost is reckoned by prices of us-east-1, not of eu-west-1; next: give those of eu-west-1 in prices

Stack s: 0 refused, 0 noted, 1 not checked; off: staticKeys, bucketKept`,
  });
});

test("as JSON: every finding with its parts, and the same end", async () => {
  const limits = { gpus: 1 };
  const { code, output } = await judged({ policy: { limits, staticKeys: "off" } }, "--json");
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(output), {
    schemaVersion: 1,
    stack: "s",
    judged: "render",
    objects: 16,
    findings: [
      {
        ...{ rule: "gpuQuota", level: "mandatory", refuses: true, path: "policy.limits.gpus" },
        ...{ what: "the stack takes 2 GPUs at most", allowed: "at most 1" },
        next: "lower autoscaling.max, replicas or gpu.spare, or raise the limit",
      },
      {
        ...{ rule: "bucketKept", level: "mandatory", refuses: false, notChecked: true, path: "" },
        ...{ what: "there are no changes here", allowed: "what the rule can see", next: "judge it where there are" },
      },
    ],
    off: ["staticKeys"],
  });
  assert.equal((await judged({}, "--json")).code, 0);
});

test("what the policy pack is told of the stack is written, whatever is found", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pack-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "policy-pack.json");
  const own = { production: true, policy: { limits: { gpus: 1 }, bucketTls: "off", costCeiling: "advisory" } };
  const { code, output } = await judged(own, "--pack-config", file);
  assert.deepEqual([code, output], await judged(own).then((plain) => [1, plain.output]));
  const written = readFileSync(file, "utf8");
  assert.ok(written.endsWith("}\n"));
  const { settings, bucketTls, gpuQuota, costCeiling, imageDigest, staticKeys } = JSON.parse(written);
  assert.deepEqual(settings, { stack: "s", rules: ruleNames });
  assert.equal(bucketTls, "disabled");
  const mandatory = { enforcementLevel: "mandatory", stack: "s" };
  assert.deepEqual(gpuQuota, { ...mandatory, limits: { gpus: 1 }, gpus: 2 });
  assert.deepEqual(costCeiling, {
    ...{ enforcementLevel: "advisory", stack: "s", limits: { gpus: 1 }, region: "us-east-1" },
    cost: { perHour: 1.6096, unknown: [] },
  });
  const models = { chat: { prefix: "models/chat/", allowTag: "a release stays" } };
  assert.deepEqual(imageDigest, { ...mandatory, production: true, models });
  assert.deepEqual(staticKeys, mandatory);
  const nowhere = join(folder, "none", "policy-pack.json");
  assert.deepEqual(await judged({}, "--pack-config", nowhere), {
    code: 1,
    output: `--pack-config ${nowhere} cannot be written: ENOENT`,
  });
});

test("of every stack the policy pack is told all, and no secret", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "pack-config-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "policy-pack.json");
  const shipped = publishedProject();
  for (const stack of allStacks) {
    await said(policy, "--stack", stack, "--project", shipped, "--pack-config", file);
    const resolved = publishedSettings(stack, shipped);
    const context = policyContext(resolved);
    const config = packConfig(stack, context, resolved.settings.policy);
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), JSON.parse(JSON.stringify(config)));
    assert.equal(holdsSecret(config), false);
  }
});

test("wrong settings end as in explain, for a person and as JSON; wrong calls as a line and how to call it", async () => {
  const args = ["--stack", "s", "--project", project({ modle: "chat", policy: { gpuQuota: "strict" } })];
  for (const more of [[], ["--json"]]) {
    const explained = await cli("explain", ...args, ...more);
    assert.equal(explained.code, 1);
    assert.match(explained.output, /2 problems|"problems"/);
    const { code, output, stdout } = await cli("policy", ...args, ...more);
    assert.deepEqual([code, output, stdout], [1, explained.output, explained.stdout]);
  }
  const { code, output } = await said(policy);
  assert.equal(code, 2);
  assert.match(
    output,
    /^--stack is missing: which stack\?\nusage: npm run policy -- --stack STACK \[--changes FILE\] \[--state FILE\] \[--json\]\n {9}\[--pack-config FILE\]\n/,
  );
  const unknown = await said(policy, "--stack", "nope", "--project", projectOf());
  const files = "there are: dev, prod, staging, test";
  assert.deepEqual(unknown, { code: 1, output: `there is no stack 'nope': no file Pulumi.nope.yaml; ${files}` });
});

test("nothing of the stack with every setting is taken for a secret, and it ends well by itself", async () => {
  const { code, output, stdout } = await cli("policy", "--stack", "all", "--project", publishedProject());
  assert.deepEqual([code, output], [0, stdout]);
  assert.doesNotMatch(output, /\[secret\]/);
  assert.match(output, /^ {2}staticKeys \(advisory\): stringData\.A_TOKEN \(.*\): its value is a secret; /m);
});
