import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { notes } from "../../program/notes.ts";
import { planned } from "../components/platform.ts";
import { least } from "../config/settings.ts";

const bucket = "vllm-models-bucket-1234567";
const of = (own: Tree, stack = "prod") => notes(planned({ own: { ...least, ...own }, stack }), bucket);

const served = [
  "chat serves 'chat', revision v1, at http://chat.vllm.svc/v1 inside the cluster.",
  "From outside, forward a port and ask:",
  "  aws eks update-kubeconfig --region eu-west-1 --name lab --alias lab",
  "  kubectl --context lab --namespace vllm port-forward service/chat 8000:80",
  `  curl http://127.0.0.1:8000/v1/chat/completions -H "Authorization: Bearer $(pulumi stack output apiKey --show-secrets --stack prod)" -H 'Content-Type: application/json' -d '{"model":"chat","messages":[{"role":"user","content":"Hello"}]}'`,
];
const publish = (name: string, key: string) => [
  `${name} has no revision yet, so nothing serves it. Publish one and deploy it (second copies of the weights stay out: the engine would load some of them too):`,
  `  aws s3 cp --recursive ./${name} s3://${bucket}/models/${name}/v1/ --exclude 'consolidated*' --exclude 'original/*'`,
  `  pulumi config set --stack prod --path '${key}' v1`,
  "  pulumi up --stack prod",
];
const downtime =
  "Its next change means downtime: one replica, and no spare GPUs for another. More replicas, or gpu.spare, avoid it.";

test("before a revision: how to publish one, and the key to set", () => {
  assert.equal(of({}), publish("chat", "vllm:revision").join("\n"));
  const long = { model: null, models: { chat: {} } };
  assert.equal(of(long), publish("chat", "vllm:models.chat.revision").join("\n"));
});

test("Mistral's own format keeps its weights", () => {
  const own = { delivery: { kind: "copy" }, engine: { args: { "load-format": "mistral" } } };
  const all = publish("chat", "vllm:revision").join("\n");
  assert.equal(of(own), all.replace(" --exclude 'consolidated*'", ""));
});

test("with a revision: the endpoint, and how to ask it from outside", () => {
  assert.equal(of({ revision: "v1", replicas: 2 }), served.join("\n"));
});

test("where a change means downtime, the notes say so; before there is a revision they do not", () => {
  assert.equal(of({ revision: "v1" }), [...served, downtime].join("\n"));
  assert.equal(of({ revision: "v1", autoscaling: { min: 1, max: 4 } }), [...served, downtime].join("\n"));
  assert.equal(of({ revision: "v1", gpu: { product: "L4", spare: 1 } }), served.join("\n"));
  assert.equal(of({ revision: "v1", gpu: { count: 0 } }), served.join("\n"));
  assert.equal(of({}).includes("downtime"), false);
});

test("several models: a paragraph each, in their order", () => {
  const text = of({ model: null, models: { chat: { revision: "v1", replicas: 2 }, code: {} } });
  assert.equal(text, [served.join("\n"), publish("code", "vllm:models.code.revision").join("\n")].join("\n\n"));
});

/** Whose lines between the first two and the request say how to reach the cluster. */
const reached = (cluster: Tree, region?: string) => {
  const own = { ...least, revision: "v1", replicas: 2, cluster };
  const lines = notes(planned({ own, ...(region ? { region } : {}) }), bucket).split("\n");
  assert.deepEqual([lines.slice(0, 2), lines.slice(-1)], [served.slice(0, 2), served.slice(-1)]);
  return lines.slice(2, -1);
};

test("kubectl is pointed at the stack's own cluster by the context that the settings name", () => {
  assert.deepEqual(reached({ eks: "lab", context: "admin" }), [
    "  kubectl --context admin --namespace vllm port-forward service/chat 8000:80",
  ]);
  assert.deepEqual(reached({ eks: "lab", context: "arn:aws:eks:eu-west-1:1:cluster/lab", kubeconfig: "/a b/config" }), [
    "  kubectl --kubeconfig '/a b/config' --context arn:aws:eks:eu-west-1:1:cluster/lab --namespace vllm port-forward service/chat 8000:80",
  ]);
});

test("without a context kubectl first gets one for the EKS cluster, and never uses the ambient one", () => {
  assert.deepEqual(reached({ eks: "gpu-2" }, "us-east-1"), [
    "  aws eks update-kubeconfig --region us-east-1 --name gpu-2 --alias gpu-2",
    "  kubectl --context gpu-2 --namespace vllm port-forward service/chat 8000:80",
  ]);
});

test("a shell reads the request's body as it is meant, quotes and all", () => {
  const name = `it's "qwen" $HOME \`id\``;
  const line = of({ revision: "v1", servedModelName: name }).split("\n")[4] ?? "";
  const body = line.slice(line.indexOf(" -d ") + 4);
  const read = execFileSync("/bin/sh", ["-c", `printf %s ${body}`], { encoding: "utf8" });
  assert.equal(JSON.parse(read).model, name);
});
