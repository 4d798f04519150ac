import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { fromText } from "../../config/json.ts";
import { deepAt } from "../../config/tree.ts";
import { cli, projectOf } from "../cli/run.ts";
import { writtenText } from "../config/sources/scalars.ts";
import { project, pulumiConfig, type ReadConfig } from "./pulumiConfig.ts";

/** A text setting in any notation of YAML: what comes back from the engine and from `explain --json`. */

let read: ReadConfig;
let end: () => void;
before(async () => {
  ({ read, end } = await pulumiConfig());
});
after(() => end());

const base = `name: ${project}\nruntime: nodejs\nconfig:\n  aws:region: {value: eu-west-1}\n  vllm:base:\n    value: {}\n`;
const stackFile = (texts: ReadonlyMap<string, { written: string }>) =>
  `config:\n  vllm:cluster: {eks: lab}\n  vllm:model: chat\n  vllm:gpu: {product: L4}\n  vllm:engine:\n    env:\n${[
    ...texts,
  ]
    .map(([name, { written }]) => `      ${name}: ${written}\n`)
    .join("")}`;

for (const seed of [1, 2, 3, 4])
  test(`2500 texts, ${seed} of 4: byte for byte, or refused because Pulumi has another text`, async () => {
    const drawn = fc.sample(writtenText, { seed, numRuns: 2500 });
    const texts = new Map(drawn.map((text, index) => [`A${index}`, text]));
    const engine = await read(stackFile(texts), base);
    assert.ok(!("error" in engine), engine.error);
    const theirs = fromText(engine["vllm:engine"] as string).value;
    const folder = projectOf({ "Pulumi.yaml": base, "Pulumi.s.yaml": stackFile(texts) });
    const explain = async () =>
      JSON.parse((await cli("explain", "--project", folder, "--stack", "s", "--json")).stdout);

    const { problems = [] } = await explain();
    const refused = new Set<string>();
    for (const { path, message } of problems) {
      const name = path.at(-1);
      assert.deepEqual(path, ["engine", "env", name], message);
      assert.equal(
        message,
        "is without quotes, and Pulumi does not keep it as it is written; put it in quotes",
        texts.get(name)?.written,
      );
      refused.add(name);
    }
    const kept = new Map([...texts].filter(([name]) => !refused.has(name)));
    writeFileSync(join(folder, "Pulumi.s.yaml"), stackFile(kept));
    const { settings } = (await explain()).models.chat;
    for (const [name, { written, meant, isText }] of texts) {
      const pulumis = String(deepAt(theirs, ["env", name]));
      assert.equal(refused.has(name), pulumis !== meant, `${written} is ${pulumis} to Pulumi`);
      if (isText) assert.ok(!refused.has(name), written);
      if (!refused.has(name)) assert.equal(settings[`engine.env.${name}`].value, meant, written);
    }
    assert.ok(refused.size > 300 && kept.size > 1500, `${refused.size} refused, ${kept.size} kept`);
  });
