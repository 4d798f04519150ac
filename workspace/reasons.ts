import type { Diagnostic, Violation } from "./events.ts";

/** What an engine is known to say on stderr where it cannot begin, and what a person does about it. */
const known: readonly [RegExp, (found: RegExpExecArray, stack: string) => string][] = [
  [
    /no stack named '([^']*)' found/,
    ([, name]) =>
      `there is no stack ${name}: \`pulumi stack ls\` lists the stacks, \`pulumi stack init ${name}\` makes it`,
  ],
  [
    /passphrase must be set|incorrect passphrase/,
    ([said], stack) =>
      `the secrets of stack ${stack} cannot be read: ${said === "incorrect passphrase" ? "the passphrase is another one" : "there is no passphrase"}; set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one with which the stack was made`,
  ],
  [
    /the stack is currently locked by[\s\S]*?created by (\S+) \(pid (\d+)\) at (\S+)/,
    ([, who, pid, since], stack) =>
      `another operation runs on stack ${stack} (${who}, pid ${pid}, since ${since}): wait for its end; if it was killed, \`pulumi cancel --stack ${stack}\` releases the stack`,
  ],
  [
    /Another update is currently in progress/,
    (_, stack) => `another operation runs on stack ${stack}: wait for its end`,
  ],
  [
    /^spawn (.*) (?:ENOENT|EACCES)$/m,
    ([, engine]) =>
      `the Pulumi engine cannot be started: no executable ${engine}; install it (https://www.pulumi.com/docs/install/)`,
  ],
];

/**
 * Why an engine did not succeed, in one line: what is known to help where it is known, else its first error, else the first
 * policy that refused it.
 */
export function reasonOf(
  stack: string,
  stderr: string,
  diagnostics: readonly Diagnostic[] = [],
  violations: readonly Violation[] = [],
): string {
  for (const [pattern, sentence] of known) {
    const found = pattern.exec(stderr);
    if (found) return sentence(found, stack);
  }
  const error = diagnostics.find(({ severity }) => severity === "error");
  const refusal = violations.find(({ enforcement }) => enforcement === "mandatory");
  const said = refusal && `policy ${refusal.policy}: ${refusal.message}`;
  const first = error?.message ?? said ?? /^error: (.*)$/m.exec(stderr)?.[1] ?? stderr.trim();
  return first.split("\n")[0] || "the engine ended without saying why";
}
