import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Tree } from "../../config/tree.ts";
import { type Lab, up } from "../../lab/lab.ts";
import { Served } from "../../lab/load/served.ts";
import type { Finished } from "../../lab/project.ts";
import { errors, readable } from "../e2e/process.ts";
import { unique } from "../e2e/support.ts";

const namespace = `failing-${unique}`;

const variables = (env: Record<string, string>): Tree => ({ revision: "v1", engine: { env } });
/** What keeps each from being served; the first needs longer than its budget. */
const broken: Record<string, Tree> = {
  late: { ...variables({ DOUBLE_STARTUP_SECONDS: "300" }), startup: { seconds: 10 } },
  large: variables({ DOUBLE_MEMORY_BYTES: "8e9" }),
  unknown: { revision: "v1", image: { tag: "v0.32.0-none" } },
  crashing: variables({ DOUBLE_CRASH: "No available memory for the cache blocks." }),
  cut: { revision: "v1", image: { streamer: false }, engine: { env: { AWS_ENDPOINT_URL: "http://127.0.0.1:9" } } },
};

/** What an `up` says of it: a kubelet's own words, of a pod that ran. */
const reasons: Record<string, RegExp[]> = {
  late: [/container vllm .*(Startup probe failed: Get .*connection refused|ends again and again)/],
  large: [/container vllm ends again and again: killed because its memory was used up/, /Raise resources\.memory\./],
  unknown: [/container vllm has no image vllm\/vllm-openai-cpu:v0\.32\.0-none: (ErrImagePull|ImagePullBackOff)/],
  crashing: [/container vllm ends again and again: exit code 1, Error/, /No available memory for the cache blocks\./],
  cut: [/container copy-model ends again and again: exit code 1, Error/, /Could not connect to the endpoint URL/],
};

let lab: Lab;
let served: Served;
let failed: Finished;

before(async () => {
  lab = await up({ nodes: true });
  served = await Served.stage(lab, namespace, Object.keys(broken));
  failed = await served.up(broken);
});
after(() => served.destroy());

test("an up whose pods do not start fails, in words for a person, and says of each why", () => {
  assert.notEqual(failed.code, 0);
  readable(failed.output);
  const said = errors(failed).filter((text) => text.startsWith("model "));
  const named = said.map((text) => /^model (\S+):/.exec(text)?.[1] ?? "");
  assert.deepEqual(named.sort(), Object.keys(broken).sort());
  for (const [model, expected] of Object.entries(reasons)) {
    const text = said.find((one) => one.startsWith(`model ${model}:`)) ?? "";
    for (const reason of expected) assert.match(text, reason);
  }
});
