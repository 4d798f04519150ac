import assert from "node:assert/strict";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";
import { type Changes, groupChanges } from "../../review/changes.ts";
import { Workspace } from "../../workspace/workspace.ts";
import { Cluster } from "./cluster.ts";
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
  const exported = async () => JSON.parse((await project.pulumi(["stack", "export", "--stack", stack])).stdout) as Tree;
  const preview = async (operation: "preview" | "destroy" = "preview"): Promise<Changes> => {
    const state = await exported();
    const told = await workspace.operate(operation === "destroy" ? "destroy-preview" : operation, { stack });
    const changes = groupChanges({ stack, operation, state }, told);
    assert.equal(changes.outcome, "succeeded", changes.reason);
    assert.ok(told.steps.every(({ planned }) => planned));
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

  await t.test("a refresh says beforehand what has gone, and moves no state", async () => {
    const before = await exported();
    await new Cluster(lab).kubectl("--namespace", name, "delete", "service/chat");
    const { outcome, steps, changes } = await workspace.operate("refresh-preview", { stack });
    assert.equal(outcome, "succeeded");
    assert.ok(steps.every(({ planned }) => planned));
    const moved = steps.filter(({ kind, operation }) => kind === "finished" && operation !== "same");
    assert.deepEqual(
      moved.map((step) => `${step.operation} ${step.name}`),
      ["delete vllm-chat-service"],
    );
    assert.equal(changes.delete, 1);
    assert.deepEqual(await exported(), before);
  });

  await t.test("a destroy says beforehand what it takes, and takes nothing", async () => {
    const planned = await preview("destroy");
    assert.deepEqual(digests(await preview("destroy")), digests(planned));
    assert.notEqual(planned.digest, (await preview()).digest);
    assert.equal((await preview()).summary.create, 0);

    const done = groupChanges({ stack, operation: "destroy" }, await workspace.operate("destroy", { stack }));
    const { digest: _, stateDigest: __, ...told } = planned;
    assert.deepEqual(done, JSON.parse(JSON.stringify(told).replaceAll('"state":"planned"', '"state":"done"')));
    const { delete: taken, ...others } = done.summary;
    assert.deepEqual(others, { create: 0, update: 0, replace: 0, same: 0 });
    assert.ok(taken > 20);
    const { deployment } = await exported();
    assert.equal((deployment as Tree).resources, undefined);
  });

  await t.test("no document holds a secret", () => {
    for (const form of [token, Buffer.from(token).toString("base64")])
      assert.ok(!JSON.stringify(documents).includes(form));
  });
});
