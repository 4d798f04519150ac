import assert from "node:assert/strict";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import * as importValues from "../../cli/importValues.ts";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { repository } from "../../lab/paths.ts";
import { settingsOf } from "../../render/settings.ts";
import { said } from "./inProcess.ts";
import { contents, projectOf } from "./run.ts";
import { expected, pathOf, sets } from "./values.ts";

/** An import into a project that is still the sample: the command on the files as they are shipped, and as people leave them. */

const article = ["-f", pathOf("article/values.yaml"), "-f", pathOf("article/values-prod.yaml"), "--stack", "prod"];
const into = (folder: string, ...args: string[]) => said(importValues, "--project", folder, ...args);
const configOf = (folder: string, name: string): Tree => parse(readFileSync(join(folder, name), "utf8")).config;
const edit = (folder: string, name: string, change: (text: string) => string) => {
  const path = join(folder, name);
  writeFileSync(path, change(existsSync(path) ? readFileSync(path, "utf8") : ""));
};
/** What only the sample says. */
const ofSample = /L4|karpenter|qwen3-|chat|Qwen3-8B|40960|151936|allowTag|onDestroy/;

for (const set of sets)
  test(`${set}: replaces the sample, of which nothing but where it runs is left`, async () => {
    const { files, base, stack } = expected(set);
    const folder = projectOf();
    const { code, output } = await into(folder, ...files.flatMap((file) => ["-f", pathOf(file)]), "--stack", "prod");
    assert.equal(code, 0, output);
    assert.match(
      output,
      /^this project is still the sample: the import replaces it\nwrote Pulumi\.yaml and Pulumi\.prod\.yaml\nremoved Pulumi\.dev\.yaml, Pulumi\.staging\.yaml and Pulumi\.test\.yaml, which held nothing but the sample\n/,
    );
    assert.deepEqual(Object.keys(contents(folder)), ["Pulumi.prod.yaml", "Pulumi.yaml"]);
    assert.deepEqual(configOf(folder, "Pulumi.yaml"), {
      "aws:region": { value: "eu-west-1" },
      "vllm:base": { value: { namespace: { name: "inference" }, ...base } },
    });
    assert.deepEqual(configOf(folder, "Pulumi.prod.yaml"), {
      "vllm:cluster": { eks: "prod" },
      ...Object.fromEntries(Object.entries(stack).map(([key, value]) => [`vllm:${key}`, value])),
    });
  });

test("as the README has it, in a fresh clone: shown first, then written, and once more it is there already", async () => {
  const folder = projectOf();
  for (const [from, to] of [
    ["values.yaml", "values.yaml"],
    ["values-prod.yaml", "values-prod.yaml"],
  ] as const)
    cpSync(pathOf(`article/${from}`), join(folder, to));
  const before = contents(folder);
  const command = "-f values.yaml -f values-prod.yaml --stack prod";
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  for (const line of [`${command} --dry-run`, command])
    assert.ok(readme.includes(`\nnpm run import-values -- ${line}\n`), line);
  const readmes = (...more: string[]) => {
    const args = [join(repository, "cli/importValues.ts"), ...command.split(" "), ...more];
    return run(process.execPath, args, { cwd: folder, signal: AbortSignal.timeout(60_000) });
  };

  const dry = await readmes("--dry-run");
  assert.equal(dry.code, 0, dry.output);
  assert.deepEqual(contents(folder), before);
  assert.match(dry.stdout, /^this project is still the sample: the import replaces it\nwould write Pulumi\.yaml:\n/);
  assert.match(
    dry.stdout,
    /\nwould remove Pulumi\.dev\.yaml, Pulumi\.staging\.yaml and Pulumi\.test\.yaml, which hold nothing but the sample\n/,
  );

  const first = await readmes();
  assert.equal(first.code, 0, first.output);
  const after = contents(folder);
  for (const name of ["Pulumi.yaml", "Pulumi.prod.yaml"]) {
    assert.ok(dry.stdout.includes(`would write ${name}:\n${after[name]?.trimEnd()}\n`), name);
    assert.doesNotMatch(after[name] ?? "", ofSample);
  }
  assert.ok(
    first.stdout.includes(
      "\n  - say where it runs: vllm:cluster.eks (Pulumi.prod.yaml) is still the sample's\n  - say where it runs: aws:region (Pulumi.yaml) is still the sample's",
    ),
  );
  const again = await readmes();
  assert.deepEqual([again.code, again.stdout.split("\n")[0]], [0, "nothing to do: the settings are there already"]);
  assert.deepEqual(contents(folder), after);
});

