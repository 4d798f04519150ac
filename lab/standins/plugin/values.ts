import struct from "google-protobuf/google/protobuf/struct_pb.js";

/** A property as it travels between engine and plugin: JSON, with Pulumi's marked objects and strings inside. */
export type PropertyValue = null | boolean | number | string | PropertyValue[] | { [key: string]: PropertyValue };

/** The properties of a resource. `undefined` is the same as absent. */
export type Properties = { [key: string]: PropertyValue | undefined };

/** The key that marks an object as something else than an object. */
export const signatureKey = "4dabf18193072939515e22adb298388d";
/** `{ [signatureKey]: secretSignature, value }` is a secret. */
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** `{ [signatureKey]: outputSignature, value?, secret?, dependencies? }` is an output; without a value, an unknown one. */
export const outputSignature = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

/** What stands in a preview for a value that is not known yet. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const unknowns = new Set([
  unknown,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // boolean
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "030794c1-ac77-496b-92df-f27374a8bd58", // asset
  "e48ece36-62e2-4504-bad9-02848725956a", // archive
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** Whether a value is a JSON object, marked ones (secret, output, asset) included. */
export function isObject(value: unknown): value is { [key: string]: PropertyValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function signature(value: unknown): unknown {
  return isObject(value) ? value[signatureKey] : undefined;
}

/** Whether the value itself is unknown. */
export function isUnknown(value: unknown): boolean {
  if (typeof value === "string") return unknowns.has(value);
  return signature(value) === outputSignature && (!isObject(value) || value.value === undefined);
}

/** Whether the value or anything inside it is unknown. */
export function containsUnknown(value: unknown): boolean {
  return isUnknown(value) || children(value).some(containsUnknown);
}

/** Whether the value itself is marked as secret. */
export function isSecret(value: unknown): boolean {
  const mark = signature(value);
  return mark === secretSignature || (mark === outputSignature && isObject(value) && value.secret === true);
}

/** Whether the value or anything inside it is marked as secret. */
export function containsSecret(value: unknown): boolean {
  return isSecret(value) || children(value).some(containsSecret);
}

/** The value, marked as secret. */
export function secret(value: PropertyValue): PropertyValue {
  return isSecret(value) ? value : { [signatureKey]: secretSignature, value };
}

/** The value without any mark of secret or output in it; unknowns stay. */
export function plain(value: PropertyValue): PropertyValue {
  const mark = signature(value);
  if (isObject(value) && (mark === secretSignature || mark === outputSignature)) return plain(value.value ?? unknown);
  if (Array.isArray(value)) return value.map(plain);
  return isObject(value) ? (plainProperties(value) as { [key: string]: PropertyValue }) : value;
}

/** `plain` for a whole set of properties; leaves out what is undefined. */
export function plainProperties(properties: Properties): Properties {
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, value]) => (value === undefined ? [] : [[key, plain(value)]])),
  );
}

/** Marks as secret every property of `outputs` whose input of the same name holds a secret. */
export function keepSecrets(inputs: Properties, outputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [
      key,
      value !== undefined && containsSecret(inputs[key]) ? secret(value) : value,
    ]),
  );
}

/** Whether two values are the same JSON, whatever the order of keys; a key that is undefined is absent. */
export function same(a: PropertyValue | undefined, b: PropertyValue | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  if (isObject(a) && isObject(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => same(a[key], b[key]));
  }
  return a === b;
}

/** The message for a set of properties. */
export function toStruct(properties: Properties): struct.Struct {
  const message = new struct.Struct();
  const fields = message.getFieldsMap();
  for (const [key, value] of Object.entries(properties)) {
    if (value !== undefined) fields.set(key, toValue(value));
  }
  return message;
}

function toValue(value: PropertyValue): struct.Value {
  const message = new struct.Value();
  if (value === null) message.setNullValue(struct.NullValue.NULL_VALUE);
  else if (typeof value === "boolean") message.setBoolValue(value);
  else if (typeof value === "number") message.setNumberValue(value);
  else if (typeof value === "string") message.setStringValue(value);
  else if (Array.isArray(value)) {
    message.setListValue(new struct.ListValue().setValuesList(value.map((item) => toValue(item ?? null))));
  } else message.setStructValue(toStruct(value));
  return message;
}

/** The properties in a message; none for no message. */
export function fromStruct(message: struct.Struct | undefined): { [key: string]: PropertyValue } {
  return (message?.toJavaScript() ?? {}) as { [key: string]: PropertyValue };
}

function children(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value) : [];
}
