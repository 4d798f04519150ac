import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { type TestContext, test } from "node:test";
import type { Happening } from "../../workspace/events.ts";
import { isInUse } from "../../workspace/processes.ts";
import { type Asked, type OperationName, Workspace } from "../../workspace/workspace.ts";
import { fake, until } from "./support.ts";

/** One operation at a fake engine. Nothing of it runs on, and nothing of it lies about. */
async function operate(engine: ReturnType<typeof fake>, asked: Partial<Asked> = {}, name: OperationName = "up") {
  const ours = () => readdirSync(tmpdir()).filter((entry) => entry.includes(`-${process.pid}-`));
  const operation = await Workspace.open(engine.folder, engine).operate(name, { stack: "s", ...asked });
  assert.equal(isInUse(engine.folder), false);
  assert.deepEqual(ours(), []);
  return operation;
}

test("the engine gets its arguments, its folder and its environment, and nothing of this process's", async (t) => {
  process.env.WORKSPACE_TEST_SECRET = "hush";
  t.after(() => delete process.env.WORKSPACE_TEST_SECRET);
  const engine = fake(t, "begin args cwd env");
  const { outcome, code, stdout, stderr, reason } = await operate(engine, { options: ["--skip-preview"] });
  assert.deepEqual([outcome, code, stderr, reason], ["succeeded", 0, "", undefined]);
  const [args = "", cwd, env = ""] = stdout.split("\n");
  const [log, ...others] = JSON.parse(args).filter((one: string) => one.startsWith("--event-log=")) as string[];
  assert.deepEqual(others, []);
  assert.deepEqual(
    JSON.parse(args).filter((one: string) => one !== log),
    ["--non-interactive", "--color=never", "up", "--yes", "--stack=s", "--skip-preview"],
  );
  assert.equal(cwd, engine.folder);
  const own = Object.keys(JSON.parse(env)).filter((name) => !["PWD", "SHLVL", "_", "OLDPWD"].includes(name));
  assert.deepEqual(own.sort(), ["FAKE", "FAKE_DIARY", "PATH", "PULUMI_DEBUG_COMMANDS", "PULUMI_SKIP_UPDATE_CHECK"]);
});

test("an engine that is too old to send its events is refused, lest all look unchanged", async (t) => {
  const engine = fake(t, "");
  await assert.rejects(operate(engine, {}, "preview"), {
    name: "WorkspaceError",
    message: `the preview of stack s went through, but ${engine.engine} told nothing of it: Pulumi 3.206 or newer is needed`,
  });
});

for (const [name, command] of [
  ["preview", ["preview"]],
  ["up", ["up", "--yes"]],
  ["refresh-preview", ["refresh", "--preview-only"]],
  ["refresh", ["refresh", "--yes"]],
  ["destroy-preview", ["destroy", "--preview-only"]],
  ["destroy", ["destroy", "--yes"]],
] as const)
  test(`${name}: a preview is not said yes to, anything else is`, async (t) => {
    const { stdout } = await operate(fake(t, "begin args"), { options: ["--target=x"] }, name);
    const args = (JSON.parse(stdout) as string[]).filter((one) => !one.startsWith("--event-log="));
    assert.deepEqual(args, ["--non-interactive", "--color=never", ...command, "--stack=s", "--target=x"]);
  });

test("what happens is told while the engine runs", async (t) => {
  const engine = fake(t, "begin create start wait");
  const told: Happening[] = [];
  const abort = new AbortController();
  const running = operate(engine, { signal: abort.signal, tell: (happening) => told.push(happening) });
  await until(() => told.length === 3);
  assert.deepEqual(
    told.map((one) => ("name" in one ? `${one.kind} ${one.name}` : one.kind)),
    ["started one", "finished one", "started two"],
  );
  abort.abort();
  const { outcome, steps, changes } = await running;
  assert.equal(outcome, "aborted");
  assert.deepEqual(
    steps.map(({ kind, name }) => `${kind} ${name}`),
    ["finished one", "started two"],
  );
  assert.deepEqual(changes, {});
});

test("a failure is a result, with its first line as the reason", async (t) => {
  const { outcome, code, reason, diagnostics, locked } = await operate(fake(t, "begin create error summary fail"));
  assert.deepEqual([outcome, code, reason, locked], ["failed", 3, "it is wrong", false]);
  assert.deepEqual(
    diagnostics.map(({ message }) => message),
    ["it is wrong\nvery"],
  );
  const other = await operate(fake(t, "fail"));
  assert.equal(other.reason, "it failed");
});

/** An operation whose engine is killed once that many happenings have been told. */
async function killed(t: TestContext, words: string, happenings: number, name: OperationName = "up") {
  const engine = fake(t, `pid ${words} wait`);
  let count = 0;
  const running = operate(engine, { tell: () => void count++ }, name);
  await until(() => count === happenings && engine.diary().includes("waiting"));
  process.kill(Number(engine.diary()[0]), "SIGKILL");
  return running;
}

