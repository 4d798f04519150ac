import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { holdsSecret, looksSecret, redacted, withoutSecrets } from "../../config/secretForms.ts";
import type { Tree } from "../../config/tree.ts";
import { drawing } from "./generate.ts";
import { knownForms, knownSecret, putAnywhere } from "./secrets.ts";
import { least, plan } from "./settings.ts";

/** What is taken out of a text, whole, and what stays because it opens nothing. */

const pem = (newline: string) =>
  ["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA", "-----END RSA PRIVATE KEY-----"].join(newline);
const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
const awsKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

const cases: readonly [string, string][] = [
  ["publish hf_abcdefghijklmnopqrst now", "publish [secret] now"],
  ["a sk-proj-abc_def-ghi, b", "a [secret], b"],
  ["a=ghp_abcdefghijklmnop", "a=[secret]"],
  [`x ${jwt} y`, "x [secret] y"],
  [`x ${jwt.split(".").slice(0, 2).join(".")} y`, "x [secret] y"],
  // To its last line, and where there is none to the end.
  [`before\n${pem("\n")}\nafter`, "before\n[secret]\nafter"],
  [`before ${pem("\\n")} after`, "before [secret] after"],
  ["before -----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\nmore", "before [secret]"],
  ["get https://user:p@ss:w0rd@host/x now", "get https://[secret]@host/x now"],
  [String.raw`{"a":"https:\/\/user:pass\/x@h"}`, String.raw`{"a":"https:\/\/user:pass\/x@h"}`],
  [String.raw`{"a":"https:\/\/user:pass@h"}`, String.raw`{"a":"https:\/\/[secret]@h"}`],
  ["post to https://hooks.slack.com/services/T000/B000/XX-Y", "post to https://[secret]"],
  ["send Bearer abc123.def~ghi= now", "send [secret] now"],
  ["send Basic dXNlcjpwYXNzd29yZA== now", "send [secret] now"],
  ["authorization: token hunter2 now", "authorization: token [secret] now"],
  ["a=1,x-api-key=hunter2", "a=1,x-api-key=[secret]"],
  [`aws_secret_access_key = ${awsKey} now`, "aws_secret_access_key = [secret] now"],
  [`AKIAIOSFODNN7EXAMPLE:${awsKey} now`, "[secret] now"],
  ['{"password":"hun\'ter\\"2","b":1}', '{"password":"[secret]","b":1}'],
  [String.raw`"{\"password\":\"hun,ter2\",\"b\":1}"`, String.raw`"{\"password\":\"[secret]\",\"b\":1}"`],
  ['{"api_key": ["abc123", "def"], "b": 1}', '{"api_key": [[secret]], "b": 1}'],
  ['{"pin_secret": 12, "b": 1}', '{"pin_secret": [secret], "b": 1}'],
  // Behind an escape, which is no letter.
  [String.raw`"first\nhf_abcdefghijklmnopqrst"`, String.raw`"first\n[secret]"`],
  ["h?a=b%3Dhf_abcdefghijklmnopqrst", "h?a=b%3D[secret]"],
  // Several, beside and in each other.
  ["hf_abcdefghijklmnopqrst,ghp_abcdefghijklmnop", "[secret],[secret]"],
  ["Authorization: Bearer hf_abcdefghijklmnopqrst", "Authorization: [secret]"],
];

for (const [text, told] of cases)
  test(`told as ${JSON.stringify(told)}: ${JSON.stringify(text)}`, () => {
    assert.equal(redacted(text), told);
    assert.equal(looksSecret(text), text !== told);
  });

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
const certificate = `LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUQ${"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo".repeat(20)}`;
/** Texts that people write, and that open nothing. */
const harmless = [
  ...["sk-learn-embedder", "sk-learn-multilingualembedder-v2", "risk-assessment", "task-force-embeddings", "disk-16"],
  ...["sk-Qwen3-Embedding-8B", "hf_transfer", "hf_overrides_for_something", "ghp_x", "asia-northeast1", "AKIA", "ASIA"],
  ...["Qwen/Qwen3-Embedding-8B", "meta-llama/Llama-3.3-70B-Instruct", "0e9e39f249a16976918f6564b8830bc894c89659"],
  ...[digest, `registry.example.com:5000/team/vllm@${digest}`, certificate, "vllm/vllm-openai:v0.32.0-cu129"],
  ...["/etc/kubernetes/kubeconfig", "/home/me/.kube/config", "s3://bucket/models/chat/v1/", "http://proxy:3128"],
  ...["https://host.example/a:b@c", "ssh://git@host/x", "https://user@host/x", "tcp://*:5557", "http://[::1]:8000/v1"],
  ...["basic model", "basic qwen3-8b-instruct", "a basic tokenizer2", "basic instructions", "Basic Llama3Instruct"],
  ...[
    "we use bearer authentication",
    "Bearer tokens are made by the gateway.",
    "the bearer's name",
    "bearer token-based",
  ],
  ...["https://$(USER):$(PASSWORD)@host/x", "https://<user>:<password>@host/x", "https://user:****@host/x"],
  ...[
    "password=$(DB_PASSWORD)",
    "token=\u0024{TOKEN}",
    "authorization: [secret]",
    '{"password": "[secret]"}',
    "token=[secret]",
  ],
  ...['curl -H "Authorization: Bearer $(pulumi stack output apiKey --show-secrets)"', "Authorization: Bearer <token>"],
  ...["-----BEGIN CERTIFICATE-----\nMIID", "-----BEGIN PUBLIC KEY-----\nMIIB", "-----BEGIN PGP PUBLIC KEY BLOCK-----"],
  ...["eyJhIjoxfQ==", "eyJ.x.y", "xapp-frontend-service", "hvs.config", "SG.small", "us-east-1", "bfloat16", "v1.2.3"],
];

