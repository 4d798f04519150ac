import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import { least, plan, problemsOf } from "../../config/settings.ts";
import { file } from "../given.ts";

/** What several models have alike is told once. */

test("the holes of one version are told of one model; the others that have them name it", () => {
  const version = (of: string, more: Tree = {}) => ({ engine: { version: of, ...more } });
  const told = (models: Tree) => problemsOf(() => plan({ own: { ...least, model: null, models } }));
  const [first = "", ...others] = told({
    a: version("0.8.5"),
    b: version("0.8.5"),
    c: version("0.24.0"),
    d: version("0.8.5"),
  });
  const same = "is 0.8.5, which has the known holes that are told of vllm:models.a.engine.version";
  assert.match(first, /^vllm:models\.a\.engine\.version .*: is 0\.8\.5, which has 35 known holes: 2 of them critical/);
  assert.deepEqual(
    others.filter((one) => !one.includes("0.24.0")),
    [`vllm:models.b.engine.version ${file}: ${same}`, `vllm:models.d.engine.version ${file}: ${same}`],
  );
  assert.match(others.find((one) => one.includes("0.24.0")) ?? "", /which has 6 known holes: CVE-/);
  // One that accepts some has others left.
  const [, accepting = ""] = told({ a: version("0.8.5"), b: version("0.8.5", { acceptCves: ["CVE-2026-22778"] }) });
  assert.match(accepting, /which has 34 known holes: 1 of them critical, CVE-2026-48746/);
  // One line for all is one problem, as before.
  const shared = problemsOf(() =>
    plan({ own: { ...least, model: null, engine: { version: "0.8.5" }, models: { a: {}, b: {} } } }),
  );
  assert.equal(shared.length, 1);
  assert.match(shared[0] ?? "", /^vllm:engine\.version .* 35 known holes/);
});
