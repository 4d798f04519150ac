import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { identify, isInUse } from "../../workspace/processes.ts";
import { makeScratch } from "../../workspace/scratch.ts";
import { Workspace } from "../../workspace/workspace.ts";
import { fake, folderOf, until } from "./support.ts";

const repository = resolve(import.meta.dirname, "../..");
const surroundings = { engine: "pulumi", env: {} };

test("a staged copy has all that the program is made of, the stacks' files that are asked for, and no more", async () => {
  const workspace = await Workspace.stage(repository, surroundings, ["organization/pulumi-vllm/dev", "not-there"]);
  const rooms = ["catalogue", "components", "config", "planning", "program"];
  const files = ["Pulumi.dev.yaml", "Pulumi.yaml", "index.ts", "node_modules", "package.json"];
  assert.deepEqual(readdirSync(workspace.folder).sort(), [...rooms, ...files].sort());
  assert.equal(realpathSync(join(workspace.folder, "node_modules")), realpathSync(join(repository, "node_modules")));
  assert.equal(statSync(dirname(workspace.folder)).mode & 0o777, 0o700);
  const sources = globSync(["index.ts", "{catalogue,components,config,planning,program}/**/*.{ts,json}"], {
    cwd: workspace.folder,
  });
  assert.ok(sources.length > 100, String(sources.length));
  for (const source of sources) {
    const text = readFileSync(join(workspace.folder, source), "utf8");
    assert.equal(text, readFileSync(join(repository, source), "utf8"));
    for (const [, target = ""] of text.matchAll(/["'`](\.{1,2}\/[^"'`\s]*\.(?:ts|mjs|json|py))["'`]/g))
      assert.ok(existsSync(join(workspace.folder, dirname(source), target)), `${source} imports ${target}`);
  }
  await workspace.remove();
  assert.equal(existsSync(dirname(workspace.folder)), false);
  assert.ok(existsSync(join(repository, "node_modules", "@pulumi")));
});

test("two copies are two, and an opened folder is not removed", async (t) => {
  const [one, other] = [
    await Workspace.stage(repository, surroundings, []),
    await Workspace.stage(repository, surroundings, []),
  ];
  assert.notEqual(one.folder, other.folder);
  await one.remove();
  assert.ok(existsSync(other.folder));
  await other.remove();
  const folder = folderOf(t);
  await Workspace.open(folder, surroundings).remove();
  assert.ok(existsSync(folder));
});

test("a folder that is no checkout, or has no packages, is refused, and nothing is left of the copy", async (t) => {
  const folder = folderOf(t);
  const before = readdirSync(tmpdir()).sort();
  await assert.rejects(
    Workspace.stage(folder, surroundings, []),
    new RegExp(`^WorkspaceError: ${folder} is no checkout of this program: it has no Pulumi\\.yaml$`),
  );
  for (const part of ["Pulumi.yaml", "package.json", "index.ts"]) writeFileSync(join(folder, part), "");
  for (const room of ["program", "components", "planning", "config", "catalogue"]) mkdirSync(join(folder, room));
  const missing = new RegExp(`^WorkspaceError: ${folder}/node_modules does not exist: run \`npm ci\` in ${folder}$`);
  await assert.rejects(Workspace.stage(folder, surroundings, []), missing);
  const made = readdirSync(tmpdir()).filter((name) => !before.includes(name) && name.includes(`-${process.pid}-`));
  assert.deepEqual(made, []);
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
  await (await Workspace.stage(folder, surroundings, [])).remove();
});

test("what a killed process has left stays while its engine runs on, and is removed by the next one after that", async (t) => {
  const engine = fake(t, "begin pause create");
  const script = join(dirname(engine.folder), "operate.mjs");
  const workspace = join(repository, "workspace/workspace.ts");
  writeFileSync(
    script,
    `import { Workspace } from "${workspace}";
const workspace = await Workspace.stage("${repository}", ${JSON.stringify({ engine: engine.engine, env: engine.env })}, []);
console.log(workspace.folder);
await workspace.operate("up", { stack: "s" });`,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = new Promise((done) => child.once("close", done));
  let folder = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    folder += text;
  });
  await until(() => engine.diary().includes("pausing"));
  child.kill("SIGKILL");
  await closed;
  folder = folder.trim();
  assert.equal(identify(child.pid ?? 0), undefined);

  const scratches = () => readdirSync(tmpdir()).filter((name) => name.includes(`-${child.pid}-`));
  const sweep = async () => rmSync(await makeScratch(), { recursive: true });
  assert.deepEqual(engine.diary(), ["pausing"], "the engine runs on");
  await sweep();
  assert.ok(existsSync(join(folder, "index.ts")), "it works in its copy");
  await until(() => engine.diary().length > 1);
  assert.deepEqual(engine.diary(), ["pausing", "done"], "and ends as if nothing had been");
  assert.ok(scratches().length > 0);
  await until(() => !isInUse(folder));
  await sweep();
  assert.deepEqual(scratches(), []);
});

test("the folders of processes that are alive are not swept, nor what only has a similar name", async (t) => {
  const mine = await makeScratch();
  const similar = join(tmpdir(), `pulumi-vllm-notes-${process.pid}`);
  mkdirSync(similar);
  t.after(() => {
    for (const folder of [mine, similar]) rmSync(folder, { recursive: true });
  });
  rmSync(await makeScratch(), { recursive: true });
  assert.deepEqual([existsSync(mine), existsSync(similar)], [true, true]);
});
