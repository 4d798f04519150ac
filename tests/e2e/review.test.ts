import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { drop, type Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { freePorts } from "../../lab/ports.ts";
import { Project } from "../../lab/project.ts";
import { markdownOf } from "../../review/report/markdown.ts";
import type { StackReview } from "../../review/review.ts";
import { lines, settingLines, TeamProject } from "../review/project.ts";
import { quick, succeeded, unique } from "./support.ts";

/** `npm run review` from two real commits each, against one stack that is deployed as the first of them says. */

const stack = "live";
const name = `e2e-review-${unique}`;
const token = "review-token-that-stays-secret";
const recorded = join(repository, "tests", "data", "reviews");

/** What differs from run to run, by what it is. */
const settled = (text: string, folder: string): string =>
  text
    .replaceAll(folder, "<project>")
    .replaceAll(name, "<namespace>")
    .replace(/\b[0-9a-f]{12}\b/g, "<commit>")
    .replace(/(?<=\bvllm-[a-z-]+-)[0-9a-f]{7,8}\b/g, "<chance>")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:<port>");

test("reviews of a deployed stack", async (t) => {
  const lab = await up();
  const project = await Project.stage(lab, name);
  const kubeconfig = join(project.folder, "kubeconfig");
  cpSync(lab.kubeconfig, kubeconfig);
  await project.configure(stack, {
    ...quick,
    "vllm:cluster": { eks: "dev", kubeconfig, context: lab.context },
    "vllm:namespace": { name, create: true },
    "vllm:modelStore": { onDestroy: "delete" },
    "vllm:models": {
      chat: { revision: "v1", replicas: 2, gpu: { product: "L4", spare: 1 } },
      code: { revision: "v1", servedModelName: "coder", gpu: { product: "L40S" } },
    },
  });
  const pulumi = async (...args: string[]) => succeeded(await project.pulumi([...args, "--stack", stack]));
  await pulumi("config", "set", "--secret", "--path", "vllm:models.chat.engine.secretEnv.TRACE_TOKEN", token);
  await pulumi("up", "--yes", "--skip-preview");
  const deployedFile = readFileSync(join(project.folder, `Pulumi.${stack}.yaml`), "utf8");
  await pulumi("config", "set", "--secret", "--path", "vllm:models.chat.engine.secretEnv.TRACE_TOKEN", `${token}-2`);
  const withOtherSecret = readFileSync(join(project.folder, `Pulumi.${stack}.yaml`), "utf8");

  const team = TeamProject.make();
  const file = `Pulumi.${stack}.yaml`;
  team.write(file, deployedFile);
  const base = team.commit("what is deployed");
  const env = { ...project.env, PATH: [dirname(project.engine), project.env.PATH].join(":") };
  const said: string[] = [];
  const backend = () => readdirSync(join(project.folder, "backend"), { recursive: true }).sort();
  const deployed = backend();

  /** Commits a change on top of main, reviews it, and compares the comment with the one that is recorded. */
  async function reviewed(
    golden: string,
    change: () => void,
    { of = stack, onBase = () => {}, more = {} }: { of?: string; onBase?: () => void; more?: NodeJS.ProcessEnv } = {},
  ): Promise<StackReview & { code: number; top: string[] }> {
    team.git("checkout", "-q", "-f", "-B", "main", base);
    onBase();
    team.commit("base");
    team.git("checkout", "-q", "-B", "change");
    change();
    team.commit("change");
    const kept = mkdtempSync(join(project.folder, "kept-"));
    const asked = ["--stack", of, "--base", "main", "--out", kept];
    const { code, review, output } = await team.document(asked, { ...env, ...more });
    const [only] = review.stacks as [StackReview];
    const comment = markdownOf(review, only);
    said.push(output, comment, ...readdirSync(kept).map((name) => readFileSync(join(kept, name), "utf8")));
    const path = join(recorded, `${golden}.md`);
    if (process.env.RECORD_REVIEWS) {
      mkdirSync(recorded, { recursive: true });
      writeFileSync(path, settled(comment, project.folder));
    }
    assert.equal(settled(comment, project.folder), readFileSync(path, "utf8"));
    assert.deepEqual(backend(), deployed);
    return { code, ...only, top: comment.split("\n").slice(0, 5) };
  }
  const set = (path: string, value: unknown) => () =>
    team.set(file, ["config", "vllm:models", ...path.split(".")], value);

  await t.test("a count", async () => {
    const { code, top, ...review } = await reviewed("count", set("chat.replicas", 3));
    assert.equal(code, 0);
    assert.match(top[0] ?? "", /^### Stack `live`: 1 to update$/);
    assert.match(top[1] ?? "", /\*\* nothing$/);
    assert.match(top[2] ?? "", / 3 → 4 steady, 4 → 5 while rolling, 4 → 5 at most$/);
    assert.match(top[3] ?? "", / \d+\.\d\d → \d+\.\d\d USD an hour steady, \d+\.\d\d → \d+\.\d\d at most/);
    assert.match(top[4] ?? "", /nothing is objected to/);
    assert.deepEqual(lines(review), ["update vllm-chat-main-deployment: settings by replicas"]);
    assert.deepEqual([review.toldBy, review.preview?.against], ["preview", "state"]);
  });

  await t.test("a model revision", async () => {
    const { code, top, ...review } = await reviewed("revision", set("code.revision", "v2"));
    assert.equal(code, 0);
    assert.match(top[1] ?? "", /\*\* interrupted: `vllm-code-main-deployment`$/);
    assert.deepEqual(lines(review), ["update vllm-code-main-deployment: settings by revision (downtime)"]);
    assert.match(top[2] ?? "", / 3 steady, 4 while rolling, 4 at most$/);
  });

  await t.test("a GPU change", async () => {
    const { code, top, ...review } = await reviewed("gpu", set("code.gpu.product", "H100"));
    assert.equal(code, 0);
    assert.match(top[1] ?? "", /interrupted: `vllm-code-main-deployment`/);
    assert.match(top[3] ?? "", / → .* USD an hour steady/);
    assert.deepEqual(settingLines(review), [`gpu.product of code: "L40S" (stack.models) → "H100" (stack.models)`]);
  });

  await t.test("a new model", async () => {
    const { code, top, ...review } = await reviewed(
      "newModel",
      set("more", { revision: "v1", servedModelName: "more", gpu: { product: "L4" } }),
    );
    assert.equal(code, 0);
    assert.match(top[0] ?? "", /^### Stack `live`: 8 to create/);
    assert.match(top[1] ?? "", /\*\* nothing$/);
    const created = review.resources.filter(({ change }) => change === "create");
    assert.ok(created.every(({ origins, causes }) => origins.join() === "settings" && causes.length === 1));
  });

  await t.test("a removed model", async () => {
    const { code, top } = await reviewed("removedModel", set("code", undefined));
    assert.equal(code, 0);
    assert.match(top[0] ?? "", /: 8 to delete$/);
    assert.match(top[1] ?? "", /\*\* destroyed: `vllm-code` \(8 resources\)$/);
    assert.match(top[2] ?? "", / 3 → 2 steady/);
  });

  await t.test("a replacement", async () => {
    const { code, top, ...review } = await reviewed("replacement", () =>
      team.set(file, ["config", "vllm:apiKey"], { rotation: "2026-12" }),
    );
    assert.equal(code, 0);
    assert.match(top[1] ?? "", /replaced: .*`vllm-api-key/);
    assert.ok(
      review.resources.every(({ origins }) => origins.includes("settings")),
      lines(review).join("\n"),
    );
  });

  await t.test("a change of the program", async () => {
    const { code, top, ...review } = await reviewed("program", () =>
      team.edit("components/objects/disruptionBudget.ts", "maxUnavailable: 1", "maxUnavailable: 2"),
    );
    assert.equal(code, 0);
    assert.match(top[0] ?? "", /: 2 to update$/);
    assert.deepEqual(lines(review), [
      "update vllm-chat-disruption-budget: program",
      "update vllm-code-disruption-budget: program",
    ]);
    assert.deepEqual(review.settings, []);
  });

  await t.test("a breach of policy", async () => {
    const { code, top, outcome } = await reviewed("policy", () => {
      set("chat.replicas", 5)();
      team.set(file, ["config", "vllm:policy"], { limits: { gpus: 5 } });
    });
    assert.deepEqual([code, outcome], [2, "refused"]);
    assert.match(top[0] ?? "", /^### Stack `live`: refused by policy; 1 to update$/);
    assert.match(top[4] ?? "", /\*\* refused by `gpuQuota`/);
  });

  await t.test("a misspelt setting", async () => {
    const { code, top, problems } = await reviewed("misspelt", set("chat.replcas", 3));
    assert.equal(code, 1);
    assert.match(top[0] ?? "", /: does not build$/);
    assert.match(problems.join(), /replcas .*did you mean 'replicas'\?$/);
  });

  await t.test("a program that does not build", async () => {
    const { code, top, problems } = await reviewed("broken", () =>
      team.edit("components/objects/service.ts", "export ", 'throw new Error("no such thing");\nexport '),
    );
    assert.equal(code, 1);
    assert.match(top[0] ?? "", /: does not build$/);
    assert.match(problems.join("\n"), /^Error: no such thing \(components\/objects\/service\.ts:\d+\)$/);
  });

  await t.test("a stack that is not deployed yet", async () => {
    const fresh = () => {
      const { encryptionsalt: _, ...tree } = parse(team.read(file)) as Tree;
      drop(tree, ["config", "vllm:models", "chat", "engine"]);
      team.write("Pulumi.fresh.yaml", stringify(tree));
    };
    const { code, top, preview, ...review } = await reviewed("fresh", fresh, { of: "fresh" });
    assert.equal(code, 0, JSON.stringify(review.missing));
    assert.match(top[0] ?? "", /^### Stack `fresh`: \d+ to create; a new stack$/);
    assert.match(top[2] ?? "", / 0 → 3 steady/);
    assert.equal(preview?.against, "nothing");
    assert.ok(review.resources.every(({ change }) => change === "create"));
  });

  await t.test("what was pending before", async () => {
    const { code, top, ...review } = await reviewed("pending", set("chat.replicas", 3), {
      onBase: () => set("code.labels", { team: "search" })(),
    });
    assert.equal(code, 0);
    assert.match(top[1] ?? "", /interrupted: `vllm-code-main-deployment` \(pending before this change\)$/);
    const pending = review.resources.filter(({ origins }) => origins.join() === "pending");
    assert.ok(pending.length > 1 && pending.every((one) => one.name.startsWith("vllm-code-")));
    const rest = review.resources.filter(({ origins }) => origins.join() !== "pending");
    assert.deepEqual(
      rest.map((one) => [one.name, one.origins]),
      [["vllm-chat-main-deployment", ["settings"]]],
    );
  });

  await t.test("a secret that changes", async () => {
    const { code, ...review } = await reviewed("secret", () => team.write(file, withOtherSecret));
    assert.equal(code, 0);
    assert.ok(review.settings.every(({ secret }) => secret));
    const held = review.resources.find(({ name }) => name === "vllm-chat-main-environment");
    assert.deepEqual([held?.change, held?.origins, held?.causes], ["replace", ["settings"], [0]]);
  });

  await t.test("a cluster that cannot be reached: what is known without it is told, and it fails", async () => {
    const [closed = 0] = await freePorts(1);
    const whole = readFileSync(kubeconfig, "utf8");
    writeFileSync(kubeconfig, whole.replaceAll(/https:\/\/127\.0\.0\.1:\d+/g, `https://127.0.0.1:${closed}`));
    try {
      const { code, top, ...review } = await reviewed("unreachable", set("chat.replicas", 3));
      assert.deepEqual([code, review.outcome, review.toldBy], [1, "failed", "preview"]);
      assert.match(top[0] ?? "", /: failed; 1 to update$/);
      assert.match(top[2] ?? "", / 3 → 4 steady/);
      assert.deepEqual(review.missing, [
        {
          part: "cluster",
          reason: `the cluster cannot be reached: connect ECONNREFUSED 127.0.0.1:${closed}`,
          failed: true,
        },
      ]);
    } finally {
      writeFileSync(kubeconfig, whole);
    }
  });

  await t.test("without the passphrase, as a fork: the renders stand, and what is missing is said", async () => {
    const { code, top, ...review } = await reviewed("fork", set("chat.replicas", 3), {
      more: { PULUMI_CONFIG_PASSPHRASE: "" },
    });
    assert.deepEqual([code, review.outcome, review.toldBy], [0, "fine", "render"]);
    assert.match(top[0] ?? "", /: 1 to update$/);
    assert.match(review.missing[0]?.reason ?? "", /^there is no passphrase for the stack's secrets/);
  });

  await t.test("no document, comment, artifact or log holds a secret; that one changes is told", async () => {
    const { apiKey } = await project.outputs(stack);
    const all = said.join("\n");
    for (const secret of [token, String(apiKey)])
      for (const form of ["utf8", "base64", "hex"] as const) {
        assert.ok(secret.length > 20 && !all.includes(Buffer.from(secret).toString(form)), form);
      }
    assert.match(all, /a secret/);
    assert.match(all, /live: fine\n/);
  });

  await t.test("destroy", () => pulumi("destroy", "--yes"));
});
