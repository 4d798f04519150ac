import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Ajv } from "ajv";
import type { Tree } from "../../config/tree.ts";
import { type Changes, groupChanges, type Told } from "../../review/changes.ts";
import { root } from "../config/settings.ts";

/**
 * What `Workspace.operate` gave, and `pulumi stack export` printed, for a real stack in the lab: `dev` with the models
 * chat, which has a secret of its own, and code. Of resources that stay as they are or go, inputs and outputs are left out.
 */

const folder = join(root, "tests", "data", "changes");
const read = (file: string) => {
  const path = join(folder, file);
  return JSON.parse((existsSync(path) ? readFileSync(path) : gunzipSync(readFileSync(`${path}.gz`))).toString());
};

export type Recorded = Told & { changes: Readonly<Record<string, number>> };

export const recorded = (name: string): Recorded => read(`${name}.json`);
export const state = (name: "state1" | "state2"): Tree => read(`${name}.json`);
/** What is expected of a recording. */
export const expected = (name: string): Changes => read(`${name}.changes.json`);

const conforms = new Ajv({ strict: false }).compile(
  JSON.parse(readFileSync(join(root, "docs", "changes.schema.json"), "utf8")),
);

/** The document of an operation on stack `dev`, which its schema has to describe. */
export function grouped(told: Told, operation: Changes["operation"] = "preview", before?: Tree): Changes {
  const changes = groupChanges({ stack: "dev", operation, ...(before ? { state: before } : {}) }, told);
  assert.ok(conforms(JSON.parse(JSON.stringify(changes))), JSON.stringify(conforms.errors));
  return changes;
}
