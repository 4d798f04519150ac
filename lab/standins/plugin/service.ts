import type grpc from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { PluginError, toServiceError } from "./errors.ts";
import { EngineLog } from "./log.ts";
import type { CheckRequest, CheckResult, DiffRequest, DiffResult, Provider } from "./provider.ts";
import { serve } from "./server.ts";
import { fromStruct, toStruct } from "./values.ts";

/** Runs a provider as a plugin of this process; the engine's address is the first argument. */
export function serveProvider(implementation: Provider): Promise<void> {
  const address = process.argv.slice(2).find((argument) => /^[\w.[\]:-]+:\d+$/.test(argument));
  const service = providerServer(implementation, new EngineLog(address));
  return serve((server) => server.addService(providerService.ResourceProviderService, service));
}

/** The gRPC face of a provider: messages to plain objects and back, errors to statuses. */
function providerServer(implementation: Provider, log: EngineLog): grpc.UntypedServiceImplementation {
  const cancel = new AbortController();
  const host = {
    log: (...message: Parameters<EngineLog["send"]>) => void log.send(...message),
    cancelled: cancel.signal,
  };
  return {
    handshake: unary(async () =>
      new provider.ProviderHandshakeResponse().setAcceptSecrets(implementation.acceptSecrets),
    ),
    getPluginInfo: unary(async () => new plugin.PluginInfo().setVersion(implementation.version)),
    getSchema: unary(async () =>
      new provider.GetSchemaResponse().setSchema(JSON.stringify(implementation.schema ?? {})),
    ),
    attach: unary(async () => new empty.Empty()),
    cancel: unary(async () => {
      cancel.abort();
      return new empty.Empty();
    }),
    checkConfig: unary(async (call: provider.CheckRequest) => {
      const request = checkRequest(call);
      return checkResponse((await implementation.checkConfig?.(request)) ?? { inputs: request.news });
    }),
    diffConfig: unary(async (call: provider.DiffRequest) =>
      diffResponse((await implementation.diffConfig?.(diffRequest(call))) ?? { changes: "unknown" }),
    ),
    configure: unary(async (call: provider.ConfigureRequest) => {
      const variables = Object.fromEntries(call.toObject().variablesMap);
      await implementation.configure({ variables, args: fromStruct(call.getArgs()) }, host);
      return new provider.ConfigureResponse()
        .setAcceptsecrets(implementation.acceptSecrets)
        .setSupportspreview(implementation.supportsPreview);
    }),
    check: unary(async (call: provider.CheckRequest) => checkResponse(await implementation.check(checkRequest(call)))),
    diff: unary(async (call: provider.DiffRequest) => diffResponse(await implementation.diff(diffRequest(call)))),
    create: unary(async (call: provider.CreateRequest) => {
      const { id, properties } = await implementation.create({
        ...subject(call),
        properties: fromStruct(call.getProperties()),
        timeoutSeconds: call.getTimeout(),
        preview: call.getPreview(),
      });
      return new provider.CreateResponse().setId(id).setProperties(toStruct(properties));
    }),
    read: unary(async (call: provider.ReadRequest) => {
      const result = await implementation.read({
        ...subject(call),
        id: call.getId(),
        properties: fromStruct(call.getProperties()),
        inputs: fromStruct(call.getInputs()),
        timeoutSeconds: call.getTimeout(),
      });
      const response = new provider.ReadResponse();
      if (!result) return response;
      return response.setId(result.id).setProperties(toStruct(result.properties)).setInputs(toStruct(result.inputs));
    }),
    update: unary(async (call: provider.UpdateRequest) => {
      const properties = await implementation.update({
        ...subject(call),
        id: call.getId(),
        oldInputs: fromStruct(call.getOldInputs()),
        olds: fromStruct(call.getOlds()),
        news: fromStruct(call.getNews()),
        timeoutSeconds: call.getTimeout(),
        ignoreChanges: call.getIgnorechangesList(),
        preview: call.getPreview(),
      });
      return new provider.UpdateResponse().setProperties(toStruct(properties));
    }),
    delete: unary(async (call: provider.DeleteRequest) => {
      await implementation.delete({
        ...subject(call),
        id: call.getId(),
        properties: fromStruct(call.getProperties()),
        oldInputs: fromStruct(call.getOldInputs()),
        timeoutSeconds: call.getTimeout(),
      });
      return new empty.Empty();
    }),
    invoke: unary(async (call: provider.InvokeRequest) => {
      const request = { token: call.getTok(), args: fromStruct(call.getArgs()), preview: call.getPreview() };
      return new provider.InvokeResponse().setReturn(toStruct(await implementation.invoke(request)));
    }),
    // Everything else (construct, call, list, parameterize, mappings) stays unimplemented, and gRPC says so.
  };
}

