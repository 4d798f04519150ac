import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";

/** What Pulumi's engine makes of a project's files: each key's text, as a program gets it, or why it takes none. */
export type ReadConfig = (
  stackFile: string,
  projectFile?: string,
) => Promise<Record<string, string> | { error: string }>;

export const project = "pulumi-vllm";
const bare = `name: ${project}\nruntime: nodejs\n`;

/** A project without a program, on which the engine only reads settings. It goes with the test file. */
export async function pulumiConfig(): Promise<{ read: ReadConfig; end: () => void }> {
  const { pulumi } = await up();
  const folder = mkdtempSync(join(tmpdir(), "pulumi-config-"));
  mkdirSync(join(folder, "state"));
  const env = {
    PATH: process.env.PATH ?? "",
    HOME: folder,
    PULUMI_HOME: join(folder, "home"),
    PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
    PULUMI_CONFIG_PASSPHRASE: "x",
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  const signal = AbortSignal.timeout(300_000);
  const cli = (...args: string[]) => run(pulumi, [...args, "--non-interactive"], { cwd: folder, env, signal });
  writeFileSync(join(folder, "Pulumi.yaml"), bare);
  await cli("stack", "init", "s");
  const read: ReadConfig = async (stackFile, projectFile = bare) => {
    writeFileSync(join(folder, "Pulumi.yaml"), projectFile);
    writeFileSync(join(folder, "Pulumi.s.yaml"), stackFile);
    const { code, stdout, output } = await cli("config", "--json", "--stack", "s");
    if (code !== 0) return { error: output };
    const values = Object.entries(JSON.parse(stdout) as Record<string, { value: string }>);
    return Object.fromEntries(values.map(([key, { value }]) => [key, value]));
  };
  return { read, end: () => rmSync(folder, { recursive: true }) };
}
