import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { loopbackEndpoint } from "../../lab/standins/aws/clients.ts";
import { awsEndpoint, environment, plugin, region, startAws } from "./awsSetup.ts";
import { ProviderUnderTest, urnOf } from "./harness.ts";

describe("aws, functions and configuration", () => {
  let provider: ProviderUnderTest;
  before(async () => {
    provider = await startAws();
  });
  after(() => provider?.stop());

  /** Starts a plugin in another environment, and gives the error of its configuration. */
  async function refusal(
    env: NodeJS.ProcessEnv,
    configuration: { [key: string]: string } = { region },
  ): Promise<string> {
    const other = await ProviderUnderTest.start(plugin, { env });
    try {
      await other.configure(configuration, "aws");
      return "";
    } catch (error) {
      return (error as Error).message;
    } finally {
      await other.stop();
    }
  }

  test("says its version, that of the SDK", async () => {
    assert.match(await provider.version(), /^7\.48\.0(\+|$)/);
  });

  test("never works on anything but a loopback AWS", async () => {
    const elsewhere = [
      "https://s3.amazonaws.com",
      "http://127.0.0.1.example.com:1",
      "http://10.0.0.1:1",
      "127.0.0.1:1",
    ];
    for (const AWS_ENDPOINT_URL of elsewhere) {
      assert.throws(() => loopbackEndpoint({ AWS_ENDPOINT_URL }), /loopback AWS alone/, AWS_ENDPOINT_URL);
    }
    const one = { AWS_ENDPOINT_URL: "http://127.0.0.1:1", AWS_ENDPOINT_URL_S3: "https://s3.amazonaws.com" };
    assert.throws(() => loopbackEndpoint(one), /AWS_ENDPOINT_URL_S3/);
    for (const AWS_ENDPOINT_URL of ["http://localhost:1", "http://[::1]:1", "https://127.9.9.9:1"]) {
      assert.equal(loopbackEndpoint({ AWS_ENDPOINT_URL }), AWS_ENDPOINT_URL);
    }
    const env = environment(await awsEndpoint());
    assert.match(await refusal({ ...env, AWS_ENDPOINT_URL: "" }), /needs AWS_ENDPOINT_URL/);
    assert.match(await refusal({ ...env, AWS_ENDPOINT_URL: elsewhere[0] }), /loopback AWS alone/);
  });

  test("asks for a region where none is set", async () => {
    assert.match(await refusal(environment(await awsEndpoint()), {}), /pulumi config set aws:region/);
  });

  test("an endpoint that does not answer is named", async () => {
    const other = await ProviderUnderTest.start(plugin, { env: environment("http://127.0.0.1:1") });
    await other.configure({ region }, "aws");
    await assert.rejects(
      other.invoke("aws:index/getCallerIdentity:getCallerIdentity"),
      /http:\/\/127\.0\.0\.1:1 does not answer/,
    );
    await other.stop();
  });

  test("default tags come to every resource that has tags, and are no drift of its own", async () => {
    const other = await startAws({ defaultTags: JSON.stringify({ tags: { owner: "platform" } }) });
    const { inputs } = await other.check(urnOf("aws:s3/bucket:Bucket", "b"), { tags: { team: "ml" } });
    assert.deepEqual([inputs.tags, inputs.tagsAll], [{ team: "ml" }, { owner: "platform", team: "ml" }]);
    await other.stop();
  });

  test("the caller, the partition and the region", async () => {
    const caller = await provider.invoke("aws:index/getCallerIdentity:getCallerIdentity");
    assert.equal(caller.result.accountId, "123456789012");
    const partition = await provider.invoke("aws:index/getPartition:getPartition");
    assert.deepEqual([partition.result.partition, partition.result.dnsSuffix], ["aws", "amazonaws.com"]);
    assert.equal((await provider.invoke("aws:index/getRegion:getRegion")).result.region, region);
    const china = await provider.invoke("aws:index/getPartition:getPartition", { region: "cn-north-1" });
    assert.equal(china.result.partition, "aws-cn");
  });

  test("a cluster has what access to it needs", async () => {
    const { result } = await provider.invoke("aws:eks/getCluster:getCluster", { name: "dev" });
    assert.deepEqual([result.name, result.region, result.id], ["dev", region, "dev"]);
    assert.match(String(result.arn), /^arn:aws:eks:eu-west-1:123456789012:cluster\/dev$/);
    assert.match(String(result.endpoint), /^https:/);
    const [authority] = result.certificateAuthorities as { data: string }[];
    assert.equal(typeof authority?.data, "string");
  });

  test("a cluster that does not exist is named, with the region looked in", async () => {
    await assert.rejects(provider.invoke("aws:eks/getCluster:getCluster", { name: "nowhere" }), /nowhere.*eu-west-1/);
  });

  test("a policy document is written as IAM wants it", async () => {
    const { result } = await provider.invoke("aws:iam/getPolicyDocument:getPolicyDocument", {
      statements: [
        {
          sid: "Tls",
          effect: "Deny",
          actions: ["s3:*"],
          resources: ["b", "a"],
          principals: [{ type: "*", identifiers: ["*"] }],
          conditions: [{ test: "Bool", variable: "aws:SecureTransport", values: ["false"] }],
        },
        { actions: ["sts:AssumeRole"], principals: [{ type: "Service", identifiers: ["pods.eks.amazonaws.com"] }] },
      ],
    });
    assert.deepEqual(JSON.parse(String(result.json)), {
      Version: "2012-10-17",
      Statement: [
        {
          Sid: "Tls",
          Effect: "Deny",
          Action: "s3:*",
          Resource: ["a", "b"],
          Principal: "*",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
        { Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "pods.eks.amazonaws.com" } },
      ],
    });
    assert.deepEqual(JSON.parse(String(result.minifiedJson)), JSON.parse(String(result.json)));
  });

  test("types and functions that the stand-in does not have are named as such", async () => {
    const said = /the lab's stand-in for the AWS plugin does not have it/;
    await assert.rejects(provider.check(urnOf("aws:ec2/vpc:Vpc", "v"), {}), said);
    await assert.rejects(provider.invoke("aws:ec2/getVpc:getVpc"), said);
  });
});
