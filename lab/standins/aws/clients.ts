import { EKSClient } from "@aws-sdk/client-eks";
import { IAMClient } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";
import { STSClient } from "@aws-sdk/client-sts";
import { PluginError } from "../plugin/errors.ts";

/** The AWS services of one region. */
export interface Clients {
  region: string;
  s3: S3Client;
  iam: IAMClient;
  eks: EKSClient;
  sts: STSClient;
}

/**
 * The one loopback address at which all of AWS is expected. Throws unless every endpoint that the environment names is
 * loopback, so that a stand-in can never reach a real account.
 */
export function loopbackEndpoint(env: NodeJS.ProcessEnv): string {
  for (const [name, value] of Object.entries(env)) {
    if (/^AWS_ENDPOINT_URL(_|$)/.test(name) && value && !isLoopback(value)) {
      throw new PluginError(
        `The lab's stand-in for the AWS plugin works on a loopback AWS alone, and ${name} is ${value}.`,
      );
    }
  }
  const endpoint = env.AWS_ENDPOINT_URL;
  if (!endpoint) {
    throw new PluginError(
      "The lab's stand-in for the AWS plugin needs AWS_ENDPOINT_URL, the loopback address of the lab's AWS. " +
        "It is never used with a real account: there, install the AWS plugin with `pulumi plugin install`.",
    );
  }
  return endpoint;
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return /^https?:$/.test(protocol) && (host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host));
}

/** Makes the clients of a region; nothing of them is read from the user's AWS files. */
export function clientsFor(region: string, endpoint: string, env: NodeJS.ProcessEnv): Clients {
  // The SDK looks into these files even where all settings are given.
  process.env.AWS_CONFIG_FILE = "/dev/null";
  process.env.AWS_SHARED_CREDENTIALS_FILE = "/dev/null";
  const settings = {
    region,
    endpoint,
    maxAttempts: 2,
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID || "lab", secretAccessKey: env.AWS_SECRET_ACCESS_KEY || "lab" },
  };
  return {
    region,
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    iam: new IAMClient(settings),
    eks: new EKSClient(settings),
    sts: new STSClient(settings),
  };
}

/** Whether an AWS call failed because the thing does not exist. */
export function isGone(error: unknown): boolean {
  const { name = "", $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } };
  return (
    /^(NotFound|NoSuch\w+|ResourceNotFoundException|ServerSideEncryptionConfigurationNotFoundError|OwnershipControlsNotFoundError)$/.test(
      name,
    ) || $metadata?.httpStatusCode === 404
  );
}

/** The result of a call, or `undefined` if what it asks for does not exist. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** An AWS error in the words of a person: what was tried, and AWS's name and message for why it failed. */
export function awsError(doing: string, error: unknown, endpoint: string): Error {
  if (error instanceof PluginError || error instanceof TypeError) return error;
  const { name, message, code } = error as { name?: string; message?: string; code?: string };
  if (code === "ECONNREFUSED" || code === "ECONNRESET" || code === "ETIMEDOUT") {
    return new PluginError(`${doing}: the AWS at ${endpoint} does not answer (${code}). Is the lab up?`);
  }
  return new PluginError(`${doing}: ${name ?? "error"}: ${message ?? String(error)}`);
}
