import { DeleteRolePolicyCommand, GetRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import type { Received } from "../plugin/provider.ts";
import { type Clients, unlessGone } from "./clients.ts";
import { type Kind, text } from "./kind.ts";

/** `aws:iam/rolePolicy:RolePolicy`: a policy inside a role. Its id is `<role>:<name>`. */
export const rolePolicy: Kind = {
  inputs: { name: "replace", namePrefix: "replace", role: "replace", policy: "update" },
  required: ["policy", "role"],
  autoName: { property: "name", maxLength: 128 },
  policies: ["policy"],
  async create(clients, inputs) {
    await put(clients, inputs);
    return `${text(inputs, "role")}:${text(inputs, "name")}`;
  },
  async read({ iam }, id) {
    const found = await unlessGone(iam.send(new GetRolePolicyCommand(parts(id))));
    if (!found) return undefined;
    const { RoleName, PolicyName } = parts(id);
    return { role: RoleName, name: PolicyName, policy: decodeURIComponent(found.PolicyDocument ?? "") };
  },
  async update(clients, _id, inputs) {
    await put(clients, inputs);
  },
  async delete({ iam }, id) {
    await iam.send(new DeleteRolePolicyCommand(parts(id)));
  },
};

function parts(id: string): { RoleName: string; PolicyName: string } {
  const [RoleName = "", PolicyName = ""] = id.split(":");
  return { RoleName, PolicyName };
}

async function put({ iam }: Clients, inputs: Received): Promise<void> {
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: text(inputs, "role"),
      PolicyName: text(inputs, "name"),
      PolicyDocument: text(inputs, "policy"),
    }),
  );
}
