import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import flagTables from "../../catalogue/vllm/flags.json" with { type: "json" };
import { looksSecret } from "../../config/secretForms.ts";
import { isSecretName, isSecretPair } from "../../config/secretNames.ts";

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

/** Values that vLLM takes, and that no one could use for anything, by what holds them. */
const goodValues: Readonly<Record<string, string>> = {
  "an address with a wildcard before a topic with an @": '{"endpoint":"tcp://*:5557","topic":"kv@10.0.0.1@Qwen/Qwen3"}',
  "an adapter that is called so": '["auth=/adapters/auth"]',
  "several of them": '["sql=/model/adapters/sql","token=/model/adapters/token-v2/"]',
  "an adapter as a group": '[{"name":"auth","path":"/adapters/auth"}]',
  "an adapter in a revision's folder":
    "auth=/cache/models--meta-llama--Llama-3-8B-Instruct/snapshots/5f0b02c75b57c5855da9ae460ce51323ea669d8a",
  "a template's mark": "{%- set tool_call_token='<tool_call>' -%}{{ tool_call_token }}",
  "a template's mark, in JSON": String.raw`{"template":"{%- set tool_call_token=\"<|tool_call|>\" -%}"}`,
  "a template's comparison": "{% if token=='x' %}a{% endif %}",
  "another comparison": '{%- if message.auth_token == none or api_key=="" -%}',
  "a template's names": "{{ render(token=message.content, api_key=key) }}{%- set secret=ns.secret %}",
  "a special token of Mistral's": "{% set tool_token='[TOOL_CALLS]' %}",
  "tokens by their numbers": '{"no_token":9693,"yes_token":2152}',
  "a misspelt count": '{"method":"ngram","num_speculative_token":4}',
  "a token by its mark": '{"boi_token":"<start_of_image>","tool_call_token":"</tool>"}',
  "a switch": '{"use_auth":"true","auth":"none","password":"null"}',
  "a placeholder": "--api-key=<key>",
  "a key's file": '{"ssl_key":"/etc/ssl/private/server.pem"}',
};

test("what opens nothing is no secret, whatever it is called", () => {
  for (const [what, text] of Object.entries(goodValues)) assert.equal(looksSecret(text), false, what);
  for (const [name, value] of [
    ["S3_TOKEN", "/var/run/secrets/token"],
    ["OTEL_AUTH", "none"],
    ["YES_TOKEN", "2152"],
    ["token", "7"],
  ] as const)
    assert.equal(isSecretPair(name, value), false, `${name}=${value}`);
});

/** What is nearly as harmless, and is not. */
const badValues: Readonly<Record<string, string>> = {
  "a literal in a template": "{% set api_key='hunter2' %}",
  "a literal in a template, in JSON": String.raw`{"template":"{% set password=\"hunter2\" %}"}`,
  "what stands beside a template": "{{ x }} password=hunter2 {{ y }}",
  "a template that is not closed": "{{ password=hunter2",
  "a known form in a template": "{{ call(hf_abcdefghijklmnop) }}",
  "a known form as a mark": "token=<hf_abcdefghijklmnop>",
  "a known form as a path": "token=/adapters/hf_abcdefghijklmnop",
  "a random word with slashes": "secret=/9j4AAQSkZJRgABAQAAAQ/ABC",
  "one that begins as a path does": "secret=/ab/4AAQSkZJRgABAQAAAQ/ABC",
  "a word that begins with a slash": "password=/hunter2",
  "a number under a name of a secret": '{"password":1234,"pin_secret":12}',
  "a number that opens something": '{"access_token":123456}',
  "a number that is too long for a token": '{"token":12345678}',
  "a word": '{"yes_token":"hunter2"}',
  "a word in an adapter's place": '["auth=hunter2"]',
  "the second of two": '["auth=/adapters/auth","token=hunter2"]',
  "a word with a switch in it": "password=trueblue",
  "a word in brackets": "password=[hunter]",
};

test("what only looks like it is one", () => {
  for (const [what, text] of Object.entries(badValues)) assert.equal(looksSecret(text), true, what);
});

