import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isUnknown } from "../../lab/standins/plugin/values.ts";
import { type Made, make, region, startAws } from "./awsSetup.ts";
import { type ProviderUnderTest, urnOf } from "./harness.ts";

const roleType = "aws:iam/role:Role";
const rolePolicyType = "aws:iam/rolePolicy:RolePolicy";
const associationType = "aws:eks/podIdentityAssociation:PodIdentityAssociation";

const trust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Principal: { Service: "pods.eks.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] },
  ],
});
const reads = (prefix: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: `arn:aws:s3:::b/${prefix}/*` }],
  });

describe("aws, roles and pod identity", () => {
  let provider: ProviderUnderTest;
  before(async () => {
    provider = await startAws();
  });
  after(() => provider?.stop());

  const remove = ({ urn, id, outputs, inputs }: Made) => provider.delete(urn, id, outputs, inputs);
  const read = ({ urn, id, outputs, inputs }: Made) => provider.read(urn, id, outputs, inputs);
  const unchanged = ({ id, outputs, inputs }: Made) => ({ id, outputs, inputs });
  const gone = { id: "", outputs: {}, inputs: {} };

  test("a role gets a name of at most 64 characters and the defaults; its ARN is unknown in a preview", async () => {
    const urn = urnOf(roleType, "r".repeat(56));
    const { inputs } = await provider.check(urn, { assumeRolePolicy: trust });
    assert.match(String(inputs.name), /^r{56}-[0-9a-f]{7}$/);
    await assert.rejects(
      () => provider.check(urnOf(roleType, "r".repeat(57)), { assumeRolePolicy: trust }),
      /name 'r{57}-' plus 7 random chars is longer than maximum length 64/,
    );
    assert.deepEqual([inputs.path, inputs.maxSessionDuration, inputs.forceDetachPolicies], ["/", 3600, false]);
    assert.equal(inputs.region, undefined, "IAM has no region");
    const { outputs } = await provider.create(urn, inputs, { preview: true });
    for (const name of ["arn", "uniqueId", "createDate"]) assert.ok(isUnknown(outputs[name]), name);
  });

  test("a role without a trust policy is refused", async () => {
    const { failures } = await provider.check(urnOf(roleType, "r"), {});
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["assumeRolePolicy"],
    );
  });

  test("a role is made, read without drift, changed in place, and deleted", async () => {
    const made = await make(provider, roleType, "access", { assumeRolePolicy: trust, tags: { team: "ml" } });
    assert.equal(made.outputs.arn, `arn:aws:iam::123456789012:role/${made.id}`);
    assert.match(String(made.outputs.uniqueId), /^AROA/);
    assert.deepEqual(await read(made), unchanged(made));
    const news = { ...made.inputs, description: "reads models", maxSessionDuration: 7200, tags: {}, tagsAll: {} };
    const diff = await provider.diff(made.urn, made.id, made, news);
    assert.deepEqual([diff.changes, diff.replaces], ["some", []]);
    const outputs = await provider.update(made.urn, made.id, made, news);
    const after = { ...made, inputs: news, outputs };
    assert.deepEqual(await read(after), unchanged(after));
    assert.deepEqual([outputs.uniqueId, outputs.tagsAll], [made.outputs.uniqueId, {}]);
    assert.deepEqual((await provider.diff(made.urn, made.id, made, { ...made.inputs, name: "x" })).replaces, ["name"]);
    await remove(after);
    await remove(after);
    assert.deepEqual(await read(after), gone);
  });

  test("a trust policy of the same meaning is no change", async () => {
    const made = await make(provider, roleType, "same", { assumeRolePolicy: trust });
    const parsed = JSON.parse(trust) as { Statement: { Action: string[] }[] };
    parsed.Statement[0]?.Action.reverse();
    const news = { ...made.inputs, assumeRolePolicy: JSON.stringify(parsed, undefined, 2) };
    assert.equal((await provider.diff(made.urn, made.id, made, news)).changes, "none");
    await remove(made);
  });

  test("a role's policy has the id <role>:<name>, changes in place, and holds the role", async () => {
    const role = await make(provider, roleType, "holder", { assumeRolePolicy: trust });
    const made = await make(provider, rolePolicyType, "read", { role: role.id, policy: reads("a") });
    assert.equal(made.id, `${role.id}:${made.inputs.name}`);
    assert.deepEqual(await read(made), unchanged(made));
    const news = { ...made.inputs, policy: reads("b") };
    assert.deepEqual((await provider.diff(made.urn, made.id, made, news)).replaces, []);
    const outputs = await provider.update(made.urn, made.id, made, news);
    const after = { ...made, inputs: news, outputs };
    assert.deepEqual(await read(after), unchanged(after));
    const moved = await provider.diff(made.urn, made.id, made, { ...made.inputs, role: "other" });
    assert.deepEqual(moved.replaces, ["role"]);
    await assert.rejects(remove(role), /DeleteConflict/);
    await remove(after);
    assert.deepEqual(await read(after), gone);
    await remove(role);
  });

  test("an association binds a role to a service account; only the role can change", async () => {
    const role = await make(provider, roleType, "bound", { assumeRolePolicy: trust });
    const asked = {
      clusterName: "dev",
      namespace: "contract",
      serviceAccount: `chat-${Date.now()}`,
      roleArn: role.outputs.arn,
    };
    const urn = urnOf(associationType, "bind");
    const { inputs } = await provider.check(urn, asked);
    const preview = await provider.create(urn, inputs, { preview: true });
    for (const name of ["associationId", "associationArn"]) assert.ok(isUnknown(preview.outputs[name]), name);
    const made = await make(provider, associationType, "bind", asked);
    assert.match(made.id, /^a-/);
    assert.equal(made.outputs.associationId, made.id);
    assert.match(
      String(made.outputs.associationArn),
      new RegExp(`^arn:aws:eks:${region}:\\d+:podidentityassociation/dev/`),
    );
    assert.deepEqual(await read(made), unchanged(made));
    await assert.rejects(make(provider, associationType, "again", asked), /ResourceInUseException/);
    for (const property of ["clusterName", "namespace", "serviceAccount"]) {
      const diff = await provider.diff(urn, made.id, made, { ...made.inputs, [property]: "other" });
      assert.deepEqual(diff.replaces, [property]);
    }
    const other = await make(provider, roleType, "other", { assumeRolePolicy: trust });
    const news = { ...made.inputs, roleArn: other.outputs.arn };
    assert.deepEqual((await provider.diff(urn, made.id, made, news)).replaces, []);
    const outputs = await provider.update(urn, made.id, made, news);
    const after = { ...made, inputs: news, outputs };
    assert.deepEqual([outputs.associationId, outputs.roleArn], [made.id, other.outputs.arn]);
    assert.deepEqual(await read(after), unchanged(after));
    for (const thing of [after, after, role, other]) await remove(thing);
    assert.deepEqual(await read(after), gone);
  });

  test("an association with a cluster that does not exist is refused by AWS", async () => {
    const asked = {
      clusterName: "none",
      namespace: "n",
      serviceAccount: "s",
      roleArn: "arn:aws:iam::123456789012:role/x",
    };
    await assert.rejects(make(provider, associationType, "lost", asked), /ResourceNotFoundException.*none/s);
  });
});
