import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse, stringify } from "yaml";
import { merge } from "../../config/layers/merge.ts";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { cli } from "../cli/run.ts";
import { expected, pathOf, sets } from "../cli/values.ts";
import { Cluster } from "./cluster.ts";
import { changed, succeeded, unique } from "./support.ts";

/** Helm values, imported by the command, explained, and rendered: the API server takes every object in a dry run. */

const namespace = `e2e-imported-${unique}`;
const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

test("imported values", async (t) => {
  const lab = await up();
  await new Cluster(lab).createNamespace(namespace);
  for (const set of sets)
    await t.test(set, async () => {
      const project = await Project.stage(lab, `${namespace}-${set}`);
      const base = join(project.folder, "Pulumi.yaml");
      const { config: _, ...bare } = parse(readFileSync(base, "utf8"));
      writeFileSync(base, stringify(bare));
      const stackFile = join(project.folder, "Pulumi.prod.yaml");
      await project.stack("prod", {});
      const { config, ...rest } = parse(readFileSync(stackFile, "utf8"));
      const keep = Object.entries(config as Tree).filter(([key]) => /^(aws:|vllm:cluster)/.test(key));
      const lasting = { "aws:region": "eu-west-1", "vllm:namespace": { name: namespace } };
      writeFileSync(stackFile, stringify({ ...rest, config: { ...Object.fromEntries(keep), ...lasting } }));

      const files = expected(set).files.flatMap((file) => ["-f", pathOf(file)]);
      const imported = await cli("importValues", "--project", project.folder, "--stack", "prod", ...files);
      assert.equal(imported.code, 0, imported.output);
      const written = parse(readFileSync(stackFile, "utf8"));
      const told = await cli("explain", "--project", project.folder, "--stack", "prod", "--json");
      const { models: before = {} } = JSON.parse(told.stdout) as { models?: Record<string, Tree> };
      const names = Object.keys(before).length > 0 ? Object.keys(before) : namesIn(project.folder);
      assert.ok(names.length > 0);
      // What a person has to say: the revision, the GPU where the values do not, the image, why a model's code may run.
      const models = Object.fromEntries(names.map((name) => [name, { revision: "v1", image: { digest } }]));
      const gpu = /gpu\.product/.test(told.stdout) ? { "vllm:gpu": { product: "A100-80GB" } } : {};
      const engine = /allowRemoteCode/.test(told.stdout) ? { allowRemoteCode: "a model of this test" } : {};
      const reasons = Object.keys(engine).length > 0 ? { "vllm:engine": engine } : {};
      const extra = { ...gpu, ...reasons, "vllm:models": models } as Tree;
      writeFileSync(stackFile, stringify({ ...written, config: merge(written.config, extra) }));

      const explained = await cli("explain", "--project", project.folder, "--stack", "prod", "--json");
      assert.equal(explained.code, 0, explained.output);
      const explanation = JSON.parse(explained.stdout) as { models: Record<string, { args: string[] }> };
      assert.deepEqual(Object.keys(explanation.models).sort(), [...names].sort());
      const preview = await project.pulumi(["preview", "--stack", "prod"]);
      succeeded(preview);
      const made = changed(preview);
      for (const name of names)
        for (const part of ["main", "main-deployment", "service", "access-service-account", "access-role"])
          assert.ok(made.includes(`create vllm-${name}-${part}`), `${name}-${part} in ${made}`);
    });
});

/** The models that the base names. */
const namesIn = (folder: string): string[] =>
  Object.keys(parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8")).config?.["vllm:base"]?.value?.models ?? {});
