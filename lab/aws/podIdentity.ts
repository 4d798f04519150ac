import { randomBytes } from "node:crypto";
import { account } from "./moto.ts";

/** An EKS Pod Identity association as the EKS API returns it; times are seconds since 1970. */
export interface Association {
  clusterName: string;
  namespace: string;
  serviceAccount: string;
  roleArn: string;
  associationArn: string;
  associationId: string;
  tags: Record<string, string>;
  createdAt: number;
  modifiedAt: number;
  disableSessionTags: boolean;
  targetRoleArn?: string;
  externalId?: string;
}

/** An error as the EKS API returns one. */
export class EksError extends Error {
  readonly status: number;

  constructor(status: number, name: string, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

type Body = Partial<Omit<Association, "tags">> & { tags?: Record<string, string>; clientRequestToken?: string };

/** The associations of all clusters, which moto does not have; in memory, as moto's own resources are. */
export class PodIdentity {
  readonly #associations = new Map<string, Association>();
  /** The association that a create request with that token made: the SDK repeats one whose answer was lost. */
  readonly #tokens = new Map<string, string>();

  /** CreatePodIdentityAssociation. */
  create(region: string, clusterName: string, body: Body): Association {
    const repeated = this.#associations.get(this.#tokens.get(body.clientRequestToken ?? "") ?? "");
    if (repeated) return repeated;
    const namespace = required(body, "namespace");
    const serviceAccount = required(body, "serviceAccount");
    const roleArn = required(body, "roleArn");
    const existing = this.list(clusterName, namespace, serviceAccount)[0];
    if (existing) {
      throw new EksError(409, "ResourceInUseException", `Association already exists: ${existing.associationId}`);
    }
    const associationId = `a-${randomBytes(9).toString("hex").slice(0, 17)}`;
    const now = Date.now() / 1000;
    const association: Association = {
      clusterName,
      namespace,
      serviceAccount,
      roleArn,
      associationArn: `arn:aws:eks:${region}:${account}:podidentityassociation/${clusterName}/${associationId}`,
      associationId,
      tags: { ...body.tags },
      createdAt: now,
      modifiedAt: now,
      disableSessionTags: body.disableSessionTags ?? false,
      ...target(body.targetRoleArn, `${region}/${account}/${clusterName}/${associationId}`),
    };
    this.#associations.set(associationId, association);
    if (body.clientRequestToken) this.#tokens.set(body.clientRequestToken, associationId);
    return association;
  }

  /** ListPodIdentityAssociations; an absent filter matches everything. */
  list(clusterName: string, namespace?: string, serviceAccount?: string): Association[] {
    return [...this.#associations.values()].filter(
      (association) =>
        association.clusterName === clusterName &&
        (namespace === undefined || association.namespace === namespace) &&
        (serviceAccount === undefined || association.serviceAccount === serviceAccount),
    );
  }

  /** DescribePodIdentityAssociation. */
  get(clusterName: string, associationId: string): Association {
    const association = this.#associations.get(associationId);
    if (association?.clusterName === clusterName) return association;
    throw new EksError(404, "ResourceNotFoundException", `The association ID '${associationId}' does not exist`);
  }

  /** UpdatePodIdentityAssociation. */
  update(clusterName: string, associationId: string, body: Body): Association {
    const old = this.get(clusterName, associationId);
    const [, , , region] = old.associationArn.split(":");
    const updated: Association = {
      ...old,
      roleArn: body.roleArn ?? old.roleArn,
      disableSessionTags: body.disableSessionTags ?? old.disableSessionTags,
      ...target(body.targetRoleArn, `${region}/${account}/${clusterName}/${associationId}`),
      modifiedAt: Date.now() / 1000,
    };
    this.#associations.set(associationId, updated);
    return updated;
  }

  /** DeletePodIdentityAssociation. */
  delete(clusterName: string, associationId: string): Association {
    const association = this.get(clusterName, associationId);
    this.#associations.delete(associationId);
    return association;
  }

  /** The tags of an association, to read and to change; for ListTagsForResource, TagResource and UntagResource. */
  tags(associationArn: string): Record<string, string> {
    const [, clusterName = "", associationId = ""] = associationArn.split("/");
    return this.get(clusterName, associationId).tags;
  }
}

function required(body: Body, field: "namespace" | "serviceAccount" | "roleArn"): string {
  const value = body[field];
  if (value) return value;
  throw new EksError(400, "InvalidParameterException", `${field} must not be empty`);
}

function target(targetRoleArn: string | undefined, externalId: string): Partial<Association> {
  return targetRoleArn ? { targetRoleArn, externalId } : {};
}
