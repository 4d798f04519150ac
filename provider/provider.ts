import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { claimForProcess } from "../components/claims.ts";
import { ArgumentsError, InferencePlatform, ModelAccess, ModelStore } from "../components/index.ts";
import { type Problem, problemLine, sentence } from "../config/problems.ts";
import { deepAt } from "../config/tree.ts";
import { plainInputs } from "./inputs.ts";

/** Makes a component, and says which of its fields are its outputs. */
type Maker = (
  name: string,
  // biome-ignore lint/suspicious/noExplicitAny: other languages hand over anything, which the component checks
  args: any,
  opts: pulumi.ComponentResourceOptions,
) => { component: pulumi.ComponentResource; state: pulumi.Inputs };

const makers: Readonly<Record<string, Maker>> = {
  "vllm:index:InferencePlatform": (name, args, opts) => {
    const component = new InferencePlatform(name, args, opts);
    const { models, endpoint, modelBucket, namespace, apiKey } = component;
    return { component, state: { models, endpoint, modelBucket, namespace, apiKey } };
  },
  "vllm:index:ModelAccess": (name, args, opts) => {
    const component = new ModelAccess(name, args, opts);
    return { component, state: { serviceAccountName: component.serviceAccountName } };
  },
  "vllm:index:ModelStore": (name, args, opts) => {
    const component = new ModelStore(name, args, opts);
    const { bucketName, bucketArn } = component;
    return { component, state: { bucketName, bucketArn } };
  },
};

/** The components for programs in every language: as much of a Pulumi provider as these need. */
export class VllmProvider implements pulumi.provider.Provider {
  readonly schema = readFileSync(new URL("schema.json", import.meta.url), "utf8");
  readonly version: string = JSON.parse(this.schema).version;

  constructor() {
    claimForProcess();
  }

  /** @throws pulumi.InputPropertiesError with everything that is wrong with the arguments, each with its path */
  async construct(
    name: string,
    type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<pulumi.provider.ConstructResult> {
    const make = makers[type];
    if (!make) throw new Error(`there is no component '${type}'; there are: ${Object.keys(makers).join(", ")}`);
    try {
      const { component, state } = make(name, await plainInputs(inputs), options);
      return { urn: component.urn, state };
    } catch (error) {
      throw error instanceof ArgumentsError ? inputErrors(error, inputs) : error;
    }
  }
}

/**
 * What is wrong by its paths, to which the engine adds the values that it has there. Those may be secrets, within an
 * Output too: but for numbers and booleans that are seen to be such, it is a line of the message instead.
 */
function inputErrors({ message, problems }: ArgumentsError, inputs: pulumi.Inputs): pulumi.InputPropertiesError {
  const isShown = ({ path }: Problem) => ["number", "boolean"].includes(typeof deepAt(inputs, path));
  const told = problems.filter((problem) => !isShown(problem)).map(problemLine);
  return new pulumi.InputPropertiesError({
    message: [message.split("\n")[0], ...told].join("\n"),
    errors: problems.filter(isShown).map((problem) => ({ propertyPath: problem.key, reason: sentence(problem) })),
  });
}
