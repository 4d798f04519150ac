import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Problem, ProblemKind } from "../../config/problems.ts";
import { root } from "../config/settings.ts";
import { conforms, files, schema } from "./explanation.ts";
import { cli, projectOf } from "./run.ts";

/** `npm run explain` of wrong settings: their problems, as text and as JSON. */

test("wrong settings: all problems at once, as text and as JSON, and exit code 1", async () => {
  const wrong = projectOf({ ...files, "Pulumi.s.yaml": "config:\n  vllm:modle: chat\n  vllm:replicas: 0\n" });
  const text = await cli("explain", "--project", wrong, "--stack", "s");
  assert.equal(text.code, 1);
  assert.match(text.output, /^the settings of this stack have 4 problems\.\n {2}vllm:modle \(Pulumi\.s\.yaml\): /);
  const json = await cli("explain", "--project", wrong, "--stack", "s", "--json");
  assert.equal(json.code, 1);
  const { problems, ...rest } = JSON.parse(json.stdout);
  assert.deepEqual(rest, { schemaVersion: 1, stack: "s" });
  assert.ok(conforms({ ...rest, problems }), JSON.stringify(conforms.errors));
  assert.deepEqual(
    problems.map(({ kind, key }: Problem) => [kind, key]),
    [
      ["unknown", "vllm:modle"],
      ["invalid", "vllm:replicas"],
      ["missing", "vllm:cluster.eks"],
      ["missing", "aws:region"],
    ],
  );
  assert.deepEqual(problems[1], {
    kind: "invalid",
    path: ["replicas"],
    key: "vllm:replicas",
    layer: "Pulumi.s.yaml",
    found: 0,
    allowed: "at least 1",
    message: "is 0, but must be at least 1",
  });
  assert.deepEqual(
    text.output.trimEnd().split("\n").slice(1),
    problems.map(({ key, layer, message }: Problem & { message: string }) => `  ${key} (${layer}): ${message}`),
  );
});

test("a setting that is wrong for several models is one problem, in the JSON too", async () => {
  const shared = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml":
      "config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:models: {chat: {}, code: {}}\n  vllm:labels: {app.kubernetes.io/name: x}\n  vllm:gpu: {count: 0}\n",
  });
  const { stdout } = await cli("explain", "--project", shared, "--stack", "s", "--json");
  assert.deepEqual(
    JSON.parse(stdout).problems.map(({ key }: Problem) => key),
    ["vllm:labels.app.kubernetes.io/name"],
  );
});

test("the schema knows every kind of problem", () => {
  const kinds: Record<ProblemKind, true> = {
    unknown: true,
    reserved: true,
    invalid: true,
    missing: true,
    exclusive: true,
    misplaced: true,
    secret: true,
    encrypted: true,
    conflict: true,
    fit: true,
    flag: true,
    advisory: true,
  };
  const others = ["file", "call", "fault"];
  assert.deepEqual(schema.properties.problems.items.properties.kind.enum, [...Object.keys(kinds), ...others]);
});

test("a secret in plain text, and something encrypted that the plan needs", async () => {
  const stack = (config: string) =>
    projectOf({
      ...files,
      "Pulumi.s.yaml": `config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:model: chat\n${config}`,
    });
  const plain = await cli(
    "explain",
    "--stack",
    "s",
    "--project",
    stack("  vllm:engine: {secretEnv: {A: hunter2-hunter2}}\n"),
  );
  assert.equal(plain.code, 1);
  assert.match(
    plain.output,
    /vllm:engine\.secretEnv\.A \(Pulumi\.s\.yaml\): is a secret in plain text; encrypt it: pulumi config set --secret --path vllm:engine\.secretEnv\.A/,
  );
  assert.doesNotMatch(plain.output, /hunter2/);
  const hidden = await cli("explain", "--stack", "s", "--project", stack("  vllm:replicas: {secure: v1:abc}\n"));
  assert.equal(hidden.code, 1);
  assert.match(
    hidden.output,
    /vllm:replicas \(Pulumi\.s\.yaml\): is encrypted, and its value is needed here; it is no secret: pulumi config set --path vllm:replicas/,
  );
});