test("a long text of openings, pairs or letters is looked through", () => {
  const times = 100_000;
  for (const part of ["{{", "{%", "{{%", "{{ a=b }} ", "{% a=b", "{{ a=b %}", "a", "a1", "a-", "eyJ-"])
    assert.equal(looksSecret(part.repeat(times)), false, part);
  for (const [before, part, after] of [
    ["a", "_1", "_x=b"],
    ["a", "_PROD", "=b"],
    ["://", "a:", ""],
    ["basic", "%20", ""],
  ] as const)
    assert.equal(looksSecret(before + part.repeat(times) + after), false, part);
  assert.equal(looksSecret(`${"{{".repeat(times)}}} password=hunter2`), true);
  assert.equal(looksSecret(`${"{{".repeat(times)} password=hunter2 }}`), false);
});

/** How many characters the expressions capture while `work` is done. */
function captured(work: () => void): number {
  const { exec } = RegExp.prototype;
  let count = 0;
  RegExp.prototype.exec = function (text) {
    const found = exec.call(this, text);
    for (const part of found ?? []) count += part?.length ?? 0;
    return found;
  };
  try {
    work();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return count;
}

test("of a long text no part is read again for each other one", () => {
  const parts = [
    "a=",
    "a='b",
    '"a":',
    "use_token=",
    '"use_token":b,',
    "use-api-key:",
    "token=true ",
    "{{ a=b }} token=/a-/b ",
  ];
  for (const part of parts) {
    const text = part.repeat(20_000);
    const count = captured(() => assert.equal(looksSecret(text), false, part));
    assert.ok(count <= 4 * text.length, `${part}: ${count} of ${text.length}`);
  }
});

const name = fc.constantFrom(...secretNames.filter((one) => /^[A-Za-z][\w.-]*$/.test(one)));
/** Words of chance and of people. */
const opening = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9]{3,40}$/),
  fc.stringMatching(/^[A-Za-z0-9+][A-Za-z0-9+/]{24,64}={0,2}$/),
  fc.stringMatching(/^[a-z]{2,8}[0-9!#%*-]{1,6}$/),
);
const isGood = (value: string) => /^([Tt]rue|[Ff]alse|[Nn]one|[Nn]ull|\d+)$/.test(value);
const places: readonly ((name: string, value: string) => string)[] = [
  (name, value) => `${name}=${value}`,
  (name, value) => `--flag ${name}="${value}" more`,
  (name, value) => JSON.stringify({ a: { [name]: value } }),
  (name, value) => JSON.stringify([`sql=/adapters/sql`, `${name}=${value}`]),
  (name, value) => JSON.stringify({ text: JSON.stringify({ [name]: value }) }),
  (name, value) => `{% set ${name}='${value}' %}`,
  (name, value) => `{{ a }}${name}=${value}`,
];
const place = fc.constantFrom(...places);

test("a secret under its name is one wherever it stands", () =>
  fc.assert(
    fc.property(name, opening, place, (name, value, place) => {
      fc.pre(!isGood(value));
      assert.ok(looksSecret(place(name, value)), place(name, value));
    }),
    { numRuns: 10_000 },
  ));

const folder = fc.stringMatching(/^[a-z][a-z0-9._-]{1,12}$/);
const opensNothing = fc.oneof(
  fc.array(folder, { minLength: 2, maxLength: 6 }).map((all) => `/${all.join("/")}`),
  fc.stringMatching(/^<\|?[a-z_]{1,20}\|?>$/),
  fc.stringMatching(/^\[\/?[A-Z_]{1,20}\]$/),
  fc.constantFrom("true", "False", "None", "null"),
);

test("paths, marks and truth are none, wherever they stand", () =>
  fc.assert(
    fc.property(name, opensNothing, place, (name, value, place) => {
      // One in a million is a secret by the form that an issuer gives it, `<gho_…>`.
      fc.pre(!looksSecret(value));
      assert.equal(looksSecret(place(name, value)), false, place(name, value));
    }),
    { numRuns: 10_000 },
  ));
