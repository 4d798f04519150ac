import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { advisories } from "../../../../catalogue/advisories.ts";
import { sentence } from "../../../../config/problems.ts";
import { advisoriesOf, checkVersion, floor } from "../../../../planning/engine/vllm/advisories.ts";
import { compareVersions } from "../../../../planning/engine/vllm/version.ts";

const told = (version: string, accepted: readonly string[], place = {}) =>
  checkVersion(version, accepted).map((finding) => sentence({ ...finding, reason: finding.reason(place) }));
const names = (version: string) => advisoriesOf(version).map(({ cve }) => cve);

test("the table: each hole once, its ids and versions in their forms, introduced before fixed", () => {
  assert.ok(advisories.length > 50);
  for (const id of ["cve", "ghsa"] as const)
    assert.equal(new Set(advisories.map((hole) => hole[id])).size, advisories.length);
  for (const { cve, ghsa, severity, introduced, fixed, what } of advisories) {
    assert.match(cve, /^CVE-20\d\d-\d{4,}$/);
    assert.match(ghsa, /^GHSA(-[23456789cfghjmpqrvwx]{4}){3}$/);
    assert.ok(["low", "medium", "high", "critical"].includes(severity), cve);
    for (const version of [introduced ?? fixed, fixed]) assert.match(version, /^\d+(\.\d+){2,3}$/);
    assert.ok(introduced === undefined || compareVersions(introduced, fixed) < 0, cve);
    assert.ok(what.length > 10 && what.length < 60, cve);
  }
  assert.deepEqual(
    advisories.map(({ fixed }) => fixed),
    advisories.map(({ fixed }) => fixed).sort(compareVersions),
  );
});

test("versions are compared by their numbers", () => {
  const order = ["0.3.0", "0.9.0", "0.10.1", "0.10.1.1", "0.10.2", "0.24.0", "1.0.0"];
  assert.deepEqual([...order].reverse().sort(compareVersions), order);
  assert.equal(compareVersions("0.24.0", "0.24.0"), 0);
  assert.equal(compareVersions("0.24", "0.24.0"), 0);
});

test("a hole begins with the version that brought it and ends before the one that fixed it", () => {
  const has = (cve: string, version: string) => names(version).includes(cve);
  const bounds: [string, string, string, string, string][] = [
    ["CVE-2026-48746", "0.2.7", "0.3.0", "0.21.0", "0.22.0"],
    ["CVE-2026-27893", "0.10.0", "0.10.1", "0.17.1", "0.18.0"],
    ["CVE-2026-55646", "0.21.0", "0.22.0", "0.23.0", "0.24.0"],
    ["CVE-2025-9141", "0.9.2", "0.10.0", "0.10.1", "0.10.2"],
  ];
  for (const [cve, before, first, last, after] of bounds)
    assert.deepEqual(
      [before, first, last, after].map((version) => has(cve, version)),
      [false, true, true, false],
      cve,
    );
  assert.ok(has("CVE-2026-73558", "0.1.0"));
});

test("the floor is the last fix: below it every version has a hole, from it on none", () => {
  assert.equal(floor, "0.27.0");
  assert.deepEqual(names("0.26.0"), ["CVE-2026-73558"]);
  for (const version of ["0.27.0", "0.27.1", "0.32.0", "0.33.0", "1.0.0"]) {
    assert.deepEqual(advisoriesOf(version), []);
    assert.deepEqual(checkVersion(version, []), []);
  }
  fc.assert(
    fc.property(fc.nat(40), fc.nat(3), (minor, patch) => {
      const version = `0.${minor}.${patch}`;
      assert.equal(advisoriesOf(version).length > 0, compareVersions(version, floor) < 0);
    }),
  );
});

const override = "To deploy it anyway, engine.acceptCves must name each of them";

