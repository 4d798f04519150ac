import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ajv } from "ajv";
import * as policy from "../../cli/policy.ts";
import type { PolicyReport } from "../../cli/policyText.ts";
import { ruleNames } from "../../policy/judge.ts";
import { root } from "../config/settings.ts";
import { alteredState, deployed } from "../policy/states.ts";
import { grouped, recorded } from "../review/recorded.ts";
import { said } from "./inProcess.ts";
import { projectOf } from "./run.ts";

/** `npm run policy` with the files of others: grouped changes, and the state of a stack; and what it says as JSON. */

const schemaOf = (name: string) => JSON.parse(readFileSync(join(root, "docs", name), "utf8"));
const schema = schemaOf("policy.schema.json");
const conforms = new Ajv({ strict: false })
  .addSchema(schemaOf("explain.schema.json"), "explain.schema.json")
  .compile(schema);

const dev = deployed("dev");
const prod = deployed("prod");
const file = (name: string, content: unknown): string => {
  const path = join(dev.project, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
};
const destroy = file("destroy.json", grouped(recorded("destroy"), "destroy"));
const replaced = file("replaced.json", grouped(recorded("bucketReplaced")));
const state = file("state.json", dev.state);
const failed = file("failed.json", grouped(recorded("failed"), "up"));

const judged = (...args: string[]) => said(policy, "--stack", "dev", "--project", dev.project, ...args);
/** The same, its last line alone. */
const counted = async (...args: string[]) => {
  const { code, output } = await judged(...args);
  return [code, output.split("\n").at(-1)];
};
/** The same as JSON, which its schema has to describe. */
async function json(...args: string[]): Promise<PolicyReport & { code: number; problems?: { kind: string }[] }> {
  const { code, output } = await said(policy, ...args, "--json");
  const told = JSON.parse(output) as PolicyReport & { problems?: { kind: string }[] };
  assert.ok(conforms(told), JSON.stringify(conforms.errors));
  return { ...told, code };
}
const ofDev = ["--stack", "dev", "--project", dev.project];

const seen = (path: string, object: string) =>
  `  staticKeys (mandatory): ${path} (${object}): its value is a secret; next: see that no AWS key is set there`;

test("changes are judged beside the render", async () => {
  // The stack says that its models go with a destroy.
  assert.deepEqual(await judged("--changes", destroy), {
    code: 0,
    output: `Not checked
${seen("stringData.api-key", "kubernetes:core/v1:Secret vllm-api-key")}

Stack dev: 0 refused, 0 noted, 1 not checked`,
  });
  const keep = projectOf({
    "Pulumi.yaml": readFileSync(join(dev.project, "Pulumi.yaml"), "utf8"),
    "Pulumi.dev.yaml": readFileSync(join(dev.project, "Pulumi.dev.yaml"), "utf8").replace(
      "onDestroy: delete",
      "onDestroy: keep",
    ),
  });
  for (const [changes, change] of [
    [destroy, "delete"],
    [replaced, "replace"],
  ] as const) {
    const { code, output } = await said(policy, "--stack", "dev", "--project", keep, "--changes", changes);
    assert.equal(code, 1);
    assert.equal(
      output.split("\n")[0],
      `refused  bucketKept (mandatory): aws:s3/bucket:Bucket vllm-models-bucket: a ${change} of the bucket takes its models away; allowed: an update, or nothing; next: take back what makes it so; to be rid of the bucket, set modelStore.onDestroy: delete first`,
    );
  }
});

test("of an operation that failed it says that there may be more", async () => {
  const { code, output } = await judged("--changes", failed);
  assert.equal(code, 0);
  assert.match(
    output,
    /^ {2}bucketKept \(mandatory\): the up did not succeed \(.+\); next: judge one that goes through$/m,
  );
});

test("a state is judged in the place of the render", async () => {
  assert.deepEqual(await judged("--state", state), {
    code: 0,
    output: `Not checked
${seen("result", "random:index/randomPassword:RandomPassword vllm-api-key")}
${seen("data", "kubernetes:core/v1:Secret vllm-api-key")}
  bucketKept (mandatory): there are no changes here; next: judge it where there are

State of stack dev, 19 objects: 0 refused, 0 noted, 3 not checked`,
  });
  const open = alteredState(dev.state, "BucketPublicAccessBlock", ({ outputs }) =>
    Object.assign(outputs as object, { ignorePublicAcls: false }),
  );
  const { code, output } = await judged("--state", file("open.json", open));
  assert.equal(code, 1);
  assert.match(
    output,
    /^refused {2}bucketPrivate \(mandatory\): ignorePublicAcls \(aws:s3\/bucketPublicAccessBlock:BucketPublicAccessBlock vllm-models-public-access-block\): ignorePublicAcls is not on; /,
  );
});

test("a state and changes go together", async () => {
  const line = "State of stack dev, 19 objects: 0 refused, 0 noted, 2 not checked";
  assert.deepEqual(await counted("--state", state, "--changes", destroy), [0, line]);
});

test("what of a state is not judged is told", async () => {
  const marked = alteredState(dev.state, "Secret", (secret) => Object.assign(secret, { delete: true }));
  const { output } = await judged("--state", file("marked.json", marked));
  assert.ok(
    output.includes(
      "\n\nLeft out\n  kubernetes:core/v1:Secret vllm-api-key (another has taken its place, and the next `pulumi up` deletes it)\n\n",
    ),
    output,
  );
});

test("an empty state is no pass", async () => {
  const empty = file("empty.json", { version: 3, deployment: { manifest: {}, metadata: {} } });
  const { code, output } = await judged("--state", empty);
  assert.equal(code, 0);
  assert.match(output, /^ {2}bucketPrivate \(mandatory\): there are no objects here; next: judge it where there are$/m);
  assert.ok(output.endsWith("\nState of stack dev, 0 objects: 0 refused, 0 noted, 9 not checked"), output);
});

test("standard input is taken for either", () => {
  const run = (input: string, ...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ["cli/policy.ts", ...ofDev, ...args], {
      cwd: root,
      input,
      encoding: "utf8",
    });
    return [status, stdout.trimEnd().split("\n").at(-1), stderr];
  };
  assert.deepEqual(run(readFileSync(state, "utf8"), "--state", "-"), [
    ...[0, "State of stack dev, 19 objects: 0 refused, 0 noted, 3 not checked", ""],
  ]);
  assert.deepEqual(run(readFileSync(destroy, "utf8"), "--changes", "-"), [
    ...[0, "Stack dev: 0 refused, 0 noted, 1 not checked", ""],
  ]);
  assert.deepEqual(run("", "--state", "-"), [
    ...[1, "", "standard input: is empty; did the command that was to write it fail?\n"],
  ]);
});