test("what people write, and what opens nothing, is told as it is", () => {
  for (const text of harmless) {
    assert.equal(redacted(text), text);
    assert.equal(looksSecret(text), false, text);
    assert.equal(holdsSecret({ a: [text], b: { [text]: true } }), false, text);
  }
});

test("and is taken where a setting takes such text", () => {
  const own: Tree = {
    ...least,
    revision: "0e9e39f249a16976918f6564b8830bc894c89659",
    servedModelName: "sk-learn-multilingualembedder-v2",
    labels: { team: "risk-assessment", "sk-learn-embedder": "hf_transfer" },
    cluster: { eks: "asia-northeast1", kubeconfig: "/home/me/.kube/config", context: "bearer of-all" },
    apiKey: { rotation: "sk-2026-11" },
    image: { allowTag: "we use bearer authentication", digest, pullSecrets: ["registry-token", "basic-auth"] },
    engine: { env: { CA_DATA: certificate, PROXY: "http://proxy:3128", A: "https://$(USER):$(PASSWORD)@host/x" } },
  };
  const [chat] = plan({ own }).models;
  assert.equal(chat?.servedModelName, own.servedModelName);
});

test("what stands behind a flag, or as the value of a name, is known by these", () => {
  const hidden: readonly [unknown, unknown][] = [
    ["run --api-key hunter2 --port 1", "run --api-key [secret] --port 1"],
    ['mysql --password "hunter 2"', 'mysql --password "[secret]"'],
    [
      ["--api-key", "hunter2", "--port", "1"],
      ["--api-key", "[secret]", "--port", "1"],
    ],
    [[{ name: "DB_PASSWORD", value: "hunter2" }], [{ name: "DB_PASSWORD", value: "[secret]" }]],
  ];
  for (const [value, told] of hidden) {
    assert.equal(holdsSecret(value), true);
    assert.deepEqual(withoutSecrets(value), told);
  }
  for (const value of [
    "--api-key",
    "--token-limit 5",
    ["--port", "hunter2"],
    [{ name: "PORT", value: "x" }],
    "--auth - x",
  ]) {
    assert.equal(holdsSecret(value), false);
    assert.deepEqual(withoutSecrets(value), value);
  }
});

test("a value is told without what has the name of a secret, or its form, names too", () => {
  const value = {
    password: "hunter2",
    pins: [1],
    api_key: ["abc", { x: "hf_abcdefghijklmnopqrst" }],
    hf_abcdefghijklmnopqrst: true,
    token: 1234,
    password_file: "/run/password",
    text: "a ghp_abcdefghijklmnop b",
  };
  assert.deepEqual(withoutSecrets(value), {
    password: "[secret]",
    pins: [1],
    api_key: ["[secret]", { x: "[secret]" }],
    "[secret]": true,
    token: 1234,
    password_file: "/run/password",
    text: "a [secret] b",
  });
});

test("10,000 secrets, anywhere in a value: no part is told, and what is told has none", () => {
  const seen = new Set<string>();
  const given = drawing((draw) => {
    const tree: Tree = { a: { b: ["x", { c: 1 }] }, d: "y" };
    const secrets = [putAnywhere(draw, tree), putAnywhere(draw, tree)];
    return { tree, secrets, own: draw(knownSecret) };
  });
  fc.assert(
    fc.property(given, ({ tree, secrets, own }) => {
      assert.ok(holdsSecret(tree));
      const told = JSON.stringify(withoutSecrets(tree));
      for (const text of [told, redacted(JSON.stringify(tree)), redacted(own.text)]) {
        for (const part of [...secrets, own].flatMap(({ parts }) => parts)) assert.ok(!text.includes(part), text);
        assert.equal(redacted(text), text);
      }
      seen.add(own.form);
    }),
    { numRuns: 10_000 },
  );
  assert.deepEqual([...seen].sort(), [...knownForms].sort());
});

test("long texts are read once, whatever stands in them", () => {
  const times = 50_000;
  for (const part of [
    "sk-",
    "hf_",
    "://a:",
    "eyJaaaaaaaaaa-",
    "secretkey",
    "-----BEGIN A ",
    "AKIA ",
    "bearer ",
    "basic ",
  ])
    assert.equal(redacted(part.repeat(times)).length > 0, true, part);
  const many = redacted("password='it ".repeat(times));
  assert.ok(many.length < 13 * times);
  assert.equal(redacted("token=a1b2 ".repeat(times)), "token=[secret] ".repeat(times));
  assert.equal(redacted(`x ${"-----BEGIN PRIVATE KEY-----\\n".repeat(times)}`), "x [secret]");
});
