import { randomBytes } from "node:crypto";
import type { Received } from "../plugin/provider.ts";
import { type Properties, secret, unknown } from "../plugin/values.ts";
import { type CharacterRules, randomString, ruleProblem } from "./strings.ts";

/** A type of random resource: nothing of it can be updated, every change of an input makes a new one. */
export interface RandomType {
  /** Values of inputs that are not given. */
  defaults: Properties;
  required: string[];
  optional: string[];
  /** Outputs that are not inputs, and whether they are secret. */
  computed: { [name: string]: "plain" | "secret" };
  /** What is wrong with the inputs, or nothing. */
  problem(inputs: Received): string | undefined;
  /** The id and the computed outputs. */
  generate(inputs: Received): { id: string; outputs: { [name: string]: string } };
}

const stringDefaults = {
  lower: true,
  upper: true,
  numeric: true,
  special: true,
  minLower: 0,
  minUpper: 0,
  minNumeric: 0,
  minSpecial: 0,
};

function rulesOf(inputs: Received): CharacterRules {
  // `number` is the old name of `numeric`.
  const { number, ...rest } = inputs;
  return { ...stringDefaults, overrideSpecial: undefined, numeric: number ?? true, ...rest } as CharacterRules;
}

function byteProblem(property: string): (inputs: Received) => string | undefined {
  return (inputs) => {
    const count = inputs[property];
    return Number.isInteger(count) && Number(count) >= 1
      ? undefined
      : `${property} must be a whole number of at least 1`;
  };
}

const stringType = {
  defaults: stringDefaults,
  required: ["length"],
  optional: [...Object.keys(stringDefaults), "number", "overrideSpecial", "keepers"],
  problem: (inputs: Received) => ruleProblem(rulesOf(inputs)),
};

/** The types that the stand-in has, by token. */
export const randomTypes: { [token: string]: RandomType } = {
  // bcryptHash, which the real provider also returns, is left out: nothing here uses it.
  "random:index/randomPassword:RandomPassword": {
    ...stringType,
    computed: { result: "secret" },
    generate: (inputs) => ({ id: "none", outputs: { result: randomString(rulesOf(inputs)) } }),
  },
  "random:index/randomString:RandomString": {
    ...stringType,
    computed: { result: "plain" },
    generate: (inputs) => {
      const result = randomString(rulesOf(inputs));
      return { id: result, outputs: { result } };
    },
  },
  "random:index/randomBytes:RandomBytes": {
    defaults: {},
    required: ["length"],
    optional: ["keepers"],
    computed: { base64: "secret", hex: "secret" },
    problem: byteProblem("length"),
    generate: (inputs) => {
      const bytes = randomBytes(Number(inputs.length));
      return { id: "none", outputs: { base64: bytes.toString("base64"), hex: bytes.toString("hex") } };
    },
  },
  "random:index/randomId:RandomId": {
    defaults: {},
    required: ["byteLength"],
    optional: ["keepers", "prefix"],
    computed: { b64Std: "plain", b64Url: "plain", dec: "plain", hex: "plain" },
    problem: byteProblem("byteLength"),
    generate: (inputs) => {
      const bytes = randomBytes(Number(inputs.byteLength));
      const prefix = typeof inputs.prefix === "string" ? inputs.prefix : "";
      const forms = {
        b64Std: bytes.toString("base64"),
        b64Url: bytes.toString("base64url"),
        dec: BigInt(`0x${bytes.toString("hex")}`).toString(),
        hex: bytes.toString("hex"),
      };
      const outputs = Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, prefix + form]));
      return { id: forms.b64Url, outputs };
    },
  },
};

/** The outputs of a resource: its inputs, the defaults, and what was generated. In a preview that is unknown. */
export function outputsOf(type: RandomType, inputs: Received, generated?: { [name: string]: string }): Properties {
  const computed = Object.entries(type.computed).map(([name, kind]) => {
    const value = generated?.[name];
    if (value === undefined) return [name, unknown];
    return [name, kind === "secret" ? secret(value) : value];
  });
  return { ...type.defaults, ...inputs, ...Object.fromEntries(computed) };
}
