import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../../../catalogue/vllm/flags.json" with { type: "json" };
import groupTables from "../../../../catalogue/vllm/groups.json" with { type: "json" };
import nameTable from "../../../../catalogue/vllm/names.json" with { type: "json" };
import { nearest } from "../../../../config/problems.ts";
import { nearestName } from "../../../../planning/engine/vllm/meant.ts";
import { namesOf, variableOf } from "../../../../planning/engine/vllm/names.ts";

/** Every list of names of every version: flags, fields, what a value may be, variables. */
function lists(): string[][] {
  const found: string[][] = [];
  const walk = (node: unknown) => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, value] of Object.entries(node)) {
      if (["choices", "keys"].includes(key) && Array.isArray(value)) found.push(value.map(String));
      if (["flags", "fields"].includes(key)) found.push(Object.keys(value));
      walk(value);
    }
  };
  walk([flagTables, groupTables, nameTable]);
  for (const version of nameTable.versions) {
    found.push(Object.keys(nameTable.variables).filter((name) => variableOf(name, version)));
    found.push(...Object.keys(nameTable.names).map((flag) => namesOf(flag, version)));
  }
  return [...new Map(found.filter((list) => list.length > 1).map((list) => [list.join(), list])).values()];
}

const tables = lists();
const all = [...new Set(tables.flat())];
const letters = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");
const inLetters = new Set(all.map(letters));
const table = fc.constantFrom(...tables);

test("no name that vLLM has anywhere is taken for a misspelling of another", () => {
  assert.ok(tables.length > 250 && all.length > 1400, `${tables.length} lists, ${all.length} names`);
  let tried = 0;
  for (const known of tables) {
    const kind = (name: string) => /^VLLM_/.test(name) === /^VLLM_/.test(known[0] ?? "");
    for (const name of all) {
      if (!kind(name) || known.includes(name)) continue;
      const meant = nearestName(name, known);
      tried++;
      if (meant !== undefined) assert.equal(letters(meant), letters(name), `${name}: ${meant}`);
    }
  }
  assert.ok(tried > 250_000, String(tried));
});

test("names that differ in a format, a size or a version are never proposed for one another", () => {
  for (const [name, other] of [
    ["VLLM_USE_FLASHINFER_MOE_FP4", "VLLM_USE_FLASHINFER_MOE_INT4"],
    ["nvfp4", "mxfp4"],
    ["w4a8", "w8a8"],
    ["bf16", "fp16"],
    ["fp8", "fp4"],
    ["fp8_e4m3", "fp8_e5m2"],
    ["int8_per_group_32", "int4_per_group_32"],
    ["deepseek_v41", "deepseek_v4"],
    ["FLASHINFER_MLA_SPARSE_SM90", "FLASHINFER_MLA_SPARSE_SM120"],
    ["step5", "step3"],
    ["L40", "L4"],
    ["A10", "A10G"],
  ] as const)
    assert.deepEqual([nearest(name, [other]), nearest(other, [name])], [undefined, undefined], name);
  const digits = (name: string) => letters(name).replace(/[^0-9]/g, "");
  const numbered = tables.filter((known) => known.some((name) => /\d/.test(name)));
  fc.assert(
    fc.property(fc.constantFrom(...numbered), fc.nat(), fc.nat(), fc.nat({ max: 9 }), (known, which, where, digit) => {
      const some = known.filter((name) => /\d/.test(name));
      const name = some[which % some.length] ?? "";
      const at = [...name.matchAll(/\d/g)].map(({ index }) => index);
      const place = at[where % at.length] ?? 0;
      const changed = name.slice(0, place) + digit + name.slice(place + 1);
      const meant = nearestName(changed, known);
      if (meant !== undefined) assert.equal(digits(meant), digits(changed), `${changed}: ${meant}`);
    }),
    { numRuns: 5000 },
  );
});

test("a name in another manner of writing is meant, whatever else is near", () => {
  fc.assert(
    fc.property(table, fc.nat(), fc.constantFrom("-", "_", ""), fc.boolean(), (known, which, dash, upper) => {
      const name = known[which % known.length] ?? "";
      const written = name.replaceAll(/[-_]/g, dash);
      const word = upper ? written.toUpperCase() : written.toLowerCase();
      assert.equal(letters(nearestName(word, known) ?? ""), letters(name));
    }),
    { numRuns: 5000 },
  );
});

test("a slip of letters is told: of words without a digit, where they are long enough", () => {
  let [right, tried] = [0, 0];
  fc.assert(
    fc.property(table, fc.nat(), fc.nat(), fc.nat(), (known, which, where, how) => {
      const name = known[which % known.length] ?? "";
      const words = [...name.matchAll(/(?<![A-Za-z0-9])[A-Za-z]{4,}(?![A-Za-z0-9])/g)];
      const word = words[where % Math.max(1, words.length)];
      if (!word) return;
      const at = word.index + 1 + (how % (word[0].length - 2));
      const slips = [
        name.slice(0, at) + name.slice(at + 1),
        name.slice(0, at) + name[at] + name.slice(at),
        name.slice(0, at) + name[at + 1] + name[at] + name.slice(at + 2),
      ];
      const slip = slips[how % 3] ?? "";
      if (inLetters.has(letters(slip))) return;
      tried++;
      if (nearestName(slip, known) === name) right++;
    }),
    { numRuns: 5000, seed: 4 },
  );
  assert.ok(tried > 3000 && right >= 0.97 * tried, `${right} of ${tried}`);
});