test("where it runs, salts and secrets stay, each with why; what else a file said goes", async () => {
  const folder = projectOf();
  edit(folder, "Pulumi.yaml", (text) => text.replace("eu-west-1", "us-east-1 # ours"));
  edit(
    folder,
    "Pulumi.prod.yaml",
    (text) =>
      `encryptionsalt: v1:prod=\n${text.replace("eks: prod", "eks: blue # the new one")}  vllm:apiKey:\n    value:\n      secure: v1:key\n`,
  );
  edit(folder, "Pulumi.dev.yaml", (text) => `${text}encryptionsalt: v1:dev=\n`);
  edit(folder, "Pulumi.test.yaml", (text) => text.replace("eks: test", "eks: green"));
  edit(
    folder,
    "Pulumi.staging.yaml",
    (text) =>
      `# Owned by search.\nsecretsprovider: awskms://k\nencryptedkey: abc\n${text}  vllm:engine:\n    secretEnv:\n      TOKEN:\n        secure: v1:token\n  aws:profile: staging\n`,
  );
  edit(folder, "Pulumi.mine.yaml", () => "encryptionsalt: v1:mine=\nconfig: {}\n");
  edit(folder, "Pulumi.new.yaml", () => "config: {}\n");
  const { code, output } = await into(folder, ...article);
  assert.equal(code, 0, output);

  const { "Pulumi.yaml": base = "", "Pulumi.prod.yaml": prod = "", ...others } = contents(folder);
  assert.match(base, /us-east-1 # ours\n/);
  assert.ok(prod.startsWith("encryptionsalt: v1:prod=\n"));
  assert.match(prod, /\n {4}eks: blue # the new one\n {2}vllm:apiKey:\n {4}value:\n {6}secure: v1:key\n/);
  assert.doesNotMatch(base + prod, ofSample);
  const modeline = "# yaml-language-server: $schema=./schema.json\n";
  assert.deepEqual(others, {
    "Pulumi.dev.yaml": `${modeline}config:\n  vllm:cluster:\n    eks: dev\n  vllm:namespace:\n    create: true\nencryptionsalt: v1:dev=\n`,
    "Pulumi.mine.yaml": "encryptionsalt: v1:mine=\nconfig: {}\n",
    "Pulumi.new.yaml": "config: {}\n",
    "Pulumi.staging.yaml": `# Owned by search.\nsecretsprovider: awskms://k\nencryptedkey: abc\n${modeline}config:\n  vllm:cluster:\n    eks: staging\n  vllm:engine:\n    secretEnv:\n      TOKEN:\n        secure: v1:token\n  aws:profile: staging\n`,
    "Pulumi.test.yaml": `${modeline}config:\n  vllm:cluster:\n    eks: green\n`,
  });
  assert.match(
    output,
    /^wrote Pulumi\.yaml, Pulumi\.prod\.yaml, Pulumi\.dev\.yaml, Pulumi\.staging\.yaml and Pulumi\.test\.yaml$/m,
  );
  assert.doesNotMatch(output, /removed|v1:|still the sample's/);
  const stays = /^stays\n((?: {2}.*\n)+)/m.exec(output)?.[1]?.trimEnd().split("\n");
  assert.deepEqual(stays, [
    "  aws:region (Pulumi.yaml), vllm:base.namespace (Pulumi.yaml), vllm:cluster (Pulumi.prod.yaml), vllm:cluster (Pulumi.dev.yaml), vllm:namespace (Pulumi.dev.yaml), vllm:cluster (Pulumi.staging.yaml), vllm:cluster (Pulumi.test.yaml) — where it runs",
    "  encryptionsalt (Pulumi.prod.yaml), encryptionsalt (Pulumi.dev.yaml), encryptionsalt (Pulumi.mine.yaml), secretsprovider (Pulumi.staging.yaml), encryptedkey (Pulumi.staging.yaml) — opens what is encrypted",
    "  vllm:apiKey.value (Pulumi.prod.yaml), vllm:engine.secretEnv.TOKEN (Pulumi.staging.yaml) — a secret",
    "  aws:profile (Pulumi.staging.yaml) — no setting of a model",
  ]);
  // The next environment is over the base that is there now.
  const next = await into(folder, "-f", pathOf("article/values.yaml"), "--stack", "dev");
  assert.equal(next.code, 0, next.output);
  assert.match(next.output, /^nothing to do/);
  assert.equal(
    settingsOf(folder, "dev")
      .settings.models.map(({ name }) => name)
      .join(),
    "llm-7b",
  );
});

test("a secret of the sample's model: in the stack itself a conflict, in another one it stays and is told", async () => {
  const secret = (text: string) =>
    text.concat(
      "  vllm:models:\n    chat:\n      engine:\n        secretEnv:\n          X:\n            secure: v1:x\n",
    );
  const other = projectOf();
  edit(other, "Pulumi.test.yaml", secret);
  const told = await into(other, ...article);
  assert.equal(told.code, 0, told.output);
  assert.match(
    told.output,
    /^ {2}vllm:models\.chat\.engine\.secretEnv\.X \(Pulumi\.test\.yaml\) — a secret of the model chat: take it out where that is no more$/m,
  );
  assert.deepEqual(configOf(other, "Pulumi.test.yaml"), {
    "vllm:cluster": { eks: "test" },
    "vllm:models": { chat: { engine: { secretEnv: { X: { secure: "v1:x" } } } } },
  });

  const itself = projectOf();
  edit(itself, "Pulumi.prod.yaml", secret);
  const before = contents(itself);
  const { code, output } = await into(itself, ...article);
  assert.equal(code, 1);
  assert.deepEqual(output.split("\n").slice(1, -1), [
    "  vllm:models.chat.engine.secretEnv.X.secure (Pulumi.prod.yaml): [secret] → nothing",
  ]);
  assert.deepEqual(contents(itself), before);
  const forced = await into(itself, ...article, "--force");
  assert.equal(forced.code, 0);
  assert.doesNotMatch(forced.output, /secretEnv/);
  assert.equal(configOf(itself, "Pulumi.prod.yaml")["vllm:models"], undefined);
});

test("a project that is no longer the sample: conflicts as ever, and what keeps it from being replaced", async () => {
  for (const [name, from, to, told] of [
    ["Pulumi.staging.yaml", "replicas: 2", "replicas: 3", "vllm:replicas (Pulumi.staging.yaml)"],
    ["Pulumi.dev.yaml", "config:", "config: [", "Pulumi.dev.yaml"],
    ["Pulumi.yaml", "product: L4", "product: L40S", undefined],
  ] as const) {
    const folder = projectOf();
    edit(folder, name, (text) => text.replace(from, to));
    const before = contents(folder);
    for (const more of [[], ["--dry-run"]]) {
      const { code, output } = await into(folder, ...article, ...more);
      assert.equal(code, 1);
      assert.match(
        output,
        /^nothing was written: .*\n {2}vllm:base\.models\.chat\.servedModelName \(Pulumi\.yaml\): qwen3-8b → nothing\n/,
      );
      const reason =
        /^A project that is still the sample is replaced as a whole; what makes this one another: (.*)\.$/m.exec(
          output,
        )?.[1];
      assert.equal(reason, told);
      assert.deepEqual(contents(folder), before);
    }
    const forced = await into(folder, ...article, "--force");
    assert.equal(forced.code, 0, forced.output);
    assert.match(
      forced.output,
      /^wrote Pulumi\.yaml and Pulumi\.prod\.yaml\nkept, because the values do not say: .*vllm:base\.gpu\.labels /,
    );
    assert.deepEqual(Object.keys(contents(folder)), Object.keys(before));
  }
  // What cannot be read may be anything.
  const folder = projectOf();
  mkdirSync(join(folder, "Pulumi.mine.yaml"));
  const { code, output } = await into(folder, ...article);
  assert.equal(code, 1);
  assert.match(output, /; what makes this one another: Pulumi\.mine\.yaml\.$/m);
});

test("input that is wrong, and a file that cannot be written, change nothing", async () => {
  const folder = projectOf();
  writeFileSync(join(folder, "broken.yaml"), "a: [1\n");
  const before = contents(folder);
  for (const values of [join(folder, "broken.yaml"), pathOf("other/kubeai.yaml"), join(folder, "none.yaml")]) {
    const { code } = await into(folder, "-f", values, "--stack", "prod");
    assert.equal(code, 1);
    assert.deepEqual(contents(folder), before);
  }
  const blocked = join(folder, `.Pulumi.prod.yaml.${process.pid}.new.tmp`);
  mkdirSync(blocked);
  const { code, output } = await into(folder, ...article);
  assert.deepEqual([code, output], [1, `nothing was written: EISDIR in ${folder}`]);
  rmSync(blocked, { recursive: true, force: true });
  assert.deepEqual(contents(folder), before);
});

test("into a stack that the sample has not, and with files of Windows", async () => {
  const folder = projectOf();
  for (const name of Object.keys(contents(folder))) edit(folder, name, (text) => text.replaceAll("\n", "\r\n"));
  const { code, output } = await into(folder, ...article.slice(0, -1), "qa");
  assert.equal(code, 0, output);
  const { "Pulumi.yaml": base = "", ...others } = contents(folder);
  assert.deepEqual(Object.keys(others), ["Pulumi.qa.yaml"]);
  assert.doesNotMatch(base, /[^\r]\n|\r\r/);
  assert.doesNotMatch(base + others["Pulumi.qa.yaml"], ofSample);
  assert.match(output, /\n {2}- vllm:cluster\.eks \(Pulumi\.qa\.yaml\): is not set/);
  assert.match(output, /where it runs: aws:region \(Pulumi\.yaml\) is still the sample's$/m);
});
