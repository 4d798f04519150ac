import { isObject, type PropertyValue } from "../plugin/values.ts";

/** Names that are not simply the Pulumi name with a capital. */
const exceptions: [pulumi: string, aws: string][] = [
  ["id", "ID"],
  ["sseAlgorithm", "SSEAlgorithm"],
  ["kmsMasterKeyId", "KMSMasterKeyID"],
];
const awsNames = new Map(exceptions);
const pulumiNames = new Map(exceptions.map(([pulumi, aws]) => [aws, pulumi]));

/** Pulumi's form of a value (`noncurrentDays`, dates as text) in the AWS SDK's (`NoncurrentDays`, dates as dates). */
export function toAws(value: PropertyValue | undefined): unknown {
  if (Array.isArray(value)) return value.map(toAws);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      awsNames.get(key) ?? key.charAt(0).toUpperCase() + key.slice(1),
      key === "date" && typeof inner === "string" ? new Date(inner) : toAws(inner),
    ]),
  );
}

/** The AWS SDK's form of a value in Pulumi's; absent fields stay absent. */
export function fromAws(value: unknown): PropertyValue {
  if (Array.isArray(value)) return value.map(fromAws);
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return (value ?? null) as PropertyValue;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [pulumiNames.get(key) ?? key.charAt(0).toLowerCase() + key.slice(1), fromAws(inner)]),
  );
}
