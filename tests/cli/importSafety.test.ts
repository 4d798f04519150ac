import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { concealed } from "../../cli/import/document.ts";
import { ImportError } from "../../cli/import/values.ts";
import type { Tree } from "../../config/tree.ts";
import { contents } from "./run.ts";
import { importTrees, pathOf, stackModelOf } from "./values.ts";

/** What an import must never do: take a secret over, change what it was not asked to, end in a stack trace. */

const script = fileURLToPath(new URL("../../cli/importValues.ts", import.meta.url));
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
const project = "name: demo\nruntime: nodejs\nconfig:\n  aws:region:\n    value: eu-west-1\n";

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "import-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}
function run(folder: string, ...more: string[]) {
  const args = [script, "--project", folder, "-f", pathOf("article/values.yaml"), "--stack", "t", ...more];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  assert.doesNotMatch(stdout + stderr, /^ {4}at |node:internal/m);
  return { code: status, stdout, stderr: stderr.trimEnd() };
}
const refused = (files: Record<string, string>, said: string | RegExp, ...args: string[]) => {
  const folder = folderWith(files);
  const { code, stdout, stderr } = run(folder, ...args);
  assert.deepEqual([code, stdout], [1, ""], stderr);
  if (typeof said === "string") assert.equal(stderr, said);
  else assert.match(stderr, said);
  assert.deepEqual(contents(folder), files);
};

test("no secret becomes a plain setting, whatever it is called and wherever it stands", () => {
  const env = {
    DB_PASS: "hunter2",
    X_PAT: "github_pat_11ABhunter2",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=hunter2,x-api-key=hunter2",
    NOTIFY: "https://hooks.slack.com/services/T0/B0/hunter2",
    FOO_DSN: "https://u:hunter2@h/",
    OPENAI_KEY: "hunter2",
    EXTRA: "a=1,x-api-key=hunter2",
  };
  const extraArgs = [
    ...[
      "--kv-transfer-config",
      '{"password":"hunter2"}',
      "--override-generation-config",
      '{"a": {"apiKey": "hunter2"}}',
    ],
    ...["--hf-overrides.password", "hunter2", "--ssl-keyfile-password=hunter2", "--seed", "1"],
  ];
  const { model, imported } = stackModelOf({
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    vllmConfig: { enablePrefixCaching: true, extraArgs },
    podLabels: { team: "x" },
  });
  assert.deepEqual(model, { labels: { team: "x" }, engine: { args: { "enable-prefix-caching": true, seed: 1 } } });
  assert.doesNotMatch(JSON.stringify(imported), /hunter2/);
  const secrets = imported.todo.filter((text) => text.includes("--secret"));
  assert.deepEqual(
    secrets.map((text) => /engine\.secretEnv\.(\w+)/.exec(text)?.[1]),
    Object.keys(env),
  );
});

test("what only looks like a secret's name is taken over", () => {
  const env = { TOKENIZERS_PARALLELISM: "false", MAX_TOKENS: "512", HF_HUB_ENABLE_HF_TRANSFER: "1", KEY: "a" };
  const { model } = stackModelOf({ env: Object.entries(env).map(([name, value]) => ({ name, value })) });
  assert.deepEqual(model, { engine: { env } });
});

test("a flag or a setting that is called as every object's own parts is one like others", () => {
  const names = ["constructor", "toString", "valueOf", "hasOwnProperty"];
  for (const name of names) {
    const { model, imported } = stackModelOf({
      vllmConfig: { enablePrefixCaching: true, extraArgs: [`--${name}`, "3"] },
    });
    assert.deepEqual(model, { engine: { args: { "enable-prefix-caching": true } } });
    const reason = name === "constructor" ? /is a name that cannot be used/ : /is a short or nested form/;
    const listed = imported.unmapped.filter(({ from }) => from.includes("extraArgs"));
    assert.equal(listed.length, 2);
    for (const one of listed) assert.match(one.reason, reason);
    assert.ok(!imported.mapped.some(({ to }) => to.includes(name)));
    stackModelOf({ vllmConfig: { extraArgs: [`-${name}`, "3"] } });
    const [made] = Object.values(
      (importTrees([{ servingEngineSpec: { modelSpec: [{ name }] } }]).base.models ?? {}) as Tree,
    );
    assert.deepEqual((made as Tree).gpu, { count: 1 });
  }
  const files = {
    "Pulumi.yaml": project,
    "Pulumi.t.yaml": "config:\n  vllm:constructor: 3\n  vllm:engine:\n    toString: 1\n",
  };
  refused(
    files,
    /^nothing was written: .*\n {2}vllm:constructor \(Pulumi\.t\.yaml\): 3 → nothing\n {2}vllm:engine\.toString \(Pulumi\.t\.yaml\): \[secret\] → nothing\n/,
  );
  const folder = folderWith(files);
  assert.equal(run(folder, "--force").code, 0);
  assert.deepEqual(parse(contents(folder)["Pulumi.t.yaml"] ?? "").config, {});
});

