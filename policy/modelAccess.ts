import type { Tree } from "../config/tree.ts";
import { statementsOf, type Texts, textsIn } from "./documents.ts";
import { type Known, notKnown, valueAt } from "./known.ts";
import { type Finding, found, judgedLater, notChecked, ofEach, type PolicyObject } from "./rule.ts";

const policies = ["aws:iam/rolePolicy:RolePolicy", "aws:iam/policy:Policy"];
const attachments = ["aws:iam/rolePolicyAttachment:RolePolicyAttachment"];

/** A model's IAM policy names no `*` action, and nothing but the model's own prefix and, to decrypt it, the stack's key. */
export const modelAccess = ofEach(["models", "kmsKey"], (object, { models, kmsKey }) => {
  if (attachments.includes(object.type))
    return [notChecked(object, "policyArn", "what an attached policy allows stands elsewhere", "check it there")];
  const ownOf = (part: string): Own | undefined => {
    const [, owner] = Object.entries(models).find(([name]) => object.name === `vllm-${name}-access-${part}`) ?? [];
    return owner && { prefix: owner.prefix, kmsKey };
  };
  if (object.type === "aws:iam/role:Role") return withinRole(object, ownOf("role"));
  if (!policies.includes(object.type)) return [];
  const own = ownOf("policy");
  if (!own) return [notChecked(object, "", "it is the policy of no model", "check it where it is made")];
  return judgedDocument(object, object.properties.policy, "policy", own);
});

/** What a model's role may reach. */
interface Own {
  prefix: string;
  kmsKey: string | undefined;
}

/** What a role holds by itself. A state tells of each role what is attached to it, by whomever; most often an empty list. */
function withinRole(role: PolicyObject, own: Own | undefined): Finding[] {
  const { inlinePolicies, managedPolicyArns } = role.properties;
  const more = (key: string) => notChecked(role, key, "it gives the role more than its policy", "take it out");
  const managed = isNone(managedPolicyArns) ? [] : [more("managedPolicyArns")];
  if (isNone(inlinePolicies)) return managed;
  if (!own || !Array.isArray(inlinePolicies)) return [more("inlinePolicies"), ...managed];
  const inline = inlinePolicies.flatMap((one, index) =>
    judgedDocument(role, valueAt(one, ["policy"]), `inlinePolicies[${index}].policy`, own),
  );
  return [...inline, ...managed];
}

const isNone = (value: unknown) => value === undefined || (Array.isArray(value) && value.length === 0);

function judgedDocument(object: PolicyObject, document: unknown, path: string, own: Own): Finding[] {
  const statements = statementsOf(document);
  if (!statements) return [notChecked(object, path, "the policy is not known yet", judgedLater)];
  return statements.flatMap((statement, index) => judged(object, statement, `${path}.Statement[${index}]`, own));
}

function judged(object: PolicyObject, statement: Tree, path: string, { prefix, kmsKey }: Own): Finding[] {
  const { Effect, NotAction, NotResource, Action, Resource } = statement;
  const unseen = notChecked(object, path, "the statement is not known yet", judgedLater);
  if (Effect === "Deny") return [];
  if ([Effect, NotAction, NotResource].includes(notKnown)) return [unseen];
  if (Effect !== "Allow") return [];
  const say = (field: string, what: string, allowed: string) =>
    found(object, `${path}.${field}`, what, allowed, "leave the policy to ModelAccess, or narrow it down");
  if (NotAction !== undefined || NotResource !== undefined)
    return [
      say(
        NotAction === undefined ? "NotResource" : "NotAction",
        "it allows all but something",
        "what is allowed, by name",
      ),
    ];
  const [actions, resources] = [textsIn(Action), textsIn(Resource)];
  if (actions.texts.length === 0 || resources.texts.length === 0) return [unseen];
  const wide = actions.texts
    .filter((action) => action.includes("*"))
    .map((action) => say("Action", `it allows ${action}`, "actions by their whole names"));
  const others = resources.texts.filter((arn) => !isOwn(arn, prefix));
  const lists = listsOwn(actions, statement, prefix);
  const foreign = others
    .filter((arn) => !isBucket(arn) || lists === false)
    .filter((arn) => !(arn === kmsKey && actions.texts.every((action) => action === "kms:Decrypt")))
    .map((arn) => say("Resource", `it reaches ${arn}`, `what is under ${prefix}, and a list of that`));
  const isWhole = actions.isWhole && resources.isWhole && (lists !== notKnown || !others.some(isBucket));
  return [...wide, ...foreign, ...(isWhole ? [] : [unseen])];
}

const isBucket = (arn: string) => /^arn:[a-z-]+:s3:::[^/*?]+$/.test(arn);

/** Whether all that an ARN may mean is under a prefix of one bucket. */
const isOwn = (arn: string, prefix: string) => {
  const [, key = ""] = /^arn:[a-z-]+:s3:::[^/*?]+\/(.*)$/.exec(arn) ?? [];
  return key.startsWith(prefix);
};

/** Whether a statement on a whole bucket does nothing but list what is under the prefix. */
function listsOwn(actions: Texts, { Condition }: Tree, prefix: string): Known {
  const asked = ["StringLike", "StringEquals"].map((kind) => textsIn(valueAt(Condition, [kind, "s3:prefix"])));
  const prefixes = asked.flatMap(({ texts }) => texts);
  if (actions.texts.some((one) => one !== "s3:ListBucket")) return false;
  if (prefixes.some((one) => !one.startsWith(prefix))) return false;
  if (![actions, ...asked].every(({ isWhole }) => isWhole)) return notKnown;
  return prefixes.length > 0;
}
