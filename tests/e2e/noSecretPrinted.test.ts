import assert from "node:assert/strict";
import { createCipheriv, pbkdf2Sync, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import fc from "fast-check";
import { parse } from "yaml";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";
import { type Finished, Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Events } from "../../workspace/events.ts";
import { type Draw, drawing } from "../config/generate.ts";
import { anyText, knownForms, knownSecret, putAtSecretSetting, putSecret, type Secret } from "../config/secrets.ts";
import { errors, readable } from "./process.ts";
import { quick, succeeded, unique } from "./support.ts";

/** On the real engine: no secret in plain text is printed, and of those that are encrypted no one sees any. */

const stack = "dev";
const namespace = `e2e-no-secret-${unique}`;
const [previews, perPreview] = [8, 60];
/** As many at once as the program is handed over in one variable of its environment, which has at most 128 KiB. */
const [rounds, perRound, perModel] = [5, 2000, 200];

/** What was drawn, of a seed, so that a failure can be repeated. */
const drawn = <T>(make: (draw: Draw) => T, seed: number): T => fc.sample(drawing(make), { numRuns: 1, seed })[0] as T;

/** The parts of secrets that stand in a text. Of thousands, those that can be are looked for all at once. */
function seen(secrets: readonly Secret[], text: string): string[] {
  const marks = new Set([...text.matchAll(/(?=(Zq[A-Za-z0-9]{10}))/g)].map(([, mark]) => mark));
  const stands = (form: string, part: string) => (form === "any text" ? marks.has(part) : text.includes(part));
  return secrets.flatMap(({ form, parts }) =>
    parts.filter((part) => stands(form, part)).map((part) => `${form}: ${part}`),
  );
}

/** As a container's environment can have it. */
const writable = ({ text, ...secret }: Secret): Secret => ({ ...secret, text: text.replace(/\p{C}/gu, "") });

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
  /**
   * Runs a command of Pulumi's; all that it says and does is in the text, the engine's events too. The first of them is
   * Pulumi's own record of the stack's file, as it stands there.
   */
  const pulumi = async (
    command: string,
    ...args: string[]
  ): Promise<{ finished: Finished; text: string; prelude: string | undefined }> => {
    const log = join(project.folder, "events.json");
    rmSync(log, { force: true });
    const operates = ["up", "preview", "destroy"].includes(command);
    const ran = await run(
      project.engine,
      [
        command,
        ...args,
        "--stack",
        stack,
        "--non-interactive",
        "--color=never",
        ...(operates ? [`--event-log=${log}`] : []),
      ],
      { cwd: project.folder, env: project.env, signal: AbortSignal.timeout(300_000), patience: 30_000 },
    );
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n").filter(Boolean) : [];
    assert.equal(lines.length > 0, operates, ran.output);
    const events = lines.map((line) => JSON.parse(line) as EngineEvent);
    const told = new Events();
    for (const event of events) told.take(event, 0);
    const { steps, changes, diagnostics, violations } = told;
    const [prelude, others] = [events.slice(0, 1), events.slice(1)].map((some) => JSON.stringify(some));
    return { finished: { ...ran, steps, changes, diagnostics, violations }, text: `${ran.output}\n${others}`, prelude };
  };
  await project.stack(stack, { ...quick, "vllm:namespace": { name: namespace } });

  await t.test(`${previews} previews of stacks with ${perPreview} secrets in plain text each`, async () => {
    const forms = new Set<string>();
    let judged = 0;
    for (let seed = 1; seed <= previews; seed++) {
      const { own, secrets } = drawn((draw) => {
        const own: Tree = {};
        const secrets = Array.from({ length: perPreview }, (_, at) =>
          at % 6 === 0 ? putAtSecretSetting(draw, own) : putSecret(draw, own),
        );
        return { own, secrets };
      }, seed);
      // A key of the file that is none to Pulumi, it tells by itself.
      const settings = Object.entries(own).filter(([key]) => /^\w+$/.test(key));
      await project.stack(stack, Object.fromEntries(settings.map(([key, value]) => [`vllm:${key}`, value])));
      const { finished, text } = await pulumi("preview", "--diff");
      assert.notEqual(finished.code, 0);
      readable(finished.output);
      assert.deepEqual(seen(secrets, text), [], `seed ${seed}`);
      const [said = "", ...others] = errors(finished);
      assert.deepEqual(others, []);
      for (const { form } of secrets) forms.add(form);
      // A text that Pulumi would cut stops everything.
      if (/^Pulumi\.dev\.yaml:\d+: text /.test(said)) continue;
      judged++;
      assert.match(said, /^the settings of this stack have \d+ problems; nothing was deployed\.\n/);
      assert.match(said, /secret in plain text/);
    }
    assert.ok(judged >= previews / 2, String(judged));
    assert.deepEqual([...forms].sort(), [...knownForms, "any text"].sort());
  });

  await t.test(
    `${rounds * perRound} encrypted secrets: updates, and previews with what they would change`,
    async () => {
      await project.stack(stack, { ...quick, "vllm:namespace": { name: namespace } });
      const { encryptionsalt } = parse(readFileSync(file, "utf8")) as { encryptionsalt: string };
      const encrypt = encrypting(encryptionsalt, String(project.env.PULUMI_CONFIG_PASSPHRASE));
      const all: Secret[] = [];
      let revision: Tree = {};
      for (let round = 1; round <= rounds; round++) {
        const secrets = drawn(
          (draw) => Array.from({ length: perRound }, (_, at) => writable(draw(at % 25 === 0 ? knownSecret : anyText))),
          previews + round,
        );
        const key: Secret = {
          form: "the key",
          text: `own-key-${round}-of-our-clients`,
          parts: [`key-${round}-of-our`],
        };
        all.push(...secrets, key);
        const models = Array.from({ length: perRound / perModel }, (_, model): [string, Tree] => {
          const own = secrets.slice(model * perModel, (model + 1) * perModel);
          const secretEnv = Object.fromEntries(own.map(({ text }, at) => [`SECRET_${at}`, encrypt(text)]));
          return model === 0
            ? ["chat", { ...revision, engine: { secretEnv } }]
            : [`model-${model}`, { engine: { secretEnv } }];
        });
        await project.stack(stack, {
          ...quick,
          "vllm:namespace": { name: namespace },
          "vllm:models": Object.fromEntries(models),
          "vllm:apiKey": { value: encrypt(key.text) },
        });
        const said = [await pulumi("preview", "--diff")];
        // The first makes the bucket, the second the server; the others would change all of its secrets.
        if (round <= 2) said.push(await pulumi("up", "--yes", "--diff"), await pulumi("stack", "output", "--json"));
        said.push(await pulumi("stack", "export"));
        for (const { finished, text, prelude } of said) {
          succeeded(finished);
          assert.deepEqual(seen(all, `${text}${prelude}`).slice(0, 5), [], `round ${round}`);
        }
        for (const one of readdirSync(join(project.folder, "backend"), { recursive: true, withFileTypes: true }))
          if (one.isFile())
            assert.deepEqual(seen(all, readFileSync(join(one.parentPath, one.name), "utf8")).slice(0, 5), [], one.name);
        // What is nowhere to be seen is there all the same.
        const shown = await pulumi("config", "--show-secrets", "--json");
        const found = JSON.parse(JSON.parse(shown.finished.stdout)["vllm:models"].value);
        for (const [at, { text }] of secrets.entries()) {
          const { secretEnv } = found[at < perModel ? "chat" : `model-${Math.floor(at / perModel)}`].engine;
          assert.equal(secretEnv[`SECRET_${at % perModel}`], text);
        }
        if (round > 1) continue;
        const model = join(project.folder, "model");
        await writeTinyModel(model);
        const bucket = String((await project.outputs(stack)).modelBucket);
        await publish(lab, model, { bucket, model: "chat", revision: "v1" });
        revision = { revision: "v1" };
      }
      assert.equal((await project.outputs(stack)).apiKey, "own-key-2-of-our-clients");
    },
  );

  await t.test("destroy", async () => succeeded((await pulumi("destroy", "--yes")).finished));
});
