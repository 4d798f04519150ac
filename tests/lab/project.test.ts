import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { up } from "../../lab/lab.ts";
import { Project } from "../../lab/project.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

test("a staged copy's plugin says success too early where it is told to, and not because the caller's would", async () => {
  const lab = await up();
  process.env.LAB_SUCCESS_TOO_EARLY = "true";
  for (const staging of [undefined, {}, { successTooEarly: false }, { successTooEarly: true }]) {
    const { env, folder } = await Project.stage(lab, `lab-test-${process.pid}`, undefined, staging);
    folders.splice(0, 1, folder);
    assert.equal(env.LAB_SUCCESS_TOO_EARLY, staging?.successTooEarly ? "true" : undefined);
  }
});
