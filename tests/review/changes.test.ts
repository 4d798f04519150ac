import assert from "node:assert/strict";
import { test } from "node:test";
import type { Changes, ComponentChanges, DestructiveChange, ResourceChange } from "../../review/changes.ts";
import { expected, grouped, recorded, state } from "./recorded.ts";

/** The documents of recorded operations, whole. */

const previews = ["update", "replacement1", "deletion", "secret", "unknown1", "protected", "unprotect"];
for (const name of previews)
  test(`the preview '${name}' comes to its document`, () => assert.deepEqual(grouped(recorded(name)), expected(name)));
for (const name of ["failed", "stuck"])
  test(`the up '${name}' comes to its document`, () => assert.deepEqual(grouped(recorded(name), "up"), expected(name)));

test("the preview of a destroy comes to its document", () =>
  assert.deepEqual(grouped(recorded("destroy"), "destroy"), expected("destroy")));

/** What takes something away, in a line each. */
const harms = ({ destructive }: Changes) => destructive.map(({ name, harms }) => `${name}: ${harms.join(" ")}`);

/** Each property that differs, in a line. */
function lines({ resources, components }: Pick<ComponentChanges, "resources" | "components">): string[] {
  const own = resources.flatMap(({ name, properties = [] }: ResourceChange) =>
    properties.map(({ path, before, after, secret }) =>
      secret ? `${name} ${path}: changed` : `${name} ${path}: ${before} → ${after}`,
    ),
  );
  return [...own, ...components.flatMap(lines)];
}

test("an update says what was and what is to be, and that one of two rollouts has downtime", () => {
  const changes = grouped(recorded("update"));
  assert.deepEqual(lines(changes), [
    "vllm-chat-main-deployment spec.template.spec.containers[0].args[4]: 2048 → 4096",
    "vllm-code-disruption-budget metadata.labels.team: undefined → search",
    "vllm-code-service metadata.labels.team: undefined → search",
    "vllm-code-access-service-account metadata.labels.team: undefined → search",
    "vllm-code-main-deployment metadata.labels.team: undefined → search",
    "vllm-code-main-deployment spec.template.metadata.labels.team: undefined → search",
    "vllm-code-main-middleware metadata.labels.team: undefined → search",
  ]);
  assert.deepEqual(harms(changes), ["vllm-code-main-deployment: downtime"]);
});

test("a replacement says what forces it", () => {
  const { destructive } = grouped(recorded("replacement1"));
  assert.deepEqual(
    destructive.map(({ type, forcedBy }) => [type, forcedBy]),
    [
      ["kubernetes:core/v1:Secret", ["data", "stringData"]],
      ["random:index/randomPassword:RandomPassword", ["keepers"]],
      ["kubernetes:apps/v1:Deployment", undefined],
    ],
  );
});

test("a secret that changes is told as that, and what follows from it", () =>
  assert.deepEqual(lines(grouped(recorded("secret"))), [
    "vllm-chat-main-deployment spec.template.spec.containers[0].env[9].valueFrom.secretKeyRef.name: " +
      "vllm-chat-main-environment-c4a0e686 → vllm-chat-main-environment-af2f0328",
    "vllm-chat-main-environment data.TRACE_TOKEN: changed",
  ]));

test("what is known after the up only is told as unknown", () => {
  const unknown = lines(grouped(recorded("unknown1"))).filter((line) => line.endsWith("→ [unknown]"));
  assert.deepEqual(
    unknown.map((line) => line.split(":")[0]),
    ["vllm-chat-access-policy policy", "vllm-code-access-policy policy"],
  );
});

test("what is protected comes before everything else that is destructive", () =>
  assert.deepEqual(harms(grouped(recorded("protected"))), [
    "vllm-models-encryption: protected delete",
    "vllm-models-ownership: protected delete",
    "vllm-models-policy: protected delete",
    "vllm-models-versioning: protected delete",
    "vllm-code-main-deployment: downtime",
  ]));

test("a guard that is taken off is destructive, although nothing else about the resource changes", () => {
  const changes = grouped(recorded("unprotect"));
  const children = ["bucket", "encryption", "ownership", "policy", "public-access-block", "versioning"];
  assert.deepEqual(
    harms(changes),
    children.map((child) => `vllm-models-${child}: unprotected`),
  );
  assert.equal(changes.summary.update, 1);
});

test("a destroy that lets the bucket go says of it alone, and of its guards, that they stay where they are", () => {
  const { destructive, summary } = grouped(recorded("retained"), "destroy");
  assert.deepEqual(
    destructive.filter(({ retained }) => retained).map(({ name, harms }) => [name, ...harms]),
    ["bucket", "encryption", "ownership", "policy", "public-access-block", "versioning"].map((one) => [
      `vllm-models-${one}`,
      "delete",
    ]),
  );
  assert.deepEqual([destructive.length, summary.delete], [27, 36]);
});

