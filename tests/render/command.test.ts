import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { filesOf, streamOf } from "../../render/documents.ts";
import { renderStack } from "../../render/stack.ts";
import { cli, projectOf } from "../cli/run.ts";
import { root } from "../config/settings.ts";
import { allStacks, publishedProject, publishedSettings } from "./stacks.ts";

/** `npm run render`. */

const project = publishedProject();
/** Runs it by itself, in a folder of its own with an environment that says nothing of the machine. */
function run(args: string[], { cwd = projectOf({}), env = {} }: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const { PATH } = process.env;
  const options = { cwd, env: { PATH, ...env }, encoding: "utf8" } as const;
  return spawnSync(
    process.execPath,
    [...(env.TZ ? ["--import", clock] : []), join(root, "cli/render.ts"), ...args],
    options,
  );
}
/** Sets the clock of a process to another day. */
const clock = `data:text/javascript,${encodeURIComponent(`
  const now = Date.now;
  const away = 1e11;
  Date.now = () => now() + away;
  globalThis.Date = class extends Date { constructor(...args) { args.length ? super(...args) : super(now() + away); } };
`)}`;

for (const stack of allStacks)
  test(`${stack}: the same bytes in every folder, on every day, in every zone, of every home`, async () => {
    const expected = streamOf(await renderStack(publishedSettings(stack, project)));
    const there = run(["--stack", stack, "--project", project]);
    assert.deepEqual([there.status, there.stderr], [0, ""]);
    assert.equal(there.stdout, expected);
    const elsewhere = run(["--stack", `acme/pulumi-vllm/${stack}`], {
      cwd: publishedProject(),
      env: {
        TZ: "Pacific/Kiritimati",
        LANG: "tr_TR.UTF-8",
        HOME: "/nowhere",
        KUBECONFIG: "/nowhere",
        AWS_PROFILE: "x",
      },
    });
    assert.deepEqual([elsewhere.status, elsewhere.stderr], [0, ""]);
    assert.equal(elsewhere.stdout, expected);
  });

/** Tells at its end what a process took of the processor, in microseconds: whatever else runs on the machine. */
const meter = `data:text/javascript,${encodeURIComponent(`
  process.on("exit", () => {
    const { user, system } = process.cpuUsage();
    console.error(user + system);
  });
`)}`;

test("a stack takes less than two seconds of the processor", () => {
  // As npm runs it: what strips the types keeps what it has made.
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: join(projectOf({}), "cache") };
  const taken = (stack: string) => {
    const args = ["--import", meter, join(root, "cli/render.ts"), "--stack", stack, "--project", project];
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return Number(stderr) / 1e6;
  };
  taken("prod");
  for (const stack of allStacks) {
    const seconds = taken(stack);
    assert.ok(seconds > 0.1 && seconds < 2, `${stack}: ${seconds} s`);
  }
});

test("--out has the same as files, from where it is called; a second time nothing is written", async () => {
  const cwd = projectOf({});
  const files = filesOf(await renderStack(publishedSettings("prod", project)));
  const said = (written: number, kept: number) =>
    `out/prod: 17 objects of stack prod; written ${written}, as they were ${kept}, removed 0\n`;
  const args = ["--stack", "prod", "--project", project, "--out", "out/prod"];
  const first = run(args, { cwd });
  assert.deepEqual([first.status, first.stdout, first.stderr], [0, said(17, 0), ""]);
  for (const { path, text } of files) assert.equal(readFileSync(join(cwd, "out/prod", path), "utf8"), text);
  const count = readdirSync(join(cwd, "out/prod"), { recursive: true, withFileTypes: true });
  assert.equal(count.filter((entry) => entry.isFile()).length, files.length);
  assert.equal(run(args, { cwd }).stdout, said(0, 17));
  const other = run(args.with(1, "staging"), { cwd });
  assert.deepEqual([other.status, other.stdout], [1, ""]);
  assert.match(other.stderr, /^--out out\/prod: nothing was written, .* no render of stack 'staging' has made them:\n/);
});

