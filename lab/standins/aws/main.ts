/** The lab's stand-in for the AWS provider plugin: the few types that the product uses, on a loopback AWS alone. */
import { serveProvider } from "../plugin/service.ts";
import { AwsProvider } from "./provider.ts";

await serveProvider(new AwsProvider());
