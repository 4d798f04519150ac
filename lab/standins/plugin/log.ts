import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";

/** How the engine shows a message. `status` is a line beside the resource that the next one replaces. */
export type LogKind = "debug" | "info" | "warning" | "error" | "status";

/** Writes messages into the engine's display. A message that cannot be delivered is dropped: it must not stop the work. */
export class EngineLog {
  #client: InstanceType<typeof engineService.EngineClient> | undefined;
  #sent: Promise<void> = Promise.resolve();

  /** Without an address (a test without an engine) messages go nowhere. */
  constructor(address: string | undefined) {
    if (address) this.#client = new engineService.EngineClient(address, grpc.credentials.createInsecure());
  }

  /** Sends a message, after all earlier ones; `urn` is the resource it is about. */
  send(kind: LogKind, message: string, urn = ""): Promise<void> {
    const client = this.#client;
    if (!client) return this.#sent;
    const severity = {
      debug: engine.LogSeverity.DEBUG,
      info: engine.LogSeverity.INFO,
      status: engine.LogSeverity.INFO,
      warning: engine.LogSeverity.WARNING,
      error: engine.LogSeverity.ERROR,
    }[kind];
    const request = new engine.LogRequest()
      .setSeverity(severity)
      .setMessage(message)
      .setUrn(urn)
      .setEphemeral(kind === "status");
    this.#sent = this.#sent.then(() => new Promise((resolve) => client.log(request, () => resolve())));
    return this.#sent;
  }

  /** Waits until everything sent so far is out. */
  flush(): Promise<void> {
    return this.#sent;
  }
}