test("a file that is none of these ends in one line", async () => {
  const none = join(dev.project, "none.json");
  const cases: [args: string[], message: string][] = [
    [["--state", none], `${none}: cannot be read: ENOENT`],
    [["--state", dev.project], `${dev.project}: cannot be read: EISDIR`],
    [["--changes", file("text.json", "SEALED: {")], "text.json: is no JSON; is it the file that was meant?"],
    [["--state", file("blank.json", " \n")], "blank.json: is empty; did the command that was to write it fail?"],
    [["--state", file("deep.json", "[".repeat(100_000))], "deep.json: is nested deeper than 64 levels"],
    [
      ["--state", file("prod.json", prod.state)],
      "prod.json: is the state of stack 'prod' of project 'pulumi-vllm', and not of 'dev' of 'pulumi-vllm'",
    ],
    [["--state", destroy], "destroy.json: is a document of changes, and no state: give it with --changes"],
    [["--changes", state], "state.json: is a state, and no document of changes: give it with --state"],
  ];
  for (const [args, message] of cases) {
    const { code, output } = await judged(...args);
    assert.equal(code, 1, output);
    assert.ok(output.endsWith(message), output);
    assert.doesNotMatch(output, /\n|SEALED/);
    const { problems = [] } = await json(...ofDev, ...args);
    assert.deepEqual(
      problems.map(({ kind }) => kind),
      ["file"],
    );
  }
});

