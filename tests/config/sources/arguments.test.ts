import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Problem, SettingsError } from "../../../config/problems.ts";
import { resolveSettings } from "../../../config/settings.ts";
import { writtenInProgram } from "../../../config/sources/arguments.ts";
import type { Tree } from "../../../config/tree.ts";
import { planStack } from "../../../planning/plan.ts";
import { brokenStack } from "../broken.ts";
import { resolved, secretsOf } from "../settings.ts";

/** What is wrong with settings is wrong with arguments, and is told in the arguments' words. */

const runs = 2000;

function problemsOf(run: () => unknown): readonly Problem[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof SettingsError, String((error as Error).stack));
    return error.problems;
  }
  return [];
}

/** Over the base that a project's files have, as a layer above them. */
function asArguments(base: Tree, own: Tree) {
  const given = { stack: "prod", tree: own, later: secretsOf(own), region: "eu-west-1", hasKubeconfig: true };
  const written = writtenInProgram(given);
  // The values are at hand here.
  const sources = written.sources.map((source) => ({ ...source, unreadable: false }));
  const ofBase = { name: "base", file: "Pulumi.yaml", prefix: "vllm:base.", tree: base, shared: true };
  return resolveSettings({ ...written, sources: [ofBase, ...sources] });
}

/** A problem of the stack's file as it is told of arguments; the words for secrets, and for many holes, are their own. */
function translated({ key, layer, reason, ...problem }: Problem): Problem {
  const place = layer === "Pulumi.prod.yaml" ? { key: key.replace(/^vllm:/, ""), layer: "arguments" } : { key, layer };
  const said = reason === undefined || ["secret", "advisory"].includes(problem.kind) ? {} : { reason };
  return { ...problem, ...place, ...said };
}

test(`${runs} wrong stacks have the same findings as arguments, in their words`, () => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(brokenStack, ({ stack: { base, own } }) => {
      const ofFiles = problemsOf(() => planStack(resolved({ base, own })));
      const ofArguments = problemsOf(() => planStack(asArguments(base, own)));
      for (const { kind } of ofFiles) kinds.add(kind);
      assert.deepEqual(ofArguments.map(translated), ofFiles.map(translated));
      for (const { reason = "", layer } of ofArguments)
        if (layer === "arguments") assert.doesNotMatch(reason, /pulumi config|npm run|vllm:|stack's file|the file/);
    }),
    { numRuns: runs },
  );
  assert.deepEqual([...kinds].sort(), [
    "advisory",
    "conflict",
    "exclusive",
    "fit",
    "flag",
    "invalid",
    "missing",
    "reserved",
    "secret",
    "unknown",
  ]);
});
