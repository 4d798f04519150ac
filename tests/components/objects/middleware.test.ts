import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Tree } from "../../../config/tree.ts";
import { least } from "../../config/settings.ts";
import { deployPlatform } from "../platform.ts";

/** The middleware of the engine: the object that holds it, and what it does to the answers. */

const path = fileURLToPath(new URL("../../../components/objects/drain.py", import.meta.url));
const driver = fileURLToPath(new URL("drainRun.py", import.meta.url));

test("the ConfigMap: the file as it is, under the name by which vLLM imports it, immutable and named automatically", async () => {
  const { one } = await deployPlatform({ own: { ...least, revision: "v1" } });
  assert.deepEqual(one("kubernetes:core/v1:ConfigMap").inputs, {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      namespace: "vllm",
      labels: {
        "app.kubernetes.io/name": "vllm",
        "app.kubernetes.io/instance": "chat",
        "app.kubernetes.io/managed-by": "pulumi",
      },
    },
    immutable: true,
    data: { "pulumi_vllm_drain.py": readFileSync(path, "utf8") },
  });
});

interface Outcome {
  sent: Tree[];
  error: string | null;
  heard: string[];
  cancelled: boolean;
  left: number;
}

/** What becomes of a request; each in a middleware of its own, whose engine ends 1 s after SIGTERM. */
function outcomeOf(request: Tree): Outcome {
  const input = `${JSON.stringify(request)}\n`;
  const { stdout, stderr } = spawnSync("python3", [driver, path], { input, encoding: "utf8", timeout: 10_000 });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

const start = (headers: string[][] = [], status = 200) => ({ type: "http.response.start", status, headers });
const body = (text: string, more_body = false) => ({ type: "http.response.body", body: text, more_body });
const close = ["connection", "close"];
const sse = ["content-type", "text/event-stream; charset=utf-8"];
const untouched = { error: null, heard: [], cancelled: false, left: 0 };
const drained = { error: null, heard: ["handler", "loop"], cancelled: false, left: 0 };
const inner = (message: string) => ({ message, type: "ServiceUnavailableError", param: null, code: 503 });
const errorOf = (message: string) => ({ type: "error", error: inner(message) });
const tooLate = errorOf("The server is stopping, and had 1 more seconds for this request, which was too little.");

test("every answer says that its connection ends with it, whatever it said of that before", () => {
  const answer = [
    start(
      [
        ["Content-Type", "application/json"],
        ["Connection", "keep-alive"],
      ],
      404,
    ),
    body("{}"),
  ];
  assert.deepEqual(outcomeOf({ answer }), {
    ...untouched,
    sent: [start([["content-type", "application/json"], close], 404), body("{}")],
  });
});

test("a stream goes through, part by part", () => {
  const parts = [body("data: 1\n\n", true), body("data: [DONE]\n\n", true), body("")];
  assert.deepEqual(outcomeOf({ answer: [start([sse]), ...parts] }), {
    ...untouched,
    sent: [start([sse, close]), ...parts],
  });
});

test("what is no request is left alone", () => {
  for (const type of ["websocket", "lifespan"])
    assert.deepEqual(outcomeOf({ type }), { ...untouched, sent: [{ type: `${type}.seen` }] });
});

test("what the application throws is thrown on", () => {
  const thrown = { ...untouched, sent: [], error: 'RuntimeError("the application\'s own")' };
  assert.deepEqual(outcomeOf({ answer: ["raise"] }), thrown);
});

test("an answer that comes before all of the request was read: the rest is read before the connection is closed", () => {
  const answer = [start([["content-length", "2"]], 401), body("no")];
  const sent = [
    { ...start([["content-length", "2"], close], 401), asked: 0 },
    { ...body("no", true), asked: 0 },
    { ...body(""), asked: 3 },
  ];
  assert.deepEqual(outcomeOf({ answer, reads: false, chunks: 3 }), { ...untouched, sent });
  // A client that sends no more does not hold it for ever.
  const stalled = [...sent.slice(0, 2), { ...body(""), asked: 2 }];
  assert.deepEqual(outcomeOf({ answer, reads: false, chunks: 3, stalls: true }), { ...untouched, sent: stalled });
  // Without a body there is nothing to read.
  assert.deepEqual(outcomeOf({ answer, reads: false, headers: [], method: "GET", chunks: 1 }).sent, [
    sent[0],
    { ...body("no"), asked: 0 },
  ]);
});

test("what is answered between SIGTERM and the engine's end is answered as ever", () => {
  const answer = [start([sse]), body("data: 1\n\n", true), body("data: [DONE]\n\n")];
  const [, ...rest] = answer;
  assert.deepEqual(outcomeOf({ answer, sigterm: 2 }), { ...drained, sent: [start([sse, close]), ...rest] });
});

test("a new request in a drain is refused as one that another server may take; what is only read is answered", () => {
  const error = JSON.stringify(errorOf("The server is stopping and takes no new request: send it again."));
  const { sent, ...rest } = outcomeOf({ answer: [start(), body("late")], sigterm: -1 });
  assert.deepEqual(rest, drained);
  assert.deepEqual(
    sent.map(({ headers: _, body: __, ...message }) => message),
    [
      { type: "http.response.start", status: 503 },
      { type: "http.response.body", more_body: true },
      { type: "http.response.body" },
    ],
  );
  assert.deepEqual(sent[0]?.headers, [
    ["content-type", "application/json"],
    ["content-length", String(Buffer.byteLength(String(sent[1]?.body)))],
    ["retry-after", "0"],
    close,
  ]);
  assert.deepEqual(JSON.parse(String(sent[1]?.body)), JSON.parse(error));
  assert.equal(sent[2]?.body, "");
  const read = outcomeOf({ answer: [start(), body("ok")], method: "GET", headers: [], sigterm: -1 });
  assert.deepEqual(read, { ...drained, sent: [start([close]), body("ok")] });
});

test("a request that came before SIGTERM, and that vLLM takes no more, is refused in the same words", () => {
  const failed = [start([["content-type", "application/json"]], 500), body('{"error":"cannot schedule"}')];
  const { sent, ...rest } = outcomeOf({ answer: failed, sigterm: 0 });
  assert.deepEqual(rest, drained);
  assert.equal(sent[0]?.status, 503);
  assert.deepEqual(
    JSON.parse(String(sent[1]?.body)),
    errorOf("The server is stopping and takes no new request: send it again."),
  );
  assert.equal(sent.length, 2);
  const own = [start([["content-type", "application/json"], close], 500), failed[1]];
  assert.deepEqual(outcomeOf({ answer: failed }), { ...untouched, sent: own });
  assert.deepEqual(outcomeOf({ answer: failed, method: "GET", headers: [], sigterm: 0 }), { ...drained, sent: own });
});

test("a stream that outlives the engine ends with an error in its own form, and nothing after it", () => {
  const { sent, ...rest } = outcomeOf({ answer: [start([sse]), body("data: 1\n\n", true), "wait"], sigterm: 2 });
  assert.deepEqual(rest, { ...drained, cancelled: true });
  const [first, second, last, ...more] = sent;
  assert.deepEqual([first, second, more], [start([sse, close]), body("data: 1\n\n", true), []]);
  const [, event, data] = /^event: (.*)\ndata: (.*)\n\n$/.exec(String(last?.body)) ?? [];
  assert.equal(event, "error");
  assert.deepEqual(JSON.parse(data ?? ""), tooLate);
  assert.equal(last?.more_body ?? false, false);
});

test("a request that has no answer by then gets 503; an answer in another form is cut off where it is", () => {
  const { sent, ...rest } = outcomeOf({ answer: ["wait"], sigterm: 0 });
  assert.deepEqual(rest, { ...drained, cancelled: true });
  assert.equal(sent[0]?.status, 503);
  assert.deepEqual(JSON.parse(String(sent[1]?.body)), tooLate);
  assert.equal(sent.length, 2);
  const audio = [["content-type", "audio/wav"]];
  assert.deepEqual(outcomeOf({ answer: [start(audio), body("RIFF", true), "wait"], sigterm: 2 }), {
    ...drained,
    cancelled: true,
    sent: [start([...audio, close]), body("RIFF", true)],
  });
});
