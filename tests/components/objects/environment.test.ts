import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { literal } from "../../../components/objects/environment.ts";
import type { Tree } from "../../../config/tree.ts";
import { least } from "../../config/settings.ts";
import { deployPlatform } from "../platform.ts";

/** What reaches the processes: texts as they are written, and of the variables those that a container wants. */

interface Variable {
  name: string;
  value?: string;
  valueFrom?: Tree;
}

/**
 * What the kubelet makes of a text in `command`, `args` or `env[].value`, by the documentation of these fields: `$$` is
 * one `$`, `$(NAME)` the value of that variable, or itself where there is none; any other `$` stays.
 */
function expand(text: string, variables: Readonly<Record<string, string>>): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at);
    const [reference, name = ""] = /^\$\(([^)]*)\)/.exec(rest) ?? [];
    if (rest.startsWith("$$")) {
      result += "$";
      at += 2;
    } else if (reference !== undefined) {
      result += Object.hasOwn(variables, name) ? variables[name] : reference;
      at += reference.length;
    } else {
      result += text[at];
      at += 1;
    }
  }
  return result;
}

test("Kubernetes' rules, by its own examples", () => {
  const variables = { VAR_A: "A", VAR_B: "B", VAR_EMPTY: "" };
  for (const [text, becomes] of [
    ["$(VAR_A)", "A"],
    ["$(VAR_A)_$(VAR_B)", "A_B"],
    ["___$(VAR_EMPTY)___", "______"],
    ["$(VAR_MISSING)", "$(VAR_MISSING)"],
    ["$$(VAR_A)", "$(VAR_A)"],
    ["$$$(VAR_A)", "$A"],
    ["$$$$(VAR_A)", "$$(VAR_A)"],
    ["$VAR_A", "$VAR_A"],
    ["foo$(VAR_A", "foo$(VAR_A"],
    ["$", "$"],
    ["$$", "$"],
    ["f$é$$(", "f$é$("],
  ] as const)
    assert.equal(expand(text, variables), becomes, text);
});

test("10,000 texts: what is written is what a process gets; without a $ it stands there as it is", () => {
  const variables = { HOME: "/cache", VLLM_API_KEY: "the-key", A: "$(HOME)" };
  const pieces = [
    "$",
    "$$",
    "$(",
    ")",
    "(",
    "$(HOME)",
    "$(VLLM_API_KEY)",
    "$(A)",
    "${",
    "}",
    "HOME",
    "a",
    "\n",
    "é",
    '"',
  ];
  const text = fc.oneof(
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((all) => all.join("")),
    fc.string(),
  );
  let changed = 0;
  fc.assert(
    fc.property(text, (written) => {
      assert.equal(expand(literal(written), variables), written);
      if (!written.includes("$")) assert.equal(literal(written), written);
      changed += Number(expand(written, variables) !== written);
    }),
    { numRuns: 10_000 },
  );
  assert.ok(changed > 2000, `${changed} would have been others`);
});

const podOf = async (own: Tree) => {
  const deployed = await deployPlatform({ own: { ...least, revision: "v1", ...own } });
  const pod = deployed.one("kubernetes:apps/v1:Deployment").inputs.spec.template.spec;
  return { deployed, engine: pod.containers[0], copier: pod.initContainers?.[0] };
};

test("an engine's arguments and variables reach it as they are written", async () => {
  const written = { maths: "{{ '$$x^2$$' }}", reference: "$(VLLM_API_KEY)", shell: "$HOME $" };
  const { engine } = await podOf({
    servedModelName: written.reference,
    engine: { args: { "chat-template": written.maths, "hf-overrides": { a: written.reference } }, env: written },
  });
  const args: string[] = engine.args;
  const received = args.map((word) => expand(word, { VLLM_API_KEY: "the-key" }));
  const after = (flag: string) => received[received.indexOf(flag) + 1];
  assert.equal(after("--served-model-name"), written.reference);
  assert.equal(after("--chat-template"), written.maths);
  assert.equal(after("--hf-overrides"), JSON.stringify({ a: written.reference }));
  assert.equal(args[0], "s3://vllm-models-bucket-1234567/models/chat/v1/");
  for (const [name, text] of Object.entries(written)) {
    const { value } = (engine.env as Variable[]).find((one) => one.name === name) ?? {};
    assert.equal(expand(value ?? "", { VLLM_API_KEY: "the-key" }), text, name);
  }
});

