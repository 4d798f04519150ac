import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { freePorts } from "../../lab/ports.ts";
import { silence } from "../../review/cluster.ts";
import { Previews } from "../../review/preview.ts";
import { root } from "../config/settings.ts";

/** What is told where there can be no preview: whether credentials are missing, which a fork's are, or wrong. */

/** An engine that notes its environment and arguments, and ends with a message for the command that it is called with. */
function engine(messages: Record<string, string>): { engine: string; noted: () => string } {
  const folder = mkdtempSync(join(tmpdir(), "review-engine-"));
  after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "pulumi");
  const cases = Object.entries(messages).map(([command, said], index) => {
    writeFileSync(join(folder, `said${index}`), said);
    return `*"${command}"*) cat '${join(folder, `said${index}`)}' >&2; exit 255 ;;`;
  });
  const note = `echo "$@ $PULUMI_BACKEND_URL $PULUMI_CONFIG_PASSPHRASE" >> '${join(folder, "noted")}'`;
  writeFileSync(file, `#!/bin/sh\n${note}\ncase "$*" in ${cases.join(" ")} esac\nexit 0\n`);
  chmodSync(file, 0o755);
  return {
    engine: file,
    noted: () => (existsSync(join(folder, "noted")) ? readFileSync(join(folder, "noted"), "utf8") : ""),
  };
}

async function previewed(program: string, more: NodeJS.ProcessEnv = {}) {
  const previews = await Previews.open(root, ["dev"], { engine: program, env: { PATH: process.env.PATH, ...more } });
  try {
    return await previews.preview("dev");
  } finally {
    await previews.remove();
  }
}

const noPassphrase =
  "there is no passphrase for the stack's secrets (PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE)";
for (const { said, env, reason, failed } of [
  {
    said: "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
    reason: "there is no login to the state's backend (PULUMI_ACCESS_TOKEN, or PULUMI_BACKEND_URL)",
    failed: false,
  },
  {
    said: 'error: constructing secrets manager of type "passphrase": unable to find either `PULUMI_CONFIG_PASSPHRASE` or `PULUMI_CONFIG_PASSPHRASE_FILE` when trying to access the Passphrase Secrets Provider; passphrase must be set',
    reason: noPassphrase,
    failed: false,
  },
  { said: "error: incorrect passphrase", env: { PULUMI_CONFIG_PASSPHRASE: "" }, reason: noPassphrase, failed: false },
  {
    said: "error: incorrect passphrase",
    env: { PULUMI_CONFIG_PASSPHRASE: "x" },
    reason:
      "the secrets of stack dev cannot be read: the passphrase is another one; set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one with which the stack was made",
    failed: true,
  },
  {
    said: "error: could not list bucket: operation error S3: no EC2 IMDS role found",
    reason: "there are no credentials for the cloud",
    failed: false,
  },
  { said: "error: AccessDenied: not yours", reason: "AccessDenied: not yours", failed: true },
])
  test(`${said.slice(0, 60)}${env ? ` with ${JSON.stringify(env)}` : ""}: ${failed ? "fails" : "is missing"}`, async () =>
    assert.deepEqual(await previewed(engine({ "stack export": said }).engine, env), {
      part: "preview",
      reason,
      failed,
    }));

test("without an engine it is missing", async () =>
  assert.deepEqual(await previewed("/nowhere/pulumi"), {
    part: "preview",
    reason: "there is no Pulumi engine on the PATH (https://www.pulumi.com/docs/install/)",
    failed: false,
  }));

test("a stack that is not there is made in a backend of its own, by a passphrase of its own, and never selected", async () => {
  const { engine: program, noted } = engine({
    "stack export": "error: no stack named 'dev' found",
    "stack init": "error: that is enough",
  });
  const env = { PULUMI_BACKEND_URL: "s3://shared", PULUMI_CONFIG_PASSPHRASE: "theirs" };
  assert.deepEqual(await previewed(program, env), { part: "preview", reason: "that is enough", failed: true });
  const [exported = "", made = "", ...others] = noted().trim().split("\n");
  assert.match(exported, /stack export --stack=dev s3:\/\/shared theirs$/);
  assert.match(made, /stack init --no-select dev file:\/\/\/\S+\/backend [0-9a-f]{48}$/);
  assert.deepEqual(others, []);
  const [, backend = ""] = /file:\/\/(\S+)/.exec(made) ?? [];
  assert.ok(!existsSync(backend));
});

test("a cluster that does not answer, and an access that is none, are told in a line", async () => {
  const [port = 0] = await freePorts(1);
  const kubeconfig = JSON.stringify({
    ...{ apiVersion: "v1", kind: "Config", "current-context": "c" },
    clusters: [{ name: "c", cluster: { server: `https://127.0.0.1:${port}` } }],
    users: [{ name: "c", user: { token: "a-token-of-somebody" } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "c" } }],
  });
  assert.equal(await silence({ kubeconfig }), `the cluster cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}`);
  assert.match((await silence({ kubeconfig: "/nowhere/config" })) ?? "", /^the cluster cannot be reached: .*ENOENT/);
});
