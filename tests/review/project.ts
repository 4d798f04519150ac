import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { Ajv } from "ajv";
import { parse, stringify } from "yaml";
import { put, type Tree } from "../../config/tree.ts";
import { type Finished, run } from "../../lab/command.ts";
import type { Review, StackReview } from "../../review/review.ts";
import { root } from "../config/settings.ts";

/** Projects in repositories of their own, as a team has them: the whole program, and files of stacks. */

const parts = ["catalogue", "cli", "components", "config", "planning", "policy", "program", "render", "review"];
const files = ["workspace", "index.ts", "package.json", "Pulumi.yaml"];

/** A repository with the project in it, or below a folder of it. */
export class TeamProject {
  readonly repository: string;
  readonly folder: string;

  private constructor(repository: string, below: string) {
    this.repository = repository;
    this.folder = join(repository, below);
  }

  /** With the program as it is, in a first commit on `main`; it goes with the test file. */
  static make(below = ""): TeamProject {
    const repository = mkdtempSync(join(tmpdir(), "review-"));
    after(() => rmSync(repository, { recursive: true, force: true }));
    const made = new TeamProject(repository, below);
    for (const part of [...parts, ...files]) cpSync(join(root, part), join(made.folder, part), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(made.folder, "node_modules"));
    made.git("init", "-q", "-b", "main");
    // A link is no folder, which is what the project's own file names.
    appendFileSync(join(repository, ".git/info/exclude"), "node_modules\n");
    return made;
  }

  git(...args: string[]): string {
    const who = ["-c", "user.name=team", "-c", "user.email=team@example.com", "-c", "commit.gpgsign=false"];
    return execFileSync("git", [...who, ...args], { cwd: this.repository, encoding: "utf8" }).trim();
  }

  /** Commits all that is there; gives the commit. */
  commit(message: string): string {
    this.git("add", "--all");
    this.git("commit", "-q", "--allow-empty", "-m", message);
    return this.git("rev-parse", "HEAD");
  }

  write(file: string, text: string): void {
    writeFileSync(join(this.folder, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  /** Writes the file of a stack: its settings, without their namespace. */
  stack(name: string, settings: Tree): void {
    const config = Object.fromEntries(Object.entries(settings).map(([key, value]) => [keyOf(key), value]));
    this.write(`Pulumi.${name}.yaml`, stringify({ config }));
  }

  /** Changes one setting of a file; without a value it goes. */
  set(file: string, path: readonly string[], value: unknown): void {
    const tree = parse(this.read(file)) as Tree;
    put(tree, path, value);
    this.write(file, stringify(tree));
  }

  /** Replaces a text of a file of the program, where it stands exactly once. */
  edit(file: string, before: string, after: string): void {
    const text = this.read(file);
    assert.equal(text.split(before).length, 2, `${file} has '${before}' once`);
    this.write(
      file,
      text.replace(before, () => after),
    );
  }

  /** Back to a commit, without what is in none. */
  reset(commit: string): void {
    this.git("reset", "-q", "--hard", commit);
    this.git("clean", "-qfd");
  }

  /** Runs `npm run review` as npm does, without an engine unless the environment has one. */
  review(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
    return run(process.execPath, [join(this.folder, "cli/review.ts"), ...args], {
      cwd: this.folder,
      env: { HOME: this.repository, TMPDIR: tmpdir(), PATH: onlyGit(), ...env },
      signal: AbortSignal.timeout(240_000),
    });
  }

  /** The document, by its schema, how it ended, and all that was printed. */
  async document(args: readonly string[], env?: NodeJS.ProcessEnv) {
    const { code, stdout, output } = await this.review([...args, "--format", "json"], env);
    assert.ok(stdout.startsWith("{"), output);
    return { code, output, review: described(JSON.parse(stdout) as Review) };
  }

  /** The same of one stack. */
  async stackReview(stack: string, env?: NodeJS.ProcessEnv): Promise<StackReview & { code: number }> {
    const { code, review } = await this.document(["--stack", stack, "--base", "main"], env);
    const [only, ...others] = review.stacks;
    assert.ok(only && others.length === 0);
    assert.equal(only.outcome, review.outcome);
    return { code, ...only };
  }
}

/** A folder for the PATH in which there is git and nothing else, no engine above all. */
export function onlyGit(): string {
  const folder = mkdtempSync(join(tmpdir(), "review-bin-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const git = execFileSync("sh", ["-c", "command -v git"], { encoding: "utf8" }).trim();
  symlinkSync(git, join(folder, "git"));
  return folder;
}

const keyOf = (key: string) => (key.includes(":") ? key : `vllm:${key}`);

const schemaOf = (name: string) => JSON.parse(readFileSync(join(root, "docs", `${name}.schema.json`), "utf8"));
const ajv = new Ajv({ strict: false });
for (const name of ["changes", "explain"]) ajv.addSchema(schemaOf(name), `${name}.schema.json`);
const conforms = ajv.compile(schemaOf("review"));

/** A document, which its schema has to describe. */
export function described(review: Review): Review {
  assert.ok(conforms(JSON.parse(JSON.stringify(review))), JSON.stringify(conforms.errors));
  return review;
}

/** What becomes of each resource, whose it is, and by which settings, in a line each. */
export const lines = ({ resources, settings }: StackReview): string[] =>
  resources.map(({ change, name, origins, causes, harms }) => {
    const by = causes.length > 0 ? ` by ${causes.map((index) => settings[index]?.setting).join(", ")}` : "";
    return `${change} ${name}: ${origins.join(" ")}${by}${harms.length > 0 ? ` (${harms.join(" ")})` : ""}`;
  });

/** Each setting that differs, in a line. */
export const settingLines = ({ settings }: StackReview): string[] =>
  settings.map(({ setting, models, before, after, secret }) => {
    const side = (one: typeof before) => (one ? `${JSON.stringify(one.value)} (${one.layer})` : "–");
    return `${setting}${models ? ` of ${models.join(", ")}` : ""}: ${secret ? "secret " : ""}${side(before)} → ${side(after)}`;
  });
