import assert from "node:assert/strict";
import { test } from "node:test";
import { failureText, progressText } from "../../../components/rollout/message.ts";

/** What a person reads of a rollout that is not complete. */

const standing = { state: "stuck", wanted: 4, available: 1, old: 3, oldReady: 2, hash: "new" } as const;
const because = "its rollout is stuck: no further pod became ready in 100 s";
const crash = {
  pods: 2,
  text: "container vllm ends again and again: exit code 1, Error",
  advice: "Its log says why.",
  log: { pod: "chat-new-1", container: "vllm", previous: true },
  lines: "INFO starting\nValueError: no room for the KV cache\n",
};
const end = (model: string, namespace: string) => `
Every further \`pulumi up\` fails until its rollout is complete. Correct it, or take the change back, and run it again.
  kubectl --namespace ${namespace} describe pods --selector app.kubernetes.io/instance=${model}`;

test("what is wrong, what serves, each reason with its log and what to do, and where to look", () => {
  const scheduled = { pods: 1, text: "no node takes it: 0/3", advice: "Make room." };
  const quota = { pods: 0, text: "pods are not made: exceeded quota", advice: "Raise it." };
  const reasons = [quota, crash, scheduled];
  assert.equal(
    failureText({ model: "chat", namespace: "inference", because, standing, reasons }),
    `model chat: its rollout is stuck: no further pod became ready in 100 s. 1 of 4 new pods are ready; 2 old ones serve on.
  pods are not made: exceeded quota
    Raise it.
  2 pods: container vllm ends again and again: exit code 1, Error
    the end of the log of chat-new-1:
    | INFO starting
    | ValueError: no room for the KV cache
    Its log says why.
  1 pod: no node takes it: 0/3
    Make room.${end("chat", "inference")}`,
  );
});

test("without old pods, without a log, without a reason, without a Deployment", () => {
  const text = (given: Partial<Parameters<typeof failureText>[0]>) =>
    failureText({ model: "code", namespace: "ml", because: "stuck", reasons: [], ...given });
  assert.equal(
    text({ standing: { ...standing, old: 0, oldReady: 0 } }),
    `model code: stuck. 1 of 4 new pods are ready; these serve.\n  No pod says why.${end("code", "ml")}`,
  );
  const { lines: _, ...silent } = crash;
  assert.equal(
    text({ standing: { ...standing, available: 0, oldReady: 0 }, reasons: [{ ...silent, lines: "" }] }),
    `model code: stuck. 0 of 4 new pods are ready; nothing serves this model.
  2 pods: container vllm ends again and again: exit code 1, Error
    Its log says why.${end("code", "ml")}`,
  );
  assert.equal(text({ because: "its Deployment is gone" }), `model code: its Deployment is gone.${end("code", "ml")}`);
});

test("old pods that are not ready serve nothing", () => {
  const text = failureText({
    model: "chat",
    namespace: "ml",
    because,
    standing: { ...standing, available: 0, oldReady: 0 },
    reasons: [],
  });
  assert.match(text, /0 of 4 new pods are ready; nothing serves this model\./);
});

test("at most five reasons, each of at most a thousand characters", () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ pods: 1, text: `reason ${index}`, advice: "Mend it." }));
  const lines = (count: number) =>
    failureText({ model: "chat", namespace: "ml", because, standing, reasons: many(count) }).split("\n");
  assert.equal(lines(5).length, 1 + 5 * 2 + 2);
  assert.equal(lines(6).length, 1 + 5 * 2 + 1 + 2);
  assert.equal(lines(6)[11], "  and 1 reason more");
  assert.equal(lines(100)[11], "  and 95 reasons more");
  const long = { pods: 1, text: "x".repeat(1001), advice: "Mend it." };
  const text = failureText({ model: "chat", namespace: "ml", because, standing, reasons: [long] });
  assert.ok(text.includes(`1 pod: ${"x".repeat(1000)} …\n`));
  assert.ok(progressText(standing, long).endsWith(`${"x".repeat(1000)} …`));
});

test("progress, on one line", () => {
  assert.equal(progressText({ ...standing, old: 0, oldReady: 0 }), "1 of 4 new pods ready");
  assert.equal(progressText(standing), "1 of 4 new pods ready, 3 old left");
  assert.equal(progressText(standing, crash), `1 of 4 new pods ready, 3 old left; 2 pods: ${crash.text}`);
  assert.equal(progressText(standing, { ...crash, pods: 0 }), `1 of 4 new pods ready, 3 old left; ${crash.text}`);
});

test("no secret is told of what a pod says, cut or whole", () => {
  const token = `hf_${"aB3".repeat(12)}`;
  const lines = `INFO starting\nOSError: 401 for ${token}\n`;
  const said = { ...crash, text: `${"x".repeat(980)} https://user:hunter2@example.com`, lines };
  const told = failureText({ model: "chat", namespace: "ml", because: `stuck: ${token}`, standing, reasons: [said] });
  assert.doesNotMatch(`${told}${progressText(standing, said)}`, /aB3|hunter2/);
  assert.match(told, /stuck: \[secret\]\./);
  assert.match(told, / {4}\| OSError: 401 for \[secret\]$/m);
  const long = { ...crash, lines: `${"x".repeat(383)} ${token}\n` };
  const cut = failureText({ model: "chat", namespace: "ml", because, standing, reasons: [long] });
  assert.match(cut, /\| x{383} \[secret\]$/m);
});

test("of a long log it tells the reason, and the end", () => {
  const frames = Array.from({ length: 30 }, (_, line) => `  frame ${line}`);
  const lines = ["INFO starting", "ValueError: no room", ...frames].join("\n");
  const text = failureText({ model: "chat", namespace: "ml", because, standing, reasons: [{ ...crash, lines }] });
  const told = text.split("\n").filter((line) => line.startsWith("    | "));
  assert.deepEqual(
    told.map((line) => line.slice(6)),
    ["ValueError: no room", "…", ...frames.slice(-12)],
  );
});
