/** The lab's stand-in for `pulumi-language-nodejs`: what runs a Pulumi program in Node.js for the engine. */
import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { serve } from "../plugin/server.ts";
import { NodeHost } from "./host.ts";

const address = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const host = new NodeHost(address);
// Children end with their host, so that nothing runs on without an engine.
process.prependListener("SIGTERM", () => host.close());
process.prependListener("SIGINT", () => host.close());
process.once("exit", () => host.close());
await serve((server) => server.addService(languageService.LanguageRuntimeService, host.service()));
