import * as pulumi from "@pulumi/pulumi";
import type { ModelPlan } from "../planning/model.ts";
import type { AccessInputs, AccessMaker, AccessNodes } from "./access/maker.ts";
import { podIdentity } from "./access/podIdentity.ts";
import { Nodes } from "./nodes.ts";

export interface ModelAccessArgs extends AccessInputs {
  kind: ModelPlan["access"]["kind"];
}

/** How pods get AWS credentials. A further kind is a file in `access/` and a line here. */
const makers: Readonly<Record<ModelAccessArgs["kind"], AccessMaker>> = { podIdentity };

const nodes = new Nodes<ModelAccess, AccessNodes>();

/** A service account whose pods may read one model's prefix of the bucket, and nothing else. */
export class ModelAccess extends pulumi.ComponentResource {
  readonly serviceAccountName: pulumi.Output<string>;

  constructor(name: string, args: ModelAccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:ModelAccess", name, {}, opts);
    const made = makers[args.kind](name, args, { parent: this });
    this.serviceAccountName = made.serviceAccountName;
    nodes.keep(this, made.nodes);
    this.registerOutputs({ serviceAccountName: this.serviceAccountName });
  }

  /** The resources that it is made of. */
  get nodes(): AccessNodes {
    return nodes.of(this);
  }
}
