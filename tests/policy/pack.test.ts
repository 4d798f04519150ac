import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type PolicyResource, type StackValidationPolicy, unknownCheckingProxy } from "@pulumi/policy";
import pulumi from "@pulumi/pulumi";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { policyRules } from "../../config/schema/policyEntries.ts";
import type { Tree } from "../../config/tree.ts";
import { ruleNames, rules } from "../../policy/judge.ts";
import { notKnown } from "../../policy/known.ts";
import { objectOf } from "../../policy/pack/objects.ts";
import { policies } from "../../policy/pack/policies.ts";
import { packConfig } from "../../policy/packConfig.ts";
import type { PolicyContext, PolicyObject, RuleName } from "../../policy/rule.ts";
import { root } from "../config/settings.ts";
import { allStacks } from "../render/stacks.ts";
import { altered, levels, rendered } from "./subject.ts";

/** The pack by itself: its configuration, what it makes of the engine's resources, and what it tells. */

const { objects, context } = await rendered("prod");
const unknown = pulumi.runtime.unknownValue;

type Reported = { message: string; urn?: string; enforcementLevel?: string };

/** A resource as the SDK hands it to a policy. */
const resource = ({ type, name, properties, protect }: PolicyObject, stack = "prod") => ({
  ...{ type, name, urn: `urn:pulumi:${stack}::pulumi-vllm::${type}::${name}` },
  ...{ props: unknownCheckingProxy(properties), opts: { protect } },
});
const rootOf = (stack: string): PolicyObject => ({
  ...{ type: "pulumi:pulumi:Stack", name: `pulumi-vllm-${stack}`, properties: {}, protect: false },
});

/** What a policy reports of objects by a configuration, first of each by itself, then of all. */
async function reported(
  name: string,
  of: readonly PolicyObject[],
  config: object,
  stack = "prod",
): Promise<Reported[]> {
  const policy = policies.find((one) => one.name === name);
  assert.ok(policy, name);
  const found: Reported[] = [];
  const report = ((one: Reported) => found.push(one)) as never;
  const { enforcementLevel: _, ...rest } = config as { enforcementLevel?: string };
  const getConfig = () => rest;
  const resources = [rootOf(stack), ...of].map((one) => resource(one, stack));
  if ("validateStack" in policy)
    await (policy as StackValidationPolicy).validateStack({ resources, getConfig } as never, report);
  else if ("validateResource" in policy)
    for (const one of resources)
      await (policy.validateResource as (...args: unknown[]) => unknown)({ ...one, getConfig }, report);
  return found;
}

const configOf = (rule: RuleName | "settings", but: Partial<PolicyContext> = {}): object =>
  packConfig("prod", { ...context, ...but }, levels("mandatory"))[rule] as object;

test("each rule is a policy, off by itself, behind the one that asks for settings", () => {
  assert.deepEqual(
    policies.map(({ name, description, enforcementLevel }) => [name, description, enforcementLevel]),
    [
      ["settings", "The pack has the settings of this very stack, for all of its rules.", undefined],
      ...ruleNames.map((name) => [name, policyRules[name].about.description, "disabled"]),
    ],
  );
  // What needs one object alone is judged before that is made.
  assert.deepEqual(
    policies.filter((one) => "validateStack" in one).map(({ name }) => name),
    ruleNames.filter((name) => rules[name].of === "objects"),
  );
});

for (const stack of allStacks)
  test(`what the pack is told of ${stack} is what its schema describes`, async () => {
    const { context } = await rendered(stack);
    const config = packConfig(stack, context, levels("advisory", { bucketTls: "off" }));
    assert.deepEqual(
      Object.keys(config),
      policies.map(({ name }) => name),
    );
    for (const { name, configSchema } of policies) {
      const part = config[name as RuleName];
      if (name === "bucketTls") {
        assert.equal(part, "disabled");
        continue;
      }
      const { enforcementLevel, ...rest } = part as { enforcementLevel?: string };
      assert.equal(enforcementLevel, name === "settings" ? undefined : "advisory");
      // As JSON has it, and nothing beside what is described.
      const ajv = new Ajv({ strict: true, strictRequired: false });
      const validate = ajv.compile({ type: "object", ...configSchema, additionalProperties: false });
      assert.ok(validate(JSON.parse(JSON.stringify(rest))), `${name}: ${ajv.errorsText(validate.errors)}`);
      const described = JSON.stringify(configSchema).match(/"description":"[^"]{5,}"/g) ?? [];
      assert.ok(described.length >= Object.keys(configSchema?.properties ?? {}).length, name);
    }
  });

for (const stack of allStacks)
  test(`${stack} as it is: nothing is refused; what becomes of objects, and what is another's, is not checked`, async () => {
    const { objects, context } = await rendered(stack);
    const config = packConfig(stack, context, levels("mandatory"));
    for (const rule of ruleNames) {
      const found = await reported(rule, objects, config[rule] as object, stack);
      assert.deepEqual(
        found.filter(
          ({ message, enforcementLevel }) => !message.startsWith("not checked: ") || enforcementLevel !== "advisory",
        ),
        [],
        rule,
      );
      if (rule === "bucketKept")
        assert.deepEqual(
          found.map(({ message }) => message),
          ["not checked: there are no changes here; next: judge it where there are"],
        );
      else if (stack !== "all") assert.deepEqual(found, [], rule);
    }
  });

const whatToRun =
  "run `npm run policy -- --stack prod --pack-config policy-pack.json` in the program's folder, and give Pulumi that file by --policy-pack-config";

