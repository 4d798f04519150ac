import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { run } from "../../lab/command.ts";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import { Project } from "../../lab/project.ts";
import { publish } from "../../lab/publish.ts";
import { writeTinyModel } from "../../lab/tinyModel.ts";
import { plan } from "../config/settings.ts";
import { Cluster } from "./cluster.ts";
import { typed } from "./process.ts";
import { quick, unique } from "./support.ts";

const docs = readdirSync(join(repository, "docs")).filter((name) => name.endsWith(".md"));
const pages = ["README.md", ...docs.map((name) => `docs/${name}`)];
const text = pages.map((page) => readFileSync(join(repository, page), "utf8")).join("\n");
const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^ *\`\`\`${language}\n([\\s\\S]*?)^ *\`\`\`$`, "gm"))].map(([, body = ""]) => body);
const commands = blocks("sh").flatMap((block) =>
  block
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean),
);

/** Commands that run elsewhere. */
const elsewhere: Record<string, string> = {
  "npm ci": "bin/run.mjs",
  "npm start": "tests/e2e/start.test.ts",
  "npm test": "tests/run.ts",
  "npm run lab -- down": "tests/lab/lifecycle.test.ts",
  "npm run import-values -- -f values.yaml -f values-prod.yaml --stack prod --dry-run": "tests/e2e/fromValues.test.ts",
  "npm run import-values -- -f values.yaml -f values-prod.yaml --stack prod": "tests/e2e/fromValues.test.ts",
  "npm run shape -- ./qwen3-8b --stack prod --model chat": "tests/cli/shape/stack.test.ts",
  "npm run render -- --stack prod --out rendered/prod": "tests/render/command.test.ts",
  "npm run policy -- --stack prod --changes changes.json": "tests/cli/policyFiles.test.ts",
  "npm run policy -- --stack prod --pack-config policy-pack.json": "tests/e2e/policyPack.test.ts",
  "pulumi preview --stack prod --policy-pack policy/pack --policy-pack-config policy-pack.json":
    "tests/e2e/policyPack.test.ts",
  "npm run render -- --all --out rendered": "tests/e2e/workflowSteps.test.ts",
  "npm run review -- --all --base origin/main": "tests/e2e/workflowSteps.test.ts",
  "npm run review -- --stack prod": "tests/review/offline.test.ts, tests/e2e/review.test.ts",
  "npm run review -- --all --base origin/main --format markdown": "tests/review/offline.test.ts",
  "npm run review -- --all --out review": "tests/review/offline.test.ts",
  "npm run add-vllm -- flags.json": "tests/cli/addVllm.test.ts",
  "npm run build": "tests/e2e/examples.test.ts",
  "npm pack ./dist": "tests/e2e/examples.test.ts",
  "npm install ../pulumi-vllm/pulumi-vllm-0.1.0.tgz": "tests/e2e/examples.test.ts",
  "mkdir vllm": "tests/e2e/languages.test.ts",
  "tar xzf ../pulumi-vllm/pulumi-vllm-0.1.0.tgz -C vllm --strip-components 1": "tests/e2e/languages.test.ts",
  "pulumi package add ./vllm": "tests/e2e/languages.test.ts",
  "pulumi config set aws:region eu-west-1": "tests/e2e/languages.test.ts",
  "pulumi config set eks prod": "tests/e2e/languages.test.ts",
  "pulumi config set namespace inference": "tests/e2e/languages.test.ts",
  'pulumi config set --secret kubeconfig "$(cat kubeconfig.json)"': "tests/e2e/languages.test.ts",
  'pulumi config set --secret apiKey "$(openssl rand -hex 20)"': "tests/e2e/languages.test.ts",
  'pulumi config set --secret kubernetes:kubeconfig "$(cat kubeconfig.json)"': "tests/e2e/languages.test.ts",
  "sed -e s/ACCOUNT_ID/123456789012/ -e s/REGION/eu-west-1/ -e s/CLUSTER/prod/ docs/rights/review.json > review.json":
    "tests/e2e/rights.test.ts",
  "sed -e s/ACCOUNT_ID/123456789012/ -e s/REGION/eu-west-1/ -e s/CLUSTER/prod/ docs/rights/deploy.json > deploy.json":
    "tests/e2e/rights.test.ts",
  "sed s/NAMESPACE/inference/ docs/rights/review.yaml | kubectl apply -f -": "tests/e2e/rights.test.ts",
  "sed s/NAMESPACE/inference/ docs/rights/deploy.yaml | kubectl apply -f -": "tests/e2e/rights.test.ts",
  // What it runs in the image is run on an argument parser of the test.
  'docker run --rm -v "$PWD/cli:/cli:ro" --entrypoint python3 vllm/vllm-openai:v0.33.0 /cli/dumpFlags.py > flags.json':
    "tests/cli/addVllm.test.ts",
  "python3 cli/dumpNames.py catalogue/vllm/names.json 0.33.0 vllm": "tests/cli/dumpNames.test.ts",
};

