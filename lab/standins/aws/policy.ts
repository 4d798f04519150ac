import { isObject, type PropertyValue, same } from "../plugin/values.ts";

const listKeys = new Set(["Action", "NotAction", "Resource", "NotResource"]);

/** Whether two IAM policies say the same: order, layout, and one value against a list of one do not matter. */
export function samePolicy(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "string" || typeof b !== "string") return false;
  try {
    return same(normal(JSON.parse(a)), normal(JSON.parse(b)));
  } catch {
    return false;
  }
}

function normal(policy: PropertyValue): PropertyValue {
  if (!isObject(policy)) return policy;
  const statements = list(policy.Statement ?? []).map((statement) =>
    isObject(statement) ? ordered(statement) : statement,
  );
  return { ...policy, Statement: statements };
}

function ordered(statement: { [key: string]: PropertyValue }): PropertyValue {
  return Object.fromEntries(
    Object.entries(statement)
      .filter(([key, value]) => key !== "Sid" || value !== "")
      .map(([key, value]) => {
        if (listKeys.has(key)) return [key, sorted(value)];
        if (key === "Principal" || key === "NotPrincipal") return [key, isObject(value) ? each(value, sorted) : value];
        if (key === "Condition" && isObject(value)) {
          return [key, each(value, (test) => (isObject(test) ? each(test, sorted) : test))];
        }
        return [key, value];
      }),
  );
}

function each(value: { [key: string]: PropertyValue }, change: (value: PropertyValue) => PropertyValue): PropertyValue {
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]));
}

function list(value: PropertyValue): PropertyValue[] {
  return Array.isArray(value) ? value : [value];
}

function sorted(value: PropertyValue): PropertyValue {
  return list(value).map(String).sort();
}
