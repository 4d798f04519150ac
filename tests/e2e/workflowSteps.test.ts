import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { parse, stringify } from "yaml";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { startPlatform } from "../review/comment/fakePlatform.ts";
import { bot, environment, type Kind, token } from "../review/comment/job.ts";
import { type Done, runGithub, runGitlab } from "./platformJobs.ts";
import { quick, succeeded, unique } from "./support.ts";
import { type Checkout, Team } from "./team.ts";

/** The jobs of both platforms, as their files have them, on a stack that is deployed: a request, and a push to it. */

const name = `e2e-workflows-${unique}`;
const stack = "dev";
const file = `Pulumi.${stack}.yaml`;
const passphrase = "lab";
const role = "arn:aws:iam::123456789012:role/review";
const idToken = "id-token-of-this-job";

let project: Project;
let team: Team;
/** The file of the deployed stack. */
let written: Tree;

/** It with other settings. */
const fileWith = (settings: Tree) => stringify({ ...written, config: { ...(written.config as Tree), ...settings } });
const withContext = (tokens: number) =>
  fileWith({ "vllm:engine": { maxModelLen: tokens, gpuMemoryUtilization: null } });
/** What a review says of it. */
const saysContext = (tokens: number) => `\n- \`engine.maxModelLen\` of \`chat\`: \`2048\` → \`${tokens}\` (stack)\n`;

before(async () => {
  const lab = await up();
  project = await Project.stage(lab, name);
  const models = { chat: { revision: "v1" } };
  await project.stack(stack, { ...quick, "vllm:namespace": { name, create: true }, "vllm:models": models });
  succeeded(await project.pulumi(["up", "--yes", "--skip-preview", "--stack", stack]));
  written = parse(readFileSync(join(project.folder, file), "utf8")) as Tree;
  team = await Team.make(join(project.folder, "team"), { [file]: fileWith({}) });
});

/** What the platform's machine has: a home of its own, the programs of this one. */
function machine(folder: string): NodeJS.ProcessEnv {
  const home = join(folder, "..", "home");
  mkdirSync(home, { recursive: true });
  return { CI: "true", HOME: home, TMPDIR: home, PATH: process.env.PATH };
}

/** What `pulumi/actions` brings, which GitLab's image has: the engine with its plugins. */
function pulumi(): NodeJS.ProcessEnv {
  const own = Object.entries(project.env).filter(([key]) => /^PULUMI_(HOME|SKIP|DISABLE)/.test(key));
  return { ...Object.fromEntries(own), PATH: `${dirname(project.engine)}:${project.env.PATH}` };
}

/** What the role brings: access to the lab's AWS. */
const aws = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(project.env).filter(([key]) => key.startsWith("AWS_")));

/** Runs a job of GitHub: of a request, of one from a fork, or of a merge queue. */
function github(
  job: string,
  { folder, head, target }: Checkout,
  { address, run }: { address: string; run: number },
  of: "request" | "fork" | "queue" = "request",
): Promise<Done[]> {
  const asked = { run, head, isFork: of === "fork", token: undefined };
  const event = of === "queue" ? "merge_group" : "pull_request";
  const env = {
    ...{ ...machine(folder), ...environment("GitHub", address, dirname(folder), asked) },
    ...{ GITHUB_EVENT_NAME: event, ...(of === "queue" ? {} : { GITHUB_BASE_REF: "main" }) },
  };
  const own = of === "fork" ? {} : { PULUMI_BACKEND_URL: project.env.PULUMI_BACKEND_URL, AWS_ROLE_ARN: role };
  const contexts = {
    github: { event_name: event, token, event: { merge_group: { base_sha: target } } },
    vars: own,
    secrets: of === "fork" ? {} : { PULUMI_CONFIG_PASSPHRASE: passphrase },
  };
  return runGithub(job, { folder, env }, contexts, {
    ...{ "actions/checkout": {}, "actions/setup-node": {}, "actions/upload-artifact": {} },
    ...{ "pulumi/actions": pulumi(), "aws-actions/configure-aws-credentials": aws() },
  });
}

