import assert from "node:assert/strict";
import { test } from "node:test";
import { type PolicyDocument, readPrefix, tlsOnly, trustServiceAccount } from "../../components/iam.ts";

/** The policy documents: as they are written, and what they allow. */

const bucket = "arn:aws:s3:::vllm-models-bucket-1234567";
const cluster = "arn:aws:eks:eu-west-1:123456789012:cluster/lab";

const readChat = {
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "ListModel",
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: bucket,
      Condition: { StringLike: { "s3:prefix": "models/chat/*" } },
    },
    { Sid: "ReadModel", Effect: "Allow", Action: "s3:GetObject", Resource: `${bucket}/models/chat/*` },
  ],
};
const trustChat = {
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "PodIdentity",
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:RequestTag/eks-cluster-arn": cluster,
          "aws:RequestTag/kubernetes-namespace": "inference",
          "aws:RequestTag/kubernetes-service-account": "chat",
        },
      },
    },
  ],
};

/** What a bucket that a KMS key encrypts needs beside it. */
const decrypt = (key: string, service: string) => ({
  Sid: "DecryptModel",
  Effect: "Allow",
  Action: "kms:Decrypt",
  Resource: key,
  Condition: { StringLike: { "kms:ViaService": service } },
});

test("the documents, from the functions that write them", () => {
  assert.deepEqual(readPrefix(bucket, "models/chat/"), readChat);
  for (const [key, service] of [
    ["arn:aws:kms:eu-west-1:123456789012:key/mrk-1", "s3.eu-west-1.amazonaws.com*"],
    ["arn:aws-cn:kms:cn-north-1:123456789012:key/1", "s3.cn-north-1.amazonaws.com*"],
  ] as const)
    assert.deepEqual(readPrefix(bucket, "models/chat/", key), {
      ...readChat,
      Statement: [...readChat.Statement, decrypt(key, service)],
    });
  assert.deepEqual(trustServiceAccount(cluster, "inference", "chat"), trustChat);
  assert.deepEqual(
    tlsOnly(bucket).Statement.map((statement) => JSON.parse(JSON.stringify(statement))),
    [
      {
        Sid: "DenyWithoutTls",
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [bucket, `${bucket}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  );
});

/** A document with one statement less, one action more, one condition less, or one resource wider. */
function* mutants(document: PolicyDocument): Generator<PolicyDocument> {
  const copy = () => JSON.parse(JSON.stringify(document)) as { Statement: Record<string, unknown>[] } & PolicyDocument;
  for (const [at, statement] of document.Statement.entries()) {
    const without = copy();
    without.Statement.splice(at, 1);
    yield without;
    for (const change of [
      { Action: [(statement as { Action: string | string[] }).Action, "s3:PutObject"].flat() },
      { Action: "*" },
      { Effect: "Effect" in statement && statement.Effect === "Allow" ? "Deny" : "Allow" },
      ...("Resource" in statement ? [{ Resource: "*" }, { Resource: `${bucket}/*` }] : []),
      ...("Condition" in statement ? [{ Condition: undefined }] : []),
      ...("Principal" in statement ? [{ Principal: { Service: "ec2.amazonaws.com" } }] : []),
    ]) {
      const changed = copy();
      Object.assign(changed.Statement[at] as object, change);
      yield JSON.parse(JSON.stringify(changed));
    }
  }
  const more = copy();
  more.Statement.push({ Effect: "Allow", Action: "s3:GetObject", Resource: `${bucket}/*` });
  yield more;
}

/** What AWS decides by such a document, for the few forms that stand in them. */
function allows(
  { Statement }: PolicyDocument,
  action: string,
  resource: string | undefined,
  context: Record<string, string> = {},
  service?: string,
): boolean {
  const like = (pattern: string, value: string) =>
    new RegExp(`^${pattern.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`).test(value);
  const matches = (statement: Record<string, unknown>) => {
    const list = (value: unknown) => [value].flat() as string[];
    const condition = (statement.Condition ?? {}) as Record<string, Record<string, string>>;
    return (
      list(statement.Action).some((one) => like(one, action)) &&
      (resource === undefined || list(statement.Resource).some((one) => like(one, resource))) &&
      (service === undefined || (statement.Principal as { Service?: string })?.Service === service) &&
      Object.values(condition).every((tests) =>
        Object.entries(tests).every(([key, pattern]) => context[key] !== undefined && like(pattern, context[key])),
      )
    );
  };
  const found = (Statement as Record<string, unknown>[]).filter(matches);
  return found.some(({ Effect }) => Effect === "Allow") && !found.some(({ Effect }) => Effect === "Deny");
}

/** What the reader may and may not do. */
function readsOneModelOnly(document: PolicyDocument): boolean {
  const list = (prefix: string) => allows(document, "s3:ListBucket", bucket, { "s3:prefix": prefix });
  const at = (action: string, key: string) => allows(document, action, `${bucket}/${key}`);
  return (
    list("models/chat/v1/") &&
    at("s3:GetObject", "models/chat/v1/config.json") &&
    !list("models/code/") &&
    !list("models/chat-2/") &&
    !list("") &&
    !allows(document, "s3:ListBucket", bucket) &&
    !allows(document, "s3:ListBucket", "arn:aws:s3:::another", { "s3:prefix": "models/chat/v1/" }) &&
    !at("s3:GetObject", "models/code/v1/config.json") &&
    !at("s3:GetObject", "models/chat-2/v1/config.json") &&
    !at("s3:GetObject", "other") &&
    !allows(document, "s3:GetObject", "arn:aws:s3:::another/models/chat/v1/config.json") &&
    ["s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "iam:PassRole"].every(
      (action) =>
        !at(action, "models/chat/v1/config.json") &&
        !allows(document, action, bucket, { "s3:prefix": "models/chat/v1/" }),
    )
  );
}

function trustsOneAccountOnly(document: PolicyDocument): boolean {
  const tags = {
    "aws:RequestTag/eks-cluster-arn": cluster,
    "aws:RequestTag/kubernetes-namespace": "inference",
    "aws:RequestTag/kubernetes-service-account": "chat",
  };
  const may = (action: string, context: Record<string, string>, service = "pods.eks.amazonaws.com") =>
    allows(document, action, undefined, context, service);
  return (
    may("sts:AssumeRole", tags) &&
    may("sts:TagSession", tags) &&
    !may("sts:AssumeRole", tags, "ec2.amazonaws.com") &&
    !may("sts:AssumeRole", {}) &&
    !may("s3:PutObject", tags) &&
    !allows(document, "s3:GetObject", undefined) &&
    Object.keys(tags).every((key) => !may("sts:AssumeRole", { ...tags, [key]: "another" }))
  );
}

for (const [name, document, holds] of [
  ["reading", readPrefix(bucket, "models/chat/"), readsOneModelOnly],
  ["trust", trustServiceAccount(cluster, "inference", "chat"), trustsOneAccountOnly],
] as const)
  test(`${name}: it does what it should, and no mutant of it does`, () => {
    assert.equal(holds(document), true);
    let tried = 0;
    for (const mutant of mutants(document)) {
      assert.equal(holds(mutant), false, JSON.stringify(mutant));
      tried++;
    }
    assert.ok(tried >= 6);
  });

test("without TLS nothing of the bucket can be reached, with TLS the policy denies nothing", () => {
  const denied = (action: string, resource: string, tls: string) => {
    const { Version, Statement } = tlsOnly(bucket);
    const open: PolicyDocument = {
      Version,
      Statement: [...Statement, { Effect: "Allow", Action: "*", Resource: "*" }],
    };
    return !allows(open, action, resource, { "aws:SecureTransport": tls });
  };
  for (const action of ["s3:GetObject", "s3:PutObject", "s3:ListBucket"])
    for (const resource of [bucket, `${bucket}/models/chat/v1/x`]) {
      assert.equal(denied(action, resource, "false"), true);
      assert.equal(denied(action, resource, "true"), false);
    }
});