test("models that are no list of maps are refused, and none is invented", () => {
  const expected = "expected is a list of models, each a map (- name: …)";
  const whole = "servingEngineSpec.modelSpec";
  for (const [modelSpec, said] of [
    [{ name: "foo", modelURL: "foo" }, `${whole} is a map`],
    ["foo", `${whole} is text`],
    [3, `${whole} is a number`],
    [[{ name: "foo" }, null], `${whole}[1] is empty`],
    [["foo"], `${whole}[0] is text`],
    [[[]], `${whole}[0] is a list`],
  ] as const)
    assert.throws(() => importTrees([{ servingEngineSpec: { modelSpec } }]), new ImportError(`${said}; ${expected}`));
  for (const modelSpec of [[], {}, ""]) assert.deepEqual(importTrees([{ servingEngineSpec: { modelSpec } }]).base, {});
});

test("numbers in JSON that would be others stay the text that they are", () => {
  const argument = (text: string) => {
    const { model } = stackModelOf({ vllmConfig: { enablePrefixCaching: true, extraArgs: ["--hf-overrides", text] } });
    return ((model.engine as Tree).args as Tree)["hf-overrides"];
  };
  for (const text of [
    '{"a": 12345678901234567890}',
    '{"a":[{"b":-9007199254740993}]}',
    '{"factor": 4.0}',
    '{"a": 1e400}',
  ])
    assert.equal(argument(text), text);
  assert.deepEqual(argument('{"a": 9007199254740991, "b": -0.5, "c": "12345678901234567890", "d": "\\" 1.0"}'), {
    a: 9007199254740991,
    b: -0.5,
    c: "12345678901234567890",
    d: '" 1.0',
  });
});

test("lines end as they did", () => {
  const own = "config:\r\n  # Where.\r\n  vllm:cluster:\r\n    eks: prod # ours\r\n";
  const folder = folderWith({ "Pulumi.yaml": project.replaceAll("\n", "\r\n"), "Pulumi.t.yaml": own });
  assert.equal(run(folder).code, 0);
  const { "Pulumi.yaml": base = "", "Pulumi.t.yaml": stack } = contents(folder);
  assert.equal(stack, own);
  assert.ok(base.startsWith(project.replaceAll("\n", "\r\n")) && base.includes("vllm:base:\r\n"));
  assert.doesNotMatch(base, /[^\r]\n|\r\r/);
  const unix = folderWith({ "Pulumi.yaml": project });
  run(unix);
  assert.equal(base.replaceAll("\r\n", "\n"), contents(unix)["Pulumi.yaml"]);
  assert.match(run(folder).stdout, /^nothing to do/);
});

