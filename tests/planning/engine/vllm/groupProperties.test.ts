import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import { sentence } from "../../../../config/problems.ts";
import { type ArgumentValue, checkFlags } from "../../../../planning/engine/vllm/flags.ts";
import { baseType, type Field, type Group } from "../../../../planning/engine/vllm/groups.ts";
import { variantOf } from "../../given.ts";
import { bad, good, groups, holds, type Known, shapes, withPartners } from "./groupValues.ts";

/** All groups of all versions: by their tables, each side of what is said of every field. */

type Tree = { [key: string]: unknown };
const told = ({ version, flag }: Known, value: ArgumentValue) =>
  checkFlags(version, { [flag]: value }).problems.map(({ within = [], ...finding }) => ({
    path: within.join("."),
    says: sentence(finding),
  }));

/** Groups in groups, with the path to each, and what stands on the way. */
function nested(group: Group, path: readonly string[] = []): { path: readonly string[]; group: Group }[] {
  const inner = Object.entries(group.fields).flatMap(([name, field]) => {
    const kinds = baseType(field) === "one" ? (field.kinds ?? []) : [field];
    return kinds.flatMap((kind) => (kind.fields ? nested(kind as Group, [...path, name]) : []));
  });
  return [{ path, group }, ...inner];
}
const at = (path: readonly string[], value: Tree): Tree =>
  path.reduceRight<Tree>((inner, name) => ({ [name]: inner }), value);

const dashed = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).map(([key, value]) => [key.replaceAll("_", "-"), value]));

test("the tables: versions and flags that are known, and types that are read", () => {
  const types = ["bool", "int", "float", "str", "choice", "list", "map", "group", "one", "any"];
  const visit = (field: Field, name: string): void => {
    assert.ok(types.includes(baseType(field)), `${name}: ${field.type}`);
    if (baseType(field) === "choice") assert.ok(field.choices?.length, name);
    for (const inner of [...(field.kinds ?? []), ...(field.of ? [field.of] : [])]) visit(inner, name);
    for (const [key, inner] of Object.entries(field.fields ?? {})) visit(inner, `${name}.${key}`);
  };
  const tables: Readonly<Record<string, { flags: Readonly<Record<string, { type: string | null }>> }>> = flagTables;
  for (const { version, flag, group } of groups) {
    assert.match(tables[version]?.flags[flag]?.type ?? "", /^(optional )?json$/, flag);
    visit({ type: "group", ...group }, flag);
    for (const { where, must } of group.rules ?? [])
      for (const name of [...Object.keys(where), ...Object.keys(must)])
        assert.ok(group.fields[name], `${flag}.${name}`);
  }
  for (const version of Object.keys(tables))
    assert.ok(groups.filter((group) => group.version === version).length >= 15, version);
});

test("every field of every version takes what its type takes, with what must stand beside it", () => {
  let cases = 0;
  for (const known of groups)
    for (const { path, group } of nested(known.group))
      for (const [name, field] of Object.entries(group.fields))
        for (const value of good(field)) {
          const whole = withPartners(group, name, value);
          if (!whole) continue;
          const where = JSON.stringify([known.version, known.flag, path, whole]);
          assert.deepEqual(told(known, at(path, whole)), [], where);
          if (group.dashes) assert.deepEqual(told(known, at(path, dashed(whole))), [], where);
          cases++;
        }
  assert.ok(cases > 8000, String(cases));
});

test("and refuses, at its place, what its type does not take; an unknown field too", () => {
  for (const known of shapes)
    for (const { path, group } of nested(known.group)) {
      for (const [name, field] of Object.entries(group.fields))
        for (const value of bad(field)) {
          const place = [...path, name].join(".");
          const lines = told(known, at(path, { [name]: value }));
          assert.ok(
            lines.some((line) => line.path === place),
            JSON.stringify([known.flag, place, value, lines]),
          );
        }
      const [line, ...others] = told(known, at(path, { "q-_0": 1 }));
      assert.deepEqual(others, []);
      assert.equal(line?.path, [...path, "q-_0"].join("."));
      assert.match(line?.says ?? "", /^is no field of vLLM /);
    }
});

test("a field misspelt by one letter is refused, and nearly always the right one is named", () => {
  let [cases, named] = [0, 0];
  for (const known of shapes)
    for (const { path, group } of nested(known.group))
      for (const name of Object.keys(group.fields).filter((name) => !group.fields[name]?.internal))
        for (const typo of [`${name}s`, name.slice(0, -1), name.slice(0, 1) + name.slice(2), name.replace(/.$/, "x")]) {
          if (typo.length < 2 || Object.hasOwn(group.fields, typo)) continue;
          const [line, ...others] = told(known, at(path, { [typo]: 1 }));
          assert.ok(line && others.length === 0, JSON.stringify([known.flag, typo]));
          cases++;
          if (line.says.includes(`'${name}'`)) named++;
        }
  assert.ok(cases > 2000 && named / cases >= 0.95, `${named} of ${cases}`);
});

test("every rule: what breaks it is refused where it is written, and the other field is named", () => {
  let cases = 0;
  for (const known of shapes)
    for (const { path, group } of nested(known.group))
      for (const { where, must, given } of group.rules ?? []) {
        const [[name = "", when = {}] = []] = Object.entries(where);
        const [[other = "", then = {}] = []] = Object.entries(must);
        for (const value of good(group.fields[name] as Field).filter((one) => holds(when, one))) {
          const broken = [
            ...(given ? [{ [name]: value }] : []),
            ...[...good(group.fields[other] as Field), ""]
              .filter((one) => !holds(then, one) && typeof one !== "string")
              .map((one) => ({ [name]: value, [other]: one })),
          ];
          for (const one of broken) {
            const lines = told(known, at(path, one)).filter((line) => line.path === [...path, name].join("."));
            assert.ok(
              lines.some(({ says }) => says.includes(`'${other}'`)),
              JSON.stringify([known.flag, one]),
            );
            cases++;
          }
        }
      }
  assert.ok(cases > 100, String(cases));
});

test("null in a group reaches vLLM from whichever layer it comes, in groups and in groups in groups", () => {
  const value = fc.constantFrom(null, "", 0, "x", true);
  const keys = fc.constantFrom("a", "b", "sliding_window");
  const flat = fc.dictionary(keys, value, { minKeys: 1, noNullPrototype: true });
  const free = fc.dictionary(keys, fc.oneof(value, flat), { noNullPrototype: true });
  const args = (group: unknown) => ({ engine: { args: { "hf-overrides": group } } });
  fc.assert(
    fc.property(free, free, (base, own) => {
      const both = { ...base, ...own } as Tree;
      for (const key of Object.keys(both)) {
        const [early, late] = [base[key], own[key]];
        if (typeof early === "object" && early && typeof late === "object" && late) both[key] = { ...early, ...late };
      }
      const { pod } = variantOf(args(own), args(base));
      assert.equal(pod.args.at(-4), "--hf-overrides");
      assert.deepEqual(JSON.parse(pod.args.at(-3) ?? ""), both);
    }),
    { numRuns: 100, seed: 32 },
  );
  const taken = variantOf({ engine: { args: { "hf-overrides": null } } }, args({ a: 1 })).pod.args;
  assert.ok(!taken.includes("--hf-overrides"), "a whole flag is taken back");
});
