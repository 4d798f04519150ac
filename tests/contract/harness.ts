import grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { fromStruct, type Properties, toStruct } from "../../lab/standins/plugin/values.ts";
import { call, type PluginProcess, startPlugin } from "./harnessProcess.ts";

export * from "./harnessProcess.ts";

/** A resource provider, called the way the engine calls it. */
export class ProviderUnderTest {
  readonly process: PluginProcess;
  readonly client: InstanceType<typeof providerService.ResourceProviderClient>;

  private constructor(process: PluginProcess) {
    this.process = process;
    this.client = new providerService.ResourceProviderClient(process.address, grpc.credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
    });
  }

  /** Starts the plugin; call `configure` next. */
  static async start(path: string, options: Parameters<typeof startPlugin>[1] = {}): Promise<ProviderUnderTest> {
    return new ProviderUnderTest(await startPlugin(path, options));
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.process.stop();
  }

  async version(): Promise<string> {
    return (await call(this.client, this.client.getPluginInfo, new empty.Empty())).getVersion();
  }

  /** Sends the configuration; `variables` are keys such as `aws:config:region`, in `args` the part after `config:`. */
  async configure(args: Properties = {}, namespace = ""): Promise<provider.ConfigureResponse> {
    const request = new provider.ConfigureRequest()
      .setArgs(toStruct(args))
      .setAcceptsecrets(true)
      .setAcceptresources(true)
      .setSendsOldInputs(true)
      .setSendsOldInputsToDelete(true);
    for (const [key, value] of Object.entries(args)) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      request.getVariablesMap().set(`${namespace}:config:${key}`, text);
    }
    return call(this.client, this.client.configure, request);
  }

  async check(urn: string, news: Properties, olds: Properties = {}, seed = Buffer.alloc(32, 7)) {
    const request = new provider.CheckRequest()
      .setUrn(urn)
      .setType(typeOf(urn))
      .setName(nameOf(urn))
      .setNews(toStruct(news))
      .setOlds(toStruct(olds))
      .setRandomseed(seed);
    const response = await call(this.client, this.client.check, request);
    return {
      inputs: fromStruct(response.getInputs()),
      failures: response.getFailuresList().map((failure) => failure.toObject()),
    };
  }

  async diff(
    urn: string,
    id: string,
    old: { inputs: Properties; outputs: Properties },
    news: Properties,
    ignore: string[] = [],
  ) {
    const request = new provider.DiffRequest()
      .setUrn(urn)
      .setType(typeOf(urn))
      .setName(nameOf(urn))
      .setId(id)
      .setOlds(toStruct(old.outputs))
      .setOldInputs(toStruct(old.inputs))
      .setNews(toStruct(news))
      .setIgnorechangesList(ignore);
    const response = await call(this.client, this.client.diff, request);
    const kinds = Object.entries(provider.PropertyDiff.Kind);
    return {
      changes: (["unknown", "none", "some"] as const)[response.getChanges()],
      replaces: response.getReplacesList(),
      diffs: response.getDiffsList(),
      stables: response.getStablesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
      detailedDiff: Object.fromEntries(
        response.toObject().detaileddiffMap.map(([path, { kind, inputdiff }]) => [
          path,
          {
            kind: (kinds.find(([, number]) => number === kind)?.[0] ?? "").toLowerCase().replace("_", "-"),
            inputDiff: inputdiff,
          },
        ]),
      ),
    };
  }

  async create(urn: string, inputs: Properties, options: { preview?: boolean; timeoutSeconds?: number } = {}) {
    const request = new provider.CreateRequest()
      .setUrn(urn)
      .setType(typeOf(urn))
      .setName(nameOf(urn))
      .setProperties(toStruct(inputs))
      .setPreview(options.preview ?? false)
      .setTimeout(options.timeoutSeconds ?? 0);
    const response = await call(this.client, this.client.create, request);
    return { id: response.getId(), outputs: fromStruct(response.getProperties()) };
  }

  async read(urn: string, id: string, outputs: Properties = {}, inputs: Properties = {}) {
    const request = new provider.ReadRequest()
      .setUrn(urn)
      .setType(typeOf(urn))
      .setName(nameOf(urn))
      .setId(id)
      .setProperties(toStruct(outputs))
      .setInputs(toStruct(inputs));
    const response = await call(this.client, this.client.read, request);
    return {
      id: response.getId(),
      outputs: fromStruct(response.getProperties()),
      inputs: fromStruct(response.getInputs()),
    };
  }

  async update(
    urn: string,
    id: string,
    old: { inputs: Properties; outputs: Properties },
    news: Properties,
    options: { preview?: boolean; timeoutSeconds?: number; ignoreChanges?: string[] } = {},
  ) {
    const request = new provider.UpdateRequest()
      .setUrn(urn)
      .setType(typeOf(urn))
      .setName(nameOf(urn))
      .setId(id)
      .setOlds(toStruct(old.outputs))
      .setOldInputs(toStruct(old.inputs))
      .setNews(toStruct(news))
      .setPreview(options.preview ?? false)
      .setTimeout(options.timeoutSeconds ?? 0)
      .setIgnorechangesList(options.ignoreChanges ?? []);
    return fromStruct((await call(this.client, this.client.update, request)).getProperties());
  }

  async delete(
    urn: string,
    id: string,
    outputs: Properties,
    inputs: Properties = {},
    timeoutSeconds = 0,
  ): Promise<void> {
    const request = new provider.DeleteRequest()
      .setUrn(urn)
      .setType(typeOf(urn))
      .setName(nameOf(urn))
      .setId(id)
      .setProperties(toStruct(outputs))
      .setOldInputs(toStruct(inputs))
      .setTimeout(timeoutSeconds);
    await call(this.client, this.client.delete, request);
  }

  async invoke(token: string, args: Properties = {}) {
    const request = new provider.InvokeRequest().setTok(token).setArgs(toStruct(args));
    const response = await call(this.client, this.client.invoke, request);
    return {
      result: fromStruct(response.getReturn()),
      failures: response.getFailuresList().map((failure) => failure.toObject()),
    };
  }

  async cancel(): Promise<void> {
    await call(this.client, this.client.cancel, new empty.Empty());
  }
}

/** The URN of a resource in the tests' stack. */
export function urnOf(type: string, name: string): string {
  return `urn:pulumi:dev::contract::${type}::${name}`;
}

function typeOf(urn: string): string {
  return urn.split("::")[2] ?? "";
}

function nameOf(urn: string): string {
  return urn.split("::")[3] ?? "";
}
