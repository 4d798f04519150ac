import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Tree } from "../../../config/tree.ts";
import type { Finished } from "../../../lab/command.ts";
import { TeamProject } from "../project.ts";
import { type FakePlatform, startPlatform } from "./fakePlatform.ts";
import { bot, environment, folderOf, type Kind, kinds, markLine, token } from "./job.ts";

/** `npm run review -- --comment`, as a job calls it, without an engine. */

const project = TeamProject.make();
/** The name of the project, which is in the marks. */
const named = "pulumi-vllm";
const model = (more: Tree = {}): Tree => ({ revision: "v1", ...more });
const stack = (models: Tree) => ({ cluster: { eks: "lab" }, gpu: { product: "L4" }, models });
const many = Array.from({ length: 80 }, (_, index) => `one-of-many-with-a-name-that-is-long-${index}`);
project.stack("few", stack({ chat: model({ replicas: 2 }) }));
project.stack("still", stack({ chat: model() }));
project.stack("many", stack(Object.fromEntries(many.map((name) => [name, model({ replicas: 2 })]))));
project.commit("base");
project.git("checkout", "-q", "-b", "change");
const set = (file: string, path: string[], value: unknown) => project.set(file, ["config", ...path], value);
set("Pulumi.few.yaml", ["vllm:models", "chat", "replicas"], 3);
project.commit("more of few");

/** A job of request 7 that calls the review. */
async function jobOn(t: TestContext, kind: Kind) {
  const { platform, address } = await startPlatform(t, kind);
  platform.accounts.set(token, bot);
  const folder = folderOf(t);
  const call = (args: string[], run = 50, more: NodeJS.ProcessEnv = {}): Promise<Finished> =>
    project.review(["--base", "main", "--comment", ...args], {
      ...environment(kind, address, folder, { run }),
      ...more,
    });
  return { platform, folder, call };
}

const titles = ({ comments }: FakePlatform): string[] => comments.map(({ body }) => body.split("\n")[1] ?? "");
/** What is told of the comments. */
const told = ({ output }: Finished): string[] =>
  output.split("\n").filter((line) => /^[a-z, ]+: .*comment\b/.test(line));

for (const kind of kinds) {
  test(`${kind}: a stack that nothing happens to gets no comment; one that is there is edited, of a gone one too`, async (t) => {
    const { platform, call } = await jobOn(t, kind);
    const first = await call(["--all"]);
    assert.equal(first.code, 0, first.output);
    assert.deepEqual(titles(platform), ["### Stack `few`: 1 to update"]);
    assert.deepEqual(told(first), ["few: comment created", "many, still: no comment"]);

    for (const stack of ["still", "gone"])
      platform.add(bot, `${markLine(stack, 49, named)}\n### Stack \`${stack}\`: 1 to update\n`);
    const next = await call(["--all"], 51);
    assert.equal(next.code, 0, next.output);
    assert.deepEqual(titles(platform), [
      "### Stack `few`: 1 to update",
      "### Stack `still`: nothing changes",
      "### Stack `gone`: neither side of this change has a file of it",
    ]);
    assert.deepEqual(told(next), ["few: comment unchanged", "many: no comment", "still, gone: comment edited"]);

    // Of one stack alone nothing is known of the others.
    platform.add(bot, `${markLine("away", 49, named)}\nstands\n`);
    await call(["--stack", "few"], 52);
    assert.equal(platform.comments.at(-1)?.body.split("\n")[1], "stands");
  });

  test(`${kind}: a comment that may not be written fails the job, and loses nothing of the review`, async (t) => {
    const { platform, folder, call } = await jobOn(t, kind);
    platform.faults.push({ of: /^(POST|PUT|PATCH) /, status: 403, body: { message: "no" }, times: 99 });
    const out = join(folder, "reviewed");
    const done = await call(["--stack", "few", "--out", out, "--format", "markdown"]);
    assert.equal(done.code, 1);
    assert.match(told(done).join("\n"), /^few: no comment: /);
    assert.ok(done.stdout.startsWith("### Stack `few`: 1 to update\n"), done.stdout);
    assert.equal(`${readFileSync(join(out, "few.md"), "utf8")}\n`, done.stdout);
    assert.ok(!done.output.includes(token));
    assert.deepEqual(platform.comments, []);
  });
}

test("what no comment has room for is counted, and the comment leads to where all of it is kept", async (t) => {
  const before = project.git("rev-parse", "HEAD");
  t.after(() => project.reset(before));
  const stay = Object.fromEntries(many.slice(0, 50).map((name) => [name, model({ replicas: 2 })]));
  project.stack("many", { ...stack(stay), namespace: { name: "other" } });
  project.commit("30 models go, and the namespace is another");
  const { platform, folder, call } = await jobOn(t, "GitHub");
  const reviewed = async (args: string[], run: number) => {
    const done = await call(["--stack", "many", ...args], run, { GITHUB_SERVER_URL: "https://github.com" });
    assert.equal(done.code, 0, done.output);
    return platform.comments.at(-1)?.body ?? "";
  };
  const body = await reviewed(["--out", join(folder, "reviewed")], 50);
  const whole = readFileSync(join(folder, "reviewed", "many.md"), "utf8");
  assert.ok(body.length <= 65_536 && whole.length > 65_536, `${body.length} of ${whole.length}`);
  // Every resource that goes is told; of the others some are, each as a whole, and the rest is counted.
  const linesOf = (text: string, change: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith(`- ${change} `))
      .map((line) => line.replace(/ \(… \d+ details? left out\)$/, ""));
  const [goes, changes] = [linesOf(whole, "delete"), linesOf(whole, "update")];
  const told = linesOf(body, "update");
  assert.equal(goes.length, 240);
  assert.deepEqual([linesOf(body, "delete"), told], [goes, changes.slice(0, told.length)]);
  const left = `- … ${changes.length - told.length} further resources left out: see `;
  const page = "https://github.com/o/r/actions/runs/50";
  assert.ok(told.length > 0 && body.includes(`${left}[the full review](${page})\n`), body.slice(-2000));
  // Where nothing is kept, nothing leads there.
  assert.match(await reviewed([], 51), / further resources left out: see the full review\n/);
});

test("a job that can comment nowhere is told so before anything is reviewed", async () => {
  const out = join(project.repository, "never");
  const done = await project.review(["--stack", "few", "--comment", "--out", out]);
  assert.deepEqual([done.code, done.stdout, existsSync(out)], [1, "", false]);
  assert.match(
    done.output,
    /^--comment: a comment is posted from a job of GitHub Actions or GitLab CI: neither GITHUB_ACTIONS nor GITLAB_CI is true\nusage: /,
  );
  assert.doesNotMatch(done.output, /comparing with/);
});
