import {
  containsSecret,
  isObject,
  isSecret,
  type Properties,
  type PropertyValue,
  plain,
  secret,
} from "../plugin/values.ts";
import { copy, isCore, type KubeObject } from "./objects.ts";

/** What Pulumi stores of an object: the live one, and beside it what made it. */
export interface State {
  live: KubeObject;
  inputs: KubeObject;
  /** The manager under which this resource's fields are applied. */
  fieldManager: string | undefined;
  initialApiVersion: string | undefined;
}

const inputsKey = "__inputs";
const managerKey = "__fieldManager";
const versionKey = "__initialApiVersion";

/** A resource's properties as plain JSON, without the marks of secrets. */
export function toObject(properties: Properties): KubeObject {
  return plain(properties as PropertyValue) as KubeObject;
}

/** The outputs to store. Fields that the given inputs hold as secrets are marked, and a Secret's data always. */
export function toProperties(state: State, given: Properties): Properties {
  return {
    ...markSecrets(state.live, given),
    [inputsKey]: markSecrets(state.inputs, given) as PropertyValue,
    [versionKey]: state.initialApiVersion,
    [managerKey]: state.fieldManager,
  };
}

/** What was stored. */
export function fromProperties(properties: Properties): State {
  const { [inputsKey]: inputs, [versionKey]: version, [managerKey]: manager, ...live } = toObject(properties);
  return { live, inputs: inputs ?? {}, fieldManager: manager, initialApiVersion: version };
}

/** Marks in an object what the given inputs hold as secrets, and a Secret's data always. */
export function markSecrets(object: KubeObject, given: Properties): Properties {
  const marked = copy(object) as Properties;
  if (isCore(object, "Secret")) {
    for (const key of ["data", "stringData"]) if (marked[key] !== undefined) marked[key] = secret(marked[key]);
    return marked;
  }
  mark(marked, given);
  return marked;
}

function mark(outputs: Properties, inputs: Properties): void {
  for (const [key, input] of Object.entries(inputs)) {
    const output = outputs[key];
    if (output === undefined || input === undefined) continue;
    if (isObject(output) && isObject(input) && !isSecret(input)) mark(output, input);
    else if (containsSecret(input)) outputs[key] = secret(output);
  }
}
