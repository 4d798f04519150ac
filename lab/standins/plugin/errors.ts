import grpc from "@grpc/grpc-js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import any from "google-protobuf/google/protobuf/any_pb.js";
import { type Properties, toStruct } from "./values.ts";

/** An error for the user: the engine shows its message under the resource. */
export class PluginError extends Error {
  readonly code: grpc.status;

  constructor(message: string, code: grpc.status = grpc.status.UNKNOWN) {
    super(message);
    this.code = code;
  }
}

/**
 * A resource that exists but is not as it should be, such as a Deployment that did not become ready.
 * The engine keeps it in the state with the reasons (`initErrors`) and tries again at the next update.
 */
export class InitFailed extends Error {
  readonly id: string;
  readonly properties: Properties;
  readonly reasons: string[];
  readonly inputs: Properties;

  constructor(failed: { message: string; id: string; properties: Properties; reasons: string[]; inputs?: Properties }) {
    super(failed.message);
    this.id = failed.id;
    this.properties = failed.properties;
    this.reasons = failed.reasons;
    this.inputs = failed.inputs ?? {};
  }
}

/** The gRPC form of an error. A fault in the plugin itself prints its stack, so that it is found. */
export function toServiceError(error: unknown): Partial<grpc.StatusObject> {
  if (error instanceof InitFailed)
    return { code: grpc.status.UNKNOWN, details: error.message, metadata: detail(error) };
  if (error instanceof PluginError) return { code: error.code, details: error.message };
  if (error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError) {
    process.stderr.write(`${error.stack}\n`);
  }
  return { code: grpc.status.UNKNOWN, details: error instanceof Error ? error.message : String(error) };
}

function detail(failed: InitFailed): grpc.Metadata {
  const message = new provider.ErrorResourceInitFailed()
    .setId(failed.id)
    .setProperties(toStruct(failed.properties))
    .setReasonsList(failed.reasons)
    .setInputs(toStruct(failed.inputs));
  const packed = new any.Any();
  packed.pack(message.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const wire = new status.Status().setCode(grpc.status.UNKNOWN).setMessage(failed.message).setDetailsList([packed]);
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(wire.serializeBinary()));
  return metadata;
}

/** What `toServiceError` put into an answer, if it was an `InitFailed`; for clients. */
export function initFailure(error: { metadata?: grpc.Metadata }): provider.ErrorResourceInitFailed | undefined {
  const [wire] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(wire)) return undefined;
  for (const packed of status.Status.deserializeBinary(wire).getDetailsList()) {
    if (packed.getTypeName() === "pulumirpc.ErrorResourceInitFailed") {
      return provider.ErrorResourceInitFailed.deserializeBinary(packed.getValue_asU8());
    }
  }
  return undefined;
}
