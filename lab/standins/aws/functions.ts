import { DescribeClusterCommand } from "@aws-sdk/client-eks";
import { HeadBucketCommand } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { PluginError } from "../plugin/errors.ts";
import type { Received } from "../plugin/provider.ts";
import type { Properties } from "../plugin/values.ts";
import { bucketFacts, domain, partition } from "./bucket.ts";
import { type Clients, unlessGone } from "./clients.ts";
import { text } from "./kind.ts";
import { policyDocument } from "./policyDocument.ts";

/** The provider's functions that the stand-in has, by token. */
export const functions: { [token: string]: (clients: Clients, args: Received) => Promise<Properties> } = {
  "aws:eks/getCluster:getCluster": getCluster,
  "aws:s3/getBucket:getBucket": getBucket,
  "aws:iam/getPolicyDocument:getPolicyDocument": async (_clients, args) => policyDocument(args),
  "aws:index/getCallerIdentity:getCallerIdentity": async ({ sts }) => {
    const { Account = "", Arn = "", UserId = "" } = await sts.send(new GetCallerIdentityCommand({}));
    return { accountId: Account, arn: Arn, id: Account, userId: UserId };
  },
  "aws:index/getPartition:getPartition": async ({ region }) => ({
    partition: partition(region),
    id: partition(region),
    dnsSuffix: domain(region),
    reverseDnsPrefix: domain(region).split(".").reverse().join("."),
  }),
  "aws:index/getRegion:getRegion": async ({ region }) => ({
    region,
    name: region,
    id: region,
    description: region,
    endpoint: `ec2.${region}.${domain(region)}`,
  }),
};

async function getBucket({ s3, region }: Clients, args: Received): Promise<Properties> {
  const bucket = text(args, "bucket");
  const found = await unlessGone(s3.send(new HeadBucketCommand({ Bucket: bucket })));
  if (!found) throw new PluginError(`reading S3 Bucket (${bucket}): couldn't find resource`);
  return {
    id: bucket,
    ...bucketFacts(bucket, region, found),
    hostedZoneId: "",
    websiteDomain: "",
    websiteEndpoint: "",
  };
}

async function getCluster({ eks, region }: Clients, args: Received): Promise<Properties> {
  const name = text(args, "name");
  const found = await unlessGone(eks.send(new DescribeClusterCommand({ name })));
  const { cluster } = found ?? {};
  if (!cluster) throw new PluginError(`reading EKS Cluster (${name}): couldn't find resource in region ${region}`);
  const issuer = cluster.identity?.oidc?.issuer;
  const network = cluster.kubernetesNetworkConfig;
  const vpc = cluster.resourcesVpcConfig;
  return {
    id: name,
    name,
    region,
    arn: cluster.arn ?? "",
    endpoint: cluster.endpoint ?? "",
    certificateAuthorities: [{ data: cluster.certificateAuthority?.data ?? "" }],
    createdAt: cluster.createdAt?.toISOString() ?? "",
    identities: issuer ? [{ oidcs: [{ issuer }] }] : [],
    kubernetesNetworkConfigs: network
      ? [{ ipFamily: network.ipFamily ?? "ipv4", serviceIpv4Cidr: network.serviceIpv4Cidr ?? "" }]
      : [],
    platformVersion: cluster.platformVersion ?? "",
    roleArn: cluster.roleArn ?? "",
    status: cluster.status ?? "",
    tags: cluster.tags ?? {},
    version: cluster.version ?? "",
    vpcConfig: {
      clusterSecurityGroupId: vpc?.clusterSecurityGroupId ?? "",
      endpointPrivateAccess: vpc?.endpointPrivateAccess ?? false,
      endpointPublicAccess: vpc?.endpointPublicAccess ?? true,
      publicAccessCidrs: vpc?.publicAccessCidrs ?? [],
      securityGroupIds: vpc?.securityGroupIds ?? [],
      subnetIds: vpc?.subnetIds ?? [],
      vpcId: vpc?.vpcId ?? "",
    },
  };
}
