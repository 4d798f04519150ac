import assert from "node:assert/strict";
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ImportError } from "../../cli/import/values.ts";
import { writeFiles } from "../../cli/import/writeFiles.ts";
import { projectOf } from "./run.ts";

/** Files written and removed together, or none of them. */

const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name !== "node_modules")
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );

test("all files are written and removed, or none", () => {
  const before = { "a.yaml": "before", "z.yaml": "goes" };
  const folder = projectOf(before);
  chmodSync(join(folder, "a.yaml"), 0o600);
  chmodSync(join(folder, "z.yaml"), 0o640);
  const mode = (name: string) => statSync(join(folder, name)).mode & 0o777;
  const files = [{ name: "a.yaml", text: "after" }, { name: "z.yaml" }, { name: "b.yaml", text: "after" }];
  // A folder where the last is to be written beside its place, then one in its place.
  for (const blocked of [`.b.yaml.${process.pid}.new.tmp`, "b.yaml"]) {
    mkdirSync(join(folder, blocked, "in"), { recursive: true });
    assert.throws(() => writeFiles(folder, files), new ImportError(`nothing was written: EISDIR in ${folder}`));
    rmSync(join(folder, blocked), { recursive: true, force: true });
    assert.deepEqual(contents(folder), before);
    assert.deepEqual([mode("a.yaml"), mode("z.yaml")], [0o600, 0o640]);
  }
  writeFiles(folder, files);
  assert.deepEqual(contents(folder), { "a.yaml": "after", "b.yaml": "after" });
  assert.equal(mode("a.yaml"), 0o600);
  // What is not there needs no removal.
  writeFiles(folder, [{ name: "z.yaml" }]);
  assert.deepEqual(contents(folder), { "a.yaml": "after", "b.yaml": "after" });
});

test("what has been replaced, removed or made is as it was where a later file cannot be put in its place", (t) => {
  const before = { "a.yaml": "before", "z.yaml": "goes" };
  const folder = projectOf(before);
  const { renameSync } = fs;
  t.mock.method(fs, "renameSync", (from: string, to: string) => {
    if (to.endsWith("last.yaml")) throw Object.assign(new Error(), { code: "EACCES" });
    renameSync(from, to);
  });
  syncBuiltinESMExports();
  const files = [{ name: "a.yaml", text: "after" }, { name: "z.yaml" }, { name: "b.yaml", text: "made" }];
  assert.throws(
    () => writeFiles(folder, [...files, { name: "last.yaml", text: "" }]),
    new ImportError(`nothing was written: EACCES in ${folder}`),
  );
  t.mock.restoreAll();
  syncBuiltinESMExports();
  assert.deepEqual(contents(folder), before);
});

test("a folder that is made goes again where a file of it cannot be written", () => {
  const outer = mkdtempSync(join(tmpdir(), "write-"));
  try {
    const folder = join(outer, "new", "inner");
    const tooLong = { name: "x".repeat(300), text: "" };
    assert.throws(() => writeFiles(folder, [{ name: "a", text: "" }, tooLong]), /^ImportError|nothing was written/);
    assert.deepEqual(readdirSync(outer), []);
    writeFiles(folder, [{ name: "a", text: "b" }]);
    assert.equal(readFileSync(join(folder, "a"), "utf8"), "b");
    // A file in the folder's place stays what it is.
    const file = join(folder, "a");
    assert.throws(
      () => writeFiles(file, [{ name: "a", text: "" }]),
      new ImportError(`nothing was written: EEXIST in ${file}`),
    );
    assert.ok(existsSync(file));
  } finally {
    rmSync(outer, { recursive: true });
  }
});
