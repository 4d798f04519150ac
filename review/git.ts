import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { FileError } from "../config/sources/yaml.ts";
import type { Base, Head } from "./review.ts";

/** The repository that a project is in. It is only read: no ref, no index, no work tree of it is touched. */

const execute = promisify(execFile);

/** A project in a repository, and what it is compared with. */
export class Repository {
  /** The root of the project. */
  readonly project: string;
  /** The path from the repository's root to the project, with `/` behind it; empty where they are the same. */
  readonly #prefix: string;

  private constructor(project: string, prefix: string) {
    this.project = project;
    this.#prefix = prefix;
  }

  /** @throws FileError where the folder is in no repository, or git is not there */
  static async open(project: string): Promise<Repository> {
    const { stdout, failure } = await git(project, ["rev-parse", "--show-prefix"]);
    if (failure)
      throw new FileError(
        /not a git repository/.test(failure)
          ? `${resolve(project)} is in no git repository: a review compares with a commit of it`
          : `git cannot read the repository of ${resolve(project)}: ${failure}`,
      );
    return new Repository(project, stdout);
  }

  /** What is reviewed. @throws FileError where there is no commit yet */
  async head(): Promise<Head> {
    const commit = await this.#commit("HEAD");
    if (!commit) throw new FileError("the repository has no commit yet: there is nothing to compare with");
    const { stdout } = await git(this.project, ["status", "--porcelain", "--untracked-files=normal", "--", "."]);
    return { commit, uncommitted: stdout !== "" };
  }

  /**
   * What head is compared with: where it has left `ref`, which is the default branch where none is named.
   * @throws FileError where there is none
   */
  async base(ref?: string): Promise<Base> {
    const name = ref ?? (await this.#defaultBranch());
    const shallow = (await git(this.project, ["rev-parse", "--is-shallow-repository"])).stdout === "true";
    const fetch = "; the clone is shallow: fetch its history (`git fetch --unshallow`; in a workflow `fetch-depth: 0`)";
    const advice = shallow ? fetch : "";
    if (name === undefined)
      throw new FileError(`no default branch is found to compare with: name one with --base${advice}`);
    const tip = await this.#commit(name);
    if (!tip)
      throw new FileError(
        `--base ${name}: there is no such commit, branch or tag${advice || "; `git fetch` brings those of the remote"}`,
      );
    const { stdout } = await git(this.project, ["merge-base", tip, "HEAD"]);
    if (stdout === "") throw new FileError(`--base ${name}: it has no commit in common with HEAD${advice}`);
    return { ref: name, commit: stdout };
  }

  async #defaultBranch(): Promise<string | undefined> {
    const { stdout } = await git(this.project, ["symbolic-ref", "--short", "refs/remotes/origin/HEAD"]);
    if (stdout) return stdout;
    for (const name of ["origin/main", "origin/master", "main", "master"]) if (await this.#commit(name)) return name;
    return undefined;
  }

  async #commit(name: string): Promise<string | undefined> {
    const { stdout } = await git(this.project, [
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${name}^{commit}`,
    ]);
    return stdout || undefined;
  }

  /** Whether some of these paths of the project are other than in a commit. */
  async differs(commit: string, paths: readonly string[]): Promise<boolean> {
    const tracked = await git(this.project, ["diff", "--quiet", commit, "--", ...paths]);
    if (tracked.failure !== undefined) return true;
    const { stdout } = await git(this.project, ["ls-files", "--others", "--exclude-standard", "--", ...paths]);
    return stdout !== "";
  }

  /** Writes the project as it was in a commit to a folder, with the packages that it has now. */
  async copy(commit: string, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    const index = `${folder}.index`;
    const env = { GIT_INDEX_FILE: index };
    const tree = await git(this.project, ["read-tree", `${commit}:${this.#prefix.replace(/\/$/, "")}`], env);
    if (tree.failure) throw new FileError(`the project is not in commit ${commit.slice(0, 12)}: ${tree.failure}`);
    const { stdout: root } = await git(this.project, ["rev-parse", "--show-toplevel"]);
    const written = await git(root, ["checkout-index", "--all", "--quiet", `--prefix=${folder}/`], env);
    if (written.failure) throw new FileError(`commit ${commit.slice(0, 12)} cannot be read: ${written.failure}`);
    await rm(index, { force: true });
    const packages = resolve(this.project, "node_modules");
    if (existsSync(packages) && !existsSync(join(folder, "node_modules")))
      await symlink(packages, join(folder, "node_modules"));
  }
}

/** Runs git. `failure`: its first line of why it did not do it; empty where it says nothing. */
async function git(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<{ stdout: string; failure?: string }> {
  const options = {
    cwd: folder,
    // It would write the index anew where a file's time has changed.
    env: { ...process.env, GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C", ...env },
    maxBuffer: 2 ** 26,
  };
  try {
    const { stdout } = await execute("git", [...args], options);
    return { stdout: stdout.trim() };
  } catch (error) {
    const { code, stderr = "", message } = error as NodeJS.ErrnoException & { stderr?: string };
    if (code === "ENOENT" && existsSync(folder))
      throw new FileError("git is not on the PATH: a review compares with a commit");
    const [line = ""] = (stderr || message).trim().split("\n");
    return { stdout: "", failure: line.replace(/^fatal: /, "") };
  }
}
