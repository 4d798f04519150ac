import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** The house's rules that a compiler does not see: what may import what, and how long a file may be. */

const root = fileURLToPath(new URL("..", import.meta.url));
const source = /\.(ts|mts|js|mjs|go|py)$/;
const files = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && source.test(entry.name) && !entry.parentPath.includes("node_modules"))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
const read = (file: string) => readFileSync(join(root, file), "utf8");
/** Lines as an editor counts them: the last one's end begins no other. */
const lines = (text: string) => text.replace(/\n$/, "").split("\n").length;

/** What a file imports, static and dynamic: paths from the root, packages by their names. */
const imports = (file: string): string[] =>
  [...read(file).matchAll(/(?:^|[;\s}])(?:from|import)\s*\(?\s*["'`]([^"'`]+)["'`]/gm)].map(([, target = ""]) =>
    target.startsWith(".") ? join(dirname(file), target) : target,
  );

const product = ["config", "planning", "components"] as const;
const offenders = (folder: string, wrong: (target: string, file: string) => boolean) =>
  files(folder).flatMap((file) =>
    imports(file).flatMap((target) => (wrong(target, file) ? `${file} imports ${target}` : [])),
  );

test("the imports are seen at all", () => {
  assert.deepEqual(imports("index.ts"), [
    "components/cluster.ts",
    "components/inferencePlatform.ts",
    "config/load.ts",
    "planning/plan.ts",
  ]);
  assert.ok(imports("config/load.ts").includes("@pulumi/pulumi"));
  for (const folder of product) assert.ok(files(folder).length >= 5, folder);
});

for (const [at, folder] of product.entries())
  test(`${folder} imports only from ${product.slice(0, at + 1).join(", ")}`, () =>
    assert.deepEqual(
      offenders(folder, (target) => {
        const own = /^[a-z]+\//.test(target) && /\.ts$/.test(target);
        return (
          target.startsWith("..") || (own && !product.slice(0, at + 1).some((left) => target.startsWith(`${left}/`)))
        );
      }),
      [],
    ));

test("cli imports only from config, planning and itself: what it tells needs no Pulumi", () => {
  const own = ["config/", "planning/", "cli/"];
  assert.ok(files("cli").length >= 10);
  assert.deepEqual(
    offenders("cli", (target) => /\.ts$/.test(target) && !own.some((folder) => target.startsWith(folder))),
    [],
  );
  assert.deepEqual(
    offenders("cli", (target) => target === "config/load.ts"),
    [],
  );
});

test("planning, config and cli know no Pulumi; only the loader does", () => {
  const pulumi = (target: string) => target.startsWith("@pulumi/");
  assert.deepEqual(offenders("planning", pulumi), []);
  assert.deepEqual(offenders("cli", pulumi), []);
  assert.deepEqual(
    offenders("config", (target, file) => pulumi(target) && file !== "config/load.ts"),
    [],
  );
});

test("nothing but the loader reads files, the environment or the network", () => {
  for (const folder of product) {
    const builtIn = (target: string, file: string) => target.startsWith("node:") && file !== "config/load.ts";
    assert.deepEqual(offenders(folder, builtIn), []);
    for (const file of files(folder))
      if (file !== "config/load.ts")
        assert.doesNotMatch(read(file), /\bprocess\.|\brequire\(|\bfetch\(|pulumi\.Config\b/, file);
  }
});

test("planning is a function of its input: no clock, no chance", () => {
  for (const file of files("planning")) assert.doesNotMatch(read(file), /\bDate\b|Math\.random|crypto/, file);
});

test("index.ts reads like a table of contents: at most 25 lines, no branch, no function", () => {
  const text = read("index.ts");
  assert.ok(lines(text) <= 25, `${lines(text)} lines`);
  assert.doesNotMatch(text, /\bif\b|\bfor\b|=>|\bfunction\b|\?/);
});

test("components give every child its parent, and none is made inside an apply", () => {
  for (const file of files("components"))
    for (const [, body = ""] of read(file).matchAll(/\.apply\(([\s\S]*?)\);/g))
      assert.doesNotMatch(body, /\bnew /, file);
});

test("no file has more than 300 lines", () => {
  const folders = readdirSync(root).filter((name) => [...product, "cli", "lab", "tests", "bench"].includes(name));
  for (const folder of product) assert.ok(folders.includes(folder));
  const long = folders
    .flatMap(files)
    .map((file) => [file, lines(read(file))] as const)
    .filter(([, count]) => count > 300);
  assert.deepEqual(long, []);
});
