import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer, request } from "node:http";
import { before, test } from "node:test";
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  EKSClient,
  ListClustersCommand,
  ListPodIdentityAssociationsCommand,
  ListTagsForResourceCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from "@aws-sdk/client-eks";
import { CreateRoleCommand, DeleteRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { serveAws } from "../../lab/aws/front.ts";
import { up } from "../../lab/lab.ts";
import { listen } from "../../lab/listen.ts";

// No SDK client here may find the user's own configuration.
process.env.AWS_CONFIG_FILE = "/dev/null";
process.env.AWS_SHARED_CREDENTIALS_FILE = "/dev/null";

const region = "eu-west-1";
const credentials = { accessKeyId: "test", secretAccessKey: "test" };
const namespace = `aws-test-${process.pid}`;
const roleArn = "arn:aws:iam::123456789012:role/reader";
let endpoint: string;
let eks: EKSClient;

before(async () => {
  endpoint = (await up()).awsEndpoint;
  eks = new EKSClient({ endpoint, region, credentials });
});

const rejects = (promise: Promise<unknown>, name: string) =>
  assert.rejects(promise, (error: Error) => {
    assert.equal(error.name, name);
    return true;
  });

test("the account has the four EKS clusters", async () => {
  const { clusters } = await eks.send(new ListClustersCommand({}));
  assert.deepEqual(clusters?.sort(), ["dev", "prod", "staging", "test"]);
  assert.equal(
    (await new STSClient({ endpoint, region, credentials }).send(new GetCallerIdentityCommand({}))).Account,
    "123456789012",
  );
});

test("a Pod Identity association is made, read, changed, tagged and deleted", async () => {
  const key = { clusterName: "dev", namespace, serviceAccount: "chat" };
  const start = Date.now();
  const { association } = await eks.send(
    new CreatePodIdentityAssociationCommand({ ...key, roleArn, tags: { a: "1" } }),
  );
  assert.ok(association?.associationId && association.associationArn && association.createdAt);
  const { associationId, associationArn, createdAt } = association;
  assert.match(associationId, /^a-[0-9a-f]{17}$/);
  assert.equal(associationArn, `arn:aws:eks:eu-west-1:123456789012:podidentityassociation/dev/${associationId}`);
  assert.ok(Math.abs(createdAt.getTime() - start) < 5000);
  const described = () => eks.send(new DescribePodIdentityAssociationCommand({ clusterName: "dev", associationId }));
  assert.deepEqual((await described()).association, association);
  assert.deepEqual(association, {
    ...key,
    roleArn,
    associationArn,
    associationId,
    tags: { a: "1" },
    createdAt,
    modifiedAt: createdAt,
    disableSessionTags: false,
  });

  await rejects(eks.send(new CreatePodIdentityAssociationCommand({ ...key, roleArn })), "ResourceInUseException");

  const changed = { clusterName: "dev", associationId, roleArn: `${roleArn}-2` };
  await eks.send(new UpdatePodIdentityAssociationCommand(changed));
  assert.equal((await described()).association?.roleArn, `${roleArn}-2`);

  await eks.send(new TagResourceCommand({ resourceArn: associationArn, tags: { b: "2" } }));
  await eks.send(new UntagResourceCommand({ resourceArn: associationArn, tagKeys: ["a"] }));
  assert.deepEqual((await described()).association?.tags, { b: "2" });
  const { tags } = await eks.send(new ListTagsForResourceCommand({ resourceArn: associationArn }));
  assert.deepEqual(tags, { b: "2" });

  const summary = { ...key, associationArn, associationId };
  const list = async (filter: object) =>
    (await eks.send(new ListPodIdentityAssociationsCommand({ clusterName: "dev", ...filter }))).associations;
  assert.deepEqual(await list({ namespace }), [summary]);
  assert.deepEqual(await list({ namespace, serviceAccount: "chat" }), [summary]);
  assert.deepEqual(await list({ namespace, serviceAccount: "other" }), []);
  assert.deepEqual(await list({ namespace: `${namespace}-other` }), []);

  await eks.send(new DeletePodIdentityAssociationCommand({ clusterName: "dev", associationId }));
  await rejects(described(), "ResourceNotFoundException");
  assert.deepEqual(await list({ namespace }), []);
});

test("a repeated request makes one association; another cluster has none of it; a missing cluster is told", async () => {
  const key = {
    clusterName: "test",
    namespace,
    serviceAccount: "chat",
    roleArn,
    clientRequestToken: randomBytes(8).toString("hex"),
  };
  const first = await eks.send(new CreatePodIdentityAssociationCommand(key));
  const second = await eks.send(new CreatePodIdentityAssociationCommand(key));
  assert.deepEqual(second.association, first.association);
  const associationId = first.association?.associationId;
  await rejects(
    eks.send(new DescribePodIdentityAssociationCommand({ clusterName: "prod", associationId })),
    "ResourceNotFoundException",
  );
  await rejects(eks.send(new ListPodIdentityAssociationsCommand({ clusterName: "none" })), "ResourceNotFoundException");
  const nowhere = { ...key, clusterName: "none", clientRequestToken: undefined };
  await rejects(eks.send(new CreatePodIdentityAssociationCommand(nowhere)), "ResourceNotFoundException");
  const nobody = { ...key, serviceAccount: "", clientRequestToken: undefined };
  await rejects(eks.send(new CreatePodIdentityAssociationCommand(nobody)), "InvalidParameterException");
  await eks.send(new DeletePodIdentityAssociationCommand({ clusterName: "test", associationId }));
});

test("S3 and IAM pass to moto unchanged", async () => {
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const Bucket = `${namespace}-bucket`;
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: region } }));
  const content = randomBytes(3_000_000);
  const Key = "models/chat/1/a weird (name)+&.bin";
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: content }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  assert.ok(content.equals((await Body?.transformToByteArray()) ?? new Uint8Array()));
  // A path that looks like an association is an object where S3 is asked.
  const lookalike = "pod-identity-associations";
  const clusters = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await clusters
    .send(new CreateBucketCommand({ Bucket: "clusters", CreateBucketConfiguration: { LocationConstraint: region } }))
    .catch(() => {});
  await clusters.send(new PutObjectCommand({ Bucket: "clusters", Key: `dev/${lookalike}`, Body: "an object" }));
  const found = await clusters.send(new GetObjectCommand({ Bucket: "clusters", Key: `dev/${lookalike}` }));
  assert.equal(await found.Body?.transformToString(), "an object");

  const iam = new IAMClient({ endpoint, region, credentials });
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Principal: { Service: "pods.eks.amazonaws.com" }, Action: "sts:AssumeRole" }],
  });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: namespace, AssumeRolePolicyDocument }));
  assert.equal(Role?.Arn, `arn:aws:iam::123456789012:role/${namespace}`);
  await iam.send(new DeleteRoleCommand({ RoleName: namespace }));
});

