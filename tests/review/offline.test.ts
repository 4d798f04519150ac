import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { lines, settingLines, TeamProject } from "./project.ts";

/** `npm run review` without an engine: what a fork's pull request gets, from two commits of a real repository each. */

const project = TeamProject.make();
project.stack("s", {
  cluster: { eks: "lab" },
  gpu: { product: "L4", spare: 1 },
  models: { chat: { revision: "v1", replicas: 2, engine: { secretEnv: { TOKEN: { secure: "v1:aaaa:bbbb" } } } } },
});
project.stack("t", { cluster: { eks: "lab" }, model: "chat" });
project.stack("u", { cluster: { eks: "lab" }, gpu: { product: "L4" } });
const base = project.commit("base");

/** Changes the project on a branch of its own, and reviews it. */
async function changed(change: () => void, stack = "s") {
  project.reset(base);
  change();
  project.git("checkout", "-q", "-B", "change");
  project.commit("change");
  try {
    return await project.stackReview(stack);
  } finally {
    project.git("checkout", "-q", "-f", "main");
    project.reset(base);
  }
}
const set = (path: string, value: unknown) => () =>
  project.set("Pulumi.s.yaml", ["config", "vllm:models", ...path.split(".")], value);

const missingPreview = {
  part: "preview",
  reason: "there is no Pulumi engine on the PATH (https://www.pulumi.com/docs/install/)",
  failed: false,
};

test("a count: its setting, its object, GPUs and cost before and after, and that there is no preview", async () => {
  const review = await changed(set("chat.replicas", 4));
  assert.deepEqual([review.code, review.outcome, review.file, review.toldBy], [0, "fine", "changed", "render"]);
  assert.deepEqual(settingLines(review), ["replicas of chat: 2 (stack.models) → 4 (stack.models)"]);
  assert.deepEqual(lines(review), ["update vllm-chat-main-deployment: settings by replicas"]);
  assert.deepEqual(review.resources[0]?.properties, [
    { path: "spec.replicas", kind: "update", before: 2, after: 4, origins: ["settings"], causes: [0] },
  ]);
  const { gpus, cost } = review;
  assert.deepEqual([gpus.before?.steady, gpus.after?.steady, gpus.before?.max, gpus.after?.max], [2, 4, 3, 5]);
  assert.deepEqual([cost.before?.steady.perHour, cost.after?.steady.perHour], [1.6096, 3.2192]);
  assert.deepEqual(review.missing, [missingPreview]);
  assert.equal(review.preview, undefined);
});

test("each change has the setting that makes it; what needs two has both", async () => {
  const review = await changed(() => {
    set("chat.engine.maxNumSeqs", 64)();
    set("chat.labels", { team: "search" })();
    set("chat.drain", { seconds: 90 })();
  });
  const [deployment] = review.resources.filter(({ name }) => name === "vllm-chat-main-deployment");
  const causes = (path: RegExp) =>
    deployment?.properties
      .filter((one) => path.test(one.path))
      .map((one) => one.causes.map((index) => review.settings[index]?.setting));
  assert.deepEqual(causes(/labels\.team$/), [["labels.team"], ["labels.team"]]);
  assert.deepEqual(causes(/terminationGracePeriodSeconds$/), [["drain.seconds"]]);
  assert.ok(causes(/args\[\d+\]$/)?.length);
  const service = review.resources.find(({ name }) => name === "vllm-chat-service");
  assert.deepEqual(
    service?.causes.map((index) => review.settings[index]?.setting),
    ["labels.team"],
  );
});

test("settings that exclude each other are one cause", async () => {
  const review = await changed(() => {
    set("chat.replicas", undefined)();
    set("chat.autoscaling", { min: 2, max: 4, waitingRequests: 3 })();
  });
  const scaler = review.resources.find(({ name }) => name === "vllm-chat-main-autoscaler");
  assert.deepEqual([scaler?.change, scaler?.origins], ["create", ["settings"]]);
  assert.deepEqual(
    scaler?.causes.map((index) => review.settings[index]?.setting),
    ["autoscaling.max", "autoscaling.min", "autoscaling.waitingRequests", "replicas"],
  );
});

