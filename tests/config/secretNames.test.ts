import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../catalogue/vllm/flags.json" with { type: "json" };
import { isSecretName, looksSecret } from "../../config/secretNames.ts";

const secretNames = [
  ...["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "MYTOKEN", "API_TOKENS", "hf-token", "UPSTREAM_TOKEN", "token"],
  ...["MY_API_KEY", "apikey", "apiKey", "APIKey", "--api-key", "x-api-key", "OPENAI_KEY", "OPENAI_KEYS", "my_key"],
  ...["DB_PASSWORD", "DB_PASSWORD_2", "PGPASSWORD", "DB_PASS", "PASS", "DB_PASSWD", "DB_PWD", "ssl-keyfile-password"],
  ...["CLIENT_SECRET", "client-secret", "clientSecret", "SECRETS", "SECRET_KEY_BASE", "X_PAT", "GITHUB_PAT"],
  ...["A_PRIVATE_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "s3accesskey", "DB_CREDENTIALS", "DB_CREDS"],
  ...["SENTRY_DSN", "FOO_DSN", "SLACK_WEBHOOK", "SLACK_WEBHOOK_URL", "OTEL_AUTH", "session_cookie"],
  ...["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "AZURE_STORAGE_CONNECTION_STRING"],
];
const plainNames = [
  ...["TOKENIZERS_PARALLELISM", "MAX_TOKENS", "MAX_NUM_BATCHED_TOKENS", "TOKEN_FILE", "PAD_TOKEN", "eos_token"],
  ...["SECRETARY", "SECRET_NAME", "KEY", "key", "KEYS", "PUBLIC_KEY", "CACHE_KEY", "KMS_KEY_ID", "KEY_PATH", "KEYFILE"],
  ...["PASSWORD_FILE", "CREDENTIALS_DIR", "PATH", "PATTERN", "COMPASS", "BYPASS", "PWD", "OLDPWD", "AUTHOR", "HEADERS"],
  ...["VLLM_USE_V1", "VLLM_USE_TOKEN", "VLLM_LOGGING_LEVEL", "VLLM_MAX_TOKENS_PER_EXPERT_FP4_MOE", "OMP_NUM_THREADS"],
  ...["HF_HUB_ENABLE_HF_TRANSFER", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "", "__"],
  ...["allow-credentials", "num_speculative_tokens", "DATABASE_URL", "WEBHOOK_PORT", "constructor"],
];

test("names that say secret, and those that do not", () => {
  for (const name of secretNames) assert.ok(isSecretName(name), name);
  for (const name of plainNames) assert.ok(!isSecretName(name), name);
});

test("of all flags of vLLM those are secret that hold one", () => {
  const names = Object.values(flagTables as Record<string, { flags: object }>).flatMap(({ flags }) =>
    Object.keys(flags),
  );
  assert.ok(names.length > 100);
  assert.deepEqual(
    [...new Set(names.filter(isSecretName))].sort(),
    ["api-key", "hf-token", "ssl-keyfile-password"].filter((name) => names.includes(name)),
  );
});

const secretTexts = [
  ...["hf_abcdefghijklmnop", "sk-proj-abcdefgh", "ghp_abcdefghijkl", "github_pat_11ABCDEFG0123", "glpat-abcdefghijkl"],
  ...["xoxb-123456789-abc", "xoxp-123456789-abc", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "nvapi-abcdefghijk"],
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
  "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
  ...["https://u:p@h/", "redis://:pw@host", "postgres://u:p@h:5432/d"],
  "https://hooks.slack.com/services/T000/B000/XXXX",
  ...[
    "authorization=abc",
    "Authorization: Bearer abcdefgh",
    "a=1,x-api-key=hunter2",
    "x-api-key: hunter2",
    "api-key=1",
  ],
  ...["Bearer abcdefgh", "bearer%20abcdefgh", "Basic dXNlcjpwYXNz0w==", "a token=b", "https://h/x?access_token=b&c=d"],
  ...[
    '{"password":"hunter2"}',
    "{'password': 'hunter2'}",
    '{"a": {"apiKey" : "x"}}',
    '{\\"password\\":\\"x\\"}',
    '{"pin_secret": 12}',
  ],
  "first line\nhf_abcdefghijklmnop",
  "--flag=authorization=abc",
];
const plainTexts = [
  ...[
    "",
    "Qwen/Qwen3-8B",
    "http://proxy:3128",
    "s3://bucket/key/",
    "sk-",
    "hf_transfer",
    "hf_overrides",
    "disk-abcdefghij",
  ],
  ...[
    "registry.example.com:5000/vllm",
    "ssh://git@host/x",
    "http://host:80/a@b",
    "bearer of news",
    "basic instructions",
  ],
  ...[
    '{"num_speculative_tokens": 5}',
    '{"pad_token": "<pad>"}',
    "max_tokens=512",
    "key=a",
    '["authorization"]',
    "token",
    "token=",
  ],
  "-----BEGIN CERTIFICATE-----\nMIIE",
];

test("forms that say secret, and those that do not", () => {
  for (const text of secretTexts) assert.ok(looksSecret(text), text);
  for (const text of plainTexts) assert.ok(!looksSecret(text), text);
});

test("a secret is one wherever it stands in a text, and however often it is asked", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...secretTexts),
      fc.constantFrom("", "a ", "--flag=", '"', "x,", "\n"),
      (text, before) => {
        assert.ok(looksSecret(`${before}${text}`));
        assert.ok(looksSecret(`${before}${text} and more`));
      },
    ),
  );
});