test("a base in the stack's file is refused here too", async () => {
  const misplaced = projectOf({ ...files, "Pulumi.s.yaml": `${files["Pulumi.s.yaml"]}  vllm:base: {replicas: 2}\n` });
  const { code, output } = await cli("explain", "--project", misplaced, "--stack", "s");
  assert.equal(code, 1);
  assert.match(output, /vllm:base \(Pulumi\.s\.yaml\): belongs into Pulumi\.yaml/);
});

test("whatever is wrong is JSON where JSON is asked for, and text where it is not", async () => {
  const stack = files["Pulumi.s.yaml"];
  const good = projectOf(files);
  const noYaml = projectOf({ ...files, "Pulumi.s.yaml": "config: [" });
  const list = projectOf({ ...files, "Pulumi.yaml": "[1]" });
  const cases: readonly [folder: string, args: string[], code: number, kind: string, layer: string, said: RegExp][] = [
    [noYaml, ["--stack", "s"], 1, "file", "Pulumi.s.yaml", /^Pulumi\.s\.yaml:1: not YAML/],
    [list, ["--stack", "s"], 1, "file", "Pulumi.yaml", /^Pulumi\.yaml: holds no settings/],
    [good, ["--stack", "t"], 1, "file", "Pulumi.t.yaml", /^there is no stack 't'/],
    [projectOf({ "Pulumi.s.yaml": stack }), ["--stack", "s"], 1, "file", "Pulumi.yaml", /^there is no Pulumi\.yaml/],
    [good, ["--stack", "s", "--model", "x"], 2, "call", "", /^stack 's' has no model 'x'; it has chat, code$/],
    [good, ["--stack", "s", "--wide"], 2, "call", "", /--wide/],
    [good, ["--stack"], 2, "call", "", /stack/],
    [good, [], 2, "call", "", /^--stack is missing: which stack\?$/],
  ];
  for (const [folder, args, code, kind, layer, said] of cases) {
    const json = await cli("explain", "--json", "--project", folder, ...args);
    assert.deepEqual([json.code, json.output], [code, json.stdout], args.join(" "));
    const told = JSON.parse(json.stdout);
    assert.ok(conforms(JSON.parse(json.stdout)), JSON.stringify(conforms.errors));
    const [{ message, ...problem }, ...others] = told.problems;
    assert.deepEqual([problem, others], [{ kind, path: [], key: "", layer }, []]);
    assert.match(message, said);
    assert.equal(told.stack, args[0] === "--stack" ? (args[1] ?? "") : "");
    const text = await cli("explain", "--project", folder, ...args);
    assert.deepEqual([text.code, text.stdout], [code, ""]);
    assert.equal(text.output.split("\n")[0], message.split("\n")[0]);
  }
});

test("a link that leads nowhere is no stack", async () => {
  const folder = projectOf(files);
  symlinkSync(join(folder, "nowhere"), join(folder, "Pulumi.x.yaml"));
  const { code, output } = await cli("explain", "--project", folder, "--stack", "x");
  assert.deepEqual([code, output.trimEnd()], [1, "there is no stack 'x': no file Pulumi.x.yaml; there are: s"]);
});

