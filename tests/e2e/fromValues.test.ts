import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { parse } from "yaml";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { smallModel } from "../cli/shape/folders.ts";
import { Cluster } from "./cluster.ts";
import { readable, typed } from "./process.ts";
import { unique } from "./support.ts";
import { linkPackages, Team } from "./team.ts";

/** From Helm values to a served model: a fresh clone, and the README's commands as they stand there. */

const namespace = `e2e-from-values-${unique}`;
const folder = mkdtempSync(join(tmpdir(), "from-values-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The commands of a section of the README, in their order. */
function commandsOf(title: string): string[] {
  const readme = readFileSync(join(repository, "README.md"), "utf8");
  const [, section = ""] = readme.split(`\n${title}\n`);
  const [text = ""] = section.split(/^#/m);
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) => block.trim().split("\n"));
}

/** What a team has that runs production-stack: a file for all environments, and one for production. */
const token = "hf_abcdefghijklmnopqrstuvwxyz0123";
const model = (more: string) => `servingEngineSpec:
  runtimeClassName: ""
  modelSpec:
    - name: "chat"
      repository: "vllm/vllm-openai"
      tag: "v0.32.0"
      modelURL: "Qwen/Qwen3-8B"
      requestCPU: 6
      requestMemory: "24Gi"
      requestGPU: 1
      hf_token: ${token}
      vllmConfig:
        enablePrefixCaching: true
        maxModelLen: 4096
      nodeSelectorTerms:
        - matchExpressions:
            - key: nvidia.com/gpu.product
              operator: "In"
              values: ["NVIDIA-L40S"]
${more}`;
const values = {
  "values.yaml": `${model("      replicaCount: 1\n")}routerSpec:\n  enableRouter: true\n  routingLogic: roundrobin\n`,
  "values-prod.yaml": model("      replicaCount: 2\n"),
};

/** What the test has instead, or says itself. */
const elsewhere = ["npm ci"];

test("a fresh clone, by the README's words", async (t) => {
  const lab = await up();
  const cluster = new Cluster(lab);
  const stacks = readdirSync(repository).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
  const team = await Team.make(
    join(folder, "team"),
    Object.fromEntries(stacks.map((name) => [name, readFileSync(join(repository, name), "utf8")])),
  );
  const clone = (await team.checkout("main", "branch")).folder;
  linkPackages(clone);
  const project = await Project.open(lab, clone);
  const read = (name: string) => readFileSync(join(clone, name), "utf8");
  const edit = (name: string, change: (text: string) => string) => writeFileSync(join(clone, name), change(read(name)));
  const run = async (line: string) => {
    const { code, output } = await typed(line, project, lab);
    assert.equal(code, 0, output);
    readable(output);
    assert.ok(!output.includes(token));
    return output;
  };

  // "Put your region, cluster … into": the lab's.
  edit("Pulumi.prod.yaml", (text) =>
    text.replace(
      "    eks: prod\n",
      `    eks: prod\n    kubeconfig: ${lab.kubeconfig}\n    context: ${lab.context}\n  aws:s3UsePathStyle: true\n  aws:skipCredentialsValidation: true\n  aws:skipMetadataApiCheck: true\n`,
    ),
  );
  for (const [name, text] of Object.entries(values)) writeFileSync(join(clone, name), text);
  // Many a repository holds the weights once more, for PyTorch alone.
  cpSync(smallModel(), join(clone, "qwen3-8b"), { recursive: true });
  writeFileSync(join(clone, "qwen3-8b", "consolidated.00.pth"), "the same once more");

  const told: Record<string, string> = {};
  for (const line of commandsOf("### From Helm values"))
    await t.test(line, async () => {
      told[line] = await run(line);
    });
  const shape = told["npm run shape -- ./qwen3-8b --stack prod --model chat"] ?? "";
  assert.match(shape, /\nso aws s3 cp --recursive takes\n {2}--exclude 'consolidated\*'\n/);
  rmSync(join(clone, "qwen3-8b", "consolidated.00.pth"));
  await t.test("the sample is gone, and the stack is the team's", async () => {
    const status = await run("git status --porcelain --untracked-files=no");
    assert.deepEqual(status.trimEnd().split("\n"), [
      " D Pulumi.dev.yaml",
      " M Pulumi.prod.yaml",
      " D Pulumi.staging.yaml",
      " D Pulumi.test.yaml",
      " M Pulumi.yaml",
    ]);
    const { "vllm:base": base } = parse(read("Pulumi.yaml")).config;
    assert.deepEqual(base.value, {
      namespace: { name: "inference" },
      models: {
        chat: {
          servedModelName: "Qwen/Qwen3-8B",
          engine: { version: "0.32.0", args: { "enable-prefix-caching": true }, maxModelLen: 4096 },
          resources: { cpu: "6", memory: "24Gi" },
          gpu: { count: 1, product: "L40S" },
          replicas: 1,
        },
      },
    });
    const { "vllm:cluster": place, "vllm:models": models, ...others } = parse(read("Pulumi.prod.yaml")).config;
    assert.deepEqual(place, { eks: "prod", kubeconfig: lab.kubeconfig, context: lab.context });
    assert.deepEqual(Object.keys(models.chat).sort(), ["replicas", "shape"]);
    assert.deepEqual([models.chat.replicas, models.chat.shape.layers], [2, 4]);
    assert.ok(Object.keys(others).every((key) => key.startsWith("aws:")));
    assert.ok(!(read("Pulumi.yaml") + read("Pulumi.prod.yaml")).includes(token));
  });

  await t.test("npm start, which deploys the sample, says that there is none any more", async () => {
    const { code, output } = await typed(`LAB_STATE=${lab.stateDir} npm start`, project, lab);
    assert.equal(code, 1);
    assert.match(output, /this deploys the sample's stack dev, and there is no Pulumi\.dev\.yaml here any more/);
    readable(output);
  });

  // The namespace of this test alone.
  edit("Pulumi.prod.yaml", (text) => `${text}  vllm:namespace:\n    name: ${namespace}\n`);
  for (const line of commandsOf("## Use it").filter((one) => !elsewhere.includes(one))) {
    if (line.startsWith("pulumi destroy")) {
      await t.test("what is deployed is what the values said", () => isServed(cluster));
    }
    if (line.includes(".revision v1")) {
      assert.deepEqual(await cluster.names(namespace, ["deployment"]), []);
      const bucket = String((await project.outputs("prod")).modelBucket);
      await publish(lab, join(clone, "qwen3-8b"), { bucket, model: "chat", revision: "v1" });
    }
    const answer = /^pulumi (up|destroy)/.test(line) ? " --yes" : "";
    const typedLine = line.replace("namespace inference", `namespace ${namespace}`) + answer;
    await t.test(line, async () => void (await run(typedLine)));
  }
  assert.deepEqual(await cluster.names(namespace, ["deployment", "service"]), []);
});

async function isServed(cluster: Cluster): Promise<void> {
  assert.equal((await cluster.readyPods(namespace)).length, 2);
  const { spec } = await cluster.get(namespace, "deployment", "chat");
  const { containers, nodeSelector } = spec.template.spec;
  const [{ args, image, resources }] = containers;
  assert.equal(spec.replicas, 2);
  assert.equal(image, "vllm/vllm-openai:v0.32.0");
  assert.deepEqual(nodeSelector, { "nvidia.com/gpu.product": "NVIDIA-L40S" });
  assert.equal(resources.limits["nvidia.com/gpu"], "1");
  assert.equal(resources.limits.memory, "24Gi");
  const said = [containers[0].command ?? [], args].flat().join(" ");
  for (const flag of ["--served-model-name Qwen/Qwen3-8B", "--max-model-len 4096", "--enable-prefix-caching"])
    assert.ok(said.includes(flag) || said.includes(flag.replace(" ", "=")), said);
  assert.doesNotMatch(said, /8192|--gpu-memory-utilization|--max-num-seqs/);
}
