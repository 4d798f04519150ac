import * as pulumi from "@pulumi/pulumi";

/** How to reach the cluster beside the provider: what the provider was given. */
export interface ClusterAccess {
  /** A kubeconfig, as text or as the paths of its files; no other one is ever used. */
  kubeconfig: string;
  /** The context to use, where it is not the kubeconfig's current one. */
  context?: string | undefined;
}

/** The access once it is known, for what runs in an `up` alone. */
export const known = (access: pulumi.Output<ClusterAccess>): Promise<ClusterAccess> =>
  new Promise((done) => pulumi.unsecret(access).apply(done));
