import { join } from "node:path";
import { after, before } from "node:test";
import grpc from "@grpc/grpc-js";
import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { repository } from "../../lab/paths.ts";
import { type PluginProcess, realPlugin, startPlugin } from "./harness.ts";
import { EngineForTests } from "./nodejsEngine.ts";

/** Language hosts for Node.js by what they are: the stand-in and, where there is one, the real plugin. */
export const hosts: [string, string][] = [["stand-in", join(repository, "lab/standins/nodejs/main.ts")]];
const real = realPlugin("pulumi-language-nodejs");
if (real) hosts.push(["real plugin", real]);

/** A host that runs while the tests do beside which `runHost` was called. */
export interface Host {
  engine: EngineForTests;
  process: PluginProcess;
  client: InstanceType<typeof languageService.LanguageRuntimeClient>;
}

export function runHost(path: string): Host {
  const host = { engine: new EngineForTests() } as Host;
  before(async () => {
    await host.engine.start();
    // The real host takes `node` from the PATH: the same Node then runs the programs of both.
    const PATH = `${join(process.execPath, "..")}:${process.env.PATH}`;
    const env = { ...process.env, PATH, FROM_THE_ENGINE: "yes" };
    host.process = await startPlugin(path, { args: [host.engine.address], env });
    host.client = new languageService.LanguageRuntimeClient(host.process.address, grpc.credentials.createInsecure());
  });
  after(async () => {
    host.client?.close();
    await host.process?.stop();
    host.engine.stop();
  });
  return host;
}