test("the settings of the README are accepted", () => {
  const [settings = ""] = blocks("yaml").filter((block) => block.includes("config:\n"));
  const { config } = parse(settings) as { config: Record<string, unknown> };
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("vllm:", ""), value]));
  const [model] = plan({ own }).models;
  assert.equal(model?.servedModelName, "qwen3-8b");
  const [variant] = model?.variants ?? [];
  assert.deepEqual(variant?.scaling, { kind: "hpa", min: 4, max: 20, waitingRequests: 5 });
  assert.deepEqual(variant?.pod.gpu.nodeSelector, { "karpenter.k8s.aws/instance-gpu-name": "l4" });
  assert.deepEqual(variant?.pod.scheduling.nodeSelector, {});
});

/** Where the programs of the documentation are whole; what is in TypeScript and YAML runs in examples.test.ts and languages.test.ts. */
const programs: Record<string, string> = {
  ts: "examples/platform/index.ts",
  python: "examples/python/__main__.py",
  go: "examples/go/main.go",
};
for (const [language, file] of Object.entries(programs))
  test(`the program in ${language} is that of ${file}`, () => {
    const example = readFileSync(join(repository, file), "utf8");
    const [program = "", ...others] = blocks(language);
    assert.ok(program.length > 300 && example.includes(program), program);
    assert.deepEqual(others, []);
  });

test("the program in YAML is that of examples/yaml", () => {
  const example = readFileSync(join(repository, "examples/yaml/Pulumi.yaml"), "utf8");
  const found = blocks("yaml").filter((block) => block.includes("runtime: yaml"));
  assert.equal(found.length, 1);
  assert.ok(example.endsWith(found[0] ?? ""), found[0]);
});

test("every block of the documentation is one that some test knows", () => {
  const languages = [...text.matchAll(/^ *```(\w+)$/gm)].map(([, language = ""]) => language);
  const known = new Set(["sh", "yaml", ...Object.keys(programs)]);
  assert.deepEqual(
    languages.filter((language) => !known.has(language)),
    [],
  );
});

test("every npm script that the documentation names is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(repository, "package.json"), "utf8"));
  for (const [, name = ""] of text.matchAll(/npm run ([a-z-]+)/g)) assert.ok(name in scripts, name);
});

test("every command of the documentation runs, in its order", async (t) => {
  const lab = await up();
  const namespace = `e2e-readme-${unique}`;
  const project = await Project.stage(lab, namespace);
  await project.stack("prod", { ...quick, "vllm:namespace": { name: namespace } });
  const cluster = new Cluster(lab);

  for (const command of commands) {
    if (command in elsewhere) continue;
    await t.test(command, async () => {
      if (command.startsWith("npm ")) {
        const env = { ...process.env, LAB_STATE: lab.stateDir };
        const options = { cwd: repository, env, signal: AbortSignal.timeout(60_000) };
        const { code, output } = await run("bash", ["-c", command], options);
        assert.equal(code, 0, output);
        return;
      }
      assert.match(command, /^(pulumi|kubectl) /);
      if (command.includes("| npm ")) {
        const { code, output } = await typed(command, project, lab, repository);
        assert.equal(code, 0, output);
        // Of the destroyed stack the bucket is kept, with its guards.
        assert.match(output, /^State of stack prod, [1-9]\d* objects: 0 refused, /m);
        return;
      }
      if (command.includes(".revision v1")) {
        const folder = join(project.folder, "model");
        await writeTinyModel(folder);
        const bucket = String((await project.outputs("prod")).modelBucket);
        await publish(lab, folder, { bucket, model: "chat", revision: "v1" });
      }
      const answer = /^pulumi (up|destroy)/.test(command) ? " --yes" : "";
      const line = command.replace("namespace inference", `namespace ${namespace}`) + answer;
      const { code, output } = await typed(line, project, lab);
      assert.equal(code, 0, output);
    });
    if (command === "pulumi config set --stack prod --path vllm:models.chat.revision v1")
      assert.deepEqual(await cluster.names(namespace, ["deployment"]), []);
  }
  assert.deepEqual(await cluster.names(namespace, ["deployment", "service"]), []);
});
