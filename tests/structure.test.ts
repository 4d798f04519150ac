import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/** The house's rules that a compiler does not see: what may import what, where files lie, and how long they may be. */

const root = fileURLToPath(new URL("..", import.meta.url));

/** What each folder may import from, beside itself. The order is the way of the data, from the ground floor up. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  catalogue: [],
  config: ["catalogue"],
  planning: ["config", "catalogue"],
  components: ["planning"],
  provider: ["components", "planning", "config"],
  program: ["components", "planning", "config", "catalogue"],
  render: ["program", "components", "planning", "config", "catalogue"],
  policy: ["config", "catalogue"],
  cli: ["provider", "review", "workspace", "render", "policy", "planning", "config", "catalogue"],
  workspace: ["config"],
  review: ["workspace", "render", "policy", "components", "planning", "config", "catalogue"],
  lab: ["workspace", "planning", "config", "catalogue"],
  bench: ["lab", "workspace", "config"],
};
/** What is deployed with, and nothing beside it. */
const product = ["catalogue", "config", "planning", "components", "program"] as const;

const files = (folder: string): string[] =>
  globSync(`${folder}/**/*.{ts,mjs,py,go}`, { cwd: root })
    .filter((file) => !file.includes("node_modules"))
    .sort();
const read = (file: string) => readFileSync(join(root, file), "utf8");
/** Lines as an editor counts them: the last one's end begins no other. */
const lines = (text: string) => text.replace(/\n$/, "").split("\n").length;