/** Runs a job of GitLab in the pipeline of a request; `more` is what differs. */
function gitlab(
  job: string,
  { folder, head, parting }: Checkout,
  { address, run }: { address: string; run: number },
  more: NodeJS.ProcessEnv = {},
): Promise<Done> {
  const env = {
    ...{ ...machine(folder), ...pulumi(), ...aws(), ...environment("GitLab", address, folder, { run, head }) },
    ...{ PULUMI_BACKEND_URL: project.env.PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE: passphrase },
    ...{ AWS_ROLE_ARN: role, AWS_ID_TOKEN: idToken, CI_MERGE_REQUEST_DIFF_BASE_SHA: parting },
  };
  return runGitlab(job, { folder, env: { ...env, ...more } });
}

/** Every step that is a command went well. */
function wentWell(done: readonly Done[]): void {
  for (const { what, code = 0, output } of done) assert.equal(code, 0, `${what}\n${output}`);
}

interface Reviewed {
  outcome: string;
  base: { commit: string };
  stacks: { stack: string; preview?: { against: string }; missing: { part: string; failed: boolean }[] }[];
}

/** What is kept of a review: its outcome, what it was compared with, and of each stack against what it was previewed. */
function kept({ folder }: Checkout) {
  const { outcome, base, stacks } = JSON.parse(readFileSync(join(folder, "reviewed/review.json"), "utf8")) as Reviewed;
  const previews = stacks.map(({ stack, preview, missing }) => [
    stack,
    preview?.against,
    missing.map((one) => one.part),
  ]);
  return { outcome, base: base.commit, previews };
}

const platforms: readonly [Kind, (checkout: Checkout, at: { address: string; run: number }) => Promise<Done[]>][] = [
  ["GitHub", (checkout, at) => github("review", checkout, at)],
  ["GitLab", async (checkout, at) => [await gitlab("review", checkout, at)]],
];

for (const [kind, review] of platforms)
  test(`${kind}: a request gets a comment, which the next push edits, and what it does is kept whole`, async (t) => {
    const { platform, address } = await startPlatform(t, kind);
    platform.accounts.set(token, bot);
    const branch = `longer-${kind}`;
    const pushed = async (tokens: number, run: number) => {
      await team.push(branch, { [file]: withContext(tokens) });
      await team.push("main", { [`${kind}.md`]: `what others do before run ${run}\n` });
      const checkout = await team.checkout(branch, kind === "GitHub" ? "merge" : "branch");
      platform.head = checkout.head;
      const done = await review(checkout, { address, run });
      wentWell(done);
      const base = kind === "GitHub" ? checkout.target : checkout.parting;
      assert.deepEqual(kept(checkout), { outcome: "fine", base, previews: [[stack, "state", []]] });
      return { checkout, done };
    };

    const { checkout } = await pushed(1024, 50);
    const [comment, ...others] = platform.comments.map((one) => ({ ...one }));
    assert.deepEqual([comment?.author, others], [bot, []]);
    assert.ok(comment?.body.includes(saysContext(1024)), comment?.body);
    if (kind === "GitLab") {
      const place = join(machine(checkout.folder).TMPDIR ?? "", "aws-id-token");
      assert.deepEqual([readFileSync(place, "utf8"), statSync(place).mode & 0o777], [idToken, 0o600]);
    }

    const { done } = await pushed(1536, 51);
    assert.deepEqual(
      platform.comments.map(({ id }) => id),
      [comment?.id],
    );
    const [{ body } = { body: "" }] = platform.comments;
    assert.ok(body.includes(saysContext(1536)) && !body.includes("1024"), body);
    for (const text of [body, ...done.map(({ output }) => output)])
      for (const secret of [token, idToken]) assert.ok(!text.includes(secret));
  });

