// Plays the Pulumi engine for tests: what it does is said by FAKE, a list of words; what became of it goes to FAKE_DIARY.
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import events from "@pulumi/pulumi/proto/events_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/events_pb.js";

const { EventRequest } = messages;
const { FAKE = "", FAKE_DIARY = "/dev/null" } = process.env;
const log = process.argv.find((argument) => argument.startsWith("--event-log="))?.slice("--event-log=".length);
const note = (text) => appendFileSync(FAKE_DIARY, `${text}\n`);
let received = () => {};
const all = new Promise((done) => {
  received = done;
});
const stream =
  log && new events.EventsClient(log.replace("tcp://", ""), grpc.credentials.createInsecure()).streamEvents(received);
const end = async (code) => {
  stream?.end();
  if (stream) await all; // Also where nobody listens any more.
  process.exit(code);
};
const event = (told) => new Promise((sent) => stream.write(new EventRequest().setEvent(JSON.stringify(told)), sent));
const step = async (kind, urn) => event({ [kind]: { metadata: { op: "create", urn, type: "t" } } });

let interrupts = 0;
const patient = Number(/interrupts=(\d+)/.exec(FAKE)?.[1] ?? 1);
process.on("SIGINT", () => {
  note("SIGINT");
  if (++interrupts === patient) process.exit(255);
});
const wait = async () => {
  note("waiting");
  for (;;) await sleep(1000);
};

for (const word of FAKE.split(" "))
  if (word === "args") console.log(JSON.stringify(process.argv.slice(2)));
  else if (word === "env") console.log(JSON.stringify(process.env));
  else if (word === "cwd") console.log(process.cwd());
  else if (word === "begin") await event({ preludeEvent: { config: {} } });
  else if (word === "create") {
    await step("resourcePreEvent", "urn:pulumi:s::p::t::one");
    await step("resOutputsEvent", "urn:pulumi:s::p::t::one");
  } else if (word === "start") await step("resourcePreEvent", "urn:pulumi:s::p::t::two");
  else if (word === "error")
    await event({
      diagnosticEvent: { severity: "error", message: "it is wrong\nvery", urn: "urn:pulumi:s::p::t::one" },
    });
  else if (word === "summary") await event({ summaryEvent: { resourceChanges: { create: 1 }, durationSeconds: 2 } });
  else if (word === "plugin") {
    // As the engine starts plugins: in a process group of their own. This one does not end when it is asked to.
    const stubborn = 'trap "" TERM INT; i=0; while [ $i -lt 300 ]; do i=$((i+1)); sleep 0.1; done';
    spawn("sh", ["-c", `set -m; sh -c '${stubborn}' & exit`], { stdio: "ignore" });
  } else if (word === "wait") await wait();
  else if (word === "pause") {
    note("pausing");
    await sleep(1500);
  } else if (word === "nonsense")
    await new Promise((sent) => stream.write(new EventRequest().setEvent('{"resOut'), sent));
  else if (word === "pid") note(process.pid);
  else if (word === "die") process.kill(process.pid, "SIGKILL");
  else if (word === "fail") {
    console.error("error: it failed");
    await end(3);
  }
note("done");
await end(0);
