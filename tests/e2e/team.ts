import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run } from "../../lab/command.ts";
import { repository } from "../../lab/paths.ts";

/** Files by their paths; `null` is one that goes. */
export type Files = Readonly<Record<string, string | null>>;

/** What a platform's job finds: a clone with the whole history, and no credentials in it. */
export interface Checkout {
  folder: string;
  /** The newest commit of the request. */
  head: string;
  /** The newest commit of the target branch. */
  target: string;
  /** Where the branches part. */
  parting: string;
}

/** The repository of a team on its platform: this program as it stands here, with stacks of its own. */
export class Team {
  readonly #folder: string;
  #checkouts = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes it in a folder that is not there yet, with a first commit on `main`. */
  static async make(folder: string, files: Files): Promise<Team> {
    const team = new Team(folder);
    mkdirSync(team.#work, { recursive: true });
    await git(folder, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git");
    await git(team.#work, "init", "--quiet", "--initial-branch=main");
    await git(team.#work, "remote", "add", "origin", team.#origin);
    const { stdout } = await git(repository, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
    for (const file of stdout.split("\0").filter((file) => file && !/^(Pulumi\..+\.yaml|node_modules)$/.test(file)))
      cpSync(join(repository, file), join(team.#work, file), { recursive: true });
    await team.push("main", files);
    return team;
  }

  get #work(): string {
    return join(this.#folder, "work");
  }

  get #origin(): string {
    return join(this.#folder, "origin.git");
  }

  /** Commits files to a branch, which is made from `main` where there is none, and pushes it. */
  async push(branch: string, files: Files): Promise<void> {
    const { stdout: branches } = await git(this.#work, "branch", "--list", branch);
    const isFirst = (await git(this.#work, "rev-list", "--all", "--count")).stdout.trim() === "0";
    if (!isFirst) await git(this.#work, "checkout", "--quiet", ...(branches ? [branch] : ["-b", branch, "main"]));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.#work, file)), { recursive: true });
      if (text === null) rmSync(join(this.#work, file));
      else writeFileSync(join(this.#work, file), text);
    }
    await git(this.#work, "add", "--all");
    await git(this.#work, "commit", "--quiet", "--message=a change");
    await git(this.#work, "push", "--quiet", "origin", branch);
  }

  /**
   * What a job finds of a request that merges `branch` into `main`: on GitHub the merge that nobody made, on GitLab the
   * branch itself. In the place of `npm ci` it has the packages from here.
   */
  async checkout(branch: string, what: "merge" | "branch"): Promise<Checkout> {
    const folder = join(this.#folder, `checkout-${++this.#checkouts}`);
    const ref = what === "merge" ? "refs/pull/7/merge" : `refs/heads/${branch}`;
    if (what === "merge") {
      await git(this.#work, "checkout", "--quiet", "--detach", "main");
      await git(this.#work, "merge", "--quiet", "--no-ff", "--message=merge", branch);
      await git(this.#work, "push", "--quiet", "--force", "origin", `HEAD:${ref}`);
    }
    mkdirSync(folder);
    await git(folder, "init", "--quiet");
    await git(folder, "remote", "add", "origin", this.#origin);
    await git(folder, "fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*", `+${ref}:refs/request`);
    await git(folder, "checkout", "--quiet", "--detach", "refs/request");
    const commit = async (...args: string[]) => (await git(folder, ...args)).stdout.trim();
    return {
      folder,
      head: await commit("rev-parse", `origin/${branch}`),
      target: await commit("rev-parse", "origin/main"),
      parting: await commit("merge-base", "origin/main", `origin/${branch}`),
    };
  }
}

/** What `npm ci` would bring, from here. npm's scripts must not find that the packages are older than the lockfile. */
export function linkPackages(folder: string): void {
  utimesSync(join(folder, "package-lock.json"), 0, 0);
  writeFileSync(join(folder, ".git/info/exclude"), "/node_modules\n");
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"));
}

async function git(cwd: string, ...args: string[]) {
  const who = { NAME: "team", EMAIL: "team@example.com" };
  const env = {
    PATH: process.env.PATH,
    ...{ GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
    ...Object.fromEntries(
      ["AUTHOR", "COMMITTER"].flatMap((role) =>
        Object.entries(who).map(([what, value]) => [`GIT_${role}_${what}`, value]),
      ),
    ),
  };
  const finished = await run("git", args, { cwd, env, signal: AbortSignal.timeout(60_000) });
  assert.equal(finished.code, 0, finished.output);
  return finished;
}
