import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { deepAt, isTree, type Tree } from "../../config/tree.ts";
import type { Told } from "../../review/changes.ts";
import { stateDigest } from "../../review/digest.ts";
import { withoutAutomaticNames } from "../../review/names.ts";
import type { Step } from "../../workspace/events.ts";
import { isSealed, leaves, preview, resealed, sealed } from "./generate.ts";
import { grouped, recorded, state } from "./recorded.ts";

const now = state("state1");
const digest = (told: Told, before: Tree = now): string => {
  const { digest = "" } = grouped(told, "preview", before);
  assert.match(digest, /^[0-9a-f]{64}$/);
  return digest;
};

/** A text that nothing else holds, put in the place of what stands at a path. */
function altered<T>(one: T, path: readonly (string | number)[]): T {
  const copy = structuredClone(one);
  const [last = "", ...way] = path.toReversed();
  const holder = way.toReversed().reduce((inner: unknown, part) => (inner as Tree)[part], copy);
  (holder as Tree)[last] = "something else altogether";
  return copy;
}

for (const pair of ["empty", "replacement", "unknown"])
  test(`two previews of one thing have one digest: ${pair}`, () => {
    const [one, other] = [recorded(`${pair}1`), recorded(`${pair}2`)];
    // They are two, with other names in them.
    assert.notDeepEqual(one.steps, other.steps);
    assert.equal(digest(one), digest(other));
  });

test("an automatic name makes no difference in JSON, arguments and references either, another reference does", () => {
  const one = recorded("unknown1");
  const renamed = JSON.parse(
    JSON.stringify(one).replaceAll("vllm-models-bucket-c813ac9", "vllm-models-bucket-0000000"),
  );
  assert.notDeepEqual(renamed, one);
  assert.equal(digest(renamed), digest(one));
  const elsewhere = JSON.parse(
    JSON.stringify(one).replaceAll("vllm-models-bucket-c813ac9/models/code", "b/models/code"),
  );
  assert.notEqual(digest(elsewhere), digest(one));
});

test("different changes have different digests", () => {
  const names = ["update", "replacement1", "deletion", "secret", "unknown1", "unprotect", "empty1", "many"];
  assert.equal(new Set(names.map((name) => digest(recorded(name)))).size, names.length);
});

test("each value of what would be makes a difference, in a real preview", () => {
  const told = recorded("replacement1");
  const whole = digest(told);
  const isTouched = ({ operation, metadata }: Step) => operation !== "same" && metadata.new !== undefined;
  const places = told.steps.flatMap((step, at) =>
    isTouched(step) ? leaves(step.metadata.new?.inputs, ["steps", at, "metadata", "new", "inputs"]) : [],
  );
  const changed = places.filter((path) => {
    const value = path.reduce((inner: unknown, part) => (inner as Tree)[part], told);
    return !isSealed(value) && path.slice(-2).join(".") !== "metadata.name";
  });
  assert.ok(changed.length > 200);
  for (const path of changed) assert.notEqual(digest(altered(told, path)), whole, path.join("."));
});

test("every single changed property makes a difference, a secret's value and the order do not", () => {
  fc.assert(
    fc.property(preview, fc.nat(), (told, pick) => {
      const whole = digest(told);
      assert.equal(digest(resealed(told)), whole);
      assert.equal(digest({ ...told, steps: told.steps.toReversed() }), whole);
      const places = told.steps.flatMap(({ metadata }, at) => {
        const way = ["steps", at, "metadata", "new", "inputs"];
        return metadata.new ? leaves(metadata.new.inputs, way) : [];
      });
      const path = places[pick % Math.max(1, places.length)];
      if (path === undefined || path.length <= 5) return;
      assert.notEqual(digest(altered(told, path)), whole);
    }),
    { numRuns: 400 },
  );
});

test("what is done to a resource, and its guards, make a difference", () => {
  const told = recorded("update");
  const whole = digest(told);
  const at = told.steps.findIndex(({ operation }) => operation === "update");
  const guarded = structuredClone(told);
  Object.assign(guarded.steps[at]?.metadata.new ?? {}, { protect: true });
  assert.notEqual(digest(guarded), whole);
  const replaced = structuredClone(told);
  Object.assign(replaced.steps[at] ?? {}, { operation: "replace" });
  assert.notEqual(digest(replaced), whole);
  assert.notEqual(digest({ ...told, steps: told.steps.toSpliced(at, 1) }), whole);
});

test("what a property differs from makes a difference", () => {
  const told = recorded("update");
  const at = told.steps.findIndex(({ name }) => name === "vllm-chat-main-deployment");
  const args = ["spec", "template", "spec", "containers", 0, "args", 4];
  const other = altered(told, ["steps", at, "metadata", "old", "outputs", ...args]);
  assert.notEqual(digest(other), digest(told));
});

test("each of two guards that are taken off makes a difference", () => {
  const told = recorded("unprotect");
  const kept = structuredClone(told);
  const step = kept.steps.find(({ name }) => name === "vllm-models-policy");
  assert.equal(step?.operation, "same");
  Object.assign(step.metadata.new ?? {}, { retainOnDelete: true });
  assert.notEqual(digest(kept), digest(told));
});

