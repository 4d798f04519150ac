import assert from "node:assert/strict";
import { test } from "node:test";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import nameTable from "../../../../catalogue/vllm/names.json" with { type: "json" };
import { successors } from "../../../../catalogue/vllm/successors.ts";
import type { Tree } from "../../../../config/tree.ts";
import { checkFlags } from "../../../../planning/engine/vllm/flags.ts";
import { groupOf } from "../../../../planning/engine/vllm/groups.ts";
import { variableOf, versionsOf } from "../../../../planning/engine/vllm/names.ts";
import { unknownVariable } from "../../../../planning/engine/vllm/variables.ts";

const flags: Readonly<Record<string, { flags: object }>> = flagTables;
const hint = (name: string, version: string) => unknownVariable(name, version)?.hint;

/** Whether a version has what a successor names: a flag, a field of its group, or a variable. */
function has(version: string, path: string): boolean {
  const [, kind, name = "", ...within] = path.split(".");
  if (kind === "env") return variableOf(name, version) !== undefined;
  if (!Object.hasOwn(flags[version]?.flags ?? {}, name)) return false;
  const [field] = within;
  return field === undefined || Object.hasOwn(groupOf(version, name)?.fields ?? {}, field);
}

test("a variable that is gone says what to write instead, which every version without it has", () => {
  for (const [name, instead] of Object.entries(successors)) {
    assert.match(name, /^VLLM_[A-Z0-9_]+$/);
    const paths = [...instead.matchAll(/engine\.(?:args|env)(?:\.[\w-]+)+/g)].map(([path]) => path);
    assert.ok(paths.length > 0, name);
    const first = versionsOf(name)[0];
    for (const version of nameTable.versions.filter((one) => !variableOf(name, one))) {
      if (first !== undefined && nameTable.versions.indexOf(version) < nameTable.versions.indexOf(first)) {
        assert.equal(hint(name, version), `${first} is the first to have it`);
        continue;
      }
      assert.equal(hint(name, version), `write ${instead} instead`);
      for (const path of paths) assert.ok(has(version, path), `${version}: ${path}`);
    }
  }
});

test("the values that a successor names are ones that vLLM takes", () => {
  for (const version of Object.keys(flags)) {
    const args = (flag: string, value: string) => checkFlags(version, { [flag]: value }).problems;
    for (const instead of Object.values(successors))
      for (const [, flag = "", value = ""] of instead.matchAll(/engine\.args\.([a-z0-9-]+): (\w+)/g))
        assert.deepEqual(args(flag, value), [], `${version}: ${flag} ${value}`);
    for (const backend of ["flashinfer_trtllm", "flashinfer_cutlass", "flashinfer_cutedsl"])
      assert.deepEqual(args("moe-backend", backend), []);
    const groups: Record<string, Tree>[] = [
      { "profiler-config": { profiler: "cuda" } },
      { "profiler-config": { profiler: "torch", torch_profiler_dir: "/cache/profile" } },
      { "attention-config": { mla_prefill_backend: "TRTLLM_RAGGED" } },
      { "quantization-config": { moe: { activation: "mxfp8" } } },
    ];
    for (const group of groups) assert.deepEqual(checkFlags(version, group).problems, [], version);
  }
});

test("a variable of other versions says which had it, and none of its kind is proposed", () => {
  const { versions, variables } = nameTable;
  let told = 0;
  for (const name of Object.keys(variables).filter((one) => /^VLLM_/.test(one))) {
    const having = versionsOf(name);
    for (const [at, version] of versions.entries()) {
      if (having.includes(version) || (Object.hasOwn(successors, name) && having.length > 0)) continue;
      const last = having.findLast((one) => versions.indexOf(one) < at);
      assert.equal(
        hint(name, version),
        last ? `${last} was the last to have it` : `${having[0]} is the first to have it`,
      );
      told++;
    }
  }
  assert.ok(told > 150, String(told));
});
