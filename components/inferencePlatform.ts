import * as pulumi from "@pulumi/pulumi";
import { modelOutputs, onlyEndpoint, type ServedModel } from "../planning/outputs.ts";
import { stackWarnings } from "../planning/warnings.ts";
import type { InferencePlatformArgs } from "./args.ts";
import { planned } from "./arguments.ts";
import { Nodes } from "./nodes.ts";
import { type InferencePlatformNodes, platformNodes } from "./platformNodes.ts";

const nodes = new Nodes<InferencePlatform, InferencePlatformNodes>();

/** The whole: one model store, one server a model, one API key. Takes a Kubernetes provider in `opts`. */
export class InferencePlatform extends pulumi.ComponentResource {
  /** The models by their names. */
  readonly models: pulumi.Output<Record<string, ServedModel>>;
  /** The OpenAI-compatible base URL of the only model, once it is served; of several see `models`. */
  readonly endpoint: pulumi.Output<string | undefined>;
  /** The bucket that models are published to. */
  readonly modelBucket: pulumi.Output<string>;
  /** The namespace of the servers. */
  readonly namespace: pulumi.Output<string>;
  /** The key that clients send, a secret. */
  readonly apiKey: pulumi.Output<string>;

  /** @throws ArgumentsError (a `pulumi.ResourceError`) with all that is wrong with the arguments, before it has a child */
  constructor(name: string, args: InferencePlatformArgs, opts?: pulumi.ComponentResourceOptions) {
    super("vllm:index:InferencePlatform", name, {}, opts);
    const { plan, inputs } = planned(args, name, this);
    for (const text of stackWarnings(plan)) pulumi.log.warn(text, this);
    const made = platformNodes(this, name, plan, inputs);
    nodes.keep(this, made.nodes);
    this.models = pulumi.output(modelOutputs(plan));
    this.endpoint = pulumi.output(onlyEndpoint(plan));
    this.modelBucket = made.nodes.store.bucketName;
    this.namespace = pulumi.output(plan.namespace.name);
    this.apiKey = made.key;
    const { models, endpoint, modelBucket, namespace, apiKey } = this;
    this.registerOutputs({ models, endpoint, modelBucket, namespace, apiKey });
  }

  /** The components and resources that it is made of. */
  get nodes(): InferencePlatformNodes {
    return nodes.of(this);
  }
}