test("an automatic name that begins another is not taken for it", () => {
  const named = (...names: string[]) =>
    names.map((name, at) => ({
      ...{ urn: `urn-${at}`, name: "web" },
      metadata: { new: { id: "", inputs: { __defaults: ["name", "path"], name, path: "/" } } },
    })) as unknown as Step[];
  const text = withoutAutomaticNames(named("web-1", "web-12"));
  assert.equal(text("web-12/web-1/web-3//"), "<name of urn-1>/<name of urn-0>/web-3//");
  assert.equal(withoutAutomaticNames([])("web-1"), "web-1");
});

test("no secret's value is in a document", () => {
  fc.assert(
    fc.property(preview, (told) => {
      assert.ok(!JSON.stringify(grouped(told, "preview", now)).includes(sealed));
      assert.ok(!JSON.stringify(grouped(told, "up")).includes(sealed));
    }),
    { numRuns: 400 },
  );
});

test("only a preview that went through, of a known state, can be approved", () => {
  const told = recorded("update");
  for (const changes of [
    grouped(told),
    grouped(told, "up", now),
    grouped({ ...told, outcome: "aborted" }, "preview", now),
    grouped(recorded("protected"), "preview", now),
  ])
    assert.deepEqual([changes.digest, changes.stateDigest], [undefined, undefined]);
});

test("a destroy is approved by its preview; it is another than that of an up, and once done there is nothing to approve", () => {
  const told = recorded("destroy");
  const of = (steps: Told["steps"]) => grouped({ ...told, steps }, "destroy", now);
  const { digest, stateDigest: start } = of(told.steps);
  assert.match(digest ?? "", /^[0-9a-f]{64}$/);
  assert.equal(start, stateDigest(now));
  assert.equal(of(told.steps.toReversed()).digest, digest);
  assert.equal(grouped(told, "destroy").digest, undefined);
  for (const [at, step] of told.steps.entries()) {
    assert.notEqual(of(told.steps.toSpliced(at, 1)).digest, digest, step.urn);
    assert.equal(of(told.steps.with(at, { ...step, planned: false })).digest, undefined, step.urn);
  }
});

/** The state after `alter` has had its way with each resource. */
function edited(alter: (resource: Tree) => void): Tree {
  const copy = structuredClone(now);
  for (const resource of resourcesOf(copy)) alter(resource);
  return copy;
}
const resourcesOf = ({ deployment }: Tree): Tree[] => (isTree(deployment) ? (deployment.resources as Tree[]) : []);
const find = (type: string, all: Tree = now): Tree => resourcesOf(all).find((one) => one.type === type) ?? {};

test("a state that was written anew is the same state", () => {
  // A second export after an `up` that had nothing to do: every ciphertext is another one.
  const again = state("state2");
  assert.notDeepEqual(again, now);
  assert.equal(stateDigest(again), stateDigest(now));
  assert.equal(digest(recorded("update"), again), digest(recorded("update"), now));
});

test("the order of a state and its times make no difference, and it stays as it is", () => {
  const before = structuredClone(now);
  const other = edited((resource) => {
    Object.assign(resource, { created: "2020-01-01T00:00:00Z", modified: "2020-01-01T00:00:00Z" });
    if (Array.isArray(resource.dependencies)) resource.dependencies.reverse();
    const needed = Object.entries((resource.propertyDependencies ?? {}) as Record<string, string[]>);
    resource.propertyDependencies = Object.fromEntries(needed.filter(([, urns]) => urns.length > 0));
  });
  resourcesOf(other).reverse();
  assert.equal(stateDigest(other), stateDigest(now));
  assert.deepEqual(now, before);
});

test("what a cluster says of an object makes no difference", () => {
  const other = edited(({ outputs }) => {
    if (!isTree(outputs) || !isTree(outputs.metadata)) return;
    Object.assign(outputs.metadata, { resourceVersion: "9", generation: 9, managedFields: [] });
    // Controllers write these a moment after an object is made, and whoever works in the cluster.
    const annotations = { ...(outputs.metadata.annotations ?? {}), "deployment.kubernetes.io/revision": "9" };
    outputs.metadata.annotations = annotations;
    outputs.status = { replicas: 9 };
  });
  assert.equal(stateDigest(other), stateDigest(now));
  const ofOurs = edited(({ inputs, outputs }) => {
    const [asked, there] = [deepAt(inputs, ["metadata", "annotations"]), deepAt(outputs, ["metadata", "annotations"])];
    if (isTree(asked) && isTree(there)) for (const key of Object.keys(asked)) there[key] = "drifted";
  });
  assert.notEqual(stateDigest(ofOurs), stateDigest(now));
});

test("a state that has moved on is another one, and voids an approval", () => {
  const moved: Tree[] = [
    edited(() => {}),
    edited((resource) => Object.assign(resource.outputs ?? {}, { drifted: true })),
    edited((resource) => Object.assign(resource, { id: "another" })),
    edited((resource) => Object.assign(resource, { protect: true })),
    { ...now, deployment: { ...(now.deployment as Tree), resources: resourcesOf(now).slice(1) } },
    {
      ...now,
      deployment: {
        ...(now.deployment as Tree),
        pending_operations: [{ type: "creating", resource: find("aws:s3/bucket:Bucket") }],
      },
    },
    {},
  ];
  assert.equal(new Set(moved.map(stateDigest)).size, moved.length);
  const update = recorded("update");
  assert.equal(new Set(moved.map((before) => digest(update, before))).size, moved.length);
});
