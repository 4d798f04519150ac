import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { explanationText } from "../../cli/explain/text.ts";
import type { Imported } from "../../cli/import/import.ts";
import { problemsOf } from "../../cli/import/judge.ts";
import { covers, leaves, Place } from "../../cli/import/place.ts";
import { projectFile, stackFile } from "../../cli/import/projectFiles.ts";
import { reportOf } from "../../cli/import/report.ts";
import { ImportError } from "../../cli/import/values.ts";
import { type Problem, SettingsError } from "../../config/problems.ts";
import type { Tree } from "../../config/tree.ts";
import { explainStack } from "../../render/explanation.ts";
import { settingsOf } from "../../render/settings.ts";
import { stackTrees, variantsOf } from "./stackValues.ts";
import { importTrees, read } from "./values.ts";

/** A thousand values trees of production-stack's chart. */

const folder = mkdtempSync(join(tmpdir(), "generated-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const project = "name: demo\nruntime: nodejs\nconfig:\n  aws:region:\n    value: eu-west-1\n";

const write = (files: readonly { name: string; text: string }[]) => {
  for (const { name, text } of files) writeFileSync(join(folder, name), text);
};

/** What `explain` says of the files, or the problems for which it says nothing. */
function explained(): { text?: string; problems: readonly Problem[] } {
  const settings = settingsOf(folder, "prod");
  try {
    return { text: explanationText(explainStack(settings)), problems: [] };
  } catch (error) {
    if (error instanceof SettingsError) return { problems: error.problems };
    throw error;
  }
}

/** Imports values, and gives the models and whether `explain` shows them once the missing settings are there. */
function checked(values: Tree, chart: string): { models: number; rendered: boolean; unknown: string[] } {
  let imported: Imported;
  try {
    imported = importTrees([values], chart);
  } catch (error) {
    if (error instanceof ImportError && chart !== "vllm-stack") return { models: 0, rendered: false, unknown: [] };
    throw error;
  }
  const told = [...imported.mapped, ...imported.unmapped].map(({ from }) => from).concat(imported.noops);
  const lost = leaves(new Place(values)).filter((leaf) => !told.some((from) => covers(from, leaf)));
  assert.deepEqual(lost, []);

  if (chart === "vllm-stack") checkHardware(values, imported);
  // Advice is given once, or is the same again.
  const advised = imported.todo.flatMap((text) => [...text.matchAll(/--path '(vllm:[^']+)' (.+)/g)]);
  const settings = advised.map(([, path]) => path);
  assert.equal(new Set(advised.map(([text]) => text)).size, new Set(settings).size);

  const base = projectFile("Pulumi.yaml", project, imported);
  write([base, stackFile("Pulumi.prod.yaml", undefined, imported)]);
  const judged = problemsOf(settingsOf(folder, "prod"));
  const report = reportOf(imported, judged, []);
  for (const { key } of judged) assert.ok(report.includes(key), key);

  const models = Object.keys((imported.base.models ?? {}) as Tree);
  const unknown = imported.unmapped.flatMap(({ from, reason }) => (/is no key of/.test(reason) ? [from] : []));
  if (models.length === 0) return { models: 0, rendered: false, unknown };
  // What is missing is filled in, as the report asks.
  const unnamed = judged.filter(({ kind, path }) => kind === "missing" && path.includes("product"));
  const filled = [
    "config:",
    "  vllm:cluster: {eks: prod}",
    "  vllm:models:",
    ...models.map((name) => {
      const isUnnamed = unnamed.some(({ path }) => !path.includes("models") || path.includes(name));
      return `    ${name}: ${isUnnamed ? "{gpu: {product: H200}}" : "{}"}`;
    }),
  ].join("\n");
  write([{ name: "Pulumi.prod.yaml", text: filled }]);
  const second = explained();
  const listed = judged.map(({ key }) => key);
  for (const { key, kind } of second.problems) assert.ok(listed.includes(key), `${key} (${kind})`);
  return { models: models.length, rendered: second.text !== undefined, unknown };
}

/** The hardware of each model is that of its entry: none for the CPU without a word of it, none of another maker's image. */
function checkHardware(values: Tree, { base, mapped }: Imported) {
  const specs = (values.servingEngineSpec as { modelSpec: Tree[] }).modelSpec;
  const models = (base.models ?? {}) as Record<string, { gpu?: Tree; image?: Tree }>;
  for (const { from, to } of mapped) {
    const [, at] = /^servingEngineSpec\.modelSpec\[(\d+)\]\.name$/.exec(from) ?? [];
    const [, name = ""] = /^models\.([\w-]+)$/.exec(to) ?? [];
    const spec = specs[Number(at)];
    if (at === undefined || spec === undefined) continue;
    const { repository, tag, env, vllmConfig, requestGPU, resources } = spec;
    const says = JSON.stringify([repository, tag, env, (vllmConfig as Tree | undefined)?.extraArgs]);
    assert.doesNotMatch(says, /rocm|gaudi/);
    if (models[name]?.gpu?.count !== 0) continue;
    const none = JSON.stringify([requestGPU, resources]);
    assert.ok(/cpu/i.test(says) || (/^\[0|"nvidia.com\/gpu":0/.test(none) && repository !== "vllm/vllm-openai"), says);
  }
}

const runs = { seed: 16, endOnFailure: true };

test("each leaf is accounted for, and explain renders or refuses for a reason that the import lists", () => {
  const seen = { models: 0, rendered: 0 };
  fc.assert(
    fc.property(stackTrees, (values) => {
      const { models, rendered, unknown } = checked(values, "vllm-stack");
      assert.deepEqual(unknown, []);
      seen.models += models;
      seen.rendered += Number(rendered);
    }),
    { ...runs, numRuns: 1000 },
  );
  // Most have a model, and not all of them are wrong.
  assert.ok(seen.models > 800 && seen.rendered > 300, JSON.stringify(seen));
});

for (const [chart, file] of [
  ["chart-vllm", "example/values-filled.yaml"],
  ["ai-inference", "article/values.yaml"],
] as const)
  test(`the same of values near those of ${chart}`, () => {
    let models = 0;
    fc.assert(
      fc.property(variantsOf(read(file).tree), (values) => {
        models += checked(values, chart).models;
      }),
      { ...runs, numRuns: 100 },
    );
    assert.ok(models > 40, String(models));
  });
