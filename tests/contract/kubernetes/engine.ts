import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import type engine from "@pulumi/pulumi/proto/engine_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";

/** As much of an engine as a plugin needs to write its messages to. */
export class FakeEngine {
  readonly address: string;
  /** All messages so far, status lines included. */
  readonly messages: string[];
  #server: grpc.Server;

  private constructor(server: grpc.Server, port: number, messages: string[]) {
    this.#server = server;
    this.address = `127.0.0.1:${port}`;
    this.messages = messages;
  }

  static async start(): Promise<FakeEngine> {
    const messages: string[] = [];
    const server = new grpc.Server();
    const log: grpc.handleUnaryCall<engine.LogRequest, empty.Empty> = (call, done) => {
      messages.push(call.request.getMessage());
      done(null, new empty.Empty());
    };
    server.addService(engineService.EngineService as grpc.ServiceDefinition, { log });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    return new FakeEngine(server, port, messages);
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
