import { join } from "node:path";
import { type GoProgram, madeProgram } from "./buildGo.ts";
import { repository } from "./paths.ts";

const program: GoProgram = {
  name: "actionlint",
  title: "building the checker of GitHub's workflows",
  about: "20 s",
  module: join(repository, "lab/go/actionlint"),
  target: "github.com/rhysd/actionlint/cmd/actionlint",
  room: { modules: 0.1, compiled: 0.2, temporary: 0.1 },
};

/** The path of actionlint, which knows GitHub's workflows: it is made where it is missing. */
export const actionlint = (signal: AbortSignal): Promise<string> => madeProgram(program, signal);
