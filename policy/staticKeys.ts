import { isTree } from "../config/tree.ts";
import { notKnown } from "./known.ts";
import { type Finding, found, judgedLater, notChecked, ofEach, type PolicyObject } from "./rule.ts";

/** The id of a key, of a session's too: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html. */
const keyId = /(?<![A-Z0-9])(?:AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])/;
const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

const allowed = "credentials of EKS Pod Identity alone";
const next = "take it out, and make the key invalid where it was written; access.kind gives pods their credentials";

/** No static AWS key stands anywhere: no id of one, no variable or entry that is called like one, no IAM access key. */
export const staticKeys = ofEach([], (object) => {
  if (object.type === "aws:iam/accessKey:AccessKey")
    return [found(object, "", "an IAM access key is made", allowed, next)];
  const isSecret = object.type === "kubernetes:core/v1:Secret";
  const held = keysIn(object.properties, "", isSecret).flatMap(({ path, what }) => {
    if (what !== undefined) return [found(object, path, what, allowed, next)];
    return object.secrets?.includes(asEngine(path))
      ? []
      : [notChecked(object, path, "it is not known yet", judgedLater)];
  });
  return [...held, ...hidden(object)];
});

/** A path as the engine writes it, and `secrets` have it: fewer keys stand in quotes. */
const asEngine = (path: string): string => path.replace(/\["([\w$-]+)"\]/g, ".$1").replace(/^\./, "");

/** Where something stands for a secret, only its name is judged. */
const hidden = (object: PolicyObject): Finding[] =>
  (object.secrets ?? []).map((path) =>
    notChecked(object, path, "its value is a secret", "see that no AWS key is set there"),
  );

/** Keys by their paths, and what may hold one: there, nothing can be said of it yet. */
function keysIn(value: unknown, path: string, isSecret: boolean): { path: string; what?: string }[] {
  if (value === notKnown) return [{ path }];
  if (typeof value === "string") {
    const texts = isSecret ? [value, Buffer.from(value, "base64").toString("latin1")] : [value];
    return texts.some((text) => keyId.test(text)) ? [{ path, what: "it holds the id of an AWS key" }] : [];
  }
  if (Array.isArray(value)) return value.flatMap((one, index) => keysIn(one, `${path}[${index}]`, isSecret));
  if (!isTree(value)) return [];
  const named = typeof value.name === "string" && names.includes(value.name);
  return [
    ...(named ? [{ path, what: `it sets ${value.name}` }] : []),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const plain = /^[A-Za-z_]\w*$/.test(key);
      const here = plain ? [path, key].filter((part) => part !== "").join(".") : `${path}[${JSON.stringify(key)}]`;
      const own = names.includes(key) ? [{ path: here, what: `it sets ${key}` }] : [];
      return [...own, ...keysIn(inner, here, isSecret)];
    }),
  ];
}
