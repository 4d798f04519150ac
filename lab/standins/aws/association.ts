import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from "@aws-sdk/client-eks";
import { PluginError } from "../plugin/errors.ts";
import { unlessGone } from "./clients.ts";
import { droppedTags, type Kind, text } from "./kind.ts";

/** `aws:eks/podIdentityAssociation:PodIdentityAssociation`: which role the pods of a service account get. */
export const association: Kind = {
  inputs: {
    clusterName: "replace",
    namespace: "replace",
    serviceAccount: "replace",
    region: "replace",
    roleArn: "update",
    disableSessionTags: "update",
    targetRoleArn: "update",
    tags: "update",
    tagsAll: "update",
  },
  required: ["clusterName", "namespace", "roleArn", "serviceAccount"],
  computed: ["associationArn", "associationId", "externalId"],
  async create({ eks }, inputs) {
    const made = await eks.send(
      new CreatePodIdentityAssociationCommand({
        clusterName: text(inputs, "clusterName"),
        namespace: text(inputs, "namespace"),
        serviceAccount: text(inputs, "serviceAccount"),
        ...changeable(inputs),
        tags: (inputs.tagsAll ?? {}) as { [key: string]: string },
      }),
    );
    return made.association?.associationId ?? "";
  },
  async read({ eks, region }, id, state) {
    // An import names the cluster too, as the real provider has it: <cluster>,<association>.
    const [cluster, imported] = id.includes(",") ? id.split(",") : [text(state, "clusterName"), id];
    if (!cluster) throw new PluginError(`${id}: to import an association, give <cluster>,<association>`);
    const found = await unlessGone(
      eks.send(new DescribePodIdentityAssociationCommand({ clusterName: cluster, associationId: imported })),
    );
    const { association: is } = found ?? {};
    if (!is) return undefined;
    return {
      clusterName: is.clusterName ?? "",
      namespace: is.namespace ?? "",
      serviceAccount: is.serviceAccount ?? "",
      roleArn: is.roleArn ?? "",
      associationArn: is.associationArn ?? "",
      associationId: is.associationId ?? "",
      externalId: is.externalId ?? null,
      disableSessionTags: is.disableSessionTags ?? null,
      targetRoleArn: is.targetRoleArn ?? null,
      region,
      tagsAll: is.tags ?? {},
    };
  },
  async update({ eks }, id, inputs, olds) {
    const clusterName = text(inputs, "clusterName");
    await eks.send(new UpdatePodIdentityAssociationCommand({ clusterName, associationId: id, ...changeable(inputs) }));
    const resourceArn = text(olds, "associationArn");
    const dropped = droppedTags(olds.tagsAll, inputs.tagsAll);
    if (dropped.length > 0) await eks.send(new UntagResourceCommand({ resourceArn, tagKeys: dropped }));
    const tags = (inputs.tagsAll ?? {}) as { [key: string]: string };
    if (Object.keys(tags).length > 0) await eks.send(new TagResourceCommand({ resourceArn, tags }));
  },
  async delete({ eks }, id, state) {
    await eks.send(
      new DeletePodIdentityAssociationCommand({ clusterName: text(state, "clusterName"), associationId: id }),
    );
  },
};

function changeable(inputs: Parameters<Kind["create"]>[1]) {
  return {
    roleArn: text(inputs, "roleArn"),
    ...(typeof inputs.disableSessionTags === "boolean" ? { disableSessionTags: inputs.disableSessionTags } : {}),
    ...(inputs.targetRoleArn ? { targetRoleArn: text(inputs, "targetRoleArn") } : {}),
  };
}
