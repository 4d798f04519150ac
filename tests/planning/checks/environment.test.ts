import assert from "node:assert/strict";
import { test } from "node:test";
import { file, kinds, wrong } from "../given.ts";

const refusedVariables: readonly [string, string][] = [
  ["VLLM_API_KEY", "is written by apiKey; remove it here"],
  [
    "VLLM_SERVER_DEV_MODE",
    "opens routes that anyone may call to stop, reset and reprogram the engine; it has no place on a server that others reach, remove it",
  ],
  ["RUNAI_STREAMER_MEMORY_LIMIT", "is written by resources.memory; remove it here"],
  ["AWS_REGION", "is written by aws:region; remove it here"],
  ["AWS_DEFAULT_REGION", "is written by aws:region; remove it here"],
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"].map((name): [string, string] => [
    name,
    "is a static key; pods get credentials by EKS Pod Identity, remove it",
  ]),
];
for (const [name, message] of refusedVariables)
  for (const group of ["env", "secretEnv"])
    test(`${name} is refused in engine.${group}`, () => {
      const own = { engine: { [group]: { [name]: "x" } } };
      assert.deepEqual(wrong(own), [`vllm:engine.${group}.${name} ${file}: ${message}`]);
      assert.deepEqual(kinds(own), [["conflict", `engine.${group}.${name}`]]);
    });

test("a variable that is a secret by its name belongs, encrypted, into secretEnv", () => {
  for (const name of ["HF_TOKEN", "MY_API_KEY", "apikey", "DB_PASSWORD", "CLIENT_SECRET", "A_PRIVATE_KEY"]) {
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), [
      `vllm:engine.env.${name} ${file}: is a secret in plain text, by its name; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.${name}`,
    ]);
    assert.deepEqual(kinds({ engine: { env: { [name]: "x" } } }), [["secret", `engine.env.${name}`]]);
  }
  for (const env of [{ S3_TOKEN: "/var/run/secrets/token" }, { OTEL_AUTH: "none" }, { YES_TOKEN: 2152 }])
    assert.deepEqual(wrong({ engine: { env } }), []);
  for (const name of ["TOKENIZERS_PARALLELISM", "MAX_TOKENS", "TOKEN_FILE", "SECRETARY", "KEY"])
    assert.deepEqual(wrong({ engine: { env: { [name]: "x" } } }), []);
  assert.deepEqual(wrong({ engine: { env: { HEADERS_OF_MINE: "authorization=abc" } } }), [
    `vllm:engine.env.HEADERS_OF_MINE ${file}: is a secret in plain text, by its form; take it out and encrypt it: pulumi config set --secret --path vllm:engine.secretEnv.HEADERS_OF_MINE`,
  ]);
});

test("a variable stands in one of the two groups", () => {
  const own = { engine: { env: { A: "x" }, secretEnv: { A: "y" } } };
  assert.deepEqual(wrong(own), [`vllm:engine.env.A ${file}: stands in engine.secretEnv too; keep one of them`]);
  assert.deepEqual(kinds(own), [["exclusive", "engine.env.A"]]);
});

test("a secret is told without its value", () => {
  for (const own of [
    { engine: { env: { HF_TOKEN: "hunter2" } } },
    { engine: { env: { VLLM_API_KEY: "hunter2" } } },
    { engine: { env: { A: "hunter2" }, secretEnv: { A: "hunter2" } } },
  ])
    assert.doesNotMatch(wrong(own).join("\n"), /hunter2|^$/);
});
