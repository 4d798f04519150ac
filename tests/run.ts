import { spawn } from "node:child_process";
import { globSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { repository } from "../lab/paths.ts";

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
  needsLab?: true;
}

const levels: readonly Level[] = [
  {
    name: "lint",
    what: "lint and formatting",
    command: ["@biomejs/cli-linux-x64/biome", "check", "--error-on-warnings", "."],
  },
  { name: "types", what: "types", command: [".bin/tsc", "--noEmit"] },
  {
    name: "pure",
    what: "settings, plan, components under mocks, offline commands",
    files: ["tests/*.test.ts", "tests/{catalogue,config,planning,components,program,cli,upgrade}/**/*.test.ts"],
    concurrency: 2,
  },
  { name: "lab", what: "the lab itself", files: ["tests/lab/**/*.test.ts"], concurrency: 1, needsLab: true },
  {
    name: "contract",
    what: "plugins and their stand-ins",
    files: ["tests/contract/**/*.test.ts"],
    concurrency: 1,
    needsLab: true,
  },
  {
    name: "e2e",
    what: "every stack on the real engine",
    files: ["tests/e2e/**/*.test.ts"],
    concurrency: 4,
    needsLab: true,
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
  const files = (level.files ?? []).flatMap((pattern) => globSync(pattern, { cwd: repository })).sort();
  if (files.length === 0) throw new Error(`level ${level.name} has no test files`);
  const stream = run({ files: files.map((file) => `${repository}/${file}`), concurrency: level.concurrency ?? 1 });
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

/** Set where this run started the lab, which then ends with it. */
let endLab: (() => Promise<unknown>) | undefined;

/** Why the lab cannot be made on this machine, if it cannot. */
async function noLab(): Promise<string | undefined> {
  try {
    const { current, down, up } = await import("../lab/lab.ts");
    if (!(await current())) endLab = down;
    await up();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

async function runLevels(wanted: string[]): Promise<void> {
  let obstacle: string | undefined;
  let asked = false;
  for (const level of levels.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    console.log(`\n== ${level.name}: ${level.what}`);
    if (level.needsLab && !asked) {
      obstacle = await noLab();
      asked = true;
    }
    if (level.needsLab && obstacle && process.env.CI === "true") {
      console.error(obstacle);
      counts.failed++;
    } else if (level.needsLab && obstacle) skips.push(`${level.name}: ${obstacle}`);
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
    await endLab?.();
  }
  for (const skip of skips) console.log(`skipped: ${skip}`);
  if (process.env.CI === "true" && skips.length > 0) counts.failed += skips.length;
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${skips.length} skipped`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

await main();
