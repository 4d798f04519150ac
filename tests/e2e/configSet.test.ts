import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import * as v from "valibot";
import { stringify } from "yaml";
import { modelEntries } from "../../config/schema/modelEntries.ts";
import { schemaAt } from "../../config/schema/schema.ts";
import { at, isTree, put, type Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { succeeded, unique } from "./support.ts";

/** `pulumi config set` on every setting, with `--path` and with `--secret`, read back by the program's own loader. */

/** Loads the settings and gives them back, with what is wrong with them. */
const program = `import { checkStack } from "./planning/checks/stack.ts";
import { secretOutputs } from "./program/arguments.ts";
import { readSettings } from "./program/settings.ts";
const resolved = await readSettings();
const problems = [...resolved.problems, ...checkStack(resolved)];
export default { settings: JSON.stringify({ ...resolved.settings, problems }), secrets: secretOutputs(resolved) };
`;
const stack = "prod";

interface Setting {
  path: string[];
  example: unknown;
  secret: boolean;
}

/** The settings below a path, each with its example. */
function settings(path: string[] = []): Setting[] {
  const { members, about } = schemaAt(path) ?? {};
  if (members)
    return Object.keys(members).flatMap((key) =>
      path.length === 0 && key === "models" ? [] : settings([...path, key]),
    );
  return [{ path, example: about?.example, secret: about?.secret === true }];
}

/** What is typed to set a value: `[key, text]` for each scalar in it. */
function typings(key: string, value: unknown): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item, index) => typings(`${key}[${index}]`, item));
  if (isTree(value)) return Object.entries(value).flatMap(([name, item]) => typings(`${key}["${name}"]`, item));
  return [[key, String(value)]];
}

/** A value as the schema reads it. */
function read(path: string[], value: unknown): unknown {
  const schema = schemaAt(path);
  assert.ok(schema, path.join("."));
  return v.parse(schema, value);
}
const ofModel = (path: readonly string[]) => (path[0] as string) in modelEntries;

