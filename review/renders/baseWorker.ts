import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { redacted } from "../../config/secretForms.ts";
import { serve } from "./worker.ts";

/** Renders stacks by base's code, by what every version of this program has: the command `render`. */

/** A stack, the folder with its files, and the folder for the files of its render. */
export interface BaseJob {
  stack: string;
  project: string;
  out: string;
}

/** It is done. */
export interface BaseDone {
  stack: string;
}

/** The folder of the code, which is the only argument. */
const [, , code = ""] = process.argv;

const render = join(code, "cli", "render.ts");

serve<BaseJob, BaseDone>(async ({ stack, project, out }) => {
  if (!existsSync(render)) return { broken: "it has no `npm run render`" };
  try {
    const { command } = await import(pathToFileURL(render).href);
    await command.run(["--stack", stack, "--project", project, "--out", out]);
    return { stack };
  } catch (error) {
    return { broken: redacted((error as Error).message) };
  }
});
