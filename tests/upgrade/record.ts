import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { LabError, report } from "../../lab/errors.ts";
import { current, down, type Lab, up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { step } from "../../lab/progress.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { Cluster } from "../e2e/cluster.ts";
import { unique } from "../e2e/support.ts";
import { deployments, fileOf, isRecorded, keep, programVersion, type Recording } from "./recordings.ts";
import { exposed } from "./secrets.ts";
import { generalize, placesOf, type Recorded, toText, traces } from "./state.ts";

/** Records what this version leaves behind of every deployment: `node bin/run.mjs tests/upgrade/record.ts <version>`. */
async function record(version = ""): Promise<void> {
  if (!/^\d+\.\d+\.\d+$/.test(version))
    throw new LabError("usage: node bin/run.mjs tests/upgrade/record.ts <version>, such as 0.1.0", 2);
  const missing = Object.keys(deployments)
    .map((name) => ({ version, name }))
    .filter((recording) => !isRecorded(recording));
  if (missing.length === 0)
    throw new LabError(`${version} is recorded: a recorded state is never made again, a release adds its own`);
  if (version !== programVersion())
    throw new LabError(`this is version ${programVersion()} by package.json, so it cannot be recorded as ${version}`);
  const wasUp = await current();
  const lab = await up();
  try {
    const all: [Recording, Recorded][] = [];
    for (const recording of missing) {
      const { name } = recording;
      all.push([recording, await step(`recording ${name}`, "45 s", () => deployed(lab, name))]);
    }
    // All or none: what is there stays.
    for (const [recording, recorded] of all) keep(recording, recorded);
    console.log(missing.map(fileOf).join("\n"));
  } finally {
    if (!wasUp) await down();
  }
}

/** Deploys a stack from an empty account to a served model, and removes it again. */
async function deployed(lab: Lab, name: string): Promise<Recorded> {
  const { stack = name, settings = {}, secrets = {} } = deployments[name] ?? {};
  const namespace = `recorded-${name}-${unique}`;
  const cluster = new Cluster(lab);
  const project = await Project.stage(lab, namespace);
  const pulumi = async (...args: string[]) => {
    const { code, stdout, output } = await project.pulumi([...args, "--stack", stack]);
    if (code !== 0) throw new LabError(`pulumi ${args.join(" ")} of stack ${stack} failed:\n${output}`);
    return stdout;
  };
  const apply = async (...settings: Tree[]) => {
    await project.stack(stack, merge({ "vllm:namespace": { name: namespace } }, ...settings));
    for (const [key, secret] of Object.entries(secrets))
      await pulumi("config", "set", "--secret", "--path", key, secret);
    await pulumi("up", "--yes");
  };
  if (stack !== "dev") await cluster.createNamespace(namespace);
  try {
    await apply();
    const { modelBucket } = await project.outputs(stack);
    const folder = join(project.folder, "model");
    await writeTinyModel(folder);
    await publish(lab, folder, { bucket: String(modelBucket), model: "chat", revision: "v1" });
    await apply(settings);
    const state = JSON.parse(await pulumi("stack", "export")) as Tree;
    return checked(generalize({ stack, ...files(project, stack), state }, placesOf(lab, project.folder, namespace)));
  } finally {
    const remove = async () => {
      await apply(settings, { "vllm:production": false, "vllm:modelStore": { onDestroy: "delete" } });
      await pulumi("destroy", "--yes");
      await cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false");
    };
    await remove().catch(({ message }: Error) =>
      console.error(`${message}\nwhat ${name} made is left in the lab: npm run lab -- down`),
    );
  }
}

/** The settings that a stack was deployed with. */
function files(project: Project, stack: string): Pick<Recorded, "encryptionsalt" | "settings"> {
  const read = (file: string): Tree => parse(readFileSync(join(project.folder, file), "utf8"));
  const { encryptionsalt, config } = read(`Pulumi.${stack}.yaml`);
  const shared = read("Pulumi.yaml").config;
  return { encryptionsalt: String(encryptionsalt), settings: { shared: shared as Tree, own: config as Tree } };
}

function checked(recorded: Recorded): Recorded {
  const found = traces(toText(recorded), [repository]);
  if (found.length > 0)
    throw new LabError(
      `stack ${recorded.stack} holds what only this machine has; give it a placeholder: ${found.join(", ")}`,
    );
  if (exposed(recorded).length > 0) throw new LabError(`stack ${recorded.stack} holds a secret in plain text`);
  return recorded;
}

process.exitCode = await record(process.argv[2]).then(() => 0, report);
