import assert from "node:assert/strict";
import { test } from "node:test";
import { failureText, progressText } from "../../../components/rollout/message.ts";

/** What a person reads of a rollout that is not complete. */

const standing = { state: "stuck", wanted: 4, available: 1, old: 3, hash: "new" } as const;
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
    `model chat: its rollout is stuck: no further pod became ready in 100 s. 1 of 4 new pods are ready; 3 of the old ones are left and serve on.
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
    text({ standing: { ...standing, old: 0 } }),
    `model code: stuck. 1 of 4 new pods are ready; these serve.\n  No pod says why.${end("code", "ml")}`,
  );
  const { lines: _, ...silent } = crash;
  assert.equal(
    text({ standing: { ...standing, old: 0, available: 0 }, reasons: [{ ...silent, lines: "" }] }),
    `model code: stuck. 0 of 4 new pods are ready; nothing serves this model.
  2 pods: container vllm ends again and again: exit code 1, Error
    Its log says why.${end("code", "ml")}`,
  );
  assert.equal(text({ because: "its Deployment is gone" }), `model code: its Deployment is gone.${end("code", "ml")}`);
});

test("progress, on one line", () => {
  assert.equal(progressText({ ...standing, old: 0 }), "1 of 4 new pods ready");
  assert.equal(progressText(standing), "1 of 4 new pods ready, 3 old left");
  assert.equal(progressText(standing, crash), `1 of 4 new pods ready, 3 old left; 2 pods: ${crash.text}`);
});
