import * as pulumi from "@pulumi/pulumi";
import { InferencePlatform } from "../components/inferencePlatform.ts";
import type { Resolved } from "../config/settings.ts";
import { inKeyOrder, isTree, type Tree } from "../config/tree.ts";
import { planStack } from "../planning/plan.ts";
import { argumentsOf } from "../program/arguments.ts";
import { connectCluster } from "../program/cluster.ts";
import type { Planned } from "../program/settings.ts";
import { answersIn, type Comparison, type Made } from "./answers.ts";
import { inOrder, type RenderedObject, type RenderedStack } from "./objects.ts";
import { otherSecret, placeholdersIn, secret } from "./placeholders.ts";

/** What is said of a resource beside its inputs. */
type Options = Pick<RenderedObject, "protect" | "retainOnDelete">;

let before: Promise<unknown> = Promise.resolve();

/**
 * Every object that a stack would have, from the components that deploy it, under Pulumi's mocks: no engine, cloud or
 * cluster is asked, no secret is in it. It takes the Pulumi runtime of this process, so it is not for use in a Pulumi
 * program; calls wait for each other.
 * @param comparison with another render of the same stack, from which it is to differ wherever the stack would
 * @throws SettingsError with everything that is wrong with the settings
 */
export async function renderStack(resolved: Resolved, comparison?: Comparison): Promise<RenderedStack> {
  const secrets = Object.fromEntries(
    Object.keys(resolved.secrets).map((key) => [key, comparison?.otherSecrets.has(key) ? otherSecret : secret]),
  );
  const planned = { ...resolved, secrets, plan: planStack(resolved) };
  const own = before.then(() => rendered(planned, comparison !== undefined));
  before = own.catch(() => undefined);
  return own;
}

async function rendered(planned: Planned, isCompared: boolean): Promise<RenderedStack> {
  const { plan } = planned;
  const { mocks, made, automaticNames, unanswered } = answersIn(plan.region, isCompared);
  const options = new Map<string, Options>();
  // As in a preview: no rollout is watched, and what nothing answers is unknown instead of left out.
  await pulumi.runtime.setMocks(mocks, undefined, plan.stack, true);
  const cluster = await connectCluster(plan);
  new InferencePlatform("vllm", argumentsOf(planned, cluster), {
    providers: [cluster.provider],
    transformations: [noting(options)],
  });
  await pulumi.runtime.disconnect();
  if (unanswered.length > 0) throw new Error(`render/answers.ts has no answer for ${unanswered.join(", ")}`);
  const objects = made.map((one) => objectOf(one, options.get(keyOf(one)), automaticNames));
  return { stack: plan.stack, objects: objects.sort((one, other) => inOrder(keyOf(one), keyOf(other))) };
}

const keyOf = ({ type, name }: Pick<Made, "type" | "name">) => `${type}::${name}`;

/** Notes the options of each resource as it is made, those of its parents included. */
function noting(options: Map<string, Options>): pulumi.ResourceTransformation {
  const byResource = new Map<pulumi.Resource, Options>();
  return ({ resource, type, name, opts }) => {
    const parent = opts.parent && byResource.get(opts.parent);
    const { protect = parent?.protect ?? false, retainOnDelete = parent?.retainOnDelete ?? false } = opts;
    byResource.set(resource, { protect, retainOnDelete });
    options.set(keyOf({ type, name }), { protect, retainOnDelete });
    return undefined;
  };
}

function objectOf(
  { type, name, inputs }: Made,
  options: Options | undefined,
  automaticNames: ReadonlySet<string>,
): RenderedObject {
  if (!options) throw new Error(`${keyOf({ type, name })} is no child of the platform`);
  const properties = inKeyOrder(type.startsWith("aws:") ? withDocuments(inputs) : inputs) as Tree;
  return { type, name, properties, ...options, placeholders: placeholdersIn(properties, automaticNames) };
}

/** IAM documents, which AWS takes as JSON text, as what is in them. */
const withDocuments = (inputs: Tree): Tree =>
  Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, documentIn(value) ?? value]));

function documentIn(value: unknown): Tree | undefined {
  if (typeof value !== "string" || !value.startsWith("{")) return undefined;
  const read: unknown = JSON.parse(value);
  return isTree(read) && "Statement" in read ? read : undefined;
}