test("without settings, with those of another stack or with older ones, one refusal says what to run", async () => {
  const root = "urn:pulumi:prod::pulumi-vllm::pulumi:pulumi:Stack::pulumi-vllm-prod";
  const told = async (config: object) => {
    const found = await reported("settings", objects, config);
    assert.deepEqual(
      found.map(({ urn, enforcementLevel }) => [urn ?? root, enforcementLevel]),
      found.map(() => [root, undefined]),
    );
    return found.map(({ message }) => message);
  };
  assert.deepEqual(await told(configOf("settings")), []);
  assert.deepEqual(await told({}), [`the pack has no settings, and judges nothing: ${whatToRun}`]);
  assert.deepEqual(await told({ ...configOf("settings"), stack: "dev" }), [
    `the pack's settings are of stack dev, and it judges nothing of prod: ${whatToRun}`,
  ]);
  assert.deepEqual(await told({ stack: "prod", rules: ruleNames.filter((name) => name !== "staticKeys") }), [
    `the pack's settings are older than its rules staticKeys: ${whatToRun}`,
  ]);
});

test("a rule that is on without its settings refuses, with those of another stack it is silent", async () => {
  const two = objects.slice(0, 2);
  for (const rule of ruleNames) {
    const [first] = await reported(rule, two, {});
    assert.equal(first?.enforcementLevel, "mandatory", rule);
    assert.ok(first.message.startsWith("the pack has no settings of this rule"), first.message);
    assert.ok(first.message.endsWith(whatToRun), first.message);
    assert.deepEqual(await reported(rule, two, { ...configOf(rule), stack: "dev" }), [], rule);
  }
  const [{ message } = { message: "" }] = await reported("gpuQuota", two, { stack: "prod", gpus: 4 });
  assert.equal(message, `the pack has no settings of this rule (limits): ${whatToRun}`);
});

test("what is broken is told at the policy's level, by the object", async () => {
  const kind = "BucketPublicAccessBlock";
  const open = altered(objects, kind, ["blockPublicAcls"], false);
  const [block] = open.filter(({ type }) => type.endsWith(`:${kind}`));
  assert.deepEqual(await reported("bucketPrivate", open, configOf("bucketPrivate")), [
    {
      message:
        "blockPublicAcls: blockPublicAcls is not on; allowed: a public access block with blockPublicAcls, blockPublicPolicy, ignorePublicAcls, restrictPublicBuckets; next: take out what changes the bucket's guards, and leave them to ModelStore",
      urn: `urn:pulumi:prod::pulumi-vllm::${block?.type}::${block?.name}`,
    },
  ]);
  const many = await reported("gpuQuota", objects, configOf("gpuQuota", { limits: { gpus: 1 } }));
  assert.deepEqual(many, [
    {
      message:
        "policy.limits.gpus: the stack takes 22 GPUs at most; allowed: at most 1; next: lower autoscaling.max, replicas or gpu.spare, or raise the limit",
      urn: "urn:pulumi:prod::pulumi-vllm::pulumi:pulumi:Stack::pulumi-vllm-prod",
    },
  ]);
});

test("what is not known yet is advice, in one for all places of an object", async () => {
  const env = ["spec", "template", "spec", "containers", "0", "env"];
  const known = altered(objects, "Deployment", [...env, "0", "name"], unknown);
  const found = await reported(
    "staticKeys",
    altered(known, "Deployment", ["metadata", "name"], unknown),
    configOf("staticKeys"),
  );
  assert.deepEqual(
    found.map(({ message, enforcementLevel }) => [message, enforcementLevel]),
    [
      [
        "not checked: metadata.name, spec.template.spec.containers[0].env[0].name: it is not known yet; next: judge the render, or the stack after its up, where it is known",
        "advisory",
      ],
    ],
  );
});

test("a secret in what is told is none: it is judged, and not shown", async () => {
  const id = `AKIA${"ABCDEFGH12345678"}`;
  const held = altered(objects, "Secret", ["stringData", "api-key"], id);
  const [{ message } = { message: "" }] = await reported("staticKeys", held, configOf("staticKeys"));
  assert.match(message, /^stringData\["api-key"\]: it holds the id of an AWS key; /);
  const noReason = { models: { chat: { prefix: "models/chat/" } } };
  const image = ["spec", "template", "spec", "containers", "0", "image"];
  const named = altered(objects, "Deployment", image, `registry/${id}:v1`);
  const [told] = await reported("imageDigest", named, configOf("imageDigest", noReason));
  assert.match(told?.message ?? "", /\[secret\]/);
  assert.ok(!`${message}${told?.message}`.includes(id));
});

test("an object of the engine is one of the rules: plain, with what is not known as such, at any depth", () => {
  const props = { a: unknown, list: [1, unknown, { deep: unknown, no: null }], tree: { yes: true }, text: "x" };
  const one = { ...rootOf("prod"), properties: props as Tree, protect: true };
  const { type, name, properties, protect } = objectOf(resource(one) as unknown as PolicyResource);
  assert.deepEqual([type, name, protect], [one.type, one.name, true]);
  assert.deepEqual(properties, {
    ...{ a: notKnown, list: [1, notKnown, { deep: notKnown, no: null }] },
    ...{ tree: { yes: true }, text: "x" },
  });
});

test("the pack's folder: the program's version, which violations name, and an entry that Node runs as it is", () => {
  const read = (file: string) => readFileSync(join(root, file), "utf8");
  const { version, main, type } = JSON.parse(read("policy/pack/package.json"));
  assert.deepEqual([version, main, type], [JSON.parse(read("package.json")).version, "main.mjs", "module"]);
  assert.deepEqual(parse(read("policy/pack/PulumiPolicy.yaml")).runtime, {
    name: "nodejs",
    options: { typescript: false },
  });
});