test("an engine that is killed is a result too: the stack is locked, what it told is known", async (t) => {
  const operation = await killed(t, "begin create nonsense start plugin", 3);
  const { outcome, code, signal, reason, locked, steps } = operation;
  assert.deepEqual([outcome, code, signal, locked], ["killed", undefined, "SIGKILL", true]);
  assert.equal(
    reason,
    "the engine was killed (SIGKILL) during the up of stack s; the stack is locked, `pulumi cancel --stack s` releases it",
  );
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ["finished", "started"],
  );
});

test("an engine that has not begun, or only previews, leaves no lock", async (t) => {
  assert.equal((await operate(fake(t, "die"))).locked, false);
  for (const name of ["preview", "refresh-preview", "destroy-preview"] as const) {
    const { outcome, locked, reason } = await killed(t, "begin start", 1, name);
    assert.deepEqual([outcome, locked], ["killed", false]);
    assert.equal(reason, `the engine was killed (SIGKILL) during the ${name} of stack s`);
  }
});

for (const { what, words, diary, locked } of [
  { what: "one that ends by itself is interrupted once", words: "interrupts=1", diary: ["SIGINT"], locked: false },
  {
    what: "one that waits for what is under way is interrupted again",
    words: "interrupts=2",
    diary: ["SIGINT", "SIGINT"],
    locked: false,
  },
  { what: "one that does not leave it is killed", words: "interrupts=9", diary: ["SIGINT", "SIGINT"], locked: true },
])
  test(`abort: ${what}, and its plugins with it`, async (t) => {
    const engine = fake(t, `begin start plugin ${words} wait`);
    const abort = new AbortController();
    const running = operate(engine, { signal: abort.signal, patience: { finish: 200, leave: 200 } });
    await until(() => engine.diary().includes("waiting"));
    abort.abort();
    const operation = await running;
    assert.deepEqual([operation.outcome, operation.locked], ["aborted", locked]);
    assert.deepEqual(engine.diary(), ["waiting", ...diary]);
    const rest = locked ? "; the stack is locked, `pulumi cancel --stack s` releases it" : "";
    assert.equal(operation.reason, `the up of stack s was aborted${rest}`);
  });

test("an operation that is aborted before it begins does not begin", async (t) => {
  const engine = fake(t, "create");
  const { outcome, locked, stdout } = await operate(engine, { signal: AbortSignal.abort() });
  assert.deepEqual([outcome, locked, stdout, engine.diary()], ["aborted", false, "", []]);
});

test("an abort that comes while the engine is being started is not missed", async (t) => {
  let looks = 0;
  const late = {
    addEventListener() {},
    removeEventListener() {},
    get aborted() {
      return ++looks > 1;
    },
  };
  const engine = fake(t, "wait");
  assert.equal((await operate(engine, { signal: late as unknown as AbortSignal })).outcome, "aborted");
});

test("an operation that succeeds although it was aborted has succeeded", async (t) => {
  const engine = fake(t, "begin interrupts=9 pause create");
  const abort = new AbortController();
  const running = operate(engine, { signal: abort.signal, tell: ({ kind }) => kind === "started" && abort.abort() });
  assert.equal((await running).outcome, "succeeded");
});

test("an engine that is not there is named", async (t) => {
  const { folder, env } = fake(t, "");
  const { outcome, code, reason } = await Workspace.open(folder, { engine: "/no/such/pulumi", env }).operate("up", {
    stack: "s",
  });
  assert.deepEqual([outcome, code], ["failed", 127]);
  assert.equal(
    reason,
    "the Pulumi engine cannot be started: no executable /no/such/pulumi; install it (https://www.pulumi.com/docs/install/)",
  );
});

test("an error of whoever is told comes out once the engine has ended", async (t) => {
  const engine = fake(t, "begin create pause");
  const tell = () => {
    throw new Error("the page is gone");
  };
  await assert.rejects(operate(engine, { tell }), /^Error: the page is gone$/);
  assert.deepEqual(engine.diary(), ["pausing", "done"]);
});

test("commands end with what they said, outputs are read without secrets unless these are asked for", async (t) => {
  const engine = fake(t, "args");
  const workspace = Workspace.open(engine.folder, engine);
  const flags = ["--non-interactive", "--color=never"];
  assert.deepEqual(await workspace.outputs("s"), [...flags, "stack", "output", "--json", "--stack=s"] as unknown);
  assert.deepEqual(await workspace.outputs("s", { showSecrets: true }), [
    ...flags,
    ...["stack", "output", "--json", "--show-secrets", "--stack=s"],
  ] as unknown);
  const failing = Workspace.open(engine.folder, { ...engine, env: { ...engine.env, FAKE: "fail" } });
  await assert.rejects(failing.outputs("s"), /^WorkspaceError: it failed$/);
  await assert.rejects(failing.release("s"), /^WorkspaceError: it failed$/);
  assert.deepEqual(
    readFileSync(engine.env.FAKE_DIARY ?? "", "utf8")
      .trim()
      .split("\n"),
    ["done", "done"],
  );
});
