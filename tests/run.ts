import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { repository, stateDir } from "../lab/paths.ts";

/** `npm test [level...]`: every level, or the named ones, in this order. The last line counts. */
interface Level {
  name: string;
  what: string;
  /** A command of `node_modules` that succeeds, or … */
  command?: string[];
  /** … test files. */
  files?: string[];
  /** Files that run beside each other. */
  concurrency?: number;
  /** Test files that look at the whole machine, on which nothing else is to happen: after the others, without a lab. */
  alone?: string[];
  lab?: LabKind;
}

/** The lab as it is, or one of its own with nodes that run their pods. */
type LabKind = "simulated" | "real nodes";

const levels: readonly Level[] = [
  {
    name: "lint",
    what: "lint and formatting",
    command: ["@biomejs/cli-linux-x64/biome", "check", "--error-on-warnings", "."],
  },
  { name: "types", what: "types", command: [".bin/tsc", "--noEmit"] },
  {
    name: "pure",
    what: "settings, plan, components under mocks, what is rendered of them, offline commands",
    files: [
      "tests/*.test.ts",
      "tests/{catalogue,config,planning,components,provider,program,render,cli,workspace,review,policy,workflows,bench,upgrade}/**/*.test.ts",
    ],
    concurrency: 2,
  },
  { name: "lab", what: "the lab itself", files: ["tests/lab/**/*.test.ts"], concurrency: 1, lab: "simulated" },
  {
    name: "contract",
    what: "plugins and their stand-ins",
    files: ["tests/contract/**/*.test.ts"],
    concurrency: 1,
    lab: "simulated",
  },
  {
    name: "e2e",
    what: "every stack on the real engine",
    files: ["tests/e2e/**/*.test.ts"],
    concurrency: 4,
    lab: "simulated",
  },
  {
    name: "node",
    what: "pods that run, on real nodes",
    files: ["tests/node/*.test.ts"],
    concurrency: 3,
    alone: ["tests/node/alone/*.test.ts"],
    lab: "real nodes",
  },
];

const counts = { passed: 0, failed: 0 };
const skips: string[] = [];

async function command([program = "", ...args]: string[]): Promise<void> {
  const child = spawn(`${repository}/node_modules/${program}`, args, { cwd: repository, stdio: "inherit" });
  const code = await new Promise((done) => child.once("close", done).once("error", () => done(1)));
  counts[code === 0 ? "passed" : "failed"]++;
}

async function tests(level: Level): Promise<void> {
  await testFiles(level.name, level.files ?? [], level.concurrency ?? 1);
  if (!level.alone) return;
  await endLabs();
  await testFiles(level.name, level.alone, 1);
}

async function testFiles(name: string, patterns: string[], concurrency: number): Promise<void> {
  const files = patterns.flatMap((pattern) => globSync(pattern, { cwd: repository })).sort();
  if (files.length === 0) throw new Error(`level ${name} has no test files`);
  const stream = run({ files: files.map((file) => `${repository}/${file}`), concurrency });
  stream.on("test:pass", ({ name, skip, todo, details }) => {
    if (details.type === "suite") return;
    if (skip !== undefined || todo !== undefined) skips.push(`${name}: ${skip || todo || "no reason given"}`);
    else counts.passed++;
  });
  stream.on("test:fail", ({ details }) => {
    if (details.type !== "suite") counts.failed++;
  });
  stream.compose(spec).pipe(process.stdout, { end: false });
  await new Promise((done) => stream.once("end", done));
}

/** What ends the labs that this run has started. */
const endings: (() => Promise<unknown>)[] = [];

async function endLabs(): Promise<void> {
  for (const end of endings.splice(0)) await end();
}

/** Starts the lab where it does not run; says why it cannot be made on this machine, if it cannot. */
const labs: Record<LabKind, () => Promise<string | undefined>> = {
  async simulated() {
    try {
      const { current, down, up } = await import("../lab/lab.ts");
      if (!(await current())) endings.push(down);
      await up();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
  // From here on the tests' own: a process has one lab.
  async "real nodes"() {
    process.env.LAB_STATE = join(stateDir, "nodes");
    const started = await labCommand("up", "--node");
    if (started.code === 0) endings.push(() => labCommand("down"));
    return started.code === 0 ? undefined : started.said;
  },
};

/** Runs `npm run lab -- ...`, which tells its progress here. */
async function labCommand(...args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [`${repository}/lab/cli.ts`, ...args], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
    process.stderr.write(text);
  });
  const code = await new Promise<number>((done) => child.once("close", (code) => done(code ?? 1)));
  return { code, said: said.trim().split("\n").at(-1) ?? "" };
}

async function runLevels(wanted: string[]): Promise<void> {
  const obstacles = new Map<LabKind, string | undefined>();
  for (const level of levels.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(`\n== ${level.name}: ${level.what}`);
    if (level.lab && !obstacles.has(level.lab)) obstacles.set(level.lab, await labs[level.lab]());
    const obstacle = level.lab && obstacles.get(level.lab);
    if (obstacle && process.env.CI === "true") {
      console.error(obstacle);
      counts.failed++;
    } else if (obstacle) skips.push(`${level.name}: ${obstacle}`);
    else if (level.command) await command(level.command);
    else await tests(level);
  }
}

async function main(): Promise<void> {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter((name) => !levels.some((level) => level.name === name));
  if (unknown.length > 0) {
    console.error(`no such level: ${unknown.join(", ")}; there are ${levels.map(({ name }) => name).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  try {
    await runLevels(wanted);
  } finally {
    await endLabs();
  }
  for (const skip of skips) console.log(`skipped: ${skip}`);
  if (process.env.CI === "true" && skips.length > 0) counts.failed += skips.length;
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${skips.length} skipped`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

await main();
