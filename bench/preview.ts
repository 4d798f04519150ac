import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Tree } from "../config/tree.ts";
import { run } from "../lab/command.ts";
import { up } from "../lab/lab.ts";
import { repository } from "../lab/paths.ts";
import { Project } from "../lab/project.ts";
import type { Lab } from "../lab/state.ts";
import { rooms } from "../workspace/program.ts";
import { measure, median, type Sample } from "./measure.ts";

const stack = "prod";
/** Where the objects of all benches would be. */
export const namespace = "bench";
/** Models in the stack, and interleaved rounds. */
const sizes: readonly [number, number][] = [
  [1, 9],
  [10, 5],
  [50, 3],
];

/** Measures the preview of the prod stack beside a flat program of the same resources, and beside an empty one. */
export async function preview(): Promise<void> {
  const lab = await up();
  await makeNamespace(lab);
  const empty = await other(lab, "bench-empty", "export {};\n");
  const rows: string[][] = [];
  for (const [models, rounds] of sizes) {
    const product = await stage(lab, models);
    const flat = await other(lab, `bench-flat-${models}`, await flatProgram(product));
    const programs = { product, flat, empty };
    const samples: Record<string, Sample[]> = { product: [], flat: [], empty: [] };
    for (const project of Object.values(programs)) await previewOnce(project); // fills the caches
    for (let round = 1; round <= rounds; round++) {
      for (const [name, project] of Object.entries(programs)) samples[name]?.push(await previewOnce(project));
      process.stderr.write(`${models} models: round ${round} of ${rounds}\n`);
    }
    rows.push(...report(models, samples));
  }
  console.log(`preview of stack ${stack}; medians, ratios of the same round beside each other`);
  console.log(`plugins: ${empty.plugins.map(({ name, source }) => `${name} (${source})`).join(", ")}`);
  for (const row of [["models", "program", "seconds", "MB", "time ratio", "memory ratio"], ...rows])
    console.log(row.map((cell) => cell.padEnd(13)).join(""));
}

/** One preview of a staged project's prod stack. */
export const previewOnce = (project: Project) =>
  measure(project.engine, ["preview", "--non-interactive", "--stack", stack], project.folder, project.env);

function report(models: number, samples: Record<string, Sample[]>): string[][] {
  const flat = samples.flat ?? [];
  return Object.entries(samples).map(([name, all]) => {
    const ratio = (figure: keyof Sample) =>
      median(all.map((sample, round) => sample[figure] / (flat[round]?.[figure] ?? 1))).toFixed(3);
    const middle = (figure: keyof Sample, digits: number) => median(all.map((one) => one[figure])).toFixed(digits);
    return [String(models), name, middle("seconds", 2), middle("megabytes", 0), ratio("seconds"), ratio("megabytes")];
  });
}

async function stage(lab: Lab, count: number): Promise<Project> {
  const project = await Project.stage(lab, `bench-product-${count}`);
  await setModels(project, count);
  return project;
}

/** Gives the stack so many models, each with a revision. */
export async function setModels(project: Project, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => (index === 0 ? "chat" : `chat-${index}`));
  const models: Tree = Object.fromEntries(names.map((name) => [name, { revision: "v1" }]));
  await project.stack(stack, { "vllm:namespace": { name: namespace }, "vllm:models": models });
}

async function other(lab: Lab, name: string, program: string): Promise<Project> {
  const project = await Project.stage(lab, name);
  for (const folder of rooms) rmSync(join(project.folder, folder), { recursive: true });
  writeFileSync(join(project.folder, "index.ts"), program);
  const bare = { name: "pulumi-vllm", runtime: { name: "nodejs", options: { typescript: false } }, main: "index.ts" };
  writeFileSync(join(project.folder, "Pulumi.yaml"), stringify(bare));
  await project.stack(stack, { "aws:region": "eu-west-1" });
  return project;
}

/** The product's resources as a flat program; made from the product itself, so that both register the same. */
async function flatProgram(product: Project): Promise<string> {
  const { stdout: config } = await product.pulumi(["config", "--json", "--show-secrets", "--stack", stack]);
  const values = Object.entries(JSON.parse(config) as Record<string, { value: string }>);
  const plain = JSON.stringify(Object.fromEntries(values.map(([key, { value }]) => [key, value])));
  const { code, stdout, output } = await run(process.execPath, [join(repository, "bench", "flat.ts"), plain, stack], {
    cwd: product.folder,
    signal: AbortSignal.timeout(60_000),
  });
  if (code !== 0) throw new Error(`the flat program could not be made:\n${output}`);
  return stdout;
}

export async function makeNamespace(lab: Lab): Promise<void> {
  const [command = "", ...first] = lab.kubectl;
  await run(command, [...first, "create", "namespace", namespace], { signal: AbortSignal.timeout(60_000) });
}
