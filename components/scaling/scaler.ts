import type { KubeConfig } from "@kubernetes/client-node";
import type * as pulumi from "@pulumi/pulumi";
import type { Owner } from "../objects/metadata.ts";

/** What a kind of scaling means for the Deployment, and what it makes beside it. */
export interface Scaler {
  /** Annotations of the Deployment. */
  annotations?: Readonly<Record<string, string>>;
  /** Fields of the Deployment that are somebody else's once it is there. */
  ignoreChanges?: string[];
  /** Whether it takes the count over from the scaler of another kind; see `scalerHandover`. */
  takesOver?: true;
  /** Makes what decides on the count, where that is an object of its own. */
  create?(name: string, owner: Owner, opts: pulumi.CustomResourceOptions): pulumi.CustomResource;
}

/** Deletes the scaler of a Deployment from the cluster, by the Deployment's name. */
export type ScalerRemoval = (config: KubeConfig, target: { name: string; namespace: string }) => Promise<void>;