test("nothing of a secret is printed, of a state with --show-secrets neither", async () => {
  const word = "word-that-stays-secret";
  const several = deployed("several");
  const opened = JSON.stringify(several.state).replaceAll(
    /"ciphertext":"[^"]*"/g,
    `"plaintext":${JSON.stringify(JSON.stringify({ key: word }))}`,
  );
  assert.ok(opened.includes(word));
  const path = file("opened.json", opened);
  const args = ["--stack", "prod", "--project", several.project];
  const texts = [
    await said(policy, ...args, "--state", path),
    await said(policy, ...args, "--state", path, "--json"),
    await said(policy, ...args, "--changes", path),
    await said(policy, ...args, "--state", file("cut.json", opened.slice(0, -1))),
  ];
  assert.deepEqual(
    texts.map(({ code }) => code),
    [0, 0, 1, 1],
  );
  const all = JSON.stringify(texts);
  for (const form of ["utf8", "base64", "hex"] as const)
    assert.ok(!all.includes(Buffer.from(word).toString(form)), form);
});

test("a wrong call is told, with how to call it", async () => {
  for (const [args, message] of [
    [["--state", ""], "--state is empty: which file?"],
    [["--changes", ""], "--changes is empty: which file?"],
    [["--state", "-", "--changes", "-"], "--changes and --state cannot both be standard input"],
  ] as const) {
    const { code, output } = await judged(...args);
    assert.equal(code, 2);
    assert.ok(output.startsWith(`${message}\nusage: npm run policy -- --stack STACK [--changes FILE]`), output);
    assert.equal((await json(...ofDev, ...args)).code, 2);
  }
});

test("docs/policy.schema.json describes what is said on every path", async () => {
  const parts = ({ code, judged, objects, changes, findings, leftOut }: Awaited<ReturnType<typeof json>>) => {
    const refuses = findings.filter((one) => one.refuses).length;
    return { code, judged, objects, changes, refuses, leftOut };
  };
  const rendered = { code: 0, judged: "render", objects: 17, changes: undefined, refuses: 0, leftOut: undefined };
  assert.deepEqual(parts(await json(...ofDev)), rendered);
  assert.deepEqual(parts(await json(...ofDev, "--changes", destroy)), { ...rendered, changes: "destroy" });
  assert.deepEqual(parts(await json(...ofDev, "--changes", replaced)), { ...rendered, changes: "preview" });
  assert.deepEqual(parts(await json(...ofDev, "--changes", failed)), { ...rendered, changes: "up" });
  const ofState = { ...rendered, judged: "state", objects: 19, leftOut: [] };
  assert.deepEqual(parts(await json(...ofDev, "--state", state)), ofState);
  assert.deepEqual(parts(await json(...ofDev, "--state", state, "--changes", destroy)), {
    ...{ ...ofState, changes: "destroy" },
  });
  const bare = file(
    "bare.json",
    alteredState(prod.state, "Bucket", (bucket) => Object.assign(bucket, { protect: false, external: false })),
  );
  const refusedOne = await json("--stack", "prod", "--project", prod.project, "--state", bare);
  assert.deepEqual([refusedOne.code, parts(refusedOne).refuses], [1, 1]);
  const noStack = await json("--project", dev.project);
  assert.deepEqual([noStack.code, noStack.stack, noStack.problems?.map(({ kind }) => kind)], [2, "", ["call"]]);
  const wrong = projectOf({
    "Pulumi.yaml": "name: x\nruntime: nodejs\n",
    "Pulumi.s.yaml": "config: {vllm:modle: x}\n",
  });
  assert.equal((await json("--stack", "s", "--project", wrong)).code, 1);
});

test("the schema has the rules, and refuses what is not said", async () => {
  assert.deepEqual(schema.$defs.rule.enum, ruleNames);
  const told = await json(...ofDev, "--state", state);
  const { code: _, ...whole } = told;
  const [first] = whole.findings;
  for (const wrong of [
    { ...whole, judged: "preview" },
    { ...whole, judged: "render" },
    { ...whole, leftOut: undefined },
    { ...whole, problems: [] },
    { ...whole, secret: "x" },
    { ...whole, findings: [{ ...first, refuses: true }] },
    { ...whole, findings: [{ ...first, notChecked: undefined }] },
    { schemaVersion: 2, stack: "s", problems: [] },
  ])
    assert.ok(!conforms(JSON.parse(JSON.stringify(wrong))), JSON.stringify(wrong));
});
