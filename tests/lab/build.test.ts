import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tools } from "../../lab/build.ts";
import { type GoProgram, goTool } from "../../lab/buildGo.ts";
import { checkRoom, ensure, folderOf, type Tool } from "../../lab/buildStore.ts";
import { Interrupted, LabError } from "../../lab/errors.ts";
import { identify, isAlive } from "../../workspace/processes.ts";
import { eventually } from "./ownLab.ts";
import { folder, fresh, messageOf, never, usePath } from "./ownPath.ts";

const quiet = () => {};

const pythonThatIs = (version: string, code: number) => `echo /opt/python3; echo ${version}; exit ${code}`;
const goEnv = (version: string) =>
  `if [ "$1" = env ]; then echo '{"GOCACHE":"/","GOMODCACHE":"/","GOVERSION":"${version}"}'; exit 0; fi`;

test("without Python: what is needed, and nothing is left in the cache", async () => {
  usePath(["sh"]);
  const cache = fresh("cache");
  assert.equal(
    await messageOf(tools(never, { cache })),
    "no Python was found. Python 3.11 or newer is needed to run the lab: install it and have `python3` on the PATH",
  );
  assert.ok(!existsSync(cache));
});

test("with an old Python only: which one was found", async () => {
  usePath(["sh"], { python3: pythonThatIs("3.9.18", 1) });
  assert.match(await messageOf(tools(never, { cache: fresh("cache") })), /^Python 3\.9\.18 is too old\. Python 3\.11 /);
});

test("without Go: which version is needed and where it is, before anything is made", async () => {
  usePath(["sh", "python3"]);
  const cache = fresh("cache");
  assert.equal(
    await messageOf(tools(never, { cache })),
    "no Go was found. Go 1.26 or newer is needed to build the lab; install it from https://go.dev/doc/install and have `go` on the PATH",
  );
  assert.ok(!existsSync(cache));
});

for (const [version, isOld] of [
  ["go1.25.9", true],
  ["go0.99.1", true],
  ["go1.26.0", false],
  ["go1.100.1", false],
  ["devel go1.27-abc", false],
] as const) {
  test(`${version} is ${isOld ? "" : "not "}too old`, async () => {
    usePath(["sh", "python3"], { go: goEnv(version) });
    // A disk without room is what stops the one that is new enough.
    const readStats = async () => ({ bavail: 0, bsize: 4096 });
    const message = await messageOf(tools(never, { cache: fresh("cache"), readStats }));
    assert.match(message, isOld ? /is too old\. Go 1\.26 .* GOTOOLCHAIN=auto$/ : /^the disk of /);
  });
}

test("a disk without room: how much there is, how much it takes, what to do; and nothing is made", async () => {
  usePath(["sh", "python3"], { go: goEnv("go1.26.8") });
  const cache = fresh("cache");
  const readStats = async () => ({ bavail: 500_000, bsize: 4096 });
  const message = await messageOf(tools(never, { cache, readStats }));
  assert.match(
    message,
    /^the disk of \S+ has 2\.0 GB free, and building the lab's tools takes \d+\.\d GB: make room, or let LAB_CACHE, /,
  );
  assert.ok(!existsSync(cache));
});

test("room: needs on one disk add up, to the byte", async () => {
  const needs = [1, 2].map((gigabytes) => ({ path: join(folder, "not/there/yet"), gigabytes }));
  await checkRoom(needs, async () => ({ bavail: 3_000_000_000, bsize: 1 }));
  await assert.rejects(
    checkRoom(needs, async () => ({ bavail: 2_999_999_999, bsize: 1 })),
    LabError,
  );
  await checkRoom([], async () => ({ bavail: 0, bsize: 1 }));
});

/** A Go program of the tests, to be built by a `go` that is a script. */
function program(): GoProgram {
  const module = fresh("module");
  mkdirSync(module);
  writeFileSync(join(module, "go.mod"), "module x\n\ngo 1.26.0\n\nrequire example.com/lib v1.2.3\n");
  const room = { modules: 0, compiled: 0, temporary: 0 };
  const version = { module: "example.com/lib", variables: ["main.version"] };
  return { name: "tool", title: "building it", about: "1 s", module, target: ".", version, room };
}

