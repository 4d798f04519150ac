import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSource } from "../../config/layers/layer.ts";
import { sentence } from "../../config/problems.ts";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import { schemaAt } from "../../config/schema/schema.ts";
import type { Tree } from "../../config/tree.ts";

const check = (tree: Tree) => checkSource({ name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree });

/** Each key of the schema, groups included, misspelt by one edit. */

const letters = "abcdefghijklmnopqrstuvwxyzS_-";

/** All words that are one edit away: a letter less, more, another, another case, or two that changed places. */
function edits(word: string): Set<string> {
  const found = new Set<string>();
  for (let at = 0; at <= word.length; at++) {
    const [before, after] = [word.slice(0, at), word.slice(at)];
    for (const letter of letters) {
      found.add(before + letter + after);
      if (after) found.add(before + letter + after.slice(1));
    }
    if (after) found.add(before + after.slice(1));
    if (after) found.add(before + (after[0] as string).toUpperCase() + after.slice(1));
    if (after.length > 1) found.add(before + after[1] + after[0] + after.slice(2));
  }
  found.delete(word);
  found.delete("");
  return found;
}

function paths(path: string[] = []): string[][] {
  const members = schemaAt(path)?.members ?? {};
  return Object.keys(members).flatMap((key) => {
    const here = [...path, key];
    return [here, ...(key === "models" ? [] : paths(here))];
  });
}

const nested = (path: readonly string[], value: unknown) =>
  path.reduceRight<unknown>((inside, key) => ({ [key]: inside }), value) as Tree;

test("every setting misspelt by one edit is refused by its key, and the right one is suggested", () => {
  const all = paths();
  const known = new Set(all.map((path) => path.join(".")));
  assert.ok(all.length > 75, String(all.length));
  const counts = { tried: 0, long: 0, right: 0 };
  const missed: string[] = [];
  for (const path of all) {
    const right = path.at(-1) as string;
    for (const wrong of edits(right)) {
      const misspelt = [...path.slice(0, -1), wrong];
      if (known.has(misspelt.join("."))) continue;
      for (const [prefix, tree] of [
        ["vllm:", nested(misspelt, 1)],
        ...((path[0] as string) in modelEntries
          ? [["vllm:models.chat.", { models: { chat: nested(misspelt, null) } }] as const]
          : []),
      ] as const) {
        const { problems } = check(tree);
        assert.equal(problems.length, 1, JSON.stringify(tree));
        const [problem] = problems;
        assert.ok(problem);
        assert.equal(problem.key, prefix + misspelt.join("."));
        assert.equal(problem.kind, "unknown");
        assert.match(sentence(problem), /^there is no such setting; /);
        counts.tried++;
        if (right.length < 4) continue;
        counts.long++;
        if (sentence(problem) === `there is no such setting; did you mean '${right}'?`) counts.right++;
        else missed.push(misspelt.join("."));
      }
    }
  }
  assert.ok(counts.tried > 50_000, String(counts.tried));
  assert.ok(counts.right >= 0.95 * counts.long, `${counts.right} of ${counts.long}; missed: ${missed.slice(0, 20)}`);
});

test("the same on the flags of the engine's arguments is told by the plan, on variables by nothing: any name may be meant", () => {
  const tree = { engine: { args: { "max-logprob": 5 }, env: { VLLM_LOGING_LEVEL: "x" } } };
  assert.deepEqual(check(tree).problems, []);
});
