import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Tree } from "../../config/tree.ts";
import type { Registration } from "../components/mocks.ts";
import { drawing } from "../config/generate.ts";
import { anyText, knownForms, knownSecret, putAtSecretSetting, putSecret, type Secret } from "../config/secrets.ts";

/** No secret is in what the program says in a preview, and encrypted ones are in Secrets alone. */

const runs = 10_000;
const folder = mkdtempSync(join(tmpdir(), "secrets-"));
process.env.PULUMI_NODEJS_ROOT_DIRECTORY = folder;
process.env.PULUMI_NODEJS_STACK = "s";
process.env.PULUMI_NODEJS_PROJECT = "pulumi-vllm";
const pulumi = await import("@pulumi/pulumi");
const { planSettings } = await import("../../program/settings.ts");
const { notes } = await import("../../program/notes.ts");
const { deployPlanned } = await import("../components/platform.ts");
after(() => rmSync(folder, { recursive: true }));

/** The configuration as the CLI hands it over: groups as JSON, scalars as text. */
function configure(base: Tree, own: Tree, secretKeys: readonly string[] = []): void {
  const all = {
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`vllm:${key}`, value])),
    "vllm:base": base,
  };
  const texts = Object.entries(all).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig({ "aws:region": "eu-west-1", ...Object.fromEntries(texts) });
  process.env.PULUMI_CONFIG_SECRET_KEYS = JSON.stringify(secretKeys.map((key) => `vllm:${key}`));
}

const unseen = (secrets: readonly Secret[], text: string): void => {
  for (const { form, parts } of secrets)
    for (const part of parts) assert.ok(!text.includes(part), `${form}: ${part} is in\n${text}`);
};
const least = (): Tree => ({ cluster: { eks: "lab" }, models: { chat: {} }, gpu: { count: 0 } });

test(`${runs} previews of stacks with secrets in plain text end in one message, and no secret is in it`, async () => {
  const counts = new Map<string, number>();
  const stack = drawing((draw) => {
    const [base, own] = [{} as Tree, least()];
    const one = () => {
      const layer = draw(fc.boolean()) ? base : own;
      return draw(fc.nat({ max: 2 })) === 0 ? putAtSecretSetting(draw, layer) : putSecret(draw, layer);
    };
    return { base, own, secrets: [one(), ...(draw(fc.boolean()) ? [one()] : [])] };
  });
  await fc.assert(
    fc.asyncProperty(stack, async ({ base, own, secrets }) => {
      configure(base, own);
      await assert.rejects(planSettings(), (error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error), error.stack);
        assert.equal(error.stack, undefined);
        unseen(secrets, error.message);
        return true;
      });
      for (const { form } of secrets) counts.set(form, (counts.get(form) ?? 0) + 1);
    }),
    { numRuns: runs },
  );
  for (const form of [...knownForms, "any text"])
    assert.ok((counts.get(form) ?? 0) >= runs / 50, `${form}: ${counts.get(form)}`);
});

/** Where a text is among what is registered. */
const holders = (resources: readonly Registration[], part: string): string[] =>
  resources.flatMap(({ secrets, secretOutputs, inputs, outputs, ...rest }) => {
    const { stringData, ...plain } = inputs ?? {};
    const { apiKey, ...others } = outputs ?? {};
    assert.ok(stringData === undefined || secrets.includes("stringData"), rest.id);
    assert.ok(apiKey === undefined || secretOutputs.includes("apiKey"), rest.id);
    return JSON.stringify([plain, others, rest]).includes(part) ? [rest.id] : [];
  });

test(`${runs} stacks with encrypted secrets are planned, and these are in Secrets alone`, async () => {
  const stack = drawing((draw) => {
    const secret = () => draw(draw(fc.boolean()) ? knownSecret : anyText);
    const [token, other, variable, key] = [secret(), secret(), secret(), secret()];
    const own = {
      ...least(),
      revision: "v1",
      engine: { secretEnv: { A_TOKEN: token.text, B: other.text }, env: { C: variable.text } },
      // A key has no white space, and some length.
      apiKey: { value: key.text.replace(/\s/g, "").padEnd(16, "x") },
    };
    const { parts } = { parts: key.parts.filter((part) => own.apiKey.value.includes(part)) };
    return { own, secrets: [token, other, variable, { ...key, parts }], preview: draw(fc.boolean()) };
  });
  let planned = 0;
  let deployed = 0;
  await fc.assert(
    fc.asyncProperty(stack, async ({ own, secrets, preview }) => {
      configure({}, own, ["engine", "apiKey"]);
      const all = await planSettings().catch((error: Error) => {
        assert.ok(pulumi.RunError.isInstance(error), error.stack);
        unseen(secrets, error.message);
      });
      if (!all) return;
      const { secrets: values, ...seen } = all;
      assert.equal(Object.keys(values).length, 4);
      unseen(secrets, JSON.stringify(seen));
      unseen(secrets, notes(seen, "a-bucket"));
      if (planned++ % 50 > 0) return;
      const { resources } = await deployPlanned({ ...seen, secrets: values }, { preview });
      assert.ok(resources.length > 10);
      for (const part of secrets.flatMap(({ parts }) => parts)) assert.deepEqual(holders(resources, part), []);
      deployed++;
    }),
    { numRuns: runs },
  );
  assert.ok(planned >= runs / 20 && deployed >= planned / 50, `${planned}, ${deployed}`);
});
