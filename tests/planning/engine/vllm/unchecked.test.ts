import assert from "node:assert/strict";
import { test } from "node:test";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import type { EffectiveModel } from "../../../../config/settings.ts";
import type { Tree } from "../../../../config/tree.ts";
import { checkEngine } from "../../../../planning/checks/engine.ts";
import { relationsOf } from "../../../../planning/checks/relations.ts";
import { checkFlags } from "../../../../planning/engine/vllm/flags.ts";
import type { ArgumentValue, Flag } from "../../../../planning/engine/vllm/flagValue.ts";
import { versions } from "../../../../planning/engine/vllm/judge.ts";
import { resolve } from "../../../config/settings.ts";
import { variantOf } from "../../given.ts";
import { good, groups, withPartners } from "./groupValues.ts";

/** What is listed as unchecked is all that nobody looks at, each of it once. */

const [model] = resolve({}).models;
assert.ok(model);
const uncheckedOf = (version: string, args: Record<string, ArgumentValue>) => {
  const asked = { ...model, engine: { ...model.engine, version, args } } as EffectiveModel;
  return checkEngine(asked, () => undefined);
};
const byType = /how vLLM reads its value|which it takes, is not known here|on some platforms only/;

/** A value that a flag of the table may have. */
function some({ type, nargs, choices, elsewhere }: Flag): ArgumentValue {
  const word = elsewhere?.[0] ?? choices?.find((choice) => choice !== null) ?? (/int|float/.test(type ?? "") ? 1 : "a");
  if (type === "bool") return true;
  if (type?.startsWith("optional json") || type?.startsWith("json")) return "{}";
  return typeof nargs === "number" ? Array(nargs).fill(word) : word;
}

test("what a rule looks at is never unchecked for want of a table, in all versions, of all flags", () => {
  const tables: Readonly<Record<string, { flags: Record<string, Flag> }>> = flagTables;
  let looked = 0;
  const left = new Set<string>();
  for (const version of versions) {
    const rules = new Set(relationsOf(version).map(({ at }) => at));
    for (const [name, flag] of Object.entries(tables[version]?.flags ?? {}))
      for (const { flag: told, reason } of uncheckedOf(version, { [name]: some(flag) })) {
        if (!byType.test(reason)) continue;
        assert.ok(!rules.has(`engine.args.${told}`), `${version}: ${told}`);
        left.add(told);
      }
    looked += rules.size;
  }
  assert.ok(looked > 800, String(looked));
  // A list of GPUs, which a pod has no use for.
  assert.deepEqual([...left], ["device-ids"]);
});

test("nor is any field of any group", () => {
  const left = new Set<string>();
  for (const { version, flag, group } of groups)
    for (const [name, field] of Object.entries(group.fields))
      for (const value of good(field)) {
        const whole = withPartners(group, name, value);
        if (!whole) continue;
        for (const { flag: told, reason } of uncheckedOf(version, { [flag]: whole as ArgumentValue }))
          if (byType.test(reason)) left.add(told);
      }
  assert.deepEqual([...left], []);
  // They are of the table alone, and so the rules matter.
  const ops = { custom_ops: ["+rms_norm"], inductor_passes: { mine: "passes.fuse" } };
  assert.deepEqual(
    checkFlags("0.33.0", { "compilation-config": ops }).unchecked.map(({ flag }) => flag),
    ["compilation-config.custom_ops", "compilation-config.inductor_passes"],
  );
});

test("what users wrote on good stacks: nothing, or a line each that says what is not known", () => {
  const unchecked = (args: Tree, more: Tree = {}) => {
    const { version = "0.33.0", ...rest } = more;
    return variantOf({ ...rest, engine: { version, args } }).facts.unchecked;
  };
  for (const version of ["0.31.0", "0.32.0", "0.33.0"]) {
    assert.deepEqual(unchecked({ "reasoning-parser": "qwen3" }, { version }), []);
    assert.deepEqual(unchecked({ "compilation-config": { custom_ops: ["none", "+rms_norm"] } }, { version }), []);
    assert.deepEqual(unchecked({ "compilation-config": { inductor_passes: { a: "b.c", d: "e.f" } } }, { version }), [
      { flag: "compilation-config.inductor_passes", reason: "whether the image has b.c, e.f" },
    ]);
    assert.deepEqual(unchecked({ "mm-processor-device": "cuda" }, { version }), []);
    assert.deepEqual(unchecked({ "log-config-file": "/opt/log.json" }, { version }), [
      { flag: "log-config-file", reason: "whether the image has /opt/log.json" },
    ]);
  }
  assert.deepEqual(unchecked({ "attention-config": { indexer_kv_dtype: "mxfp4" } }), []);
  assert.deepEqual(unchecked({ "attention-config": { indexer_kv_dtype: "fp9" } }), [
    { flag: "attention-config.indexer_kv_dtype", reason: "whether the model has an indexer, and it takes 'fp9'" },
  ]);
});

test("a name is told once, with all that is not known of it", () => {
  const place = { tokenizer: "s3://models/x" };
  const [line, ...others] = variantOf({ engine: { version: "0.99.0", args: place } }).facts.unchecked;
  assert.deepEqual(others, []);
  assert.equal(line?.flag, "tokenizer");
  assert.match(
    line?.reason ?? "",
    /^there is no flag table for vLLM 0\.99\.0: .*; whether the pod's role may read s3:/,
  );
});