test("a reader that goes early ends it without a word", () => {
  const line = `"$0" "$1" --stack prod --project "$2" | true; exit "\${PIPESTATUS[0]}"`;
  const args = ["-c", line, process.execPath, join(root, "cli/render.ts"), project];
  const { status, stderr } = spawnSync("bash", args, { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
});

test("wrong settings end as explain ends, and nothing is written", async () => {
  const wrong = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml": "config:\n  vllm:modle: chat\n  vllm:replicas: 0\n  vllm:apiKey: {value: a-key-in-plain-text}\n",
  });
  const out = join(wrong, "out");
  const args = ["--project", wrong, "--stack", "s"];
  const explained = await cli("explain", ...args);
  const rendered = await cli("render", ...args, "--out", out);
  assert.equal(explained.code, 1);
  assert.match(rendered.output, /^the settings of this stack have 5 problems\.\n/);
  assert.deepEqual([rendered.code, rendered.output, rendered.stdout], [1, explained.output, ""]);
  assert.doesNotMatch(rendered.output, /a-key-in-plain-text/);
  assert.ok(!readdirSync(wrong).includes("out"));
});

test("--all renders every stack in a folder of its name; one that is wrong is told, and hides no other", async () => {
  const cwd = projectOf({});
  const args = ["--all", "--project", project, "--out", "out"];
  const { status, stdout, stderr } = run(args, { cwd });
  assert.deepEqual([status, stderr], [0, ""]);
  const sorted = allStacks.toSorted();
  assert.deepEqual(
    stdout.split("\n").map((line) => line.split(":")[0]),
    [...sorted.map((stack) => `out/${stack}`), ""],
  );
  assert.deepEqual(readdirSync(join(cwd, "out")), sorted);
  for (const stack of sorted)
    for (const { path, text } of filesOf(await renderStack(publishedSettings(stack, project))))
      assert.equal(readFileSync(join(cwd, "out", stack, path), "utf8"), text);

  writeFileSync(join(project, "Pulumi.broken.yaml"), "config:\n  vllm:replica: 2\n");
  writeFileSync(join(project, "Pulumi.cut.yaml"), "config: {");
  const partly = run(args, { cwd: projectOf({}) });
  for (const stack of ["broken", "cut"]) rmSync(join(project, `Pulumi.${stack}.yaml`));
  assert.deepEqual([partly.status, partly.stdout.split("\n").length], [1, sorted.length + 1]);
  const told = partly.stderr.split("\n").filter((line) => !line.startsWith(" "));
  assert.match(told[0] ?? "", /^broken: the settings of this stack have .* problems?\.$/);
  assert.match(told[1] ?? "", /^cut: Pulumi\.cut\.yaml/);
  assert.deepEqual(told.slice(2), [""]);

  const none = await cli(
    "render",
    "--all",
    "--out",
    join(cwd, "none"),
    "--project",
    projectOf({ "Pulumi.yaml": "name: x\nruntime: nodejs\n" }),
  );
  assert.deepEqual([none.code, none.output], [1, "there is no stack: no file Pulumi.<stack>.yaml\n"]);
});

test("a wrong call is a line and how to call it", async () => {
  const usage = "usage: npm run render -- --stack STACK [--out DIR]\n";
  for (const [args, message] of [
    [[], "--stack is missing: which stack?"],
    [["--stack", "prod", "--out", ""], "--out is empty: which folder?"],
    [["--stack", "prod", "more"], "Unexpected argument 'more'"],
    [["--all"], "--all without --out: in which folder shall the stacks' folders be?"],
    [["--all", "--stack", "prod"], "--stack and --all: which of them?"],
  ] as const) {
    const { code, output, stdout } = await cli("render", ...args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.ok(output.startsWith(message) && output.includes(usage), output);
  }
  const unknown = await cli("render", "--project", project, "--stack", "nope");
  const files = "there are: all, dev, prod, staging, test";
  assert.deepEqual(
    [unknown.code, unknown.output],
    [1, `there is no stack 'nope': no file Pulumi.nope.yaml; ${files}\n`],
  );
  const folder = projectOf({});
  mkdirSync(join(folder, "a"));
  writeFileSync(join(folder, "a/file"), "");
  const { code, output } = await cli(
    "render",
    "--project",
    project,
    "--stack",
    "prod",
    "--out",
    join(folder, "a/file"),
  );
  assert.equal(code, 1);
  assert.match(output, /^--out .*a\/file: .* cannot be written: a file is where a folder has to be\n$/);
});
