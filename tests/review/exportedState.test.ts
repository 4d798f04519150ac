import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FileError } from "../../config/sources/yaml.ts";
import { put, type Tree } from "../../config/tree.ts";
import { readState } from "../../review/exportedState.ts";
import { textOf } from "../upgrade/recordings.ts";
import { leaves } from "./generate.ts";
import { grouped, recorded, state } from "./recorded.ts";

/** What `pulumi stack export` printed, as it is read again. */

const of = { project: "pulumi-vllm", stack: "dev" };
const now = state("state1");
const read = (content: unknown) => readState("state.json", content, of);

function message(content: unknown): string {
  try {
    read(content);
  } catch (error) {
    assert.ok(error instanceof FileError, String(error));
    assert.equal(error.file, "state.json");
    return error.message;
  }
  return assert.fail("it was read");
}
const but = (path: string[], value: unknown): Tree => {
  const copy = structuredClone(now);
  put(copy, path, value);
  return copy;
};

test("a state has its resources with their names, in its order", () => {
  const { resources, pending } = read(now);
  const written = (now.deployment as { resources: Tree[] }).resources;
  assert.deepEqual(
    resources.map(({ state }) => state),
    written,
  );
  assert.deepEqual(pending, []);
  const bucket = resources.find(({ type }) => type === "aws:s3/bucket:Bucket");
  assert.equal(bucket?.name, "vllm-models-bucket");
  const urn = "urn:pulumi:dev::pulumi-vllm::vllm:index:A$a:b:C::one::two:three";
  const odd = { version: 3, deployment: { resources: [{ urn, type: "a:b:C" }] } };
  assert.deepEqual(read(odd).resources[0]?.name, "one::two:three");
});

test("versions 3 and 4 are read, with whatever features", () => {
  const names = ["dev", "prod", "several"].map((name) => JSON.parse(textOf({ version: "0.1.0", name })));
  assert.deepEqual([...new Set(names.map(({ state }) => state.version))].sort(), [3, 4]);
  for (const { stack, state } of names)
    assert.equal(readState("s", state, { ...of, stack }).resources.length, state.deployment.resources.length);
  assert.deepEqual(read({ ...now, version: 4, features: ["hooks", "something new"] }), read(now));
});

test("a stack that was never deployed, or is destroyed, has an empty state", () => {
  const manifest = { time: "2026-11-22T20:44:10Z", magic: "x", version: "v3.259.0" };
  for (const deployment of [{ manifest, metadata: {} }, { manifest, resources: [] }, { resources: null }, null])
    assert.deepEqual(read({ version: 3, deployment }), { resources: [], pending: [] });
});

test("what is no state is told, and what to do", () => {
  const none = "state.json: is no state as `pulumi stack export` prints it, which has version and deployment";
  for (const content of [null, [], "x", 1, {}, { version: 3 }, { deployment: {} }, { version: "3", deployment: {} }])
    assert.equal(message(content), none);
  assert.equal(
    message({ version: 3, checkpoint: { latest: now.deployment } }),
    "state.json: is a file of a backend, and no exported state: give what `pulumi stack export` prints",
  );
  assert.equal(
    message(grouped(recorded("update"))),
    "state.json: is a document of changes, and no state: give it with --changes",
  );
  assert.equal(
    message(but(["version"], 2)),
    "state.json: is a state of version 2, older than those that are read here (3, 4): an `up` with the Pulumi of today writes it anew",
  );
  assert.equal(
    message(but(["version"], 5)),
    "state.json: is a state of version 5, newer than those that are read here (3, 4): a newer version of this program may read it",
  );
  assert.equal(
    message(but(["deployment", "resources"], {})),
    "state.json: is no state: resources of its deployment is no list",
  );
  for (const resource of [null, {}, { urn: "urn:pulumi:dev::x" }, { urn: "urn:pulumi:dev::x", type: "y" }])
    assert.equal(
      message(but(["deployment", "resources"], [resource])),
      "state.json: is no state: a resource in it has no URN and type",
    );
});

test("the state of another stack, or of another project, is not judged by these settings", () => {
  assert.throws(() => readState("s", now, { ...of, stack: "prod" }), {
    message: "s: is the state of stack 'dev' of project 'pulumi-vllm', and not of 'prod' of 'pulumi-vllm'",
  });
  assert.throws(() => readState("s", now, { ...of, project: "shop" }), {
    message: "s: is the state of stack 'dev' of project 'pulumi-vllm', and not of 'dev' of 'shop'",
  });
});

test("whatever stands in a state, it is read or told, and never quoted", () => {
  const word = "QUOTED-".repeat(3);
  const places = leaves(now).filter((path) => !["urn", "version"].includes(String(path.at(-1))));
  const anything = fc.oneof(fc.constant(word), fc.jsonValue(), fc.constant({ [word]: word }));
  fc.assert(
    fc.property(fc.nat(), anything, (pick, value) => {
      const copy = structuredClone(now);
      const [last = "", ...way] = (places[pick % places.length] ?? []).toReversed();
      (way.toReversed().reduce((inner: unknown, part) => (inner as Tree)[part], copy) as Tree)[last] = value;
      try {
        read(copy);
      } catch (error) {
        assert.ok(error instanceof FileError, String(error));
        assert.ok(!error.message.includes(word), error.message);
      }
    }),
  );
});
