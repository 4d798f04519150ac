import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { PackageSchema } from "../../provider/schema.ts";
import { root } from "../config/settings.ts";

/** The programs in languages that are not run here: every name that they have of the package is one of its schema. */

const read = (file: string) => readFileSync(join(root, file), "utf8");
const { resources, types } = JSON.parse(read("provider/schema.json")) as PackageSchema;
const short = (token: string) => token.replace("vllm:index:", "");
const components = Object.keys(resources).map(short);
const typeNames = Object.keys(types).map(short);
const groups = [...Object.values(resources), ...Object.values(types)];
const names = new Set(
  groups.flatMap((group) => [
    ...Object.keys(("inputProperties" in group && group.inputProperties) || {}),
    ...Object.keys(group.properties ?? {}),
  ]),
);
const words = Object.entries(types).flatMap(([token, { enum: members = [] }]) =>
  members.map(({ name }) => [short(token), name] as const),
);
const found = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, name = ""]) => name);
const unknown = (used: readonly string[], known: ReadonlySet<string>) => used.filter((name) => !known.has(name));

test("Python: arguments, outputs, classes and words", () => {
  const text = read("examples/python/__main__.py").replace(/^import .*|^(config|kubeconfig|cluster) = .*/gm, "");
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const used = [...found(text, /"(\w+)":/g), ...found(text, /\b(\w+)=/g), ...found(text, /\b(?:store|llm)\.(\w+)/g)];
  assert.ok(used.length >= 15, String(used));
  assert.deepEqual(unknown(used, new Set([...[...names].map(snake), "opts", "providers", "chat"])), []);
  const upper = (name: string) => snake(name).replace(/^_/, "").toUpperCase();
  const classes = new Set([...components, ...words.map(([type, name]) => `${type}.${upper(name)}`)]);
  assert.deepEqual(unknown(found(text, /vllm\.([\w.]+)/g), classes), []);
});

test("Go: fields, outputs, types and words", () => {
  const text = read("examples/go/main.go");
  const capital = (name: string) => name.slice(0, 1).toUpperCase() + name.slice(1);
  const used = [...found(text, /\b([A-Z]\w+):/g), ...found(text, /\b(?:store|llm)\.(\w+)/g)];
  assert.ok(used.length >= 15, String(used));
  assert.deepEqual(unknown(used, new Set([...names].map(capital))), []);
  const known = [...components.map((name) => `New${name}`), ...words.map(([type, name]) => type + name)];
  const args = [...components, ...typeNames].map((name) => `${name}Args`);
  assert.deepEqual(unknown(found(text, /vllm\.(\w+)/g), new Set([...known, ...args])), []);
});
