import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePermissionsBoundaryCommand,
  GetRoleCommand,
  ListRoleTagsCommand,
  PutRolePermissionsBoundaryCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  UpdateRoleCommand,
} from "@aws-sdk/client-iam";
import { unlessGone } from "./clients.ts";
import { droppedTags, type Kind, tagList, tagMap, text } from "./kind.ts";
import { samePolicy } from "./policy.ts";

/** `aws:iam/role:Role`, without policies inside it: those have their own types. */
export const role: Kind = {
  inputs: {
    name: "replace",
    namePrefix: "replace",
    path: "replace",
    assumeRolePolicy: "update",
    description: "update",
    forceDetachPolicies: "update",
    maxSessionDuration: "update",
    permissionsBoundary: "update",
    tags: "update",
    tagsAll: "update",
  },
  required: ["assumeRolePolicy"],
  defaults: { forceDetachPolicies: false, maxSessionDuration: 3600, path: "/" },
  autoName: { property: "name", maxLength: 64 },
  computed: ["arn", "createDate", "uniqueId"],
  policies: ["assumeRolePolicy"],
  async create({ iam }, inputs) {
    const RoleName = text(inputs, "name");
    await iam.send(
      new CreateRoleCommand({
        RoleName,
        Path: text(inputs, "path"),
        AssumeRolePolicyDocument: text(inputs, "assumeRolePolicy"),
        Description: text(inputs, "description") || undefined,
        MaxSessionDuration: Number(inputs.maxSessionDuration),
        PermissionsBoundary: text(inputs, "permissionsBoundary") || undefined,
        Tags: tagList(inputs.tagsAll),
      }),
    );
    return RoleName;
  },
  async read({ iam }, id) {
    const found = await unlessGone(iam.send(new GetRoleCommand({ RoleName: id })));
    if (!found?.Role) return undefined;
    const { Role } = found;
    const tags = await iam.send(new ListRoleTagsCommand({ RoleName: id }));
    return {
      name: id,
      arn: Role.Arn ?? "",
      uniqueId: Role.RoleId ?? "",
      createDate: Role.CreateDate?.toISOString().replace(/\.\d+Z$/, "Z") ?? "",
      path: Role.Path ?? "/",
      assumeRolePolicy: decodeURIComponent(Role.AssumeRolePolicyDocument ?? ""),
      description: Role.Description || null,
      maxSessionDuration: Role.MaxSessionDuration ?? 3600,
      permissionsBoundary: Role.PermissionsBoundary?.PermissionsBoundaryArn ?? null,
      tagsAll: tagMap(tags.Tags),
    };
  },
  async update({ iam }, id, inputs, olds) {
    const RoleName = id;
    const trust = text(inputs, "assumeRolePolicy");
    if (!samePolicy(trust, olds.assumeRolePolicy)) {
      await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: trust }));
    }
    await iam.send(
      new UpdateRoleCommand({
        RoleName,
        Description: text(inputs, "description"),
        MaxSessionDuration: Number(inputs.maxSessionDuration),
      }),
    );
    const boundary = text(inputs, "permissionsBoundary");
    if (boundary) await iam.send(new PutRolePermissionsBoundaryCommand({ RoleName, PermissionsBoundary: boundary }));
    else if (olds.permissionsBoundary) await iam.send(new DeleteRolePermissionsBoundaryCommand({ RoleName }));
    const dropped = droppedTags(olds.tagsAll, inputs.tagsAll);
    if (dropped.length > 0) await iam.send(new UntagRoleCommand({ RoleName, TagKeys: dropped }));
    const Tags = tagList(inputs.tagsAll);
    if (Tags.length > 0) await iam.send(new TagRoleCommand({ RoleName, Tags }));
  },
  async delete({ iam }, id) {
    await iam.send(new DeleteRoleCommand({ RoleName: id }));
  },
};
