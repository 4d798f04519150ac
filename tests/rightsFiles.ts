import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { Tree } from "../config/tree.ts";
import { root } from "./config/settings.ts";

/** The documents of `docs/rights`, with their placeholders or with values in the place of these. */

export interface Statement {
  Sid: string;
  Effect: string;
  Action: string[];
  Resource: string | string[];
  Condition?: Tree;
}

/** A rule of a Kubernetes Role. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** What stands in the place of the placeholders in the lab. */
export const values = { ACCOUNT_ID: "123456789012", REGION: "eu-west-1", CLUSTER: "dev", NAMESPACE: "inference" };
export type Values = Record<keyof typeof values, string>;

const text = (file: string, given: Partial<Values>): string =>
  Object.entries(given).reduce(
    (words, [name, value]) => words.replaceAll(name, value),
    readFileSync(join(root, "docs/rights", file), "utf8"),
  );

/** The statements of an IAM policy. */
export const statements = (name: "review" | "deploy" | "upload", given: Partial<Values> = {}): Statement[] =>
  JSON.parse(text(`${name}.json`, given)).Statement;

/** The objects of Kubernetes' rights. */
export const objects = (name: "review" | "deploy", given: Partial<Values> = {}): Tree[] =>
  parseAllDocuments(text(`${name}.yaml`, given)).map((document) => document.toJS() as Tree);

/** The rules of their Role. */
export const rules = (name: "review" | "deploy"): Rule[] =>
  objects(name).flatMap((object) => (object.kind === "Role" ? (object.rules as unknown as Rule[]) : []));

/** Each right of rules by itself: `create deployments.apps`. */
export const rightsOf = (all: readonly Rule[]): string[] =>
  all
    .flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}${group ? `.${group}` : ""}`)),
      ),
    )
    .sort();

const pattern = (text: string) =>
  new RegExp(
    `^${text
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")}$`,
  );

/** Whether an identity with these statements may do that; conditions are taken to be met. */
export const isAllowed = (all: readonly Statement[], action: string, resource: string): boolean =>
  all.some(
    (one) =>
      one.Effect === "Allow" &&
      one.Action.includes(action) &&
      [one.Resource].flat().some((allowed) => pattern(allowed).test(resource)),
  );
