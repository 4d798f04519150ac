import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { Project } from "../../lab/project.ts";
import type { Surroundings } from "../../workspace/engine.ts";
import type { Happening, Step } from "../../workspace/events.ts";
import { type Operation, Workspace } from "../../workspace/workspace.ts";
import { Cluster } from "./cluster.ts";
import { eventually } from "./process.ts";
import { quick, touched, unique } from "./support.ts";

/** Eight operations on eight stacks in one process, on the real engine; one is aborted, the engine of another is killed. */

const namespaceOf = (stack: string) => `e2e-${stack}-${unique}`;
/** Set in the environment of the engine of a stack, and so of all that it starts. */
const mark = (stack: string) => `E2E_WORKSPACE=${stack}-${unique}`;

/** The processes that one operation has started, wherever they are now. */
const processesOf = (stack: string) =>
  readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(mark(stack))) return [];
        return [{ pid: Number(pid), command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") }];
      } catch {
        return []; // It has just ended.
      }
    });

/** What a checkout is: each of its files with its content and when it was written. */
async function fingerprint(): Promise<string> {
  const options = { cwd: repository, signal: AbortSignal.timeout(60_000) };
  const { code, stdout, output } = await run("git", ["ls-files", "-z", "-c", "-o", "--exclude-standard"], options);
  assert.equal(code, 0, output);
  const hash = createHash("sha256");
  for (const file of stdout.split("\0").filter(Boolean)) {
    const path = join(repository, file);
    hash.update(`${file}\0${lstatSync(path).mtimeMs}\0`).update(readFileSync(path));
  }
  return hash.digest("hex");
}

/** The Deployment is written, and the program waits for its rollout. */
const isWaiting = (one: Happening): boolean =>
  one.kind === "finished" && one.name === "vllm-chat-main-deployment" && !one.planned;