test("the front hands on method, path, headers and bodies as they came, both ways", async () => {
  let seen: { method?: string; url?: string; headers: string[]; body: string } | undefined;
  const upstream = createServer(async (incoming, response) => {
    let body = "";
    for await (const chunk of incoming) body += chunk;
    seen = { method: incoming.method, url: incoming.url, headers: incoming.rawHeaders, body };
    response.sendDate = false;
    response.writeHead(418, "Short and stout", ["X-Two", "1", "x-two", "2", "Content-Length", "4"]).end("body");
  });
  const front = await serveAws(await listen(upstream));
  const { port } = new URL(front.endpoint);
  const answer = await new Promise<{ status?: number; message?: string; headers: string[]; body: string }>(
    (done, failed) => {
      const headers = ["Host", "bucket.s3.example", "X-Amz-Meta-A", "ü", "Content-Length", "5"];
      const path = "/a%2Fb//c?versioning&x=%20+";
      const sent = request(
        { host: "127.0.0.1", port, method: "PUT", path, headers, agent: false },
        async (response) => {
          let body = "";
          for await (const chunk of response) body += chunk;
          done({ status: response.statusCode, message: response.statusMessage, headers: response.rawHeaders, body });
        },
      );
      sent.on("error", failed).end(Buffer.from("hello"));
    },
  );
  assert.equal(seen?.method, "PUT");
  assert.equal(seen.url, "/a%2Fb//c?versioning&x=%20+");
  assert.deepEqual(seen.headers.slice(0, 6), ["Host", "bucket.s3.example", "X-Amz-Meta-A", "ü", "Content-Length", "5"]);
  assert.equal(seen.body, "hello");
  assert.equal(answer.status, 418);
  assert.equal(answer.message, "Short and stout");
  assert.deepEqual(answer.headers.slice(0, 6), ["X-Two", "1", "x-two", "2", "Content-Length", "4"]);
  assert.equal(answer.body, "body");
  front.close();
  upstream.close();
  upstream.closeAllConnections();
});
