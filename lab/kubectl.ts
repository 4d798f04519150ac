import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "./command.ts";
import { LabError } from "./errors.ts";
import type { Lab } from "./state.ts";

/**
 * Runs kubectl on a lab; what it prints.
 * @throws LabError if it fails
 */
export async function kubectl(
  lab: Lab,
  args: readonly string[],
  signal = AbortSignal.timeout(300_000),
): Promise<string> {
  const [command = "", ...first] = lab.kubectl;
  const { code, stdout, output } = await run(command, [...first, ...args], { signal });
  if (code !== 0) throw new LabError(`kubectl ${args.join(" ")} failed:\n${output}`);
  return stdout;
}

/** Makes objects, or changes them to these. */
export async function apply(lab: Lab, items: readonly object[], signal?: AbortSignal): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "lab-objects-"));
  try {
    const file = join(folder, "objects.json");
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
    await kubectl(lab, ["apply", "--filename", file], signal);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