test("a model that comes, and one that goes, are one setting each, with all that is theirs", async () => {
  const review = await changed(() => {
    set("code", { revision: "v1", servedModelName: "coder" })();
    set("chat", null)();
  });
  const [gone, come, ...others] = settingLines(review);
  assert.match(gone ?? "", /^models\.chat of chat: \{"revision":"v1",.*"replicas":2,.*\} \(stack\.models\) → –$/);
  assert.deepEqual(
    [come, ...others],
    [`models.code of code: – → {"revision":"v1","servedModelName":"coder"} (stack.models)`],
  );
  const by = (model: string, verb: string) =>
    lines(review).filter((line) => line.startsWith(`${verb} vllm-${model}-`) && line.includes(`by models.${model}`));
  assert.ok(by("code", "create").length > 5);
  assert.ok(by("chat", "delete").length > 5);
  assert.ok(review.resources.slice(0, 5).every(({ harms }) => harms.includes("delete")));
});

test("a secret that is encrypted anew may have changed: what holds it is told, and no ciphertext", async () => {
  const review = await changed(set("chat.engine.secretEnv.TOKEN", { secure: "v1:cccc:dddd" }));
  assert.deepEqual(settingLines(review), [
    `engine.secretEnv.TOKEN of chat: secret "[secret]" (stack) → "[secret]" (stack)`,
  ]);
  assert.deepEqual(lines(review).sort(), [
    "update vllm-chat-main-deployment: settings by engine.secretEnv.TOKEN",
    "update vllm-chat-main-environment: settings by engine.secretEnv.TOKEN",
  ]);
  const held = review.resources.find(({ name }) => name === "vllm-chat-main-environment");
  const data = held?.properties.find(({ path }) => path.endsWith("TOKEN"));
  assert.deepEqual([data?.secret, data?.before, data?.after], [true, undefined, undefined]);
  assert.doesNotMatch(JSON.stringify(review), /cccc|dddd|aaaa|bbbb/);
});

test("a change of the program is the program's, beside one of the settings", async () => {
  const review = await changed(() => {
    project.edit(
      "components/objects/labels.ts",
      '"app.kubernetes.io/name": "vllm"',
      '"app.kubernetes.io/name": "vllm-x"',
    );
    set("chat.replicas", 3)();
  });
  const deployment = review.resources.find(({ name }) => name === "vllm-chat-main-deployment");
  assert.deepEqual(deployment?.origins, ["settings", "program"]);
  const origins = (path: RegExp) =>
    deployment?.properties.filter((one) => path.test(one.path)).map((one) => one.origins);
  assert.deepEqual(origins(/^spec\.replicas$/), [["settings"]]);
  assert.deepEqual(origins(/^spec\.template\.metadata\.labels/), [["program"]]);
  const service = review.resources.find(({ name }) => name === "vllm-chat-service");
  assert.deepEqual(service?.origins, ["program"]);
});

test("where base's code cannot render, the program is not told from what was pending", async () => {
  project.reset(base);
  project.git("rm", "-q", "cli/render.ts");
  const before = project.commit("no render yet");
  project.git("checkout", "-q", before, "--", ".");
  project.git("checkout", "-q", "-B", "change");
  project.git("checkout", "-q", base, "--", "cli/render.ts");
  set("chat.replicas", 3)();
  project.commit("render, and a count");
  const { code, review } = await project.document(["--stack", "s", "--base", before]);
  project.git("checkout", "-q", "-f", "main");
  project.reset(base);
  const [only] = review.stacks;
  assert.deepEqual(
    [code, only?.missing[0]],
    [
      0,
      {
        part: "baseRender",
        reason: "base's code cannot render base's settings: it has no `npm run render`",
        failed: false,
      },
    ],
  );
  assert.deepEqual(only && lines(only), ["update vllm-chat-main-deployment: settings by replicas"]);
});

test("a setting of base that head does not know: program and settings are told together", async () => {
  project.reset(base);
  project.edit(
    "config/schema/modelEntries.ts",
    "  revision: setting(",
    '  oldName: setting(v.string(), { description: "x", absent: true, example: "a" }),\n  revision: setting(',
  );
  set("chat.oldName", "x")();
  const before = project.commit("a setting more");
  project.git("checkout", "-q", "-B", "change");
  project.git("checkout", "-q", base, "--", ".");
  set("chat.replicas", 3)();
  project.commit("without it, and a count");
  const { code, review } = await project.document(["--stack", "s", "--base", before]);
  project.git("checkout", "-q", "-f", "main");
  project.reset(base);
  const [only] = review.stacks;
  assert.equal(code, 0);
  assert.equal(only?.missing[0]?.part, "baseSettings");
  assert.match(
    only?.missing[0]?.reason ?? "",
    /^this code cannot plan base's settings: vllm:models\.chat\.oldName \(Pulumi\.s\.yaml\): there is no such setting/,
  );
  assert.deepEqual(only && lines(only), ["update vllm-chat-main-deployment: programOrSettings"]);
  assert.deepEqual([only?.gpus.before, only?.gpus.after?.steady], [undefined, 3]);
});

