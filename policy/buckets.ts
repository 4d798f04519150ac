import type { Tree } from "../config/tree.ts";
import { isAnybody, statementsOf, textsIn } from "./documents.ts";
import { equal, every, holdsNotKnown, notKnown, some, valueAt } from "./known.ts";
import { type Finding, found, judgedLater, notChecked, ofAll, type PolicyObject, type Rule } from "./rule.ts";

/** How buckets are guarded: each guard is an object of its own that names its bucket. */

export const isBucket = ({ type }: Pick<PolicyObject, "type">): boolean =>
  /^aws:s3\/bucket(V2)?:Bucket(V2)?$/.test(type);
export const bucketsIn = <One extends Pick<PolicyObject, "type">>(all: readonly One[]): One[] => all.filter(isBucket);

const guards = {
  policy: "aws:s3/bucketPolicy:BucketPolicy",
  block: "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
  acl: "aws:s3/bucketAcl:BucketAcl",
  encryption: "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
} as const;

/** The guards of a kind that name a bucket; nothing where some of them name one that is not known yet. */
function guardsOf(objects: readonly PolicyObject[], kind: keyof typeof guards, bucket: PolicyObject) {
  const all = objects.filter(({ type }) => type === guards[kind]);
  const own = all.filter(({ properties }) => properties.bucket === bucket.properties.bucket);
  const isUnknown = [bucket, ...all].some(({ properties }) => typeof properties.bucket !== "string");
  return isUnknown && all.length > 0 ? undefined : own;
}

/** A rule of each bucket. A bucket that was there before is another's: no object tells how it is guarded. */
const ofBuckets = (rule: (bucket: PolicyObject, objects: readonly PolicyObject[]) => Finding[]): Rule =>
  ofAll(["ownBucket"], (objects, { ownBucket }) => [
    ...bucketsIn(objects).flatMap((bucket) => rule(bucket, objects)),
    ...(ownBucket === undefined
      ? []
      : [notChecked(undefined, "modelStore.bucket", `${ownBucket} is not this stack's`, "check it where it is made")]),
  ]);

const unknownGuard = (bucket: PolicyObject, what: string) =>
  notChecked(bucket, "bucket", `whose ${what} it is, is not known yet`, judgedLater);

const flags = ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"] as const;

/** No bucket is public: all four blocks are on, no policy allows anybody anything, no ACL is public. */
export const bucketPrivate = ofBuckets((bucket, objects) => {
  const blocks = guardsOf(objects, "block", bucket);
  const allowed = `a public access block with ${flags.join(", ")}`;
  const next = "take out what changes the bucket's guards, and leave them to ModelStore";
  const open = blocks?.flatMap((block) =>
    flags
      .filter((flag) => block.properties[flag] !== true)
      .map((flag) =>
        block.properties[flag] === notKnown
          ? notChecked(block, flag, "it is not known yet", judgedLater)
          : found(block, flag, `${flag} is not on`, allowed, next),
      ),
  );
  const closed =
    open === undefined
      ? [unknownGuard(bucket, "public access block")]
      : blocks?.length === 0
        ? [found(bucket, "", "the bucket has no public access block", allowed, next)]
        : open;
  const acls = [
    bucket,
    ...(guardsOf(objects, "acl", bucket) ?? objects.filter(({ type }) => type === guards.acl)),
  ].flatMap((one) => {
    const { acl } = one.properties;
    if (acl === notKnown) return [notChecked(one, "acl", "it is not known yet", judgedLater)];
    if (typeof acl !== "string" || !/^(public-|authenticated-read)/.test(acl)) return [];
    return [found(one, "acl", `the ACL ${acl} lets others in`, "no ACL", "take the ACL out")];
  });
  return [...closed, ...acls, ...publicPolicies(bucket, objects)];
});

function publicPolicies(bucket: PolicyObject, objects: readonly PolicyObject[]): Finding[] {
  const policies = guardsOf(objects, "policy", bucket);
  if (!policies) return [unknownGuard(bucket, "policy")];
  return policies.flatMap((policy) => {
    const statements = statementsOf(policy.properties.policy);
    if (!statements) return [notChecked(policy, "policy", "the policy is not known yet", judgedLater)];
    return statements.flatMap(({ Effect, Principal, NotPrincipal }, index) => {
      const path = `policy.Statement[${index}]`;
      const allBut = NotPrincipal === notKnown ? notKnown : NotPrincipal !== undefined;
      const isOpen = every([equal(Effect, "Allow"), some([isAnybody(Principal), allBut])]);
      if (isOpen === false) return [];
      if (isOpen === notKnown) return [notChecked(policy, path, "whom it allows is not known yet", judgedLater)];
      const next = "name the accounts or roles that may, or take the statement out";
      return [found(policy, path, "it allows anybody something", "Principals that are named", next)];
    });
  });
}

/** A bucket's policy denies everybody everything without TLS. */
export const bucketTls = ofBuckets((bucket, objects) => {
  const policies = guardsOf(objects, "policy", bucket);
  if (!policies) return [unknownGuard(bucket, "policy")];
  const documents = policies.map(({ properties }) => statementsOf(properties.policy));
  const name = String(bucket.properties.bucket);
  if (documents.some((statements) => statements?.some((one) => deniesWithoutTls(one, name)))) return [];
  // What allows something denies nothing, whatever else it says.
  const mayDeny = documents.some((all) => all?.some((one) => one.Effect !== "Allow" && holdsNotKnown(one)));
  if (mayDeny || documents.includes(undefined))
    return [notChecked(bucket, "policy", "the bucket's policy is not known yet", judgedLater)];
  const allowed =
    "a policy that denies s3:* to everybody where aws:SecureTransport is false, for the bucket and all in it";
  const next = "leave the policy to ModelStore, or add that statement to yours";
  return [found(policies[0] ?? bucket, "policy", "the bucket can be reached without TLS", allowed, next)];
});

function deniesWithoutTls(statement: Tree, bucket: string): boolean {
  const { Effect, Principal, Action, Resource, Condition } = statement;
  const arns = textsIn(Resource).texts.map((arn) => arn.replace(/^arn:[a-z-]+:s3:::/, ""));
  const actions = textsIn(Action).texts;
  return (
    Effect === "Deny" &&
    isAnybody(Principal) === true &&
    (actions.includes("s3:*") || actions.includes("*")) &&
    arns.includes(bucket) &&
    arns.includes(`${bucket}/*`) &&
    // Another condition beside it would deny less.
    !holdsNotKnown(Condition) &&
    JSON.stringify(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}'
  );
}

/** What is in a bucket is encrypted by a configuration that says so. */
export const bucketEncryption = ofBuckets((bucket, objects) => {
  const all = guardsOf(objects, "encryption", bucket);
  if (!all) return [unknownGuard(bucket, "encryption")];
  const algorithms = all.map(({ properties }) =>
    valueAt(properties, ["rules", "0", "applyServerSideEncryptionByDefault", "sseAlgorithm"]),
  );
  if (algorithms.some((one) => typeof one === "string" && ["AES256", "aws:kms", "aws:kms:dsse"].includes(one)))
    return [];
  if (algorithms.includes(notKnown))
    return [notChecked(bucket, "rules", "how the bucket encrypts is not known yet", judgedLater)];
  const allowed = "AES256, aws:kms or aws:kms:dsse";
  const next = "leave the encryption to ModelStore, or name one of these";
  return [found(all[0] ?? bucket, "rules", "the bucket does not say how it encrypts", allowed, next)];
});