test("GitLab: a pipeline for merged results is compared with the target branch", async (t) => {
  const { platform, address } = await startPlatform(t, "GitLab");
  platform.accounts.set(token, bot);
  await team.push("merged", { [file]: withContext(1280) });
  await team.push("main", { "merged.md": "what others do\n" });
  const checkout = await team.checkout("merged", "merge");
  platform.head = checkout.head;
  const more = {
    CI_MERGE_REQUEST_TARGET_BRANCH_SHA: checkout.target,
    CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: checkout.head,
  };
  wentWell([await gitlab("review", checkout, { address, run: 52 }, more)]);
  assert.equal(kept(checkout).base, checkout.target);
  assert.equal(platform.comments.length, 1);
});

test("GitHub: a fork has no rights; what needs none is reviewed, and told in the job's summary", async (t) => {
  const { platform, address } = await startPlatform(t, "GitHub");
  platform.accounts.set(token, bot);
  const body = { message: "Resource not accessible by integration" };
  platform.faults = [{ of: /^POST .*comments$/, status: 403, body, times: 9 }];
  await team.push("fork", { [file]: withContext(1792) });
  const checkout = await team.checkout("fork", "merge");
  platform.head = checkout.head;
  const done = await github("review", checkout, { address, run: 53 }, "fork");
  wentWell(done);
  assert.ok(!done.some(({ what }) => what.startsWith("aws-actions/")));
  assert.deepEqual(kept(checkout), {
    outcome: "fine",
    base: checkout.target,
    previews: [[stack, undefined, ["preview"]]],
  });
  assert.deepEqual(platform.comments, []);
  const summary = readFileSync(join(dirname(checkout.folder), "summary.md"), "utf8");
  assert.ok(summary.includes(saysContext(1792)), summary);
});

test("GitHub: a merge queue is reviewed without credentials, and comments on nothing", async (t) => {
  const { platform, address } = await startPlatform(t, "GitHub");
  const checkout = await team.checkout("fork", "merge");
  const done = await github("review", checkout, { address, run: 54 }, "queue");
  wentWell(done);
  assert.ok(!done.some(({ what }) => what.startsWith("aws-actions/")));
  assert.deepEqual(kept(checkout), {
    outcome: "fine",
    base: checkout.target,
    previews: [[stack, undefined, ["preview"]]],
  });
  assert.deepEqual(platform.asked, []);
});

test("a setting that is wrong fails both jobs; what else there is is rendered, reviewed and kept", async (t) => {
  const { platform, address } = await startPlatform(t, "GitHub");
  platform.accounts.set(token, bot);
  const { encryptionsalt: _, ...unsealed } = written;
  await team.push("wrong", { [file]: fileWith({ "vllm:replica": 2 }), "Pulumi.next.yaml": stringify(unsealed) });
  const checkout = await team.checkout("wrong", "merge");
  platform.head = checkout.head;
  const check = await github("check", checkout, { address, run: 55 });
  assert.deepEqual(
    check.map(({ what, code }) => [what, code]),
    [
      ["actions/checkout", undefined],
      ["actions/setup-node", undefined],
      ["npm ci", 0],
      ["npm run check", 0],
      ["npm run render -- --all --out rendered", 1],
      ["actions/upload-artifact", undefined],
    ],
  );
  assert.match(check[4]?.output ?? "", /\ndev: .*vllm:replica/s);
  assert.deepEqual(readdirSync(join(checkout.folder, "rendered")), ["next"]);

  const other = await team.checkout("wrong", "merge");
  const review = await github("review", other, { address, run: 55 });
  assert.deepEqual(
    review.slice(-2).map(({ what, code }) => [what.split(" -- ")[0], code]),
    [
      ["npm run review", 1],
      ["actions/upload-artifact", undefined],
    ],
  );
  assert.deepEqual(kept(other), {
    ...{ outcome: "failed", base: other.target },
    previews: [
      [stack, undefined, []],
      ["next", "nothing", []],
    ],
  });
  assert.deepEqual(
    platform.comments.map(({ body }) => [body.includes("stack=next"), body.includes("vllm:replica")]),
    [
      [false, true],
      [true, false],
    ],
  );
});