test("eight operations at once", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  // Its backend and its plugins are everyone's.
  const { env, engine } = await Project.stage(lab, `e2e-workspace-${unique}`);
  const { kubeconfig, context } = lab;
  const dev = parse(readFileSync(join(repository, "Pulumi.dev.yaml"), "utf8")) as { config: Tree };
  const before = await fingerprint();

  /** A copy of the program with a stack of its own, whose pods become ready, or never do. */
  async function staged(stack: string, ready: boolean): Promise<Workspace> {
    const [name = "", value] = mark(stack).split("=");
    const surroundings: Surroundings = { engine, env: { ...env, [name]: value } };
    const workspace = await Workspace.stage(repository, surroundings, []);
    t.after(() => workspace.remove());
    const never = { labels: { "lab.vllm/pod": "never-ready" }, startup: { seconds: 600 } };
    const config = merge(dev.config, quick, {
      "aws:s3UsePathStyle": true,
      "aws:skipCredentialsValidation": true,
      "aws:skipMetadataApiCheck": true,
      "vllm:cluster": { kubeconfig, context },
      "vllm:namespace": { name: namespaceOf(stack) },
      "vllm:models": { chat: { revision: "v1", ...(ready ? {} : never) } },
    });
    writeFileSync(join(workspace.folder, `Pulumi.${stack}.yaml`), stringify({ config }));
    const { code, stderr } = await workspace.command(["stack", "init", stack]);
    assert.equal(code, 0, stderr);
    return workspace;
  }

  const others = ["one", "two", "three", "four", "five", "six"];
  const stacks = ["aborted", "killed", ...others];
  const workspaces = new Map<string, Workspace>();
  for (const stack of stacks) workspaces.set(stack, await staged(stack, others.includes(stack)));
  const of = (stack: string) => workspaces.get(stack) ?? assert.fail(stack);
  const told = new Map<string, Happening[]>(stacks.map((stack) => [stack, []]));
  const abort = new AbortController();
  const results = new Map<string, Operation>();
  const names = (steps: Step[]) => steps.map(({ kind, operation, name }) => `${kind} ${operation} ${name}`).sort();

  const unfinished = (stack: string) =>
    names((results.get(stack)?.steps ?? []).filter(({ kind }) => kind === "started"));

  await t.test("one is aborted and one is killed while they wait, and the others do not notice", async () => {
    const running = stacks.map(async (stack) => {
      const signal = stack === "aborted" ? abort.signal : undefined;
      const tell = (happening: Happening) => void told.get(stack)?.push(happening);
      results.set(stack, await of(stack).operate("up", { stack, options: ["--skip-preview"], signal, tell }));
    });
    const waits = (stack: string) => told.get(stack)?.some(isWaiting) ?? false;
    await Promise.race([eventually(() => waits("aborted") && waits("killed")), Promise.all(running)]);

    const second = await of("one").operate("destroy", { stack: "killed" });
    assert.equal(second.outcome, "failed");
    assert.match(
      second.reason ?? "",
      /^another operation runs on stack killed \(\S+@\S+, pid \d+, since \S+\): wait for its end; if it was killed, `pulumi cancel --stack killed` releases the stack$/,
    );
    assert.deepEqual([results.has("killed"), results.has("aborted")], [false, false]);

    const engines = processesOf("killed").filter(({ command }) => command.startsWith(`${engine} `));
    assert.equal(engines.length, 1, JSON.stringify(engines));
    // The engine, the language host, the program and the plugins.
    assert.ok(processesOf("killed").length >= 5, JSON.stringify(processesOf("killed")));
    abort.abort();
    process.kill(engines[0]?.pid ?? 0, "SIGKILL");
    await Promise.all(running);

    for (const stack of others) {
      const { outcome, reason, changes, locked } = results.get(stack) ?? assert.fail(stack);
      assert.deepEqual([outcome, reason, locked], ["succeeded", undefined, false], stack);
      assert.deepEqual(changes, results.get("one")?.changes, stack);
    }
    for (const stack of stacks) assert.deepEqual(processesOf(stack), [], stack);
  });

  await t.test("each was told its own steps as they were made, without a secret", async () => {
    const [first = assert.fail()] = others;
    const { steps, changes } = results.get(first) ?? assert.fail();
    // The engine's own providers are made beside what the program asks for, and not counted.
    const counted = steps.filter(({ urn }) => !/::default[^:]*$/.test(urn));
    assert.deepEqual(changes, { create: counted.length });
    assert.deepEqual(
      steps.filter(({ kind, operation, planned }) => kind !== "finished" || operation !== "create" || planned),
      [],
    );
    const { apiKey, ...rest } = await of(first).outputs(first);
    assert.equal(apiKey, "[secret]");
    const { apiKey: value, ...plain } = await of(first).outputs(first, { showSecrets: true });
    assert.match(String(value), /^\w{48}$/);
    assert.deepEqual(rest, plain);
    for (const stack of others) {
      const all = told.get(stack) ?? [];
      assert.deepEqual(
        names(results.get(stack)?.steps ?? []),
        names(steps).map((step) => step.replace(first, stack)),
      );
      const key = String((await of(stack).outputs(stack, { showSecrets: true })).apiKey);
      assert.ok(!JSON.stringify([all, results.get(stack)]).includes(key), stack);
      assert.deepEqual(
        all.flatMap((one) => ("urn" in one && one.urn ? one.urn.split(":")[2] : [])).filter((its) => its !== stack),
        [],
      );
      for (const { urn } of results.get(stack)?.steps ?? []) {
        const kinds = all.filter((one) => "operation" in one && one.urn === urn).map(({ kind }) => kind);
        assert.deepEqual(kinds.slice(0, 2), ["started", "finished"], urn);
      }
      assert.equal(all.filter(({ kind }) => kind === "summary").length, 1);
    }
  });

  await t.test("outputs are read without the passphrase: no secret is opened", async () => {
    const { PULUMI_CONFIG_PASSPHRASE: _, ...without } = env;
    const workspace = Workspace.open(of("two").folder, { engine, env: without });
    assert.equal((await workspace.outputs("two")).apiKey, "[secret]");
    await assert.rejects(
      workspace.outputs("two", { showSecrets: true }),
      /^WorkspaceError: the secrets of stack two cannot be read/,
    );
  });

  await t.test("the aborted one has let go of its stack, which says what became of it", async () => {
    const { outcome, locked, reason, changes } = results.get("aborted") ?? assert.fail();
    assert.deepEqual([outcome, locked, reason], ["aborted", false, "the up of stack aborted was aborted"]);
    assert.deepEqual(changes, results.get("one")?.changes);
    // Its rollout was under way: the component's outputs are what says that it is complete.
    assert.deepEqual(unfinished("aborted"), ["started create vllm-chat-main"]);
  });

  await t.test("the killed one is locked and says what was under way; released, it can go on", async () => {
    const { outcome, signal, locked, reason } = results.get("killed") ?? assert.fail();
    assert.deepEqual([outcome, signal, locked], ["killed", "SIGKILL", true]);
    assert.match(
      reason ?? "",
      /^the engine was killed \(SIGKILL\) during the up of stack killed; the stack is locked, /,
    );
    assert.deepEqual(unfinished("killed"), ["started create pulumi-vllm-killed", "started create vllm-chat-main"]);
    const refused = await of("killed").operate("destroy", { stack: "killed" });
    assert.match(refused.reason ?? "", /^another operation runs on stack killed /);
    await of("killed").release("killed");
  });

  await t.test("a preview plans, and changes nothing", async () => {
    const { outcome, steps, changes, locked } = await of("two").operate("preview", { stack: "two" });
    assert.deepEqual([outcome, Object.keys(changes), locked], ["succeeded", ["same"], false]);
    assert.deepEqual(touched({ steps }), []);
    assert.ok(steps.length > 0 && steps.every(({ planned }) => planned));
  });

  await t.test("what a person got wrong is one line", async () => {
    const none = await of("one").operate("preview", { stack: "nowhere" });
    assert.deepEqual(
      [none.outcome, none.reason],
      ["failed", "there is no stack nowhere: `pulumi stack ls` lists the stacks, `pulumi stack init nowhere` makes it"],
    );
    const other = Workspace.open(of("one").folder, { engine, env: { ...env, PULUMI_CONFIG_PASSPHRASE: "other" } });
    const locked = await other.operate("preview", { stack: "one" });
    assert.match(locked.reason ?? "", /^the secrets of stack one cannot be read: the passphrase is another one; set /);
    writeFileSync(
      join(of("one").folder, "Pulumi.one.yaml"),
      stringify({ config: { ...dev.config, "vllm:replcas": 3 } }),
    );
    const wrong = await of("one").operate("up", { stack: "one" });
    assert.equal(wrong.outcome, "failed");
    assert.match(
      wrong.diagnostics.map(({ message }) => message).join("\n"),
      /vllm:replcas \(Pulumi\.one\.yaml\): there is no such setting/,
    );
  });

  await t.test("no file of the project was touched", async () => assert.equal(await fingerprint(), before));

  await t.test("all of them are destroyed", async () => {
    const options = ["--skip-preview", "--run-program=false"];
    for (const stack of stacks) await cluster.kubectl("get", "namespace", namespaceOf(stack));
    const ends = await Promise.all(stacks.map((stack) => of(stack).operate("destroy", { stack, options })));
    for (const { outcome, stdout, steps } of ends) {
      assert.equal(outcome, "succeeded", stdout);
      assert.ok(touched({ steps }).every(({ operation }) => operation === "delete"));
    }
    for (const stack of stacks)
      assert.equal(await cluster.kubectl("get", "namespace", namespaceOf(stack), "--ignore-not-found"), "");
  });
});