test("a destroy that Pulumi refuses says where it ended", () => {
  const { outcome, reason, summary, destructive, digest } = grouped(recorded("refused"), "destroy", state("state1"));
  assert.deepEqual([outcome, digest, summary.delete], ["failed", undefined, 31]);
  assert.match(reason ?? "", /vllm-models-policy" cannot be deleted$/);
  // What is behind the guards was not come to.
  assert.equal(destructive.filter(({ harms }) => harms.includes("protected")).length, 4);
  assert.ok(destructive.every(({ name }) => name !== "vllm-models-bucket"));
});

test("the numbers are Pulumi's own", () => {
  for (const name of [...previews, "destroy", "retained", "bucketReplaced", "empty1", "stuck", "many"]) {
    const { changes, outcome } = recorded(name);
    const { summary } = grouped(recorded(name));
    const told = Object.fromEntries(Object.entries(summary).filter(([, count]) => count > 0));
    // What was refused is none of its numbers.
    if (outcome === "succeeded" || name === "stuck") assert.deepEqual(told, changes, name);
  }
});

test("of an empty stack, what comes is the platform and the access to its cluster", () => {
  const { resources, components, destructive } = grouped(recorded("empty1"));
  assert.deepEqual(
    resources.map(({ type, change }) => [type, change]),
    [["pulumi:providers:kubernetes", "create"]],
  );
  const [platform, ...others] = components;
  assert.deepEqual([platform?.name, platform?.change, others, destructive], ["vllm", "create", [], []]);
  assert.deepEqual(
    platform?.components.map(({ name }) => name),
    ["vllm-chat", "vllm-code", "vllm-models"],
  );
});

const platform = "urn:pulumi:dev::pulumi-vllm::vllm:index:InferencePlatform";

/** What a model is made of, as it is grouped; with a Secret where it has a secret of its own. */
function model(name: string, change: "create" | "delete", hasSecret = false): ComponentChanges {
  const component = (
    inner: string,
    path: string,
    resources: [string, string][],
    components: ComponentChanges[] = [],
  ) => {
    const type = `vllm:index:${path.split("$").at(-1)}`;
    const chain = `${platform}$${path.replace(/(^|\$)/g, "$1vllm:index:")}`;
    const made = resources.map(([suffix, token]): ResourceChange => {
      const own = { name: `vllm-${name}-${suffix}`, type: token };
      return { ...own, urn: `${chain}$${token}::${own.name}`, change, state: "planned" };
    });
    return { name: inner, type, urn: `${chain}::${inner}`, change, resources: made, components };
  };
  const access: [string, string][] = [
    ["access-association", "aws:eks/podIdentityAssociation:PodIdentityAssociation"],
    ["access-policy", "aws:iam/rolePolicy:RolePolicy"],
    ["access-role", "aws:iam/role:Role"],
    ["access-service-account", "kubernetes:core/v1:ServiceAccount"],
  ];
  const own: [string, string][] = [
    ["disruption-budget", "kubernetes:policy/v1:PodDisruptionBudget"],
    ["service", "kubernetes:core/v1:Service"],
  ];
  const workload: [string, string][] = [
    ["main-deployment", "kubernetes:apps/v1:Deployment"],
    ...(hasSecret ? [["main-environment", "kubernetes:core/v1:Secret"] satisfies [string, string]] : []),
    ["main-middleware", "kubernetes:core/v1:ConfigMap"],
  ];
  return component(`vllm-${name}`, "ModelServer", own, [
    component(`vllm-${name}-access`, "ModelServer$ModelAccess", access),
    component(`vllm-${name}-main`, "ModelServer$Workload", workload),
  ]);
}

/** What is deleted with a component, as it is told in the first place. */
const destroyed = (
  { name, resources, components }: ComponentChanges,
  outer: readonly string[],
): DestructiveChange[] => {
  const within = [...outer, name];
  const own = resources.map(({ name, type, urn }) => ({ name, type, urn, within, harms: ["delete" as const] }));
  return [...own, ...components.flatMap((inner) => destroyed(inner, within))];
};

test("fifty models come and two go, each with all that is its own, in a document that is small", () => {
  const whole = grouped(recorded("many"));
  const names = Array.from({ length: 50 }, (_, index) => `model-${String(index).padStart(2, "0")}`);
  const going = [model("chat", "delete", true), model("code", "delete")];
  const urn = `${platform}::vllm`;
  assert.deepEqual(whole, {
    ...{ schemaVersion: 1, stack: "dev", operation: "preview", outcome: "succeeded" },
    summary: { create: 550, update: 0, replace: 0, delete: 23, same: 13 },
    destructive: going.flatMap((one) => destroyed(one, ["vllm"])),
    resources: [],
    components: [
      {
        ...{ name: "vllm", type: "vllm:index:InferencePlatform", urn, change: "same", resources: [] },
        components: [...going, ...names.map((name) => model(name, "create"))],
      },
    ],
    diagnostics: names.map((name) => ({
      severity: "warning",
      message: `model ${name}: startup.seconds: 10 is less than the 626 s that this start is reckoned to take at the most; a pod that is not ready by then is killed, and starts again`,
      urn,
    })),
    violations: [],
  });
  assert.ok(JSON.stringify(whole).length < 200_000);
});
