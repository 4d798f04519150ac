import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Tree } from "../../config/tree.ts";
import { notKnown } from "../../policy/known.ts";
import { pathOf } from "../../review/paths.ts";
import { alteredState, deployed, objectsOf } from "../policy/states.ts";
import { leaves, sealed } from "./generate.ts";

/** Objects of a state: what is there, and nothing of a secret. */

const prod = deployed("prod");
const several = deployed("several");
const kinds = (state: Tree) =>
  objectsOf({ ...prod, state })
    .objects.map(({ type }) => type.split(":").at(-1))
    .sort();
const one = (kind: string, state = prod.state) => {
  const [found, ...others] = objectsOf({ ...prod, state }).objects.filter(({ type }) => type.endsWith(`:${kind}`));
  assert.deepEqual(others, []);
  return found ?? assert.fail(kind);
};

test("objects are what plugins manage, their providers too, no components", () => {
  assert.deepEqual(kinds(prod.state), [
    ...["Bucket", "BucketOwnershipControls", "BucketPolicy", "BucketPublicAccessBlock"],
    ...["BucketServerSideEncryptionConfiguration", "BucketVersioning", "Deployment", "HorizontalPodAutoscaler"],
    ...["PodDisruptionBudget", "PodIdentityAssociation", "RandomPassword", "Role", "RolePolicy", "Secret", "Service"],
    ...["ServiceAccount", "aws", "kubernetes", "random"],
  ]);
  assert.deepEqual(objectsOf(prod).leftOut, []);
});

test("the outputs are what is there; the inputs where a provider has said nothing", () => {
  const block = "BucketPublicAccessBlock";
  const outputs = (resource: Tree) => resource.outputs as Tree;
  const drifted = alteredState(prod.state, block, (resource) => {
    outputs(resource).blockPublicAcls = false;
  });
  assert.equal(one(block, drifted).properties.blockPublicAcls, false);
  const silent = alteredState(prod.state, block, (resource) => {
    delete resource.outputs;
    (resource.inputs as Tree).blockPublicAcls = "asked";
  });
  assert.equal(one(block, silent).properties.blockPublicAcls, "asked");
  const neither = alteredState(prod.state, block, (resource) => {
    delete resource.outputs;
    delete resource.inputs;
  });
  assert.deepEqual(one(block, neither).properties, {});
});

test("a bucket is known by the name that was chosen, and by its guard", () => {
  const { properties, protect } = one("Bucket");
  assert.match(String(properties.bucket), /^vllm-models-bucket-[0-9a-f]{7}$/);
  assert.equal(protect, true);
  assert.equal(one("BucketPolicy").properties.bucket, properties.bucket);
  const bare = alteredState(prod.state, "Bucket", (resource) => {
    delete resource.protect;
  });
  assert.equal(one("Bucket", bare).protect, false);
});

test("what the engine and its plugins keep for themselves is left out", () => {
  for (const { properties, name } of objectsOf(several).objects)
    assert.deepEqual(
      Object.keys(properties).filter((key) => key.startsWith("__")),
      [],
      name,
    );
});

test("secrets are told by their paths, of the outputs and of what was asked for", () => {
  const told = Object.fromEntries(
    objectsOf(several).objects.flatMap(({ name, secrets }) => (secrets ? [[name, secrets]] : [])),
  );
  assert.deepEqual(told, { "vllm-api-key": ["data"], "vllm-code-main-environment": ["data"] });
  const forgotten = alteredState(prod.state, "Deployment", (resource) => {
    (resource.inputs as { spec: { template: Tree } }).spec.template = {
      "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
      ciphertext: "v1:x",
    };
  });
  const { properties, secrets } = one("Deployment", forgotten);
  assert.deepEqual(secrets, ["spec.template"]);
  assert.equal((properties.spec as Tree).template, notKnown);
});

test("whatever is a secret, in inputs or outputs, encrypted or open: its path is told, and nothing of it", () => {
  const resources = (prod.state.deployment as { resources: Tree[] }).resources;
  const places = resources.flatMap((resource, at) =>
    resource.custom ? leaves(resource.outputs).map((path) => [at, path] as const) : [],
  );
  const open = fc.constantFrom("ciphertext", "plaintext", "value");
  fc.assert(
    fc.property(fc.nat(), fc.nat(), open, fc.boolean(), (pick, up, key, forgotten) => {
      const [at, whole] = places[pick % places.length] ?? assert.fail();
      const path = whole.slice(0, Math.max(1, whole.length - (up % 3)));
      const copy = structuredClone(prod.state);
      const resource = (copy.deployment as { resources: Tree[] }).resources[at] ?? assert.fail();
      const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", [key]: sealed };
      const [last = "", ...way] = path.toReversed();
      const holder = way.toReversed().reduce((inner: unknown, part) => (inner as Tree)[part], resource.outputs) as Tree;
      if (forgotten) {
        // The provider tells in the open what was a secret in what it was given.
        const inputs = structuredClone(resource.outputs) as Tree;
        (way.toReversed().reduce((inner: unknown, part) => (inner as Tree)[part], inputs) as Tree)[last] = secret;
        resource.inputs = inputs;
      }
      holder[last] = forgotten ? sealed : secret;
      const objects = objectsOf({ ...prod, state: copy }).objects;
      assert.ok(!JSON.stringify(objects).includes(sealed));
      if (String(path[0]).startsWith("__")) return;
      const found = objects.find(({ type, name }) => String(resource.urn).endsWith(`${type}::${name}`));
      assert.ok(found?.secrets?.includes(pathOf(path)), pathOf(path));
    }),
  );
});

test("what is not judged is told with its reason: pending deletion, another's, gone for now, left unfinished", () => {
  const marked = (kind: string, mark: string) =>
    alteredState(prod.state, kind, (resource) => {
      resource[mark] = true;
    });
  for (const [mark, reason] of [
    ["delete", "another has taken its place, and the next `pulumi up` deletes it"],
    ["external", "it is another's, and only read here; check it where it is made"],
    ["pendingReplacement", "it is deleted to be replaced, and the next `pulumi up` makes it anew"],
  ] as const) {
    const { objects, leftOut } = objectsOf({ ...prod, state: marked("Bucket", mark) });
    assert.deepEqual(leftOut, [{ type: "aws:s3/bucket:Bucket", name: "vllm-models-bucket", reason }]);
    assert.equal(objects.length, objectsOf(prod).objects.length - 1);
  }
  const unfinished = structuredClone(prod.state);
  const deployment = unfinished.deployment as Tree;
  const service = (deployment.resources as Tree[]).find(({ type }) => type === "kubernetes:core/v1:Service");
  deployment.pending_operations = [{ type: "updating", resource: service }];
  const { objects, leftOut } = objectsOf({ ...prod, state: unfinished });
  assert.equal(objects.length, objectsOf(prod).objects.length);
  assert.deepEqual(leftOut, [
    {
      ...{ type: "kubernetes:core/v1:Service", name: "vllm-chat-service" },
      reason:
        "Pulumi was ended while it was updating it, and whether it is done is not known; `pulumi refresh` finds out",
    },
  ]);
});
