/** An IAM policy document. */
export interface PolicyDocument {
  Version: "2012-10-17";
  Statement: readonly object[];
}

/** Lets nobody reach the bucket without TLS. */
export const tlsOnly = (bucketArn: string): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "DenyWithoutTls",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:*",
      Resource: [bucketArn, `${bucketArn}/*`],
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ],
});

/** Reads what is under one prefix (which ends in '/') and nothing else; where a KMS key encrypts it, through S3 alone. */
export const readPrefix = (bucketArn: string, prefix: string, kmsKey?: string): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "ListModel",
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: bucketArn,
      Condition: { StringLike: { "s3:prefix": `${prefix}*` } },
    },
    { Sid: "ReadModel", Effect: "Allow", Action: "s3:GetObject", Resource: `${bucketArn}/${prefix}*` },
    ...(kmsKey === undefined ? [] : [decryptThroughS3(kmsKey)]),
  ],
});

/** `*` at the end: in China the name of the service ends in `.cn`. */
const decryptThroughS3 = (kmsKey: string): object => ({
  Sid: "DecryptModel",
  Effect: "Allow",
  Action: "kms:Decrypt",
  Resource: kmsKey,
  Condition: { StringLike: { "kms:ViaService": `s3.${kmsKey.split(":")[3]}.amazonaws.com*` } },
});

/** Lets EKS Pod Identity hand the role to one service account of one namespace in one cluster. */
export const trustServiceAccount = (clusterArn: string, namespace: string, serviceAccount: string): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "PodIdentity",
      Effect: "Allow",
      Principal: { Service: "pods.eks.amazonaws.com" },
      Action: ["sts:AssumeRole", "sts:TagSession"],
      Condition: {
        StringEquals: {
          "aws:RequestTag/eks-cluster-arn": clusterArn,
          "aws:RequestTag/kubernetes-namespace": namespace,
          "aws:RequestTag/kubernetes-service-account": serviceAccount,
        },
      },
    },
  ],
});