test("a secret is handed over by its Secret, where nothing is expanded, as it is", async () => {
  const { deployed, engine } = await podOf({ engine: { secretEnv: { HEADERS: "a=$(HOME)$$" } } });
  const [secret] = deployed.all("kubernetes:core/v1:Secret").filter(({ inputs }) => "HEADERS" in inputs.stringData);
  assert.deepEqual(secret?.inputs.stringData, { HEADERS: "a=$(HOME)$$" });
  const found = (engine.env as Variable[]).find(({ name }) => name === "HEADERS");
  assert.deepEqual(Object.keys(found ?? {}), ["name", "valueFrom"]);
});

const own = [
  { name: "MODEL_SOURCE", value: "s3://vllm-models-bucket-1234567/models/chat/v1/" },
  { name: "AWS_REGION", value: "eu-west-1" },
  { name: "HOME", value: "/tmp" },
];
const cpu = { gpu: { count: 0 } };

test("the copier gets of the engine's variables those that lead the AWS CLI to S3, and no other", async () => {
  const wanted = {
    HTTPS_PROXY: "http://proxy:3128",
    HTTP_PROXY: "http://proxy:3128",
    NO_PROXY: "10.0.0.0/8,$(NODE)",
    ALL_PROXY: "socks5://proxy:1080",
    https_proxy: "http://proxy:3128",
    http_proxy: "http://proxy:3128",
    no_proxy: "169.254.170.23",
    all_proxy: "socks5://proxy:1080",
    AWS_ENDPOINT_URL: "https://vpce.example",
    AWS_ENDPOINT_URL_S3: "https://vpce.example",
    AWS_USE_DUALSTACK_ENDPOINT: "true",
    AWS_USE_FIPS_ENDPOINT: "true",
  };
  const others = {
    AWS_CA_BUNDLE: "/etc/ssl/proxy.pem",
    VLLM_LOGGING_LEVEL: "DEBUG",
    HOME: "/cache/me",
    MODEL_SOURCE: "s3://other/",
    HTTPS_PROXY_USER: "a",
  };
  const { copier, engine } = await podOf({
    ...cpu,
    engine: { env: { ...wanted, ...others }, acknowledge: ["HOME"] },
  });
  const expected = Object.entries(wanted).map(([name, value]) => ({ name, value: literal(value) }));
  assert.deepEqual(copier.env, [...own, ...expected]);
  for (const variable of expected)
    assert.deepEqual(
      (engine.env as Variable[]).filter(({ name }) => name === variable.name),
      [variable],
    );
  assert.equal(expected.find(({ name }) => name === "NO_PROXY")?.value, "10.0.0.0/8,$$(NODE)");
});

test("a proxy with a password comes from the same Secret as the engine's", async () => {
  const proxy = "http://user:hunter2@proxy:3128";
  const { copier, engine } = await podOf({ ...cpu, engine: { secretEnv: { HTTPS_PROXY: proxy, TOKEN: "hunter2" } } });
  const [secret] = (engine.env as Variable[]).filter(({ name }) => name === "HTTPS_PROXY");
  assert.deepEqual(Object.keys(secret ?? {}), ["name", "valueFrom"]);
  assert.deepEqual(copier.env, [...own, secret]);
  assert.doesNotMatch(JSON.stringify([copier, engine]), /hunter2/);
});

test("the copier is of the image that is said; where nothing is copied there is none", async () => {
  const image = `registry.example.com:5000/mirror/aws-cli@sha256:${"0123456789abcdef".repeat(4)}`;
  assert.equal((await podOf({ ...cpu, delivery: { image } })).copier.image, image);
  assert.equal((await podOf(cpu)).copier.image, "amazon/aws-cli:2.37.4");
  const streamed = await podOf({ delivery: { image } });
  assert.equal(streamed.copier, undefined);
  assert.equal(JSON.stringify(streamed.engine).includes("aws-cli"), false);
});
