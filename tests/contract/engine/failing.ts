import { cp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { listen } from "../../../lab/listen.ts";
import type { Engine } from "./engineProcess.ts";
import { startPod } from "./pod.ts";

/** Starts that come to nothing: the exit code of each, and the lines that say why. */
export async function failing(engine: Engine, folder: string, signal: AbortSignal) {
  const without = async (file: string) => {
    const copy = `${folder}-without-${file}`;
    await cp(folder, copy, { recursive: true });
    await rm(join(copy, file));
    return copy;
  };
  const fails = async (marks: RegExp[], model: string, more: { args?: string[]; port?: number } = {}) => {
    const pod = await startPod(engine, signal, model, more);
    try {
      const exit = await pod.exit;
      const why = marks.flatMap((mark) => pod.lines.map((line) => mark.exec(line)?.[0]).find(Boolean) ?? []);
      return { exit, why: why.map((text) => text.replaceAll(model, "<model>")) };
    } finally {
      await pod.stop();
    }
  };
  const taken = createServer();
  const port = await listen(taken);
  try {
    return {
      "an unknown flag": await fails([/^vllm: error: .*/], folder, { args: ["--no-such-flag", "1"] }),
      "a flag without its value": await fails([/^vllm serve: error: .*/], folder, { args: ["--max-num-seqs"] }),
      "a value of another type": await fails([/^vllm serve: error: .*/], folder, { args: ["--max-num-seqs", "many"] }),
      "a port that is taken": await fails([/^OSError: \[.*/], folder, { port }),
      "no config.json": await fails(
        [/Invalid repository ID or local directory specified: '[^']+'/],
        await without("config.json"),
      ),
      "no weights": await fails(
        [/Cannot find any model weights with `[^`{]+`/, /^RuntimeError: Engine core initialization failed\./],
        await without("model.safetensors"),
      ),
    };
  } finally {
    taken.close();
  }
}