/** What a text imports: files from the root (whatever names one, a lazy `require` too), packages by their names. */
function importsOf(text: string, folder: string): string[] {
  const named = [...text.matchAll(/(?:^|[;\s}])(?:from|import|require)\s*\(?\s*["'`]([^."'`][^"'`]*)["'`]/gm)];
  const relative = [...text.matchAll(/["'`](\.{1,2}\/[^"'`\s]*\.(?:ts|mjs|json))["'`]/g)];
  return [...named.map(([, target = ""]) => target), ...relative.map(([, target = ""]) => join(folder, target))].sort();
}
const imports = (file: string): string[] => importsOf(read(file), dirname(file));

const offenders = (folder: string, wrong: (target: string, file: string) => boolean) =>
  files(folder).flatMap((file) =>
    imports(file).flatMap((target) => (wrong(target, file) ? `${file} imports ${target}` : [])),
  );
const isFile = (target: string) => /^[\w/.]+\.(ts|mjs|json)$/.test(target);
const roomOf = (file: string) => file.split("/")[0] ?? "";

test("the imports are seen at all, lazy ones too", () => {
  const text = `import { a } from "../one.ts";
export type { B } from "./two.ts";
const later = await import("./three.ts");
const { d } = createRequire(import.meta.url)("./four.ts") as typeof import("./four.ts");
import * as aws from "@pulumi/aws";
const e = require("node:fs");`;
  const found = ["@pulumi/aws", "node:fs", "one.ts", "room/four.ts", "room/four.ts", "room/three.ts", "room/two.ts"];
  assert.deepEqual(importsOf(text, "room"), found);
  assert.ok(imports("index.ts").length >= 3);
  for (const folder of Object.keys(arrows)) assert.ok(files(folder).length >= 3, folder);
});

for (const [folder, may] of Object.entries(arrows))
  test(`${folder} imports only from ${[folder, ...may].join(", ")}`, () =>
    assert.deepEqual(
      offenders(folder, (target) => isFile(target) && ![folder, ...may].includes(roomOf(target))),
      [],
    ));

/** The circles that imports make, each as the files on its way, by depth-first search. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, way: readonly string[]) => {
    const before = way.indexOf(file);
    if (before >= 0) circles.push([...way.slice(before), file].join(" → "));
    if (before >= 0 || done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}

test("no file imports itself by way of others, types included", () => {
  const two = new Map([
    ["a", ["b"]],
    ["b", ["c", "d"]],
    ["c", ["a"]],
    ["d", []],
  ]);
  assert.deepEqual(circlesIn(two), ["a → b → c → a"]);
  const all = [...Object.keys(arrows), "tests"].flatMap(files);
  assert.deepEqual(circlesIn(new Map(all.map((file) => [file, imports(file).filter(isFile)]))), []);
});

test("catalogue, config, planning, policy and cli know no Pulumi, but for the policy pack", () => {
  const isPack = (file: string) => file.startsWith("policy/pack/");
  for (const folder of ["catalogue", "config", "planning", "policy", "cli"])
    assert.deepEqual(
      offenders(folder, (target, file) => target.startsWith("@pulumi/") && !isPack(file)),
      [],
    );
  const others = Object.keys(arrows).filter((folder) => folder !== "policy");
  for (const folder of others) assert.deepEqual(offenders(folder, isPack), []);
  assert.deepEqual(
    offenders("policy", (target, file) => isPack(target) && !isPack(file)),
    [],
  );
  assert.deepEqual(
    [
      ...new Set(
        files("policy")
          .flatMap(imports)
          .filter((target) => target.startsWith("@")),
      ),
    ],
    ["@pulumi/policy"],
  );
});

test("what users run needs nothing that is installed for development alone", () => {
  const { devDependencies } = JSON.parse(read("package.json")) as { devDependencies: Readonly<Record<string, string>> };
  const tools = Object.keys(devDependencies);
  for (const folder of [...product, "render", "workspace", "review", "policy"])
    assert.deepEqual(
      offenders(folder, (target) => tools.some((tool) => `${target}/`.startsWith(`${tool}/`))),
      [],
    );
});

test("only the settings, the access to the cluster, and what is deployed as it is, read files, the environment or the network", () => {
  const cluster = ["components/clusterClient.ts", "components/proxy.ts", "program/cluster.ts"];
  const readers = ["program/settings.ts", ...cluster, "components/objects/middleware.ts"];
  for (const folder of product) {
    assert.deepEqual(
      offenders(folder, (target, file) => target.startsWith("node:") && !readers.includes(file)),
      [],
    );
    for (const file of files(folder))
      if (!readers.includes(file))
        assert.doesNotMatch(read(file), /\bprocess\.|\brequire\(|\bfetch\(|pulumi\.Config\b/, file);
  }
});

test("components know no kubeconfig but the one that they are given", () => {
  for (const file of files("components"))
    assert.doesNotMatch(read(file), /loadFromDefault|loadFromCluster|KUBECONFIG/, file);
});

test("planning is a function of its input: no clock, no chance", () => {
  for (const file of files("planning")) assert.doesNotMatch(read(file), /\bDate\b|Math\.random|crypto/, file);
});

test("index.ts reads like a table of contents: at most 25 lines, no branch, no function", () => {
  const text = read("index.ts");
  assert.ok(lines(text) <= 25, `${lines(text)} lines`);
  assert.doesNotMatch(text, /\bif\b|\bfor\b|=>|\bfunction\b|\?/);
});

test("no resource is made inside an apply", () => {
  for (const file of files("components"))
    for (const [, body = ""] of read(file).matchAll(/\.apply\(([\s\S]*?)\);/g))
      assert.doesNotMatch(body, /\bnew /, file);
});

test("file names are camelCase, but for the two that Python itself looks for", () => {
  const names = [...Object.keys(arrows), "bin", "tests"].flatMap(files).map((file) => basename(file));
  assert.deepEqual(
    names.filter((name) => !/^([a-z][a-zA-Z0-9]*(\.test)?\.\w+|__(init|main)__\.py)$/.test(name)),
    [],
  );
});

test("no file has more than 300 lines", () => {
  const long = [...Object.keys(arrows), "bin", "tests"]
    .flatMap(files)
    // Made from the schema: nobody reads or writes it by hand.
    .filter((file) => file !== "components/args.ts")
    .map((file) => [file, lines(read(file))] as const)
    .filter(([, count]) => count > 300);
  assert.deepEqual(long, []);
});
