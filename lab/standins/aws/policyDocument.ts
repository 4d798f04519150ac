import { createHash } from "node:crypto";
import { PluginError } from "../plugin/errors.ts";
import type { Received } from "../plugin/provider.ts";
import type { Properties, PropertyValue } from "../plugin/values.ts";

interface Statement {
  sid?: string;
  effect?: string;
  actions?: string[];
  notActions?: string[];
  resources?: string[];
  notResources?: string[];
  principals?: { type: string; identifiers: string[] }[];
  notPrincipals?: { type: string; identifiers: string[] }[];
  conditions?: { test: string; variable: string; values: string[] }[];
}

/** `aws:iam/getPolicyDocument:getPolicyDocument`: the JSON of an IAM policy, from its parts. Asks AWS nothing. */
export function policyDocument(args: Received): Properties {
  for (const name of ["sourcePolicyDocuments", "overridePolicyDocuments", "sourceJson", "overrideJson"]) {
    if (args[name] !== undefined) throw new PluginError(`getPolicyDocument: the lab's stand-in does not have ${name}`);
  }
  const document = {
    Version: (args.version as string | undefined) ?? "2012-10-17",
    ...(args.policyId ? { Id: args.policyId } : {}),
    Statement: ((args.statements ?? []) as Statement[]).map(statement),
  };
  const json = JSON.stringify(document, undefined, 2);
  return {
    ...args,
    version: document.Version,
    json,
    minifiedJson: JSON.stringify(document),
    id: String(createHash("sha1").update(json).digest().readUInt32BE(0)),
  };
}

function statement(given: Statement): { [key: string]: PropertyValue } {
  const conditions: { [test: string]: { [variable: string]: PropertyValue } } = {};
  for (const { test, variable, values } of given.conditions ?? []) {
    conditions[test] = { ...conditions[test], [variable]: oneOrMany(values) };
  }
  return {
    ...(given.sid ? { Sid: given.sid } : {}),
    Effect: given.effect ?? "Allow",
    ...part("Action", given.actions),
    ...part("NotAction", given.notActions),
    ...part("Resource", given.resources),
    ...part("NotResource", given.notResources),
    ...principals("Principal", given.principals),
    ...principals("NotPrincipal", given.notPrincipals),
    ...(Object.keys(conditions).length > 0 ? { Condition: conditions } : {}),
  };
}

function part(name: string, values: string[] | undefined): { [name: string]: PropertyValue } {
  return values && values.length > 0 ? { [name]: oneOrMany(values) } : {};
}

function principals(name: string, given: Statement["principals"]): { [name: string]: PropertyValue } {
  const [first] = given ?? [];
  if (!given || !first) return {};
  if (given.length === 1 && first.type === "*") return { [name]: "*" };
  return { [name]: Object.fromEntries(given.map(({ type, identifiers }) => [type, oneOrMany(identifiers)])) };
}

function oneOrMany(values: string[]): PropertyValue {
  const [only] = values;
  return values.length === 1 && only !== undefined ? only : [...values].sort();
}
