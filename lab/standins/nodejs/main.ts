/** The lab's stand-in for `pulumi-language-nodejs`: what runs a Pulumi program in Node.js for the engine. */
import languageService from "@pulumi/pulumi/proto/language_grpc_pb.js";
import { serve } from "../plugin/server.ts";
import { NodeHost } from "./host.ts";

const address = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
const host = new NodeHost(address);
// The child ends with its host, so that no program runs on without an engine.
process.prependListener("SIGTERM", () => host.cancel());
process.prependListener("SIGINT", () => host.cancel());
process.once("exit", () => host.cancel());
await serve((server) => server.addService(languageService.LanguageRuntimeService, host.service()));
