import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { problemsOf } from "../../cli/import/judge.ts";
import { covers, leaves, Place } from "../../cli/import/place.ts";
import { ImportError } from "../../cli/import/values.ts";
import { resolveSettings } from "../../config/settings.ts";
import type { Tree } from "../../config/tree.ts";
import { importTrees, pathOf, textOf } from "./values.ts";

/** Values in the forms that the charts' own documentation shows, and all that each becomes. */
interface Form {
  /** Whose form it is. */
  like: string;
  values: Tree;
  becomes?: {
    settings: Tree;
    /** What is said beside a setting, and the keys of which it is said. */
    notes: Record<string, string[]>;
    /** Reasons, and the keys that they are given for. */
    listed: Record<string, string[]>;
    /** Keys that say nothing. */
    nothing: string[];
    todo: string[];
  };
  /** The first line of what is said instead. */
  refused?: string;
}

const names = readdirSync(pathOf("forms")).map((file) => file.replace(/\.yaml$/, ""));
const forms = names.map((name): [string, Form] => [name, parse(textOf(`forms/${name}.yaml`), { version: "1.1" })]);

const grouped = <Entry extends { from: string }>(entries: readonly Entry[], by: (entry: Entry) => string) => {
  const groups: Record<string, string[]> = {};
  for (const entry of entries) groups[by(entry)] = [...(groups[by(entry)] ?? []), entry.from];
  return groups;
};

test("there are more than 25, of every chart that is known or named", () => {
  assert.ok(forms.length > 25, String(forms.length));
  for (const kind of [/^production-stack/, /^vLLM's example chart/, /^AI on EKS/, /^llm-d/])
    assert.ok(
      forms.some(([, { like }]) => kind.test(like)),
      String(kind),
    );
});

for (const [name, { like, values, becomes, refused }] of forms)
  test(`${name} (${like})`, () => {
    if (!becomes) {
      assert.throws(
        () => importTrees([values]),
        (error) => error instanceof ImportError && error.message.split("\n")[0] === refused,
      );
      return;
    }
    const { base, stack, mapped, unmapped, noops, todo } = importTrees([values]);
    const notes = mapped.flatMap(({ note, ...entry }) => (note ? [{ ...entry, note }] : []));
    assert.deepEqual(
      {
        settings: base,
        notes: grouped(notes, ({ to, note }) => `${to}: ${note}`),
        listed: grouped(unmapped, ({ reason }) => reason),
        nothing: noops,
        todo,
      },
      becomes,
    );
    assert.deepEqual(stack, {});
    const told = [...mapped, ...unmapped].map(({ from }) => from).concat(noops);
    assert.deepEqual(
      leaves(new Place(values)).filter((leaf) => !told.some((from) => covers(from, leaf))),
      [],
    );
    assert.doesNotMatch(JSON.stringify({ base, mapped, unmapped, todo }), /secret-of/);
    // No model of these runs on another processor than it did.
    for (const [model, { gpu }] of Object.entries((base.models ?? {}) as Record<string, { gpu?: Tree }>))
      assert.equal((gpu ?? (base.gpu as Tree | undefined))?.count === 0, /cpu/.test(name), model);
  });

/** What the program says of an import, where cluster, region and GPUs are known. */
function refusalsOf(values: Tree) {
  const { base } = importTrees([values]);
  const resolved = resolveSettings({
    stack: "prod",
    region: "eu-west-1",
    sources: [
      { name: "base", file: "Pulumi.yaml", prefix: "vllm:base.", tree: base, shared: true },
      { name: "stack", file: "Pulumi.prod.yaml", prefix: "vllm:", tree: { cluster: { eks: "prod" } } },
    ],
  });
  return problemsOf(resolved)
    .filter(({ kind }) => kind !== "missing")
    .map(({ key }) => key.replace("vllm:base.", ""));
}

test("what is taken over is what the program accepts, but for known holes of an old vLLM", () => {
  const refused = forms.flatMap(([name, { values, becomes }]) =>
    becomes ? refusalsOf(values).map((key) => `${name}: ${key}`) : [],
  );
  assert.deepEqual(refused, ["v1-today: models.b.engine.version", "v100: models.qwen7b.engine.version"]);
});
