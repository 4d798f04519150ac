import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { revisionLocation } from "../planning/addresses.ts";
import { stackFile } from "../workspace/program.ts";
import { Interrupted, LabError, report } from "./errors.ts";
import { type Lab, up } from "./lab.ts";
import { repository } from "./paths.ts";
import { step } from "./progress.ts";
import { Project } from "./project.ts";
import { publish } from "./publish.ts";
import { writeTinyModel } from "./tinyModel.ts";

const stack = "dev";
const model = "chat";
const revision = "v1";

/** `npm start`: from nothing to a deployed endpoint in the lab. */
async function start(): Promise<void> {
  if (!existsSync(join(repository, stackFile(stack))))
    throw new LabError(
      `this deploys the sample's stack ${stack}, and there is no ${stackFile(stack)} here any more; try it in a fresh clone`,
    );
  const lab = await up();
  // From here on Ctrl-C ends what is under way, and leaves the lab up.
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => interrupt.abort());
  try {
    await deployModel(lab, interrupt.signal);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    throw new LabError(
      "interrupted; the lab goes on running: `npm start` carries on, `npm run lab -- down` ends it",
      error.exitCode,
    );
  }
}

async function deployModel(lab: Lab, interrupt: AbortSignal): Promise<void> {
  const project = await step("staging the program", "10 s", () => Project.stage(lab, "start", interrupt));
  const standIns = project.plugins.filter(({ source }) => source === "stand-in").map(({ name }) => name);
  if (standIns.length > 0)
    console.log(
      `Not installed and not downloadable here, so the lab's stand-ins take their place: ${standIns.join(", ")}.`,
    );

  const deploy = async (what: string, settings: Record<string, unknown>) => {
    await project.stack(stack, settings);
    const { code, output } = await step(what, "20 s", () => project.pulumi(["up", "--yes", "--stack", stack]));
    if (code !== 0) throw new LabError(`pulumi up --stack ${stack} failed:\n${output}`);
    return project.outputs(stack);
  };
  await project.stack(stack);
  const state = await project.pulumi(["stack", "output", "modelBucket", "--stack", stack]);
  const bucket =
    state.code === 0
      ? state.stdout.trim()
      : String((await deploy(`deploying stack ${stack}, which has no model yet`, {})).modelBucket);

  const folder = join(lab.dataDir, "models", model);
  await step(`publishing a small model to ${revisionLocation(bucket, model, revision)}`, "2 s", async () => {
    mkdirSync(folder, { recursive: true });
    await writeTinyModel(folder);
    await publish(lab, folder, { bucket, model, revision });
  });
  const outputs = await deploy(`deploying stack ${stack} with that revision`, {
    "vllm:models": { [model]: { revision } },
  });

  const { stdout: tree } = await project.pulumi(["stack", "--stack", stack]);
  console.log(`\n${tree.trim()}\n\n${outputs.notes}\n`);
  console.log(
    lab.awsForPods
      ? "Pods run here, with the double of an engine in them: it answers as the notes say, always with the same word."
      : "Pods are simulated here: what the notes say about asking a model is for a real cluster.",
  );
  console.log("The lab goes on running: `npm run lab -- status` shows it, `npm run lab -- down` ends it.");
}

process.exitCode = await start().then(() => 0, report);
