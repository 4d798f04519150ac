import assert from "node:assert/strict";
import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { type Finished, Project } from "../../lab/project.ts";
import { type Draw, drawing } from "../config/generate.ts";
import { anyText, knownForms, knownSecret, putAtSecretSetting, putSecret, type Secret } from "../config/secrets.ts";
import { errors, readable } from "./process.ts";
import { quick, succeeded, unique } from "./support.ts";

/** On the real engine: no secret in plain text is printed, and of those that are encrypted no one sees any. */

const stack = "dev";
const namespace = `e2e-no-secret-${unique}`;
const [previews, perPreview] = [8, 60];
const [models, perModel] = [10, 1000];

/** What was drawn, of a seed, so that a failure can be repeated. */
const drawn = <T>(make: (draw: Draw) => T, seed: number): T => fc.sample(drawing(make), { numRuns: 1, seed })[0] as T;

/** The parts of secrets that stand in a text. */
const seen = (secrets: readonly Secret[], text: string): string[] =>
  secrets.flatMap(({ form, parts }) => parts.filter((part) => text.includes(part)).map((part) => `${form}: ${part}`));

/** Encrypts as `pulumi config set --secret` does with a passphrase: AES-256-GCM, its key of 1,000,000 rounds of PBKDF2. */
function encrypting(salt: string, passphrase: string): (text: string) => { secure: string } {
  const [, random = ""] = salt.split(":");
  const key = pbkdf2Sync(passphrase, Buffer.from(random, "base64"), 1_000_000, 32, "sha256");
  return (text) => {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, nonce);
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
    return { secure: `v1:${nonce.toString("base64")}:${body.toString("base64")}` };
  };
}

test("no secret is printed", async (t) => {
  const lab = await up();
  const project = await Project.stage(lab, namespace);
  const file = join(project.folder, `Pulumi.${stack}.yaml`);
  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  await project.stack(stack, { ...quick, "vllm:namespace": { name: namespace } });

  await t.test(`${previews} previews of stacks with ${perPreview} secrets in plain text each`, async () => {
    const forms = new Set<string>();
    for (let seed = 1; seed <= previews; seed++) {
      const { own, secrets } = drawn((draw) => {
        const own: Tree = { namespace: { name: namespace } };
        const secrets = Array.from({ length: perPreview }, (_, at) =>
          at % 6 === 0 ? putAtSecretSetting(draw, own) : putSecret(draw, own),
        );
        return { own, secrets };
      }, seed);
      await project.stack(stack, Object.fromEntries(Object.entries(own).map(([key, value]) => [`vllm:${key}`, value])));
      const finished = await pulumi("preview", "--diff");
      assert.notEqual(finished.code, 0);
      readable(finished.output);
      assert.deepEqual(seen(secrets, `${finished.output}\n${JSON.stringify(finished)}`), [], `seed ${seed}`);
      const [said = "", ...others] = errors(finished);
      assert.deepEqual(others, []);
      assert.match(said, /^the settings of this stack have \d+ problems; nothing was deployed\.\n/);
      assert.match(said, /secret in plain text/);
      for (const { form } of secrets) forms.add(form);
    }
    assert.deepEqual([...forms].sort(), [...knownForms, "any text"].sort());
  });

  await t.test(`an update with ${models * perModel} encrypted secrets`, async () => {
    const secrets = drawn(
      (draw) => Array.from({ length: models * perModel }, (_, at) => draw(at % 2 === 0 ? knownSecret : anyText)),
      previews + 1,
    );
    const key: Secret = { form: "the key", text: `own-key-${unique}-of-our-clients`, parts: [`${unique}-of-our`] };
    await project.stack(stack, { ...quick, "vllm:namespace": { name: namespace, create: true }, "vllm:model": null });
    const written = parse(readFileSync(file, "utf8")) as { encryptionsalt: string; config: Tree };
    const encrypt = encrypting(written.encryptionsalt, String(project.env.PULUMI_CONFIG_PASSPHRASE));
    const variables = (model: number) =>
      secrets
        .slice(model * perModel, (model + 1) * perModel)
        .map(({ text }, at) => [`SECRET_${at}`, encrypt(text)] as const);
    const all = Array.from({ length: models }, (_, model) => [
      `model-${model}`,
      { engine: { secretEnv: Object.fromEntries(variables(model)) } },
    ]);
    const more = { "vllm:models": Object.fromEntries(all), "vllm:apiKey": { value: encrypt(key.text) } };
    writeFileSync(file, stringify({ ...written, config: { ...written.config, ...more } }));

    const said: Finished[] = [await pulumi("preview", "--diff", "--show-config")];
    said.push(await pulumi("up", "--yes", "--diff"));
    said.push(await pulumi("preview", "--diff", "--refresh"));
    said.push(await pulumi("stack", "output", "--json"));
    said.push(await pulumi("stack", "export"));
    for (const finished of said) succeeded(finished);
    const state = readFileSync(
      join(project.folder, "backend", ".pulumi", "stacks", "pulumi-vllm", `${stack}.json`),
      "utf8",
    );
    for (const text of [...said.map((finished) => JSON.stringify(finished)), state])
      assert.deepEqual(seen([...secrets, key], text).slice(0, 5), []);
    // What is nowhere to be seen is there all the same.
    const shown = await pulumi("config", "--show-secrets", "--json");
    succeeded(shown);
    const found = JSON.parse(JSON.parse(shown.stdout)["vllm:models"].value);
    for (const [at, { text }] of secrets.entries()) {
      const { secretEnv } = found[`model-${Math.floor(at / perModel)}`].engine;
      assert.equal(secretEnv[`SECRET_${at % perModel}`], text);
    }
    assert.equal((await project.outputs(stack)).apiKey, key.text);
  });

  await t.test("destroy", async () => {
    const finished = await pulumi("destroy", "--yes");
    succeeded(finished);
  });
});