test("a misspelt setting fails with its place, and says what was meant", async () => {
  const review = await changed(set("chat.replcas", 3));
  assert.deepEqual([review.code, review.outcome, review.resources], [1, "failed", []]);
  assert.deepEqual(review.problems, [
    "vllm:models.chat.replcas (Pulumi.s.yaml): there is no such setting; did you mean 'replicas'?",
  ]);
});

test("a rule that is broken refuses, with 2, and is told from one that was broken before", async () => {
  const review = await changed(() => project.set("Pulumi.s.yaml", ["config", "vllm:policy"], { limits: { gpus: 2 } }));
  assert.deepEqual([review.code, review.outcome], [2, "refused"]);
  const refused = review.policy?.findings.filter(({ refuses }) => refuses);
  assert.deepEqual(
    refused?.map(({ rule, what, new: isNew }) => [rule, what, isNew]),
    [["gpuQuota", "the stack takes 3 GPUs at most", true]],
  );
});

test("a program that does not build fails each stack with what is wrong, and without a stack trace", async () => {
  project.reset(base);
  project.write("components/workload.ts", "export const = ;\n");
  const { code, output } = await project.review(["--all", "--base", "main"]);
  project.reset(base);
  assert.equal(code, 1);
  assert.match(output, /^Stack s: does not build$/m);
  assert.match(output, /SyntaxError.* \(components\/workload\.ts:1\)$/m);
  assert.doesNotMatch(output, /^\s+at .*:\d+:\d+/m);
});

test("all stacks of head and base: new ones, those that are gone, and one that does not build among the others", async () => {
  project.reset(base);
  project.stack("new", { cluster: { eks: "lab" }, gpu: { product: "L4" }, models: { chat: { revision: "v1" } } });
  project.git("rm", "-q", "Pulumi.t.yaml");
  project.set("Pulumi.u.yaml", ["config", "vllm:replicas"], "many");
  const { code, review } = await project.document(["--all"]);
  project.reset(base);
  assert.deepEqual(
    review.stacks.map(({ stack, file, outcome }) => [stack, file, outcome]),
    [
      ["new", "new", "fine"],
      ["s", "changed", "fine"],
      ["t", "removed", "fine"],
      ["u", "changed", "failed"],
    ],
  );
  assert.deepEqual([code, review.outcome, review.head.uncommitted], [1, "failed", true]);
  const made = review.stacks.find(({ stack }) => stack === "new");
  assert.ok(made && lines(made).every((line) => /^create .*: settings$/.test(line)), made && lines(made).join("\n"));
  assert.deepEqual([made?.gpus.before, made?.gpus.after?.steady], [undefined, 1]);
});

test("the repository is not touched: no file, ref or index of it", async () => {
  project.reset(base);
  set("chat.replicas", 3)();
  const seen = () =>
    ["index", "HEAD", "config", "packed-refs"].map((name) => {
      const file = join(project.repository, ".git", name);
      return existsSync(file) ? [statSync(file).mtimeMs, readFileSync(file, "latin1")] : [];
    });
  const status = () => project.git("status", "--porcelain");
  const [before, said] = [project.git("for-each-ref"), status()];
  const index = seen();
  assert.equal((await project.review(["--stack", "s", "--base", "main"])).code, 0);
  assert.deepEqual(seen(), index);
  assert.deepEqual([project.git("for-each-ref"), status()], [before, said]);
  project.reset(base);
});

test("--out has the document and the Markdown of each stack", async () => {
  project.reset(base);
  set("chat.replicas", 3)();
  const out = mkdtempSync(join(tmpdir(), "review-out-"));
  after(() => rmSync(out, { recursive: true }));
  const { code, stdout } = await project.review(["--stack", "s", "--format", "markdown", "--out", out]);
  assert.equal(code, 0);
  assert.deepEqual(readdirSync(out).sort(), ["review.json", "s.md"]);
  assert.equal(readFileSync(join(out, "s.md"), "utf8"), stdout.slice(0, -1));
  project.reset(base);
});
