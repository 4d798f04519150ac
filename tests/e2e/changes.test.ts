import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { type Changes, groupChanges } from "../../review/changes.ts";
import { Workspace } from "../../workspace/workspace.ts";
import { quick, succeeded, unique } from "./support.ts";

/** What a person approves on a pull request, by the digests of real previews. */

const stack = "dev";
const name = `e2e-changes-${unique}`;
const token = "trace-token-that-stays-secret";

test("an approval of a preview holds until the preview or the state is another one", async (t) => {
  const lab = await up();
  const project = await Project.stage(lab, name);
  const workspace = Workspace.open(project.folder, { engine: project.engine, env: project.env });
  const settings: Tree = { ...quick, "vllm:namespace": { name } };
  const configure = (models: Tree) => project.stack(stack, { ...settings, "vllm:models": models });
  const pulumi = async (...args: string[]) => succeeded(await project.pulumi([...args, "--stack", stack]));
  const documents: Changes[] = [];
  let approved: Changes | undefined;
  const preview = async (): Promise<Changes> => {
    const state = JSON.parse((await project.pulumi(["stack", "export", "--stack", stack])).stdout) as Tree;
    const told = await workspace.operate("preview", { stack });
    const changes = groupChanges({ stack, operation: "preview", state }, told);
    assert.equal(changes.outcome, "succeeded", changes.reason);
    documents.push(changes);
    return changes;
  };
  const digests = ({ digest, stateDigest }: Changes) => [digest, stateDigest];

  await configure({ chat: { revision: "v1" } });
  await pulumi("config", "set", "--secret", "--path", "vllm:models.chat.engine.secretEnv.TRACE_TOKEN", token);

  await t.test("two previews of an empty stack are one thing", async () => {
    assert.deepEqual(digests(await preview()), digests(await preview()));
  });

  await t.test("after the up nothing changes, and a refresh that finds nothing moves no state", async () => {
    await pulumi("up", "--yes", "--skip-preview");
    const before = await preview();
    assert.deepEqual([before.components, before.destructive], [[], []]);
    await pulumi("refresh", "--yes");
    assert.deepEqual(digests(await preview()), digests(before));
  });

  await t.test("another setting is another change on the same state", async () => {
    const set = (value: string) => pulumi("config", "set", "--path", "vllm:models.chat.engine.maxModelLen", value);
    await set("1024");
    approved = await preview();
    await set("1536");
    const other = await preview();
    assert.notEqual(other.digest, approved.digest);
    assert.equal(other.stateDigest, approved.stateDigest);
  });

  await t.test("when the stack has moved on, the same change is another one", async () => {
    await pulumi("config", "set", "--path", "vllm:models.chat.labels.team", "search");
    await pulumi("up", "--yes", "--skip-preview");
    await pulumi("config", "set", "--path", "vllm:models.chat.engine.maxModelLen", "1024");
    const after = await preview();
    assert.notEqual(after.digest, approved?.digest);
    assert.notEqual(after.stateDigest, approved?.stateDigest);
  });

  await t.test("no document holds a secret", () => {
    for (const form of [token, Buffer.from(token).toString("base64")])
      assert.ok(!JSON.stringify(documents).includes(form));
  });

  await t.test("destroy", () => pulumi("destroy", "--yes"));
});
