import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { expected, pathOf, textOf } from "./values.ts";

/** The command, as a person runs it, on projects in folders of their own. */

const script = fileURLToPath(new URL("../../cli/importValues.ts", import.meta.url));
const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const project = "name: demo\nruntime: nodejs\n# The region.\nconfig:\n  aws:region:\n    value: eu-west-1\n";

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "import-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const run = (folder: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--project", folder, ...args], {
    encoding: "utf8",
  });
  assert.doesNotMatch(stdout + stderr, /^ {4}at |node:internal/m);
  return { code: status, stdout, stderr, all: stdout + stderr };
};
const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
const article = ["-f", pathOf("article/values.yaml"), "-f", pathOf("article/values-prod.yaml"), "--stack", "prod"];
const configOf = (folder: string, name: string) => parse(readFileSync(join(folder, name), "utf8")).config;

test("two files become the base and a short file of the stack; again changes nothing", () => {
  const own =
    "encryptionsalt: v1:abc=\nconfig:\n  # Where it runs.\n  vllm:cluster:\n    eks: prod # ours\n  aws:region: eu-central-1\n  vllm:production: false\n";
  const folder = folderWith({ "Pulumi.yaml": project, "Pulumi.prod.yaml": own });
  const { base, stack } = expected("article-prod");

  const dry = run(folder, ...article, "--dry-run");
  assert.equal(dry.code, 0, dry.all);
  assert.deepEqual(contents(folder), { "Pulumi.yaml": project, "Pulumi.prod.yaml": own });

  const first = run(folder, ...article);
  assert.equal(first.code, 0, first.all);
  assert.match(first.stdout, /^wrote Pulumi.yaml and Pulumi.prod.yaml\n/);
  for (const [name, text] of Object.entries(contents(folder)))
    assert.ok(dry.stdout.includes(`would write ${name}:\n${text.trimEnd()}`));
  assert.deepEqual(configOf(folder, "Pulumi.yaml"), {
    "aws:region": { value: "eu-west-1" },
    "vllm:base": { value: base },
  });
  const { production: _, ...rest } = stack;
  assert.deepEqual(configOf(folder, "Pulumi.prod.yaml"), {
    "vllm:cluster": { eks: "prod" },
    "aws:region": "eu-central-1",
    "vllm:production": false,
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [`vllm:${key}`, value])),
  });
  const after = contents(folder);
  assert.ok(after["Pulumi.yaml"]?.startsWith(project));
  assert.ok(after["Pulumi.prod.yaml"]?.startsWith(own));
  assert.deepEqual(Object.keys(after), ["Pulumi.prod.yaml", "Pulumi.yaml"]);

  const again = run(folder, ...article);
  assert.deepEqual([again.code, again.stdout.split("\n")[0]], [0, "nothing to do: the settings are there already"]);
  assert.deepEqual(contents(folder), after);
});

test("one file is the base, and a new file of the stack with what only a stack can have", () => {
  const folder = folderWith({ "Pulumi.yaml": project });
  const { code, stdout } = run(folder, "-f", pathOf("article/values.yaml"), "--stack", "organisation/demo/dev");
  assert.equal(code, 0);
  assert.equal(contents(folder)["Pulumi.dev.yaml"], "# yaml-language-server: $schema=./schema.json\nconfig: {}\n");
  assert.match(stdout, /^to do\n {2}- vllm:cluster\.eks \(Pulumi\.dev\.yaml\): is not set/m);
  assert.doesNotMatch(stdout, /a preview refuses/);
  // The second environment over the same base: the base stays as it is.
  const before = contents(folder)["Pulumi.yaml"];
  assert.match(run(folder, ...article).stdout, /^wrote Pulumi\.prod\.yaml\n/);
  assert.equal(contents(folder)["Pulumi.yaml"], before);
  assert.match(
    contents(folder)["Pulumi.prod.yaml"] ?? "",
    /^# yaml-language-server: \$schema=\.\/schema\.json\nconfig:\n {2}vllm:production: true\n/,
  );
});

test("what a person has set after an import stays, and is no difference", () => {
  const folder = folderWith({ "Pulumi.yaml": project });
  run(folder, ...article);
  const path = join(folder, "Pulumi.prod.yaml");
  const more =
    "  vllm:apiKey:\n    value:\n      secure: v1:cipher\n  vllm:models:\n    llm-7b:\n      revision: v2.0\n      engine:\n        secretEnv:\n          X:\n            secure: v1:other\n  vllm:image:\n    digest: sha256:" +
    `${"0".repeat(64)}\n`;
  writeFileSync(path, readFileSync(path, "utf8") + more);
  const before = contents(folder);
  const again = run(folder, ...article);
  assert.deepEqual(
    [again.code, again.stdout.split("\n")[0]],
    [0, "nothing to do: the settings are there already"],
    again.all,
  );
  assert.deepEqual(contents(folder), before);
  // What the import sets itself is no addition.
  writeFileSync(path, readFileSync(path, "utf8").replace("product: T4", "product: L4"));
  const other = run(folder, ...article);
  assert.equal(other.code, 1);
  assert.deepEqual(other.stderr.split("\n").slice(1, -2), ["  vllm:gpu.product (Pulumi.prod.yaml): L4 → T4"]);
});