test("a base that stands beside its 'value' is refused, also with --force", () => {
  const where =
    "what all stacks share belongs under 'value:' in it. Move it there, then repeat the command. Nothing was written";
  const base = (text: string) => ({ "Pulumi.yaml": `name: demo\nconfig:\n  vllm:base: ${text}\n` });
  for (const force of [[], ["--force"]]) {
    refused(base("{gpu: {count: 1}}"), `Pulumi.yaml: 'vllm:base' holds gpu; ${where}`, ...force);
    refused(base("{value: {}, default: {gpu: {}}}"), `Pulumi.yaml: 'vllm:base' holds default; ${where}`, ...force);
    refused(base("3"), `Pulumi.yaml: 'vllm:base' is a number; ${where}`, ...force);
    refused(base("hunter2"), `Pulumi.yaml: 'vllm:base' is text; ${where}`, ...force);
  }
  refused(base("[1]"), `Pulumi.yaml: 'vllm:base' is a list; ${where}`);
  refused(
    base("{value: 3}"),
    "Pulumi.yaml: 'config.vllm:base.value' is a number, and must be a group of settings; nothing was written",
  );
  const list = "'config' is a list, and must be a group of settings; nothing was written";
  refused({ "Pulumi.yaml": "name: demo\nconfig: [1]\n" }, `Pulumi.yaml: ${list}`, "--force");
  refused({ "Pulumi.yaml": project, "Pulumi.t.yaml": "config: [1]\n" }, `Pulumi.t.yaml: ${list}`, "--force");
  for (const text of ["", "{}", "{value: }"]) assert.equal(run(folderWith(base(text))).code, 0, text);
});

test("aliases that nothing stands for, that are too many, or that an edit would reach are told in words", () => {
  refused(
    { "Pulumi.yaml": project, "Pulumi.t.yaml": "config:\n  vllm:labels: *team\n" },
    "Pulumi.t.yaml: the alias '*team' has no anchor '&team' before it",
  );
  const many = `a: &a [x]\n${["b", "c", "d"].map((key, at) => `${key}: &${key} [${`*${"abc"[at]}, `.repeat(9)}]\n`).join("")}`;
  refused({ "Pulumi.yaml": project + many }, "Pulumi.yaml: has more YAML aliases than can be read");
  const shared = `${project}  vllm:base:\n    value: &all {drain: {seconds: 60}}\n  vllm:copy:\n    value: *all\n`;
  refused(
    { "Pulumi.yaml": shared },
    "Pulumi.yaml: the alias '*all' cannot be edited; write out what it stands for, then repeat the command. Nothing was written",
    "--force",
  );
});

test("a file that is a folder is told in words", () => {
  for (const name of ["Pulumi.yaml", "Pulumi.t.yaml"]) {
    const folder = folderWith(name === "Pulumi.yaml" ? {} : { "Pulumi.yaml": project });
    mkdirSync(join(folder, name));
    const { code, stdout, stderr } = run(folder);
    assert.deepEqual([code, stdout, stderr], [1, "", `${name}: cannot be read (EISDIR)`]);
  }
});

test("files that have been published are not asked for again", () => {
  const folder = folderWith({ "Pulumi.yaml": project, "Pulumi.t.yaml": "config:\n  vllm:cluster:\n    eks: a\n" });
  assert.match(run(folder).stdout, /- publish .* as a revision of llm-7b/);
  const path = join(folder, "Pulumi.t.yaml");
  writeFileSync(path, `${readFileSync(path, "utf8")}  vllm:models:\n    llm-7b:\n      revision: v2.0\n`);
  const { code, stdout } = run(folder);
  assert.deepEqual([code, stdout.split("\n")[0]], [0, "nothing to do: the settings are there already"]);
  assert.doesNotMatch(stdout, /publish|modelBucket/);
});

test("a dry run shows no secret of a person's own files", () => {
  const text = stringify({
    config: {
      "app:password": "hunter2",
      "vllm:apiKey": { rotation: "2026-01", value: "hunter2" },
      "vllm:models": { a: { engine: { secretEnv: { X: "hunter2", Y: { secure: "v1:cipher" } } } } },
      "app:list": ["https://u:hunter2@h"],
      "app:plain": "shown",
    },
  });
  const shown = concealed(`# token=hunter2\n${text}`);
  assert.doesNotMatch(shown, /hunter2/);
  assert.match(shown, /v1:cipher/);
  assert.deepEqual(parse(shown).config["app:plain"], "shown");
  assert.equal(concealed(project), project);
  const folder = folderWith({ "Pulumi.yaml": `${project}  app:password:\n    value: hunter2\n` });
  const { code, stdout } = run(folder, "--dry-run");
  assert.equal(code, 0);
  assert.match(stdout, /app:password:\n {4}value: "\[secret\]"/);
  assert.doesNotMatch(stdout, /hunter2/);
});
