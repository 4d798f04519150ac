import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../lab/command.ts";
import { repository } from "../../../lab/paths.ts";
import { writeTinyModel } from "../../../lab/tinyModel.ts";
import { sessions } from "./sessions.ts";

/**
 * Records what a real vLLM shows of itself: `VLLM=<its executable> node tests/contract/engine/record.ts [session...]`,
 * into the folder of its version below `tests/data`; `npm run format` afterwards. Takes a minute or more for each of its
 * nine starts.
 */
const executable = process.env.VLLM;
if (!executable) throw new Error("VLLM must name the executable of a real vLLM");
const { signal } = new AbortController();
const said = await run(executable, ["--version"], { signal });
const version = /^\d+\.\d+\.\d+/m.exec(said.stdout)?.[0];
if (version === undefined) throw new Error(`${executable} tells no version:\n${said.output}`);
const target = join(repository, `tests/data/engine-${version}`);
const folder = await mkdtemp(join(tmpdir(), "engine-model-"));
try {
  await writeTinyModel(join(folder, "model"));
  await mkdir(target, { recursive: true });
  const wanted = process.argv.slice(2);
  for (const [name, play] of Object.entries(sessions)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const engine = { name: "real", command: [executable], env: { HOME: process.env.HOME ?? "/" }, startupSeconds: 900 };
    const transcript = await play(engine, join(folder, "model"), signal);
    await writeFile(join(target, `${name}.json`), `${JSON.stringify(transcript, null, 2)}\n`);
    console.log(`${name} recorded`);
  }
} finally {
  await rm(folder, { recursive: true });
}
