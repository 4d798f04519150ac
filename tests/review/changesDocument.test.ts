import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FileError } from "../../config/sources/yaml.ts";
import type { Tree } from "../../config/tree.ts";
import { readChanges } from "../../review/changesDocument.ts";
import { policyChanges } from "../../review/policyChanges.ts";
import { leaves } from "./generate.ts";
import { grouped, recorded, state } from "./recorded.ts";

/** Documents of changes that are read again, for the rules. */

/** As it comes out of a file. */
const written = (document: object): Tree => JSON.parse(JSON.stringify(document));
const read = (document: object) => policyChanges(readChanges("changes.json", written(document), "dev"));
const destroy = grouped(recorded("destroy"), "destroy");

test("every resource that changes is judged once, components and what stays are not", () => {
  const { changes, partial } = read(destroy);
  assert.equal(partial, undefined);
  const gone = recorded("destroy").steps.filter(
    ({ metadata: { old }, type, name }) =>
      old?.custom && !(type.startsWith("pulumi:providers:") && name.startsWith("default_")),
  );
  const key = ({ type, name }: { type: string; name: string }) => `${type} ${name}`;
  assert.deepEqual(changes.map(key).sort(), gone.map(key).sort());
  assert.ok(changes.every(({ change, retained }) => change === "delete" && retained === undefined));
  const ofUpdate = read(grouped(recorded("update"))).changes;
  assert.deepEqual(
    ofUpdate.map(({ name, change }) => `${change} ${name}`),
    [
      "update vllm-chat-main-deployment",
      "update vllm-code-disruption-budget",
      "update vllm-code-service",
      "update vllm-code-access-service-account",
      "update vllm-code-main-deployment",
      "update vllm-code-main-middleware",
    ],
  );
});

test("what stays where it is when it leaves the stack is marked, alone", () => {
  const { changes } = read(grouped(recorded("retained"), "destroy"));
  const marked = changes.filter(({ retained }) => retained).map(({ name }) => name);
  assert.equal(marked.length, 6);
  assert.ok(marked.every((name) => name.startsWith("vllm-models-")));
});

test("of an operation that did not succeed there may be more, whatever it was", () => {
  for (const [name, operation] of [
    ["refused", "destroy"],
    ["protected", "preview"],
    ["failed", "up"],
    ["stuck", "up"],
  ] as const) {
    const told = recorded(name);
    const { partial = "" } = read(grouped(told, operation));
    assert.equal(partial, `the ${operation} did not succeed${told.reason ? ` (${told.reason})` : ""}`);
  }
});

test("what is no document of this stack is told, and what to do", () => {
  const message = (content: unknown) => {
    try {
      readChanges("changes.json", content, "dev");
    } catch (error) {
      assert.ok(error instanceof FileError, String(error));
      assert.equal(error.file, "changes.json");
      return error.message;
    }
    return assert.fail("it was read");
  };
  const but = (changes: object) => written({ ...destroy, ...changes });
  for (const none of [null, [], "x", 1, {}, { steps: [], changeSummary: {} }])
    assert.equal(message(none), "changes.json: is no document of changes, which has a schemaVersion (docs/changes.md)");
  assert.equal(message(state("state1")), "changes.json: is a state, and no document of changes: give it with --state");
  for (const schemaVersion of [0, 2, "1", null])
    assert.equal(
      message(but({ schemaVersion })),
      "changes.json: is of another schemaVersion than 1, the one that is read here: make it with this version",
    );
  assert.equal(
    message(but({ stack: "acme/pulumi-vllm/prod" })),
    "changes.json: has the changes of stack 'prod', and not of 'dev'",
  );
  for (const [wrong, where] of [
    [{ outcome: "perhaps" }, 'at outcome, ("succeeded" | "failed" | "aborted" | "killed") is due'],
    [{ operation: "refresh" }, 'at operation, ("preview" | "up" | "destroy") is due'],
    [{ stack: 1 }, "at stack, string is due"],
    [{ destructive: undefined }, 'at destructive, "destructive" is due'],
    [
      { resources: [{ ...destroy.resources[0], change: "gone" }] },
      'at resources.0.change, ("create" | "update" | "replace" | "delete" | "same") is due',
    ],
    [
      { components: [{ ...destroy.components[0], components: [{}] }] },
      'at components.0.components.0.resources, "resources" is due',
    ],
  ] as const)
    assert.equal(message(but(wrong)), `changes.json: is no document of changes (docs/changes.schema.json): ${where}`);
  assert.equal(readChanges("c", but({ stack: "acme/pulumi-vllm/dev" }), "dev").operation, "destroy");
  assert.equal(readChanges("c", but({ later: 1 }), "dev").operation, "destroy", "what is added later is passed over");
});

test("whatever stands in a document, it is read or told, and never quoted", () => {
  const document = written(grouped(recorded("retained"), "destroy"));
  const places = leaves(document);
  const word = "QUOTED-".repeat(3);
  const anything = fc.oneof(fc.constant(word), fc.jsonValue(), fc.constant({ [word]: word }));
  fc.assert(
    fc.property(fc.nat(), anything, (pick, value) => {
      const copy = structuredClone(document);
      const [last = "", ...way] = (places[pick % places.length] ?? []).toReversed();
      (way.toReversed().reduce((inner: unknown, part) => (inner as Tree)[part], copy) as Tree)[last] = value;
      try {
        readChanges("c", copy, "dev");
      } catch (error) {
        assert.ok(error instanceof FileError, String(error));
        // Whose they are has to be told.
        if (last !== "stack") assert.ok(!error.message.includes(word), error.message);
      }
    }),
  );
});
