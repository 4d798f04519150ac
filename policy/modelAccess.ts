import { deepAt } from "../config/tree.ts";
import { statementsOf, textsOf } from "./documents.ts";
import {
  type Finding,
  found,
  judgedLater,
  notChecked,
  type ObjectRule,
  type PolicyContext,
  type PolicyObject,
} from "./rule.ts";

const policies = ["aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"];
const attachments = ["aws:iam/rolePolicyAttachment:RolePolicyAttachment"];

/** A model's IAM policy names no `*` action, and nothing but the model's own prefix and, to decrypt it, the stack's key. */
export const modelAccess: ObjectRule = (objects, { models, kmsKey }) =>
  objects.flatMap((object) => {
    if (attachments.includes(object.type))
      return [notChecked(object, "policyArn", "what an attached policy allows stands elsewhere", "check it there")];
    if (object.type === "aws:iam/role:Role") return withinRole(object, models, kmsKey);
    if (!policies.includes(object.type)) return [];
    const owner = Object.entries(models).find(([name]) => object.name === `vllm-${name}-access-policy`);
    if (!owner) return [notChecked(object, "", "it is the policy of no model", "check it where it is made")];
    return judged(object, object.properties.policy, "policy", { ...owner[1], kmsKey });
  });

/** What a role holds by itself. A state tells of each role what is attached to it, by whomever; most often an empty list. */
function withinRole(role: PolicyObject, models: PolicyContext["models"], kmsKey: string | undefined): Finding[] {
  const { inlinePolicies, managedPolicyArns } = role.properties;
  const more = (key: string) => notChecked(role, key, "it gives the role more than its policy", "take it out");
  const managed = isNone(managedPolicyArns) ? [] : [more("managedPolicyArns")];
  if (isNone(inlinePolicies)) return managed;
  const owner = Object.entries(models).find(([name]) => role.name === `vllm-${name}-access-role`);
  if (!owner || !Array.isArray(inlinePolicies)) return [more("inlinePolicies"), ...managed];
  const inline = inlinePolicies.flatMap((one, index) =>
    judged(role, deepAt(one, ["policy"]), `inlinePolicies[${index}].policy`, { ...owner[1], kmsKey }),
  );
  return [...inline, ...managed];
}

const isNone = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

/** What a model's role may reach. */
interface Own {
  prefix: string;
  kmsKey: string | undefined;
}

function judged(object: PolicyObject, document: unknown, path: string, own: Own): Finding[] {
  const statements = statementsOf(document);
  if (!statements) return [notChecked(object, path, "the policy is not known yet", judgedLater)];
  return statements.flatMap((statement, index) =>
    statement.Effect === "Allow" ? broken(object, statement, `${path}.Statement[${index}]`, own) : [],
  );
}

function broken(
  object: PolicyObject,
  statement: Record<string, unknown>,
  path: string,
  { prefix, kmsKey }: Own,
): Finding[] {
  const say = (field: string, what: string, allowed: string) =>
    found(object, `${path}.${field}`, what, allowed, "leave the policy to ModelAccess, or narrow it down");
  const { NotAction, NotResource, Action, Resource } = statement;
  if (NotAction !== undefined || NotResource !== undefined)
    return [
      say(
        NotAction === undefined ? "NotResource" : "NotAction",
        "it allows all but something",
        "what is allowed, by name",
      ),
    ];
  const [actions, resources] = [textsOf(Action), textsOf(Resource)];
  if (!actions?.length || !resources?.length)
    return [notChecked(object, path, "the statement is not known yet", judgedLater)];
  const wide = actions
    .filter((action) => action.includes("*"))
    .map((action) => say("Action", `it allows ${action}`, "actions by their whole names"));
  const foreign = resources
    .filter((arn) => !isOwn(arn, prefix) && !(isBucket(arn) && listsOwn(actions, statement, prefix)))
    .filter((arn) => !(arn === kmsKey && actions.every((action) => action === "kms:Decrypt")))
    .map((arn) => say("Resource", `it reaches ${arn}`, `what is under ${prefix}, and a list of that`));
  return [...wide, ...foreign];
}

const isBucket = (arn: string) => /^arn:[a-z-]+:s3:::[^/*?]+$/.test(arn);

/** Whether all that an ARN may mean is under a prefix of one bucket. */
const isOwn = (arn: string, prefix: string) => {
  const [, key = ""] = /^arn:[a-z-]+:s3:::[^/*?]+\/(.*)$/.exec(arn) ?? [];
  return key.startsWith(prefix);
};

/** Whether a statement on a whole bucket does nothing but list what is under the prefix. */
function listsOwn(actions: readonly string[], { Condition }: Record<string, unknown>, prefix: string): boolean {
  const asked = ["StringLike", "StringEquals"].flatMap((kind) => textsOf(deepAt(Condition, [kind, "s3:prefix"])) ?? []);
  return (
    actions.every((one) => one === "s3:ListBucket") && asked.length > 0 && asked.every((one) => one.startsWith(prefix))
  );
}
