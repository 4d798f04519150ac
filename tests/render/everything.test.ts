import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { schemaAt } from "../../config/schema/schema.ts";
import { deepAt, isTree, type Tree } from "../../config/tree.ts";
import { everything } from "./stacks.ts";

/** The stack with every setting on has every setting on. */

/** All settings but the models themselves, and those that exclude one that is on. */
const excluded = ["model", "modelStore.bucket", "apiKey.rotation"];
function settings(path: string[] = []): string[][] {
  if (path.join() === "models") return [];
  const members = schemaAt(path)?.members;
  return members ? Object.keys(members).flatMap((key) => settings([...path, key])) : [path];
}

test("each setting stands in it, of the stack or of a model", () => {
  const { config } = parse(everything) as { config: Tree };
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(/^vllm:/, ""), value]));
  const places = [own, ...Object.values(isTree(own.models) ? own.models : {})];
  const missing = settings().filter((path) => places.every((place) => deepAt(place, path) === undefined));
  assert.deepEqual(missing.map((path) => path.join(".")).sort(), [...excluded].sort());
});
