import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { projectFile, stackFile } from "../../cli/import/projectFiles.ts";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import { schemaAt, survivesImport } from "../../config/schema/schema.ts";
import { at, isTree, put, type Tree } from "../../config/tree.ts";
import { expected, importTrees, read, sets } from "./values.ts";

/** Of every setting the schema says whether an import decides it, or a person's own stays where the values do not say it. */

const follows = (path: readonly string[]) =>
  path.some((_, depth) => schemaAt(path.slice(0, depth + 1))?.about?.followsImport === true);
const leavesOf = (tree: Tree, path: string[] = []): string[][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) && Object.keys(value).length > 0 ? leavesOf(value, [...path, key]) : [[...path, key]],
  );

/** All settings but the models themselves. */
function settings(path: string[] = []): string[][] {
  if (path.join() === "models") return [];
  const members = schemaAt(path)?.members;
  return members ? Object.keys(members).flatMap((key) => settings([...path, key])) : [path];
}
const kept = settings().filter((path) => !follows(path));
const followed = settings().filter(follows);

test("every setting follows an import or survives it", () => {
  for (const path of settings()) assert.notEqual(survivesImport(path), follows(path), path.join("."));
  assert.ok(kept.length > 35 && followed.length > 15, `${kept.length}, ${followed.length}`);
  const names = kept.map((path) => path.join("."));
  for (const name of ["revision", "cluster.eks", "apiKey.value", "shape.layers", "drain.seconds", "image.digest"])
    assert.ok(names.includes(name), name);
});

test("only what some chart says follows an import; 'model' is short for what it says", () => {
  const said = sets.flatMap((set) => {
    const { base, stack } = expected(set);
    return [...leavesOf(base), ...leavesOf(stack)].map(([top = "", model = "", ...ofModel]) =>
      top === "models" && ofModel.length > 0 ? ofModel : [top, model, ...ofModel].filter(Boolean),
    );
  });
  const begins = (setting: readonly string[]) => said.some((leaf) => setting.every((key, at) => key === leaf[at]));
  assert.deepEqual(
    followed.filter((setting) => !begins(setting)).map((setting) => setting.join(".")),
    ["model"],
  );
});

for (const set of sets)
  test(`${set}: each setting of it follows an import or survives it`, () => {
    const { base, stack } = expected(set);
    for (const leaf of [...leavesOf(base), ...leavesOf(stack)]) {
      const [top, , ...ofModel] = leaf;
      const path = top === "models" && ofModel.length > 0 ? ofModel : leaf;
      assert.notEqual(survivesImport(path), follows(path), leaf.join("."));
    }
  });

const imported = importTrees([read("article/values.yaml").tree]);
const model = "llm-7b";
const project = { name: "demo", runtime: "nodejs", config: {} };
const secret = { secure: "v1:cipher" };

/** What a person may write at a setting: its example, or that encrypted. */
function written(path: string[], encrypted: boolean): unknown {
  const { type, about = { description: "" } } = schemaAt(path) ?? {};
  if (!encrypted && !about.secret) return about.example;
  return type === "record" && isTree(about.example)
    ? Object.fromEntries(Object.keys(about.example).map((key) => [key, secret]))
    : secret;
}

/** Where a setting may stand in a layer. */
const places = (path: string[]): string[][] => [
  path,
  ...((path[0] as string) in modelEntries ? [["models", model, ...path]] : []),
];

/** A stack's file with a setting that a person has added, as another import of the same values leaves it. */
function again(place: readonly string[], value: unknown) {
  const own: Tree = {};
  put(own, place, value);
  const config = Object.fromEntries(Object.entries(own).map(([key, inner]) => [`vllm:${key}`, inner]));
  const file = stackFile("Pulumi.s.yaml", stringify({ config }), imported);
  const after: Tree = parse(file.text).config;
  return { ...file, value: at(after, [`vllm:${place[0]}`, ...place.slice(1)]) };
}

for (const encrypted of [false, true])
  test(`what a person sets${encrypted ? ", encrypted," : ""} stays over another import that does not say it`, () => {
    for (const path of kept)
      for (const place of places(path)) {
        const value = written(path, encrypted);
        const { conflicts, changed, value: after } = again(place, value);
        assert.deepEqual([conflicts, changed, after], [[], false, value], place.join("."));
      }
  });

test("the same in what all stacks share", () => {
  const { text } = projectFile("Pulumi.yaml", stringify(project), imported);
  assert.deepEqual(parse(text).config["vllm:base"].value, imported.base);
  for (const path of kept.filter((one) => !schemaAt(one)?.about?.secret))
    for (const place of places(path)) {
      const before = parse(text) as Tree;
      const value = written(path, false);
      put(before, ["config", "vllm:base", "value", ...place], value);
      const file = projectFile("Pulumi.yaml", stringify(before), imported);
      const after = at(parse(file.text), ["config", "vllm:base", "value", ...place]);
      assert.deepEqual([file.conflicts, file.changed, after], [[], false, value], place.join("."));
    }
});

test("what the values decide goes where they do not say it any more, and is told", () => {
  for (const path of followed)
    for (const place of places(path)) {
      const { conflicts, changed, value } = again(place, written(path, false));
      const keys = conflicts.map(({ key, to }) => [key.startsWith(`vllm:${place.join(".")}`), to]);
      assert.ok(keys.length > 0, place.join("."));
      for (const one of keys) assert.deepEqual(one, [true, "nothing"], place.join("."));
      assert.deepEqual([changed, value], [true, undefined], place.join("."));
    }
});
