import * as pulumi from "@pulumi/pulumi";
import { modelPrefix } from "../planning/addresses.ts";
import type { AccessMaker, AccessNodes, EksCluster } from "./access/maker.ts";
import { podIdentity } from "./access/podIdentity.ts";
import { mustBe, refuse } from "./errors.ts";
import { Nodes } from "./nodes.ts";

export interface ModelAccessArgs {
  /** The model, whose name the service account has. */
  model: string;
  /** The namespace of the service account. */
  namespace: pulumi.Input<string>;
  /** The bucket that has the model. */
  bucketArn: pulumi.Input<string>;
  /**
   * What may be read of it, ending in '/'.
   *
   * @default `models/<model>/`
   */
  prefix?: string;
  /**
   * The ARN of the KMS key that the bucket is encrypted with.
   *
   * @default a key of S3 itself
   */
  kmsKey?: pulumi.Input<string>;
  /** The EKS cluster that the pods are in. */
  cluster: EksCluster;
  /**
   * How pods get AWS credentials: `podIdentity`, without keys.
   *
   * @default `podIdentity`
   */
  kind?: string;
  /** Further labels of the service account. */
  labels?: Record<string, string>;
  /** Tags of what is made in AWS. */
  tags?: Record<string, string>;
}

/** How pods get AWS credentials. A further kind is a file in `access/` and a line here. */
const makers = { podIdentity } satisfies Record<string, AccessMaker>;

const nodes = new Nodes<ModelAccess, AccessNodes>();

/** A service account whose pods may read one model's prefix of the bucket, and nothing else. */
export class ModelAccess extends pulumi.ComponentResource {
  /** The service account for the pods to run as. */
  readonly serviceAccountName: pulumi.Output<string>;

  constructor(name: string, args: ModelAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:ModelAccess", name, {}, opts);
    const { model, namespace, bucketArn, prefix = modelPrefix(model), cluster, labels = {}, tags = {} } = args;
    const { kind = "podIdentity", kmsKey } = args;
    mustBe(this, "kind", kind, Object.keys(makers));
    // Without the '/' it is the beginning of other models' names too.
    if (!prefix.endsWith("/")) refuse(this, "prefix", prefix, "a prefix that ends in '/'");
    const owner = { model, labels, namespace };
    const inputs = { owner, bucketArn, prefix, cluster, tags, ...(kmsKey == null ? {} : { kmsKey }) };
    const made = makers[kind as keyof typeof makers](name, inputs, { parent: this });
    this.serviceAccountName = made.serviceAccountName;
    nodes.keep(this, made.nodes);
    this.registerOutputs({ serviceAccountName: this.serviceAccountName });
  }

  /** The resources that it is made of. */
  get nodes(): AccessNodes {
    return nodes.of(this);
  }
}