test("settings that say otherwise are shown and kept, and overwritten by --force", () => {
  const other = `${project}  # Ours.\n  vllm:base:\n    value:\n      namespace: {name: ours}\n      engine:\n        maxModelLen: 4096 # enough\n      models:\n        chat: {shape: {layers: 36}}\n      gpu: {labels: karpenter}\n`;
  const folder = folderWith({
    "Pulumi.yaml": other,
    "Pulumi.prod.yaml": 'config:\n  vllm:replicas: "7"\n  vllm:engine:\n    env:\n      DB_PASSWORD: hunter2\n',
  });
  const before = contents(folder);
  const refused = run(folder, ...article);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  const lines = refused.stderr.trimEnd().split("\n");
  assert.equal(lines[0], "nothing was written: there are settings that the import would change.");
  assert.ok(lines.includes("  vllm:base.engine.maxModelLen (Pulumi.yaml): 4096 → 2048"), refused.stderr);
  assert.ok(lines.includes("  vllm:base.models.chat.shape.layers (Pulumi.yaml): 36 → nothing"), refused.stderr);
  assert.ok(lines.includes("  vllm:replicas (Pulumi.prod.yaml): 7 → nothing"), refused.stderr);
  assert.ok(lines.includes("  vllm:engine.env.DB_PASSWORD (Pulumi.prod.yaml): [secret] → nothing"), refused.stderr);
  assert.doesNotMatch(refused.all, /hunter2|base\.namespace/);
  assert.equal(
    lines.at(-1),
    "To overwrite them, repeat the command with --force; with --out FOLDER it writes elsewhere.",
  );
  assert.deepEqual(contents(folder), before);

  const forced = run(folder, ...article, "--force");
  assert.equal(forced.code, 0);
  // What values never have stays, and is told.
  assert.match(forced.stdout, /^kept, because the values do not say: vllm:base\.gpu\.labels \(Pulumi\.yaml\)$/m);
  const { base } = expected("article-prod");
  assert.deepEqual(configOf(folder, "Pulumi.yaml")["vllm:base"].value, {
    namespace: { name: "ours" },
    ...base,
    gpu: { count: 0, labels: "karpenter" },
  });
  assert.match(contents(folder)["Pulumi.yaml"] ?? "", /# Ours\.[\s\S]*maxModelLen: 2048 # enough/);
  assert.equal(configOf(folder, "Pulumi.prod.yaml")["vllm:replicas"], undefined);
});

test("no secret of the values is printed or written", () => {
  for (const file of [
    "example/values-filled",
    "stack/multi-model",
    "stack/streamer",
    "stack/offloading",
    "stack/lora",
  ]) {
    const folder = folderWith({ "Pulumi.yaml": project });
    const { code, all } = run(folder, "-f", pathOf(`${file}.yaml`), "-s", "prod");
    assert.equal(code, 0, all);
    const secrets = textOf(`${file}.yaml`).match(/secret-[\w-]+/g) ?? [];
    assert.ok(secrets.length > 0);
    for (const secret of secrets) assert.ok(!(all + JSON.stringify(contents(folder))).includes(secret), secret);
  }
});

test("what a preview would refuse is told with the import", () => {
  const folder = folderWith({ "Pulumi.yaml": project });
  const { stdout } = run(folder, "-f", pathOf("example/values-filled.yaml"), "-s", "prod");
  assert.match(
    stdout,
    /a preview refuses these settings until this is settled\n {2}- vllm:base\.engine\.args\.trust-remote-code \(Pulumi\.yaml\): runs Python/,
  );
});

test("offloading that is more than the pod's memory limit is told with the import", () => {
  const values = textOf("stack/offloading.yaml").replace("requestMemory: 64Gi", "limitMemory: 24Gi");
  const folder = folderWith({ "Pulumi.yaml": project, "values.yaml": values });
  const { stdout } = run(folder, "-f", join(folder, "values.yaml"), "-s", "prod");
  assert.match(
    stdout,
    /vllm:base\.models\.mistral\.resources\.memory \(Pulumi\.yaml\): is 24Gi, too little for vLLM \(.*\/dev\/shm 42\.0 GiB.*\); at least 55Gi/,
  );
});

test("wrong calls exit with 2 and the usage, wrong input with 1 and one line", () => {
  const folder = folderWith({ "Pulumi.yaml": project, "broken.yaml": "a: 1\nb: [hunter2\n" });
  const good = pathOf("article/values.yaml");
  for (const [args, said] of [
    [["--stack", "prod"], "-f is missing: which values file?"],
    [["-f", good], "--stack is missing: which stack shall have the settings?"],
    [["-f", good, "--stack", "a b"], "'a b' is no name of a stack"],
    [["-f", good, "--stack", "prod", "--frce"], "Unknown option '--frce'"],
  ] as const) {
    const { code, stderr, stdout } = run(folder, ...args);
    assert.deepEqual([code, stdout], [2, ""], stderr);
    assert.ok(stderr.startsWith(said) && stderr.includes("usage: npm run import-values"), stderr);
  }
  for (const [args, said] of [
    [["-f", join(folder, "none.yaml")], /none\.yaml: cannot be read \(ENOENT\)$/],
    [["-f", folder], /: cannot be read \(EISDIR\)$/],
    [["-f", join(folder, "broken.yaml")], /broken\.yaml:3: not YAML: /],
    [["-f", pathOf("other/kubeai.yaml")], /^these are values of the models chart of KubeAI; expected are those of\n/],
    [["-f", good, "--chart", "mine"], /^there is no chart 'mine' that can be imported/],
  ] as const) {
    const { code, stderr, stdout } = run(folder, ...args, "--stack", "prod");
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(stderr.trimEnd(), said);
    assert.doesNotMatch(stderr, /hunter2/);
  }
  const elsewhere = run(folderWith({}), ...article);
  assert.deepEqual([elsewhere.code, elsewhere.stderr.startsWith("there is no Pulumi.yaml in ")], [1, true]);
  const wrong = run(folderWith({ "Pulumi.yaml": "name: [demo\n" }), ...article);
  assert.deepEqual([wrong.code, /^Pulumi\.yaml:\d: not YAML/.test(wrong.stderr)], [1, true], wrong.stderr);
});
