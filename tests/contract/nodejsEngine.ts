import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engine from "@pulumi/pulumi/proto/engine_pb.js";
import resourceService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { fromStruct, type Properties } from "../../lab/standins/plugin/values.ts";

/** A resource that was registered, its inputs as they travelled. */
export interface Registered {
  type: string;
  name: string;
  inputs: Properties;
}

/** As much of an engine as programs and components need in a preview; remembers what it is told. */
export class EngineForTests {
  /** Messages of the program and the host, as `severity: text`, without those for debugging. */
  readonly logs: string[] = [];
  readonly resources: Registered[] = [];
  /** The stack's outputs, once the program has ended. */
  outputs: Properties = {};
  address = "";
  readonly #server = new grpc.Server();

  async start(): Promise<void> {
    this.#server.addService(engineService.EngineService, {
      log: answer((request: engine.LogRequest) => {
        const [severity = ""] =
          Object.entries(engine.LogSeverity).find(([, number]) => number === request.getSeverity()) ?? [];
        if (severity !== "DEBUG") this.logs.push(`${severity.toLowerCase()}: ${request.getMessage()}`);
        return new empty.Empty();
      }),
      setRootResource: answer(() => new engine.SetRootResourceResponse()),
      getRootResource: answer(() => new engine.GetRootResourceResponse()),
    });
    this.#server.addService(resourceService.ResourceMonitorService, {
      supportsFeature: answer(() => new resource.SupportsFeatureResponse().setHassupport(true)),
      registerResource: answer((request: resource.RegisterResourceRequest) => {
        const [type, name] = [request.getType(), request.getName()];
        this.resources.push({ type, name, inputs: fromStruct(request.getObject()) });
        return new resource.RegisterResourceResponse()
          .setUrn(`urn:pulumi:dev::contract::${type}::${name}`)
          .setObject(request.getObject());
      }),
      registerResourceHook: answer(() => new empty.Empty()),
      registerResourceOutputs: answer((request: resource.RegisterResourceOutputsRequest) => {
        this.outputs = fromStruct(request.getOutputs());
        return new empty.Empty();
      }),
      signalAndWaitForShutdown: answer(() => new empty.Empty()),
    });
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    this.address = `127.0.0.1:${port}`;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

function answer<Request, Response>(handle: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> {
  return (call, done) => done(null, handle(call.request));
}