test("a version below the floor is refused with what each hole is, until each is accepted", () => {
  const leak = "CVE-2026-73558 (medium: a large batch leaks one user's answer to another)";
  assert.deepEqual(told("0.26.0", []), [
    `is 0.26.0, which has a known hole: ${leak}; the lowest version without any is 0.27.0. ${override}`,
  ]);
  const asData = checkVersion("0.26.0", []).map(({ kind, found }) => [kind, found]);
  assert.deepEqual(asData, [["advisory", "0.26.0"]]);
  assert.deepEqual(told("0.26.0", ["CVE-2026-73558"]), []);

  const all = names("0.24.0");
  assert.deepEqual(all, [
    "CVE-2026-71486",
    "CVE-2026-73555",
    "CVE-2026-73556",
    "CVE-2026-73559",
    "CVE-2026-73560",
    "CVE-2026-73558",
  ]);
  assert.deepEqual(told("0.24.0", all), []);
  assert.deepEqual(told("0.24.0", [...all].reverse()), []);
  const [first = "", ...rest] = all;
  assert.deepEqual(told("0.24.0", rest), [
    `is 0.24.0, which has a known hole: ${first} (medium: the derender endpoints take input without bounds); ` +
      `the lowest version without any is 0.27.0. ${override}`,
  ]);
  const [message = ""] = told("0.24.0", []);
  assert.ok(message.startsWith("is 0.24.0, which has 6 known holes: CVE-2026-71486 (medium: "));
  for (const cve of all) assert.ok(message.includes(`${cve} (`));
  assert.ok(!message.includes("CVE-2026-48746"));
});

test("of many holes the worst are told, and who lists the others; a program, for which nobody lists them, is told all", () => {
  const all = names("0.8.5");
  assert.ok(all.length > 30);
  const [message = ""] = told("0.8.5", []);
  const worst = ["CVE-2026-22778 (critical: ", "CVE-2026-48746 (critical: ", "CVE-2025-30165 (high: "];
  assert.ok(message.startsWith(`is 0.8.5, which has ${all.length} known holes: 2 of them critical, ${worst[0]}`));
  for (const one of worst) assert.ok(message.includes(one), one);
  assert.equal(message.match(/CVE-/g)?.length, 3);
  assert.ok(
    message.endsWith(
      `, and ${all.length - 3} more, which \`npm run explain -- --stack … --only advisories\` lists; the lowest version without any is 0.27.0. ${override}`,
    ),
  );
  assert.ok(message.length < 500, `${message.length} characters`);
  const [inProgram = ""] = told("0.8.5", [], { inProgram: true });
  assert.deepEqual(inProgram.match(/CVE-\d+-\d+/g)?.toSorted(), all.toSorted());
  assert.doesNotMatch(inProgram, /npm run/);
  const critical = ["CVE-2026-22778", "CVE-2026-48746"];
  assert.match(told("0.8.5", critical)[0] ?? "", /^is 0\.8\.5, which has \d+ known holes: CVE-2025-30165 \(high: /);
});

test("an override that is not needed is a problem: a hole of other versions, an id that is none", () => {
  assert.deepEqual(told("0.32.0", ["CVE-2026-73558", "CVE-2026-48746", "CVE-2026-1", "CVE-2026-1"]), [
    "engine.acceptCves names CVE-2026-73558, which affects all before 0.27.0, not 0.32.0; remove it",
    "engine.acceptCves names CVE-2026-48746, which affects 0.3.0 to before 0.22.0, not 0.32.0; remove it",
    "engine.acceptCves names CVE-2026-1, which is no known hole of vLLM; remove it",
  ]);
  assert.equal(told("0.26.0", ["CVE-2026-48746"]).length, 2);
});

test("accepting holds for exactly what affects the version", () => {
  const version = fc.constantFrom("0.9.0", "0.11.0", "0.18.0", "0.23.0", "0.26.0", "0.27.0");
  const accepted = fc.subarray(advisories.map(({ cve }) => cve));
  fc.assert(
    fc.property(version, accepted, (of, cves) => {
      const exact = cves.length === names(of).length && names(of).every((cve) => cves.includes(cve));
      assert.equal(checkVersion(of, cves).length === 0, exact);
      assert.deepEqual(checkVersion(of, names(of)), []);
    }),
  );
});