/** A gRPC handler from an async function. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response>,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    handle(call.request).then(
      (response) => callback(null, response),
      (error) => callback(toServiceError(error)),
    );
  };
}

/** URN, type and name; older engines send the URN alone. */
function subject(call: { getUrn(): string; getType(): string; getName(): string }) {
  const urn = call.getUrn();
  const [, , types = "", name = ""] = urn.split("::");
  return { urn, type: call.getType() || (types.split("$").at(-1) ?? ""), name: call.getName() || name };
}

function checkRequest(call: provider.CheckRequest): CheckRequest {
  const naming = call.getAutonaming();
  const mode = (["propose", "enforce", "disable"] as const)[naming?.getMode() ?? 0];
  return {
    ...subject(call),
    olds: fromStruct(call.getOlds()),
    news: fromStruct(call.getNews()),
    randomSeed: call.getRandomseed_asU8(),
    autonaming: naming && mode ? { proposedName: naming.getProposedName(), mode } : undefined,
  };
}

function checkResponse(result: CheckResult): provider.CheckResponse {
  const failures = (result.failures ?? []).map((failure) =>
    new provider.CheckFailure().setProperty(failure.property).setReason(failure.reason),
  );
  return new provider.CheckResponse().setInputs(toStruct(result.inputs)).setFailuresList(failures);
}

function diffRequest(call: provider.DiffRequest): DiffRequest {
  return {
    ...subject(call),
    id: call.getId(),
    oldInputs: fromStruct(call.getOldInputs()),
    olds: fromStruct(call.getOlds()),
    news: fromStruct(call.getNews()),
    ignoreChanges: call.getIgnorechangesList(),
  };
}

function diffResponse(result: DiffResult): provider.DiffResponse {
  const changes = provider.DiffResponse.DiffChanges;
  const kinds = provider.PropertyDiff.Kind;
  const response = new provider.DiffResponse()
    .setChanges({ unknown: changes.DIFF_UNKNOWN, none: changes.DIFF_NONE, some: changes.DIFF_SOME }[result.changes])
    .setReplacesList(result.replaces ?? [])
    .setDiffsList(result.diffs ?? [])
    .setStablesList(result.stables ?? [])
    .setDeletebeforereplace(result.deleteBeforeReplace ?? false)
    .setHasdetaileddiff(result.detailedDiff !== undefined);
  for (const [path, { kind, inputDiff }] of Object.entries(result.detailedDiff ?? {})) {
    const number = {
      add: kinds.ADD,
      "add-replace": kinds.ADD_REPLACE,
      delete: kinds.DELETE,
      "delete-replace": kinds.DELETE_REPLACE,
      update: kinds.UPDATE,
      "update-replace": kinds.UPDATE_REPLACE,
    }[kind];
    response
      .getDetaileddiffMap()
      .set(path, new provider.PropertyDiff().setKind(number).setInputdiff(inputDiff ?? false));
  }
  return response;
}

/** The error for a type or function that a stand-in does not know. */
export function notInStandIn(standIn: string, token: string): PluginError {
  return new PluginError(`${token}: the lab's stand-in for the ${standIn} plugin does not have it`);
}
