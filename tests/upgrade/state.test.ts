// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so a placeholder looks
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "../../lab/command.ts";
import { repository } from "../../lab/paths.ts";
import { deployments, keep, type Recording, recordings, textOf } from "./recordings.ts";
import { exposed, secretTexts } from "./secrets.ts";
import { fillIn, generalize, type Places, type Recorded, traces } from "./state.ts";

/** Recorded states as files, without a lab. */

const places: Places = {
  // One within another one, and what `replace` would take for a pattern of its own.
  project: "/tmp/lab",
  kubeconfig: "/tmp/lab/$&/kubeconfig",
  namespace: "e2e-dev-1",
};
const made = (...resources: Recorded["state"][]): Recorded => ({
  stack: "dev",
  encryptionsalt: "v1:salt",
  settings: { shared: {}, own: { "vllm:cluster": { kubeconfig: places.kubeconfig } } },
  state: { version: 4, deployment: { resources } },
});
const chat = {
  urn: "urn:pulumi:dev::chat",
  custom: true,
  inputs: {
    [`${places.namespace}/chat`]: [`--kubeconfig ${places.kubeconfig}`, places.project, 80, null, "$1 ${home}"],
  },
};

test("a recorded state is filled in as it was", () => {
  const found = made(chat);
  const recorded = generalize(found, places);
  assert.deepEqual(recorded.state.deployment, {
    resources: [
      {
        ...chat,
        inputs: { "${namespace}/chat": ["--kubeconfig ${kubeconfig}", "${project}", 80, null, "$1 ${home}"] },
      },
    ],
  });
  assert.deepEqual(recorded.settings.own, { "vllm:cluster": { kubeconfig: "${kubeconfig}" } });
  assert.deepEqual(fillIn(recorded, places), found);
});

test("the lines of the program are left out", () => {
  const line = "project:///../../work/main/node_modules/@pulumi/provider.ts#60,9";
  const found = made({ ...chat, sourcePosition: line, stackTrace: [{ sourcePosition: line }] });
  assert.deepEqual(generalize(found, places), generalize(made(chat), places));
});

test("what looks like a placeholder is not recorded", () => {
  const found = made({ outputs: { command: "echo ${namespace}" } });
  assert.throws(() => generalize(found, places), /'echo \$\{namespace\}' holds \$\{namespace\} by itself/);
});

test("paths and ports of a machine are seen, those of a container are not", () => {
  const seen = [
    "/tmp/lab/kubeconfig",
    "/work/main",
    "/root/.kube/config",
    "/home/me/x",
    "127.0.0.1:34939",
    "localhost:40000",
  ];
  for (const trace of seen) assert.deepEqual(traces(`{"at": "x=${trace}"}`), [`${trace}`]);
  assert.deepEqual(traces('"project:///../../work/main/index.ts"'), ["/work/main/index.ts"]);
  assert.deepEqual(traces('"/srv/checkout/x"', ["/srv/checkout"]), ["/srv/checkout"]);
  for (const none of ['"/tmp"', "http://127.0.0.1:8000/v1", "s3://bucket/tmp/x", "${project}/tmp/x", "10.96.206.112"])
    assert.deepEqual(traces(none), [], none);
});

const all = recordings();
const parsed = (recording: Recording): Recorded => JSON.parse(textOf(recording));

test("every version is recorded whole", () => {
  assert.notEqual(all.length, 0, "no state is recorded: node bin/run.mjs tests/upgrade/record.ts <version>");
  for (const version of new Set(all.map((one) => one.version))) {
    const recorded = all.filter((one) => one.version === version).map(({ name }) => name);
    assert.deepEqual(recorded, Object.keys(deployments).sort(), version);
  }
});

for (const recording of all)
  test(`${recording.name} of ${recording.version} tells nothing of its machine and no secret`, () => {
    const recorded = parsed(recording);
    assert.equal(recorded.stack, deployments[recording.name]?.stack);
    assert.deepEqual(traces(textOf(recording), [repository]), []);
    // The API key, at least: a state in which none is found proves nothing.
    assert.notDeepEqual(secretTexts(recorded), []);
    assert.deepEqual(exposed(recorded), []);
    const names = ["kubeconfig", "project", "namespace", "apiServer", "awsEndpoint"];
    const elsewhere = Object.fromEntries(names.map((name) => [name, `https://elsewhere/${name}`]));
    const filled = fillIn(recorded, elsewhere);
    assert.doesNotMatch(JSON.stringify(filled), new RegExp(`\\$\\{(${names.join("|")})\\}`));
    assert.deepEqual(generalize(filled, elsewhere), recorded);
  });

test("a secret in plain text is seen, in any form", () => {
  const [recording] = all;
  assert.ok(recording);
  const recorded = parsed(recording);
  const [secret = ""] = secretTexts(recorded).filter(({ length }) => length >= 8);
  for (const form of ["utf8", "base64", "hex"] as const) {
    const leak = { ...recorded, stack: `x ${Buffer.from(secret).toString(form)}` };
    assert.ok(exposed(leak).includes(secret), form);
  }
  const open = JSON.parse(JSON.stringify(recorded).replaceAll('"ciphertext":', '"plaintext":'));
  assert.throws(() => exposed(open), /a secret is not encrypted/);
});

test("what is recorded is never recorded again", async () => {
  const [recording] = all;
  assert.ok(recording);
  const before = textOf(recording);
  assert.throws(() => keep(recording, { ...parsed(recording), settings: { shared: {}, own: {} } }), /EEXIST/);
  const args = [`${repository}/tests/upgrade/record.ts`, recording.version];
  const { code, output } = await run(process.execPath, args, { signal: AbortSignal.timeout(30_000) });
  assert.equal(code, 1, output);
  assert.match(
    output,
    /^lab: \d+\.\d+\.\d+ is recorded: a recorded state is never made again, a release adds its own\n$/,
  );
  assert.equal(textOf(recording), before);
});
