import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** The root of this checkout. */
export const repository = resolve(import.meta.dirname, "..");

/** Built tools, shared by all checkouts of this user: `LAB_CACHE`, else `$XDG_CACHE_HOME/pulumi-vllm`, else `~/.cache/pulumi-vllm`. */
export const cacheDir =
  process.env.LAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "pulumi-vllm");

/** All that a running lab writes: data, logs, process list. Ignored by git. `LAB_STATE` names another folder, for a second lab. */
export const stateDir = resolve(process.env.LAB_STATE ?? join(repository, ".lab"));
