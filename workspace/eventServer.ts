import { setTimeout as sleep } from "node:timers/promises";
import grpc from "@grpc/grpc-js";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import eventsService from "@pulumi/pulumi/proto/events_grpc_pb.js";
import type { EventRequest } from "@pulumi/pulumi/proto/events_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

/** For the end of the events of an engine that is gone, in milliseconds. */
const patience = 1000;

/** Where an engine sends its events. */
export interface EventServer {
  /** The value of `--event-log`. */
  address: string;
  /** Stops listening, once the engine's events have ended. What one that is killed had sent in its last moment is lost. */
  close: () => Promise<void>;
}

/**
 * Receives the events of one engine, as the Automation API does, which keeps its own server to itself. Not by a file: an
 * `up` that begins with a preview empties it for the second half, and whoever reads along misses events.
 * @param take is handed each event in the order of the engine, which waits where it takes long
 */
export async function receiveEvents(take: (event: EngineEvent) => void): Promise<EventServer> {
  const server = new grpc.Server({ "grpc.max_receive_message_length": -1 });
  const ends: Promise<unknown>[] = [];
  const streamEvents = (
    call: grpc.ServerReadableStream<EventRequest, empty.Empty>,
    done: grpc.sendUnaryData<empty.Empty>,
  ) => {
    call.on("data", (request: EventRequest) => {
      const event = parse(request.getEvent());
      if (event) take(event);
    });
    call.on("end", () => done(null, new empty.Empty()));
    // An engine that is killed breaks off.
    ends.push(new Promise((ended) => call.on("end", ended).on("error", ended).on("cancelled", ended)));
  };
  server.addService(eventsService.EventsService as unknown as grpc.ServiceDefinition, { streamEvents });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const close = async () => {
    await Promise.race([Promise.all(ends), sleep(patience, undefined, { ref: false })]);
    server.forceShutdown();
  };
  return { address: `tcp://127.0.0.1:${port}`, close };
}

/** What is no event, is passed over. */
function parse(text: string): EngineEvent | undefined {
  try {
    return JSON.parse(text) as EngineEvent;
  } catch {
    return undefined;
  }
}
