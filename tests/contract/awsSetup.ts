import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { up } from "../../lab/lab.ts";
import { repository } from "../../lab/paths.ts";
import type { Properties } from "../../lab/standins/plugin/values.ts";
import { ProviderUnderTest, urnOf } from "./harness.ts";

/** The stand-in. The real AWS plugin is too large to be built here, so these tests run on this one alone. */
export const plugin = join(repository, "lab/standins/aws/main.ts");

/** The region of the tests, where the lab's EKS clusters are. */
export const region = "eu-west-1";

const keys = { AWS_ACCESS_KEY_ID: "lab", AWS_SECRET_ACCESS_KEY: "lab" };

/** The environment of a plugin: the lab's endpoint, dummy keys, and no AWS setting of the user's. */
export function environment(endpoint: string): NodeJS.ProcessEnv {
  const mine = Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_"));
  return { ...Object.fromEntries(mine), ...keys, AWS_ENDPOINT_URL: endpoint };
}

/** The address of the lab's AWS; starts the lab if it is down. */
export async function awsEndpoint(): Promise<string> {
  return (await up()).awsEndpoint;
}

/** An S3 client beside the plugin's, to see and to change what is there. */
export function s3Client(endpoint: string): S3Client {
  const credentials = { accessKeyId: keys.AWS_ACCESS_KEY_ID, secretAccessKey: keys.AWS_SECRET_ACCESS_KEY };
  return new S3Client({ endpoint, region, forcePathStyle: true, credentials });
}

/** Starts the stand-in on the lab's AWS. */
export async function startAws(configuration: Properties = {}): Promise<ProviderUnderTest> {
  const provider = await ProviderUnderTest.start(plugin, { env: environment(await awsEndpoint()) });
  await provider.configure({ region, ...configuration }, "aws");
  return provider;
}

/** A resource that a test has made. */
export interface Made {
  urn: string;
  id: string;
  inputs: Properties;
  outputs: { [name: string]: Properties[string] };
}

/** Checks and creates a resource, as the engine does. */
export async function make(provider: ProviderUnderTest, type: string, name: string, asked: Properties): Promise<Made> {
  const urn = urnOf(type, name);
  const { inputs, failures } = await provider.check(urn, asked, {}, Buffer.from(`${name}-${Math.random()}`));
  if (failures.length > 0) throw new Error(JSON.stringify(failures));
  const { id, outputs } = await provider.create(urn, inputs);
  return { urn, id, inputs, outputs };
}
