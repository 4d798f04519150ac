import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Finished } from "../../lab/command.ts";
import { root } from "../config/settings.ts";
import { TeamProject } from "./project.ts";

/** What `npm run review` says where it cannot begin, and what it takes for base. */

const project = TeamProject.make("platform/llm");
project.stack("s", { cluster: { eks: "lab" }, gpu: { product: "L4" }, models: { chat: { revision: "v1" } } });
const base = project.commit("base");

const refused = async (args: string[], message: RegExp, of: Pick<TeamProject, "review"> = project) => {
  const { code, stdout, output }: Finished = await of.review(args);
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(output, message);
  assert.doesNotMatch(output, /^\s+at .*:\d+:\d+/m);
};

test("a wrong call is a line and how to call it, and ends with 1: 2 means that policy refuses", async () => {
  for (const [args, message] of [
    [[], /^name a stack with --stack, or review --all\nusage: /],
    [["--stack", "s", "--all"], /^name a stack with --stack, or review --all\nusage: /],
    [["--stack", "s", "--format", "html"], /^--format html: there are text, markdown, json\nusage: /],
    [["--stack", "s", "--out", ""], /^--out is empty: which folder\?\nusage: /],
    [["--stack", "s", "more"], /^Unexpected argument 'more'/],
  ] as [string[], RegExp][])
    await refused(args, message);
});

test("a stack that neither side has, a base that is not there, a folder that cannot be made", async () => {
  await refused(
    ["--stack", "nope"],
    /^there is no stack 'nope': no file Pulumi\.nope\.yaml here, and none in base; there are: s\n$/,
  );
  await refused(
    ["--stack", "s", "--base", "nope"],
    /^--base nope: there is no such commit, branch or tag; `git fetch` brings those of the remote\n$/,
  );
  await refused(["--stack", "s", "--base=--all"], /^--base --all: there is no such commit/);
  await refused(["--stack", "s", "--out", "Pulumi.yaml/x"], /^--out Pulumi\.yaml\/x: .* cannot be written: ENOTDIR\n$/);
});

test("no repository, none with a commit, no project", async () => {
  const alone = mkdtempSync(join(tmpdir(), "review-alone-"));
  after(() => rmSync(alone, { recursive: true, force: true }));
  const elsewhere = (folder: string) => ["--stack", "s", "--project", folder];
  await refused(elsewhere(alone), /^there is no Pulumi\.yaml in /);
  cpSync(join(project.folder, "Pulumi.yaml"), join(alone, "Pulumi.yaml"));
  cpSync(join(project.folder, "Pulumi.s.yaml"), join(alone, "Pulumi.s.yaml"));
  await refused(elsewhere(alone), /^\/.* is in no git repository: a review compares with a commit of it\n$/);
  execFileSync("git", ["init", "-q"], { cwd: alone });
  await refused(elsewhere(alone), /^the repository has no commit yet: there is nothing to compare with\n$/);
});

test("without --base it is the default branch, where HEAD has left it", async () => {
  project.git("checkout", "-q", "-b", "change");
  project.set("Pulumi.s.yaml", ["config", "vllm:models", "chat", "replicas"], 2);
  const head = project.commit("change");
  project.git("checkout", "-q", "main");
  project.set("Pulumi.s.yaml", ["config", "vllm:models", "chat", "labels"], { team: "x" });
  project.commit("main goes on");
  project.git("checkout", "-q", "change");
  const { review } = await project.document(["--stack", "s"]);
  assert.deepEqual(
    [review.base, review.head],
    [
      { ref: "main", commit: base },
      { commit: head, uncommitted: false },
    ],
  );
  assert.deepEqual(
    review.stacks[0]?.settings.map(({ setting }) => setting),
    ["replicas"],
  );
});

test("a shallow clone says how to get the history, and one with the commit asked for will do", async () => {
  const clone = mkdtempSync(join(tmpdir(), "review-clone-"));
  after(() => rmSync(clone, { recursive: true, force: true }));
  const from = `file://${project.repository}`;
  execFileSync("git", ["clone", "-q", "--depth", "1", "--branch", "change", from, clone]);
  symlinkSync(join(root, "node_modules"), join(clone, "platform/llm/node_modules"));
  const folder = join(clone, "platform/llm");
  const shallow = { review: (args: readonly string[]) => project.review([...args, "--project", folder]) };
  await refused(
    ["--stack", "s", "--base", "origin/main"],
    /^--base origin\/main: .*; the clone is shallow: fetch its history \(`git fetch --unshallow`; in a workflow `fetch-depth: 0`\)\n$/,
    shallow,
  );
  const { code } = await shallow.review(["--stack", "s", "--base", "HEAD"]);
  assert.equal(code, 0);
});

test("what is in no commit is reviewed, and said", async () => {
  project.set("Pulumi.s.yaml", ["config", "vllm:models", "chat", "replicas"], 3);
  const { code, stdout } = await project.review(["--stack", "s", "--base", "HEAD"]);
  project.git("checkout", "-q", "--", ".");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^ {2}[0-9a-f]{12} with uncommitted changes is compared with [0-9a-f]{12} of HEAD; there is no preview$/m,
  );
  assert.match(stdout, /^ {2}replicas of chat: 2 → 3 \(stack\.models\)$/m);
});
