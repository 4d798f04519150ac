import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FileError } from "../../config/sources/yaml.ts";
import { firstLine, type RenderedFile } from "../../render/documents.ts";
import { writeFolder } from "../../render/folder.ts";

/** A folder that renders are written to. */

const base = mkdtempSync(join(tmpdir(), "render-"));
after(() => rmSync(base, { recursive: true }));
let count = 0;
const fresh = () => join(base, String(count++), "out");

const file = (path: string, text = "a: 1\n", stack = "prod"): RenderedFile => ({
  path,
  text: `${firstLine(stack, path)}\n${text}`,
});
/** All files of a folder by their paths. */
const contents = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length + 1), readFileSync(path, "utf8")] as const)
      .sort(),
  );
const asFiles = (files: readonly RenderedFile[]) => Object.fromEntries(files.map(({ path, text }) => [path, text]));
const refused = (run: () => unknown, message: RegExp) =>
  assert.throws(run, (error: Error) => error instanceof FileError && message.test(error.message));

test("a new folder has the files, and they stay as they are where nothing changed", () => {
  const folder = fresh();
  const files = [file("aws/a.yaml"), file("kubernetes/b.yaml")];
  assert.deepEqual(writeFolder(folder, "prod", files), { written: 2, removed: 0 });
  assert.deepEqual(contents(folder), asFiles(files));
  utimesSync(join(folder, "aws/a.yaml"), 1, 1);
  const changed = [file("aws/a.yaml"), file("kubernetes/b.yaml", "b: 2\n")];
  assert.deepEqual(writeFolder(folder, "prod", changed), { written: 1, removed: 0 });
  assert.deepEqual(contents(folder), asFiles(changed));
  assert.equal(statSync(join(folder, "aws/a.yaml")).mtimeMs, 1000);
});

test("files of objects that are gone go, with a folder that they leave empty; all other files stay", () => {
  const folder = fresh();
  writeFolder(folder, "prod", [file("aws/a.yaml"), file("kubernetes/b.yaml"), file("random/c.yaml")]);
  const others: Record<string, string> = {
    "kustomization.yaml": "resources: []\n",
    "kubernetes/patch.yaml": "a: 1\n",
    // Whose first line is of another file, of another stack, and of a deeper folder.
    "kubernetes/copied.yaml": file("kubernetes/b.yaml").text,
    "kubernetes/staging.yaml": file("kubernetes/staging.yaml", "a: 1\n", "staging").text,
    "kubernetes/deep/d.yaml": file("kubernetes/deep/d.yaml").text,
    "top.yaml": file("top.yaml").text,
  };
  mkdirSync(join(folder, "kubernetes/deep"));
  for (const [path, text] of Object.entries(others)) writeFileSync(join(folder, path), text);
  symlinkSync("b.yaml", join(folder, "kubernetes/link.yaml"));
  assert.deepEqual(writeFolder(folder, "prod", [file("aws/a.yaml")]), { written: 0, removed: 2 });
  assert.deepEqual(Object.keys(contents(folder)).sort(), ["aws/a.yaml", ...Object.keys(others)].sort());
  for (const [path, text] of Object.entries(others)) assert.equal(readFileSync(join(folder, path), "utf8"), text);
  assert.equal(existsSync(join(folder, "random")), false);
  assert.deepEqual(readdirSync(join(folder, "kubernetes")).includes("link.yaml"), true);
});

test("a file that no render of this stack made is not overwritten, and then nothing is written", () => {
  const foreign: [string, string][] = [
    ["kubernetes/b.yaml", "mine: true\n"],
    ["kubernetes/b.yaml", file("kubernetes/b.yaml", "a: 1\n", "staging").text],
    ["kubernetes/b.yaml", ""],
  ];
  for (const [path, text] of foreign) {
    const folder = fresh();
    mkdirSync(join(folder, "kubernetes"), { recursive: true });
    writeFileSync(join(folder, path), text);
    refused(
      () => writeFolder(folder, "prod", [file("aws/a.yaml"), file(path)]),
      /nothing was written.*no render of stack 'prod'.*:\n {2}kubernetes\/b\.yaml\nMove them away/s,
    );
    assert.deepEqual(contents(folder), { [path]: text });
  }
});

test("no link is followed to write a file, nor a folder taken for one", () => {
  const [folder, elsewhere] = [fresh(), fresh()];
  mkdirSync(join(folder, "aws/a.yaml"), { recursive: true });
  refused(() => writeFolder(folder, "prod", [file("aws/a.yaml")]), /nothing was written/);
  mkdirSync(elsewhere, { recursive: true });
  writeFileSync(join(elsewhere, "a.yaml"), file("aws/b.yaml").text);
  symlinkSync(join(elsewhere, "a.yaml"), join(folder, "aws/b.yaml"));
  refused(() => writeFolder(folder, "prod", [file("aws/b.yaml")]), /nothing was written/);
  assert.equal(readFileSync(join(elsewhere, "a.yaml"), "utf8"), file("aws/b.yaml").text);
});

test("a file in the place of a folder is told by its name", () => {
  const folder = fresh();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "aws"), "");
  refused(
    () => writeFolder(folder, "prod", [file("aws/a.yaml")]),
    /aws.* cannot be written: a file is where a folder has to be$/,
  );
  refused(() => writeFolder(join(folder, "aws"), "prod", [file("aws/a.yaml")]), /a file is where a folder has to be$/);
});
