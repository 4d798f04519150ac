import grpc from "@grpc/grpc-js";
import analyzerService from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import { PluginError } from "../plugin/errors.ts";
import { unary } from "../plugin/service.ts";

const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

type Client = InstanceType<typeof analyzerService.AnalyzerClient>;
type Method = (request: object, done: grpc.requestCallback<object>) => grpc.ClientUnaryCall;

/**
 * Stands between the engine and a policy pack, as the real host's does: a pack of Node.js learns its stack from its
 * environment, so it can start only when the engine has said which one it is. From then on calls are passed on.
 */
export class PackProxy {
  readonly #server = new grpc.Server(unlimited);
  readonly #stack = Promise.withResolvers<analyzer.AnalyzerStackConfigureRequest | undefined>();
  readonly #pack = Promise.withResolvers<Client>();
  #client: Client | undefined;
  #heard = "";

  /** The stack, once the engine has said it; nothing where it asks for something else first, as a publish does. */
  readonly stack = this.#stack.promise;

  /** Begins to answer the engine; the port is what it waits for. */
  async listen(): Promise<number> {
    // Without a call that waits for it, nobody hears that a pack did not start.
    this.#pack.promise.catch(() => undefined);
    const methods = Object.keys(analyzerService.AnalyzerService) as (keyof Client & string)[];
    this.#server.addService(analyzerService.AnalyzerService, {
      ...Object.fromEntries(methods.map((name) => [name, this.#passOn(name)])),
      handshake: unary(async () => new analyzer.AnalyzerHandshakeResponse()),
      configureStack: unary(async (request: analyzer.AnalyzerStackConfigureRequest) => {
        this.#stack.resolve(request);
        return new analyzer.AnalyzerStackConfigureResponse();
      }),
    });
    return new Promise((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
        error ? reject(error) : resolve(port),
      );
    });
  }

  /**
   * Takes what the pack prints, and returns what of it is for the engine: all but its port, which is the first line.
   * @throws PluginError where the first line is something else
   */
  hear(data: Buffer): Buffer | string {
    if (this.#client) return data;
    this.#heard += data;
    const [, first, rest = ""] = /^(.*)\n([\s\S]*)$/.exec(this.#heard) ?? [];
    if (first === undefined) return "";
    if (!/^\d+$/.test(first)) throw new PluginError(`could not read policy pack port: it printed ${first}`);
    void this.#attach(`127.0.0.1:${first}`);
    return rest;
  }

  /** Ends the proxy; calls that wait for the pack fail with the reason. */
  close(reason: string): void {
    this.#pack.reject(new PluginError(reason));
    this.#client?.close();
    this.#server.forceShutdown();
  }

  async #attach(address: string): Promise<void> {
    const client = new analyzerService.AnalyzerClient(address, grpc.credentials.createInsecure(), unlimited);
    this.#client = client;
    const stack = await this.stack;
    if (!stack) return this.#pack.resolve(client);
    client.configureStack(stack, (error) => {
      // Older packs do not know the call.
      if (error && error.code !== grpc.status.UNIMPLEMENTED) this.#pack.reject(error);
      else this.#pack.resolve(client);
    });
  }

  #passOn(name: keyof Client & string): grpc.handleUnaryCall<object, object> {
    return (call, done) => {
      this.#stack.resolve(undefined);
      this.#pack.promise.then(
        (client) => (client[name] as unknown as Method).call(client, call.request, done),
        (error: Error) => done({ code: grpc.status.UNKNOWN, details: `policy pack not started: ${error.message}` }),
      );
    };
  }
}
