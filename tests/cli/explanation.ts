import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import type { StackExplanation } from "../../render/explanation.ts";
import { root } from "../config/settings.ts";
import { cli } from "./run.ts";

/** What `npm run explain` is tested with. */

export const schema = JSON.parse(readFileSync(join(root, "docs", "explain.schema.json"), "utf8"));
export const conforms = new Ajv({ strict: false }).compile(schema);

export const told = async (project: string, stack: string, ...args: string[]): Promise<StackExplanation> => {
  const { code, stdout, output } = await cli("explain", "--project", project, "--stack", stack, "--json", ...args);
  assert.equal(code, 0, output);
  const explanation: unknown = JSON.parse(stdout);
  assert.ok(conforms(explanation), JSON.stringify(conforms.errors));
  const { settings, models } = explanation as StackExplanation;
  for (const one of [settings, ...Object.values(models).map((model) => model.settings)])
    for (const [path, { layer }] of Object.entries(one))
      assert.match(layer, /^(built-in|computed|(base|stack)(\.models)?)$/, path);
  return explanation as StackExplanation;
};

/** What it says to a person of stack `s`. */
export const textOf = async (project: string, ...args: string[]): Promise<string> => {
  const { code, output } = await cli("explain", "--project", project, "--stack", "s", ...args);
  assert.equal(code, 0, output);
  return output;
};

/** A project with a stack as `pulumi config set` leaves it. */
export const files = {
  "Pulumi.yaml": "name: x\nruntime: nodejs\nconfig:\n  vllm:base:\n    value:\n      gpu: {product: L4}\n",
  "Pulumi.s.yaml": `config:
  aws:region: eu-north-1
  vllm:cluster: {eks: lab}
  vllm:replicas: "3"
  vllm:drain: '{"seconds": 100}'
  vllm:autoscaling:
  vllm:apiKey:
    value:
      secure: v1:abc
  vllm:models:
    chat:
      revision: v7
      engine:
        args: {device-ids: "0"}
        secretEnv:
          A_TOKEN:
            secure: v1:def
        env:
          B: plain
          C:
            secure: v1:ghi
    code: {gpu: {count: 0}, image: {streamer: true}}
`,
};
