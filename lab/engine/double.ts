import { join } from "node:path";
import { python, pythonTool } from "../buildPython.ts";
import { checkRoom, ensure, exists, folderOf } from "../buildStore.ts";
import { cacheDir, repository } from "../paths.ts";

/** The engine double on this machine: what stands before `serve`, and what its environment needs. */
export interface DoubleEngine {
  command: string[];
  env: Record<"PYTHON" | "PYTHONPATH" | "PYTHONDONTWRITEBYTECODE", string>;
}

/** The double with its Python packages, which are installed into the cache where they are missing. */
export async function doubleEngine(signal: AbortSignal): Promise<DoubleEngine> {
  const interpreter = await python(signal);
  const requirements = join(repository, "lab/engine/requirements.txt");
  const tool = await pythonTool("engine", "installing the engine double", requirements, interpreter, signal);
  if (!(await exists(folderOf(cacheDir, tool)))) await checkRoom(await tool.needs(cacheDir));
  const folder = await ensure(cacheDir, tool, signal, (line) => console.error(line));
  return {
    command: [join(repository, "lab/engine/vllm")],
    env: { PYTHON: interpreter, PYTHONPATH: join(folder, "packages"), PYTHONDONTWRITEBYTECODE: "1" },
  };
}
