import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import * as explain from "../../cli/explain.ts";
import * as importValues from "../../cli/importValues.ts";
import { said } from "./inProcess.ts";
import { contents, projectOf } from "./run.ts";
import { expected, pathOf } from "./values.ts";

/** `--out`: the import by itself, in another folder. */

const base = ["-f", pathOf("stack/minimal.yaml")];
const prod = [...base, "-f", pathOf("stack/prod.yaml"), "--stack", "prod"];
const into = (folder: string, ...args: string[]) => said(importValues, "--project", folder, ...args);

/** A project of one's own: settings, a stack that runs somewhere, a salt and a secret. */
const own = () =>
  projectOf({
    "Pulumi.yaml":
      "name: ours # the team's\nruntime: nodejs\nconfig:\n  aws:region:\n    value: us-east-1\n  vllm:base:\n    value:\n      gpu: {product: H100, labels: karpenter}\n      models:\n        ours: {revision: v7}\n",
    "Pulumi.prod.yaml":
      "encryptionsalt: v1:salt=\nconfig:\n  vllm:cluster:\n    eks: ours\n  vllm:replicas: 3\n  vllm:apiKey:\n    value:\n      secure: v1:key\n",
    "Pulumi.other.yaml": "config:\n  vllm:replicas: 1\n",
  });

test("writes the import by itself; the project stays untouched", async () => {
  const { base: shared, stack } = expected("stack-prod");
  for (const sample of [false, true]) {
    const folder = sample ? projectOf() : own();
    const before = contents(folder);
    const out = join(folder, "new", "imported");
    const dry = await into(folder, ...prod, "--out", out, "--dry-run");
    assert.equal(dry.code, 0, dry.output);
    assert.equal(existsSync(join(folder, "new")), false);
    const { code, output } = await into(folder, ...prod, "--out", out);
    assert.equal(code, 0, output);
    assert.deepEqual(contents(folder), before);
    assert.doesNotMatch(output, /still the sample: |removed/);
    assert.ok(
      output.startsWith(`wrote ${join(out, "Pulumi.yaml")} and ${join(out, "Pulumi.prod.yaml")}\nstays\n`),
      output,
    );
    const written = contents(out);
    assert.deepEqual(Object.keys(written), ["Pulumi.prod.yaml", "Pulumi.yaml"]);
    for (const [name, text] of Object.entries(written))
      assert.ok(dry.output.includes(`would write ${join(out, name)}:\n${text.trimEnd()}`));
    const ofStack = Object.fromEntries(Object.entries(stack).map(([key, value]) => [`vllm:${key}`, value]));
    const place = sample ? { namespace: { name: "inference" } } : {};
    assert.deepEqual(parse(written["Pulumi.yaml"] ?? "").config["vllm:base"].value, { ...place, ...shared });
    assert.deepEqual(
      parse(written["Pulumi.prod.yaml"] ?? ""),
      sample
        ? { config: { "vllm:cluster": { eks: "prod" }, ...ofStack } }
        : {
            encryptionsalt: "v1:salt=",
            config: { "vllm:cluster": { eks: "ours" }, "vllm:apiKey": { value: { secure: "v1:key" } }, ...ofStack },
          },
    );
    assert.equal(/still the sample's/.test(output), sample);
    // What is missing there is what the import has told, and nothing else.
    const explained = await said(explain, "--project", out, "--stack", "prod");
    assert.equal(explained.code, 1);
    const problems = explained.output.split("\n").filter((line) => line.startsWith("  vllm:"));
    assert.ok(problems.length === 1 && output.includes(`- ${problems[0]?.trim()}`), explained.output);
  }
});

test("the next environment goes into the same folder, whose files are imported into as the project's are", async () => {
  const folder = own();
  const out = join(folder, "imported");
  await into(folder, ...prod, "--out", out);
  const after = contents(out);
  const dev = await into(folder, ...base, "--stack", "dev", "--out", out);
  assert.equal(dev.code, 0, dev.output);
  assert.ok(dev.output.startsWith(`wrote ${join(out, "Pulumi.dev.yaml")}\n`), dev.output);
  assert.deepEqual(contents(out), { ...after, "Pulumi.dev.yaml": contents(out)["Pulumi.dev.yaml"] });
  assert.match((await into(folder, ...prod, "--out", out)).output, /^nothing to do/);

  const path = join(out, "Pulumi.yaml");
  writeFileSync(path, readFileSync(path, "utf8").replace('cpu: "6"', 'cpu: "7"'));
  const before = contents(out);
  const refused = await into(folder, ...prod, "--out", out);
  assert.equal(refused.code, 1);
  assert.match(refused.output, /\n {2}vllm:base\.models\.tiny\.resources\.cpu \(Pulumi\.yaml\): 7 → 6\n/);
  assert.deepEqual(contents(out), before);
  assert.equal((await into(folder, ...prod, "--out", out, "--force")).code, 0);
  assert.deepEqual(contents(out)["Pulumi.yaml"], after["Pulumi.yaml"]);
});

test("the project's own folder is no other, and one that cannot be made is told", async () => {
  const folder = projectOf();
  const { code, output } = await into(folder, ...prod, "--out", `${folder}/`);
  assert.equal(code, 0);
  assert.match(output, /^this project is still the sample: /);
  const file = join(folder, "Pulumi.yaml");
  const before = contents(folder);
  assert.deepEqual(await into(folder, ...prod, "--out", file), {
    code: 1,
    output: `nothing was written: EEXIST in ${file}`,
  });
  const empty = await into(folder, ...prod, "--out", "");
  assert.equal(empty.code, 2);
  assert.match(empty.output, /^--out is empty: which folder\?\nusage: /);
  assert.deepEqual(contents(folder), before);
});
