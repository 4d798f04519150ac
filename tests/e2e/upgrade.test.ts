import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parse, stringify } from "yaml";
import type { Tree } from "../../config/tree.ts";
import { type Lab, up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import type { Step } from "../../workspace/events.ts";
import { mended, type Recording, recordings, textOf } from "../upgrade/recordings.ts";
import { revealed } from "../upgrade/secrets.ts";
import { fillIn, placesOf, type Recorded, resourcesOf } from "../upgrade/state.ts";
import { Cluster } from "./cluster.ts";
import { succeeded, touched, unique } from "./support.ts";

/** Today's program over what earlier versions left behind: it may update and add, never replace or delete. */

/** A stack of an earlier version, as if this lab had deployed it. */
interface Restored {
  pulumi: (...args: string[]) => ReturnType<Project["pulumi"]>;
  resources: Tree[];
}

async function restore(t: TestContext, lab: Lab, recording: Recording): Promise<Restored> {
  const { version, name } = recording;
  const namespace = `e2e-upgrade-${version.replaceAll(".", "-")}-${name}-${unique}`;
  const project = await Project.stage(lab, namespace);
  const recorded = fillIn(JSON.parse(textOf(recording)) as Recorded, placesOf(lab, project.folder, namespace));
  const path = (file: string) => join(project.folder, file);
  const { stack, settings, encryptionsalt } = recorded;
  const shared = parse(readFileSync(path("Pulumi.yaml"), "utf8")) as Tree;
  writeFileSync(path("Pulumi.yaml"), stringify({ ...shared, config: settings.shared }));
  const own = { ...settings.own, ...mended[`${version}/${name}`] };
  writeFileSync(path(`Pulumi.${stack}.yaml`), stringify({ encryptionsalt, config: own }));
  writeFileSync(path("state.json"), JSON.stringify(recorded.state));

  const pulumi = (...args: string[]) => project.pulumi([...args, "--stack", stack]);
  succeeded(await project.pulumi(["stack", "init", stack]));
  succeeded(await pulumi("stack", "import", "--file", path("state.json")));
  const exported = await pulumi("stack", "export", "--show-secrets");
  succeeded(exported);

  const cluster = new Cluster(lab);
  const objects = objectsOf(resourcesOf({ state: JSON.parse(exported.stdout) }));
  t.after(() => cluster.kubectl("delete", "namespace", namespace, "--ignore-not-found", "--wait=false"));
  if (!objects.some(({ kind }) => kind === "Namespace")) await cluster.createNamespace(namespace);
  writeFileSync(path("objects.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  await cluster.kubectl("create", "--field-manager=pulumi-kubernetes", `--filename=${path("objects.json")}`);
  return { pulumi, resources: resourcesOf(recorded) };
}

/** The Kubernetes objects of a state. They must be there: a preview of a change asks the API server what would come of it. */
const objectsOf = (resources: Tree[]): Tree[] =>
  resources
    .filter(({ type, custom }) => custom && String(type).startsWith("kubernetes:"))
    .map(({ inputs }) => revealed(inputs) as Tree);

/** Pulumi's own, one for each version of an SDK: that they come and go touches nothing that is deployed. */
const isDefaultProvider = ({ type, urn }: Tree | Step): boolean =>
  /^pulumi:providers:/.test(String(type)) && /::default[^:]*$/.test(String(urn));

/** Whether a step leaves alone what is deployed, or changes it in place. */
const isMild = ({ operation, urn }: Step, resources: Tree[]): boolean =>
  operation === "update" || (operation === "create" && !resources.some((one) => one.urn === urn));

const told = ({ operation, name, type, paths }: Step): string => [`${operation} ${name}`, type, ...paths].join(", ");

test("every stack that an earlier version deployed is kept", async (t) => {
  const all = recordings();
  assert.notEqual(all.length, 0, "no state is recorded: node bin/run.mjs tests/upgrade/record.ts <version>");
  const lab = await up();
  for (const recording of all)
    await t.test(`${recording.name} of version ${recording.version}`, async (t) => {
      const { pulumi, resources } = await restore(t, lab, recording);
      const previewed = await pulumi("preview");
      const steps = touched(previewed).filter((step) => !isDefaultProvider(step));
      for (const step of steps) t.diagnostic(told(step));
      const harm = steps.filter((step) => !isMild(step, resources)).map(told);
      assert.equal(harm.length, 0, `an upgrade would replace or delete:\n  ${harm.join("\n  ")}`);
      succeeded(previewed);
      assert.ok(Number(previewed.changes.same) > 0, "the preview saw nothing of the recorded state");
    });
});