test("an error that nobody foresaw is one plain line, without words of a file; DEBUG shows where it was", async () => {
  const fault = join(projectOf({}), "fault.ts");
  const command = join(root, "cli", "command.ts");
  writeFileSync(
    fault,
    `import { runCommand } from ${JSON.stringify(command)};
await runCommand({ usage: "", run: () => { throw new TypeError("hunter2"); }, envelope: () => ({ schemaVersion: 1, stack: "s" }) });`,
  );
  const called = (args: string[], env = {}) =>
    spawnSync(process.execPath, [fault, ...args], { encoding: "utf8", env: { ...process.env, ...env } });
  const line = /^a fault of this program, not of what it was given: TypeError( at [\w/.-]+:\d+)?\. Please report it/;
  const said = called([]);
  assert.deepEqual([said.status, said.stdout, said.stderr.trimEnd().split("\n").length], [1, "", 1]);
  assert.match(said.stderr, /^a fault of this program, not of what it was given: TypeError/);
  assert.doesNotMatch(said.stderr, /hunter2| {4}at /);
  const json = called(["--json"]);
  assert.deepEqual([json.status, json.stderr], [1, ""]);
  assert.ok(conforms(JSON.parse(json.stdout)), JSON.stringify(conforms.errors));
  assert.equal(JSON.parse(json.stdout).problems[0].kind, "fault");
  const shown = called([], { DEBUG: "1" }).stderr;
  assert.match(shown, line);
  assert.match(shown, /hunter2[\s\S]* {4}at /);
});

test("known holes: the worst and how many in the message, all of them by --only advisories, of a refused stack too", async () => {
  const holes = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml": `config:
  aws:region: eu-west-1
  vllm:cluster: {eks: lab}
  vllm:gpu: {product: L4}
  vllm:models: {a: {engine: {version: 0.8.5}}, b: {engine: {version: 0.8.5, acceptCves: [CVE-2026-22778]}}, c: {}, d: {engine: {version: 0.8.5}}}
`,
  });
  const refused = await cli("explain", "--project", holes, "--stack", "s");
  assert.equal(refused.code, 1);
  const lines = refused.output.trimEnd().split("\n");
  assert.ok(lines.length === 4 && lines.every((line) => line.length < 600), refused.output);
  assert.match(
    lines[3] ?? "",
    /^ {2}vllm:models\.d\.engine\.version .*: is 0\.8\.5, which has the known holes that are told of vllm:models\.a\.engine\.version$/,
  );
  const { code, stdout } = await cli("explain", "--project", holes, "--stack", "s", "--only", "advisories");
  assert.equal(code, 0);
  const [first = "", ...rows] = stdout.split("\n\n")[0]?.split("\n") ?? [];
  assert.equal(first, "vLLM 0.8.5, of a, b, d: 35 known holes");
  assert.equal(rows.length, 35);
  assert.match(
    rows[0] ?? "",
    /^ {2}CVE-2026-22778 {2}critical {2}code execution by a video +fixed in 0\.14\.1 +accepted by b$/,
  );
  assert.match(rows[34] ?? "", /^ {2}CVE-\S+ +low +/);
  assert.match(stdout, /\n\nvLLM 0\.32\.0, of c: 0 known holes\n$/);
  const one = await cli("explain", "--project", holes, "--stack", "s", "--only", "advisories", "--model", "c");
  assert.equal(one.stdout, "vLLM 0.32.0, of c: 0 known holes\n");
  const none = await cli("explain", "--project", holes, "--stack", "s", "--only", "advisories", "--model", "x");
  assert.match(none.output, /^stack 's' has no model 'x'; it has a, b, c, d\n/);
  const other = await cli("explain", "--project", holes, "--stack", "s", "--only", "advisories", "--only", "fit");
  assert.equal(other.code, 1, "a plan is needed for the rest");
});

test("what is a format by another name is told the name that it has here", async () => {
  const quantized = (name: string) =>
    projectOf({
      ...files,
      "Pulumi.s.yaml": `config:\n  aws:region: eu-west-1\n  vllm:cluster: {eks: lab}\n  vllm:model: chat\n  vllm:shape: {quantization: ${name}, parameters: 8B, layers: 2, hiddenSize: 128, attentionHeads: 2}\n`,
    });
  for (const name of ["awq", "gptq", "AWQ", "awq_marlin", "gptq_marlin"]) {
    const { output } = await cli("explain", "--project", quantized(name), "--stack", "s");
    assert.match(output, /must be 'fp8' or .*; did you mean 'int4'\?\n$/, name);
  }
});
