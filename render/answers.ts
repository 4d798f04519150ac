import * as pulumi from "@pulumi/pulumi";
import type { Tree } from "../config/tree.ts";
import { automaticName } from "./names.ts";
import { account, secret, secretOf } from "./placeholders.ts";

/** A resource as a component registers it, under its name. */
export interface Made {
  type: string;
  name: string;
  inputs: Tree;
}

/** What was made in a cloud and a cluster that are not there. */
export interface Answers {
  mocks: pulumi.runtime.Mocks;
  made: Made[];
  /** The names that Pulumi would choose. */
  automaticNames: Set<string>;
  /** What was asked, and has no answer here. */
  unanswered: string[];
}

/** That a render is compared with another one of the same stack: what is a placeholder there is told apart. */
export interface Comparison {
  /** Keys of secrets that are to differ from those of the other render. */
  otherSecrets: ReadonlySet<string>;
}

/**
 * Answers as engine and plugins do once all is made, with what is known of it: names by content, ARNs of no account.
 * What is not answered stays unknown, as in a preview.
 * @param region where bucket and cluster are
 * @param isCompared whether what chance makes anew is another placeholder then
 */
export function answersIn(region: string, isCompared = false): Answers {
  const made: Made[] = [];
  const automaticNames = new Set<string>();
  const unanswered: string[] = [];
  const mocks: pulumi.runtime.Mocks = {
    newResource({ type, name, inputs: wire, custom }) {
      if (!custom || type.startsWith("pulumi:providers:")) return { id: name, state: {} };
      if (pulumi.containsUnknowns(wire)) unanswered.push(`an input of ${type} ${name}`);
      const given = plain(wire) as Tree;
      const automatic = automaticName(type, name, given);
      const inputs = automatic?.inputs ?? given;
      if (automatic) automaticNames.add(automatic.name);
      made.push({ type, name, inputs });
      return outputsOf(type, inputs, region, isCompared);
    },
    call({ token, inputs }) {
      const partition = partitionOf(region);
      if (token === "aws:s3/getBucket:getBucket")
        return { bucket: inputs.bucket, arn: `arn:${partition}:s3:::${inputs.bucket}` };
      if (token === "aws:eks/getCluster:getCluster")
        // Its address and certificate are in the provider alone. What its pods' addresses are, the settings say.
        return {
          name: inputs.name,
          arn: `arn:${partition}:eks:${region}:${account}:cluster/${inputs.name}`,
          endpoint: "https://cluster.invalid",
          certificateAuthorities: [],
        };
      // An error here would end the process, not the render.
      unanswered.push(token);
      return {};
    },
  };
  return { mocks, made, automaticNames, unanswered };
}

/** What a plugin says of a resource beside its inputs. Without an id, that is unknown. */
function outputsOf(type: string, inputs: Tree, region: string, isCompared: boolean): pulumi.runtime.MockResourceResult {
  const partition = partitionOf(region);
  switch (type) {
    case "aws:s3/bucket:Bucket":
      return { id: `${inputs.bucket}`, state: { ...inputs, arn: `arn:${partition}:s3:::${inputs.bucket}` } };
    case "aws:iam/role:Role":
      return {
        id: `${inputs.name}`,
        state: { ...inputs, arn: `arn:${partition}:iam::${account}:role/${inputs.name}` },
      };
    case "random:index/randomPassword:RandomPassword":
      return { id: "none", state: { ...inputs, result: isCompared ? secretOf(inputs) : secret } };
    default:
      return { id: "", state: inputs };
  }
}

/** The partitions of AWS beside its first, by how the names of their regions begin (botocore's `partitions.json`). */
const partitions: Readonly<Record<string, string>> = {
  "cn-": "aws-cn",
  "eusc-": "aws-eusc",
  "us-gov-": "aws-us-gov",
  "us-iso-": "aws-iso",
  "us-isob-": "aws-iso-b",
};

const partitionOf = (region: string): string =>
  Object.entries(partitions).find(([beginning]) => region.startsWith(beginning))?.[1] ?? "aws";

/** Values without what the wire wraps around secrets. */
function plain(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return plain(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