test("a Go program is built with its version, once, into a folder of its own", async () => {
  const calls = fresh("calls");
  usePath(["sh", "touch"], { go: `${goEnv("go1.26.8")}; echo "$@" >> ${calls}; touch "$5"; touch "$GOTMPDIR/rest"` });
  const cache = fresh("cache");
  const tool = await goTool(program(), never);
  const made = await ensure(cache, tool, never, quiet);
  assert.equal(made, folderOf(cache, tool));
  assert.equal(await ensure(cache, tool, never, quiet), made);
  assert.match(
    readFileSync(calls, "utf8"),
    /^build -trimpath -ldflags=-s -w -X main\.version=v1\.2\.3 -o \S+\/work\/tool \.\n$/,
  );
  assert.deepEqual(readdirSync(made), ["tool"]);
  assert.deepEqual(readdirSync(cache).length, 1);
});

for (const [what, output, expected] of [
  ["its last lines", "x.go:1: undefined: y", /^building it failed:\n {4}x\.go:1: undefined: y$/],
  ["the disk", "write x: no space left on device", /^building it failed, the disk is full: make room/],
  [
    "the network",
    "dial tcp: lookup x: no such host",
    /no such host\n {2}Go modules could not be downloaded: check the network, or set GOPROXY/,
  ],
] as const) {
  test(`a failed build tells ${what}, and leaves nothing`, async () => {
    usePath(["sh"], { go: `echo '${output}' >&2; exit 1` });
    const cache = fresh("cache");
    assert.match(await messageOf(ensure(cache, await goTool(program(), never), never, quiet)), expected);
    assert.deepEqual(readdirSync(cache), []);
  });
}

test("an interrupted build ends the compiler and its children, and leaves nothing", async () => {
  const pids = fresh("pids");
  usePath(["sh", "sleep"], { go: `sleep 100 & echo $! > ${pids}; echo $$ >> ${pids}; wait` });
  const cache = fresh("cache");
  const interrupt = new AbortController();
  const building = ensure(cache, await goTool(program(), interrupt.signal), interrupt.signal, quiet);
  const lines = () => (existsSync(pids) ? readFileSync(pids, "utf8").trim().split("\n") : []);
  await eventually(() => lines().length === 2);
  const processes = lines().map((pid) => identify(Number(pid)));
  interrupt.abort(new Interrupted());
  await assert.rejects(building, Interrupted);
  await eventually(() => processes.every((process) => process === undefined || !isAlive(process)));
  assert.deepEqual(readdirSync(cache), []);
});

function fileTool(make: (folder: string) => Promise<void>): Tool {
  return { name: "file", inputs: ["1"], needs: async () => [], make };
}

test("two that want the same tool at once make it once", async () => {
  let made = 0;
  const waits: string[] = [];
  const tool = fileTool(async (target) => {
    made++;
    await new Promise((done) => setTimeout(done, 300));
    writeFileSync(join(target, "done"), "");
  });
  const cache = fresh("cache");
  const [first, second] = await Promise.all([1, 2].map(() => ensure(cache, tool, never, (line) => waits.push(line))));
  assert.equal(first, second);
  assert.equal(made, 1);
  assert.deepEqual(waits, [`waiting for process ${process.pid}, which is making file`]);
  assert.deepEqual(readdirSync(first ?? ""), ["done"]);
});

test("what a killed build has left is removed, what a running one makes is not", async () => {
  const cache = fresh("cache");
  const self = identify(process.pid);
  assert.ok(self);
  const stale = [`tmp-lab-cluster-${self.pid}-1`, "tmp-pulumi-4194305-7"];
  const live = `tmp-other-${self.pid}-${self.startTime}`;
  for (const name of [...stale, live, "moto-0123"]) mkdirSync(join(cache, name), { recursive: true });
  const tool = fileTool(async () => {});
  const made = await ensure(cache, tool, never, quiet);
  assert.deepEqual(readdirSync(cache).sort(), [made.slice(cache.length + 1), live, "moto-0123"].sort());
});

test("other inputs are another tool", () => {
  const name = "tool";
  assert.equal(folderOf("/c", { name, inputs: ["a", "b"] }), folderOf("/c", { name, inputs: ["a", "b"] }));
  assert.notEqual(folderOf("/c", { name, inputs: ["a", "b"] }), folderOf("/c", { name, inputs: ["ab"] }));
});
