import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, parseAllDocuments } from "yaml";
import type { Tree } from "../../config/tree.ts";
import { documentOf, filesOf, streamOf } from "../../render/documents.ts";
import type { RenderedStack } from "../../render/objects.ts";
import { renderStack } from "../../render/stack.ts";
import { allStacks, publishedProject, publishedSettings } from "./stacks.ts";

/** A render as YAML. */

const folder = publishedProject();
const object = { type: "kubernetes:core/v1:ConfigMap", name: "x", protect: false, retainOnDelete: false };
const stackOf = (...objects: Partial<RenderedStack["objects"][number]>[]): RenderedStack => ({
  stack: "s",
  objects: objects.map((one) => ({ ...object, properties: {}, placeholders: [], ...one })),
});

for (const stack of allStacks)
  test(`${stack}: every reader of YAML finds the objects in it, by themselves and as a stream`, async () => {
    const rendered = await renderStack(publishedSettings(stack, folder));
    const documents = rendered.objects.map(documentOf);
    const files = filesOf(rendered);
    const byKeys = (all: unknown[]) => all.map((one) => JSON.stringify(one)).sort();
    for (const version of ["1.1", "1.2"] as const) {
      assert.deepEqual(byKeys(files.map(({ text }) => parse(text, { version }))), byKeys(documents));
      const stream = parseAllDocuments(streamOf(rendered), { version });
      assert.deepEqual(
        stream.map((one) => one.toJS()),
        files.map(({ text }) => parse(text, { version })),
      );
    }
    assert.deepEqual(
      files.map(({ path }) => path),
      files.map(({ path }) => path).sort(),
    );
    for (const { path, text } of files) {
      assert.match(path, /^(aws|kubernetes|random)\/vllm-[a-z-]+\.yaml$/);
      assert.ok(
        text.startsWith(`# ${path} of stack ${stack}. Made by "npm run render", whose next run overwrites it.\n`),
      );
      assert.ok(text.endsWith("\n"));
      assert.doesNotMatch(text, /[ \t]$/m);
    }
  });

test("text that a reader would take for something else stays text, and long text is not folded", () => {
  const data = {
    ...{ no: "no", on: "on", y: "y", time: "12:30:45", octal: "0755", date: "2026-11-20", null: "null", tilde: "~" },
    ...{
      float: "1e3",
      hex: "0x1F",
      under: "1_000",
      empty: "",
      merge: "<<",
      anchor: "*a",
      long: `${"word ".repeat(60)}end`,
    },
  };
  const [file] = filesOf(stackOf({ properties: { apiVersion: "v1", kind: "ConfigMap", metadata: {}, data } }));
  for (const version of ["1.1", "1.2"] as const)
    assert.deepEqual((parse(file?.text ?? "", { version }) as Tree).data, data);
  assert.ok(file?.text.includes(data.long));
});

test("what an object is comes first; what is not Kubernetes' is as Pulumi YAML has a resource", () => {
  const properties = { data: {}, apiVersion: "v1", kind: "ConfigMap", metadata: {} };
  assert.deepEqual(Object.keys(documentOf({ ...object, properties, placeholders: [] })), [
    "apiVersion",
    "kind",
    "metadata",
    "data",
  ]);
  const bucket = { ...object, type: "aws:s3/bucket:Bucket", properties: { bucket: "b" }, placeholders: [] };
  const document = { type: "aws:s3/bucket:Bucket", name: "x", properties: { bucket: "b" } };
  assert.deepEqual(documentOf(bucket), document);
  assert.deepEqual(documentOf({ ...bucket, protect: true, retainOnDelete: true }), {
    ...document,
    options: { protect: true, retainOnDelete: true },
  });
});

test("the comments name the placeholders", () => {
  const placeholders = [{ path: "data.a", kinds: ["account", "name"] as const }];
  const [file] = filesOf(stackOf({ type: "random:x", properties: {}, placeholders }));
  assert.deepEqual(file?.text.split("\n").slice(1, 3), [
    "# Placeholders, see docs/render.md:",
    "#   data.a: account, name",
  ]);
});

test("two objects that would share a file are a fault", () => {
  assert.throws(() => filesOf(stackOf({}, { type: "kubernetes:core/v1:Secret" })), /one name/);
});
