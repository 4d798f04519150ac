import assert from "node:assert/strict";
import { test } from "node:test";
import type { Diagnostic, Violation } from "../../workspace/events.ts";
import { reasonOf } from "../../workspace/reasons.ts";

const error = (message: string): Diagnostic => ({ kind: "diagnostic", severity: "error", message });

const violation = (enforcement: string, message: string): Violation => ({
  ...{ kind: "policy", pack: "pulumi-vllm", policy: "gpuQuota", enforcement, message },
});

for (const { what, stderr, diagnostics, violations, reason } of [
  {
    what: "no such stack",
    stderr: "error: no stack named 'porod' found\n",
    reason: "there is no stack porod: `pulumi stack ls` lists the stacks, `pulumi stack init porod` makes it",
  },
  {
    what: "no passphrase",
    stderr:
      "error: getting stack configuration: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables\n",
    reason:
      "the secrets of stack dev cannot be read: there is no passphrase; set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one with which the stack was made",
  },
  {
    what: "another passphrase",
    stderr: "error: getting stack configuration: get stack secrets manager: incorrect passphrase\n",
    reason:
      "the secrets of stack dev cannot be read: the passphrase is another one; set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one with which the stack was made",
  },
  {
    what: "a lock",
    stderr:
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  file:///backend/.pulumi/locks/organization/p/dev/1.json: created by ci@runner-3 (pid 4711) at 2026-11-22T17:08:44Z\n",
    reason:
      "another operation runs on stack dev (ci@runner-3, pid 4711, since 2026-11-22T17:08:44Z): wait for its end; if it was killed, `pulumi cancel --stack dev` releases the stack",
  },
  {
    what: "Pulumi Cloud's lock",
    stderr: "error: [409] Conflict: Another update is currently in progress.\n",
    reason: "another operation runs on stack dev: wait for its end",
  },
  {
    what: "the first of several errors of resources, its first line",
    stderr: "",
    diagnostics: [
      { kind: "diagnostic", severity: "warning", message: "old" },
      error("bucket is not empty\n  at s3"),
      error("x"),
    ] satisfies Diagnostic[],
    reason: "bucket is not empty",
  },
  {
    what: "a resource's error that sounds like one of the engine's",
    stderr: "",
    diagnostics: [error("getting credentials: exec: spawn aws ENOENT\nincorrect passphrase")] satisfies Diagnostic[],
    reason: "getting credentials: exec: spawn aws ENOENT",
  },
  {
    what: "the first policy that refuses, its first line",
    stderr: "error: preview failed\n",
    violations: [violation("advisory", "few"), violation("mandatory", "22 GPUs\nnext"), violation("mandatory", "x")],
    reason: "policy gpuQuota: 22 GPUs",
  },
  {
    what: "a resource's error before a policy's",
    stderr: "",
    diagnostics: [error("no such bucket")] satisfies Diagnostic[],
    violations: [violation("mandatory", "22 GPUs")],
    reason: "no such bucket",
  },
  {
    what: "an error that is not known",
    stderr: 'warning: old\nerror: unable to open state directory "file:///x"\n',
    reason: 'unable to open state directory "file:///x"',
  },
  { what: "anything else", stderr: "panic: oh\n\ngoroutine 1\n", reason: "panic: oh" },
  { what: "nothing", stderr: "", reason: "the engine ended without saying why" },
])
  test(`a reason in one line: ${what}`, () => assert.equal(reasonOf("dev", stderr, diagnostics, violations), reason));
