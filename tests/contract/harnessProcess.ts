import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import grpc from "@grpc/grpc-js";
import errors from "@pulumi/pulumi/proto/errors_pb.js";
import status from "@pulumi/pulumi/proto/status_pb.js";
import { initFailure } from "../../lab/standins/plugin/errors.ts";
import { fromStruct, type Properties } from "../../lab/standins/plugin/values.ts";

/** A plugin process under test, its port read. */
export interface PluginProcess {
  address: string;
  pid: number;
  /** What it has written to stderr so far. */
  stderr(): string;
  /** Ends it by its pid and waits until it is gone. */
  stop(): Promise<void>;
}

/** Starts a plugin: a `.ts` file by this Node, anything else as an executable. */
export async function startPlugin(
  path: string,
  options: { env?: NodeJS.ProcessEnv; args?: string[]; cwd?: string } = {},
): Promise<PluginProcess> {
  const [command, first] = path.endsWith(".ts") ? [process.execPath, [path]] : [path, []];
  const child = spawn(command, [...first, ...(options.args ?? [])], {
    env: options.env ?? process.env,
    cwd: options.cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk;
  });
  const port = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${path} ended with ${code} before it printed a port:\n${errors}`)));
  });
  return {
    address: `127.0.0.1:${port.trim()}`,
    pid: child.pid ?? 0,
    stderr: () => errors,
    stop: () => stop(child),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), 3000);
  await gone;
  clearTimeout(force);
}

/** A gRPC error of a plugin: with the reasons of a resource that exists but failed to become well, or of properties. */
export class CallError extends Error {
  readonly code: grpc.status;
  /** What is wrong with a component's inputs, by their paths. */
  readonly properties: [path: string, reason: string][];
  readonly init: { id: string; properties: Properties; reasons: string[]; inputs: Properties } | undefined;

  constructor(error: grpc.ServiceError) {
    super(error.details);
    this.code = error.code;
    this.properties = propertyErrors(error);
    const failed = initFailure(error);
    this.init = failed && {
      id: failed.getId(),
      properties: fromStruct(failed.getProperties()),
      reasons: failed.getReasonsList(),
      inputs: fromStruct(failed.getInputs()),
    };
  }
}

function propertyErrors(error: grpc.ServiceError): [path: string, reason: string][] {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const [detail] = packed ? status.Status.deserializeBinary(Buffer.from(packed)).getDetailsList() : [];
  const unpacked = detail?.unpack(errors.InputPropertiesError.deserializeBinary, "pulumirpc.InputPropertiesError");
  return (unpacked?.getErrorsList() ?? []).map((one) => [one.getPropertyPath(), one.getReason()]);
}

/** The longest of a generated client method's overloads, which is the one that TypeScript infers from. */
type UnaryMethod<Request, Response> = (
  request: Request,
  metadata: grpc.Metadata,
  options: Partial<grpc.CallOptions>,
  done: (error: grpc.ServiceError | null, response: Response) => void,
) => grpc.ClientUnaryCall;

/** Calls a unary method and gives its answer, or throws a `CallError`. */
export function call<Request, Response>(
  client: grpc.Client,
  method: UnaryMethod<Request, Response>,
  request: Request,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    method.call(client, request, new grpc.Metadata(), {}, (error, response) =>
      error ? reject(new CallError(error)) : resolve(response),
    );
  });
}

/** Where `LAB_PLUGINS` has a real plugin, if it does; the same tests then run on that too. */
export function realPlugin(name: string): string | undefined {
  const folder = process.env.LAB_PLUGINS;
  const path = folder ? join(folder, name) : undefined;
  return path && existsSync(path) ? path : undefined;
}
