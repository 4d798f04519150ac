import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import * as importValues from "../../cli/importValues.ts";
import type { Tree } from "../../config/tree.ts";
import { drawing } from "../config/generate.ts";
import { knownForms, putAnywhere, putAtSecretSetting, putSecret, type Secret } from "../config/secrets.ts";
import { said } from "./inProcess.ts";
import { projectOf } from "./run.ts";
import { textOf } from "./values.ts";

/** No secret is in what an import says or writes, wherever in the values or in the project's files it stands. */

const runs = 10_000;
const folder = projectOf({});
/** The small ones more often. */
const charts = Array<string>(30)
  .fill("stack/minimal")
  .concat("article/values", "example/values", "example/values-filled", "stack/lora")
  .concat(["prod", "multi-model", "streamer", "offloading", "keda"].map((name) => `stack/${name}`))
  .map((name) => parse(textOf(`${name}.yaml`)) as Tree);

function writeAnew(name: string, text: string): void {
  rmSync(join(folder, name), { force: true });
  writeFileSync(join(folder, name), text);
}
const contents = () =>
  ["Pulumi.yaml", "Pulumi.s.yaml"].map((name) => readFileSync(join(folder, name), "utf8")).join("\n");

const given = drawing((draw) => {
  const values = structuredClone(draw(fc.constantFrom(...charts)));
  const [base, own]: [Tree, Tree] = [{}, {}];
  const secrets: Secret[] = draw(fc.array(fc.boolean(), { minLength: 1, maxLength: 3 })).map(() =>
    putAnywhere(draw, values),
  );
  // Of the person's own files.
  const mine: Secret[] = [];
  if (draw(fc.boolean())) mine.push(putSecret(draw, draw(fc.boolean()) ? base : own));
  if (draw(fc.boolean())) mine.push(putAtSecretSetting(draw, draw(fc.boolean()) ? base : own));
  const how = draw(fc.constantFrom([], ["--dry-run"], ["--dry-run", "--force"], ["--force"]));
  return { values, base, own, secrets, mine, how };
});

test(`${runs} imports of values with secrets, into files with secrets: none is printed, none is taken over`, async () => {
  const counts = new Map<string, number>();
  const codes = { done: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(given, async ({ values, base, own, secrets, mine, how }) => {
      const config = Object.fromEntries(Object.entries(own).map(([key, value]) => [`vllm:${key}`, value]));
      writeAnew("Pulumi.yaml", stringify({ name: "x", runtime: "nodejs", config: { "vllm:base": { value: base } } }));
      writeAnew("Pulumi.s.yaml", stringify({ config }));
      writeAnew("values.yaml", stringify(values));
      const before = contents();
      const { code, output } = await said(
        importValues,
        "--project",
        folder,
        "-f",
        join(folder, "values.yaml"),
        "--stack",
        "s",
        ...how,
      );
      assert.doesNotMatch(output, /^ {4}at /m);
      for (const { form, parts } of [...secrets, ...mine])
        for (const part of parts) assert.ok(!output.includes(part), `${form}: ${part} is in\n${output}`);
      const written = contents();
      for (const { form, parts } of secrets)
        for (const part of parts)
          assert.ok(before.includes(part) || !written.includes(part), `${form}: ${part} is in\n${written}`);
      codes[code === 0 ? "done" : "refused"]++;
      for (const { form } of secrets) counts.set(form, (counts.get(form) ?? 0) + 1);
    }),
    { numRuns: runs },
  );
  for (const form of knownForms) assert.ok((counts.get(form) ?? 0) >= runs / 50, `${form}: ${counts.get(form)}`);
  for (const count of Object.values(codes)) assert.ok(count >= runs / 20, JSON.stringify(codes));
});