test("pulumi config set", async (t) => {
  const lab = await up();
  const project = await Project.stage(lab, `e2e-config-${unique}`);
  writeFileSync(join(project.folder, "index.ts"), program);
  const empty = { name: "pulumi-vllm", runtime: { name: "nodejs", options: { typescript: false } }, main: "index.ts" };
  writeFileSync(join(project.folder, "Pulumi.yaml"), stringify(empty));
  const set = async (...args: string[]) =>
    succeeded(await project.pulumi(["config", "set", ...args, "--stack", stack]));
  /** The settings as the program gets them, and the secrets beside them. */
  const load = async (): Promise<{ settings: Tree; secrets: Tree }> => {
    succeeded(await project.pulumi(["up", "--yes", "--stack", stack]));
    const outputs = await project.outputs(stack);
    return { settings: JSON.parse(String(outputs.settings)), secrets: outputs.secrets as Tree };
  };
  const begin = (extra: Tree) =>
    project.stack(stack, {
      "aws:region": "eu-west-1",
      "vllm:cluster": { eks: "prod" },
      "vllm:autoscaling": null,
      "vllm:image": null,
      "vllm:gpu": null,
      "vllm:engine": null,
      ...extra,
    });
  const model = (all: Tree, name: string) => (all.models as Tree[]).find((one) => one.name === name) as Tree;
  /** Replicas by a scaler are one model's, a fixed count is the other's. */
  const owner = (path: readonly string[]) => (path[0] === "autoscaling" ? "code" : "chat");
  const all = settings().filter(({ path }) => path.join() !== "model");

  for (const mode of ["plain", "secret"] as const)
    await t.test(`--path${mode === "secret" ? " --secret" : ""}, on every setting`, async () => {
      await begin({ "vllm:models": { chat: {}, code: { image: { allowTag: "for this test" } } } });
      const excluded = mode === "secret" ? "apiKey.rotation" : "apiKey.value";
      const tried = all.filter(({ path }) => path.join(".") !== excluded);
      assert.ok(tried.length > 60, String(tried.length));
      for (const { path, example, secret } of tried) {
        const place = [...(ofModel(path) ? ["models", owner(path)] : []), ...path].join(".");
        for (const [key, text] of typings(`vllm:${place}`, example))
          await set(...(secret || mode === "secret" ? ["--secret"] : []), "--path", key, text);
      }
      const { settings: loaded, secrets } = await load();
      assert.deepEqual(
        (loaded.problems as Tree[]).map(({ key }) => key),
        ["vllm:modelStore.onDestroy"],
        "a production stack that deletes its models is the only thing wrong with all examples at once",
      );
      for (const { path, example, secret } of tried) {
        const found = at(ofModel(path) ? model(loaded, owner(path)) : loaded, path);
        const name = path.join(".");
        if (name === "engine.env" && mode === "secret") {
          // An encrypted variable is a secret one.
          assert.deepEqual(found, {});
          assert.equal(secrets["vllm:models.chat.engine.env.VLLM_LOGGING_LEVEL"], "DEBUG");
        } else if (name === "engine.secretEnv") {
          const [[variable, value] = ["", ""]] = Object.entries(example as Record<string, string>);
          assert.equal(secrets[`vllm:models.chat.engine.secretEnv.${variable}`], value);
        } else if (secret) assert.equal(secrets[`vllm:${name}`], example);
        else if (name === "engine.args" && mode === "secret") {
          // A secret is text; what it means is the flag's to say.
          assert.deepEqual(found, { "enable-prefix-caching": "true", "max-logprobs": "5" });
        } else assert.deepEqual(found, read(path, example), name);
      }
      assert.ok(!JSON.stringify(loaded).includes("authorization="), "no secret is among what the plan is made of");
    });

  await t.test(
    "an empty text takes nothing back below the top, and says so; without it everything has its default again",
    async () => {
      await begin({ "vllm:models": { chat: {}, code: {} }, "vllm:production": null });
      const before = await load();
      const scalars = all.filter(
        ({ path, example }) => typeof example !== "object" && path.join(".") !== "cluster.eks",
      );
      const written: Tree = {};
      for (const { path, example } of scalars) if (ofModel(path)) put(written, path, example);
      const { autoscaling, ...rest } = written;
      await begin({ "vllm:models": { chat: rest, code: { autoscaling } }, "vllm:production": null });
      assert.notDeepEqual((await load()).settings, before.settings);
      const keys = scalars.flatMap(({ path }) =>
        ofModel(path) ? [`vllm:models.${owner(path)}.${path.join(".")}`] : [],
      );
      for (const key of keys) await set("--path", key, "");
      const { problems } = (await load()).settings as unknown as { problems: { key: string }[] };
      assert.deepEqual(problems.map(({ key }) => key).sort(), [...keys].sort());
      await begin({ "vllm:models": { chat: {}, code: {} }, "vllm:production": null });
      const { settings: after } = await load();
      assert.deepEqual(model(after, "chat"), model(before.settings, "chat"));
    },
  );

  await t.test("without --path: groups as JSON, scalars as text", async () => {
    await begin({ "vllm:models": null });
    const written: Tree = {};
    for (const { path, example, secret } of settings())
      if (!secret && !["autoscaling", "apiKey"].includes(path[0] as string)) put(written, path, example);
    for (const [key, value] of Object.entries(written))
      await set(`vllm:${key}`, isTree(value) ? JSON.stringify(value) : String(value));
    const { settings: loaded } = await load();
    for (const { path, example, secret } of settings())
      if (!secret && !["autoscaling", "apiKey", "model"].includes(path[0] as string))
        assert.deepEqual(at(ofModel(path) ? model(loaded, "chat") : loaded, path), read(path, example), path.join("."));
  });
});
