import { PluginError } from "../plugin/errors.ts";
import type {
  CheckRequest,
  CheckResult,
  CreateRequest,
  CreateResult,
  DiffRequest,
  DiffResult,
  InvokeRequest,
  Provider,
  ReadRequest,
  ReadResult,
} from "../plugin/provider.ts";
import { notInStandIn } from "../plugin/service.ts";
import { containsUnknown, type Properties, same } from "../plugin/values.ts";
import { outputsOf, type RandomType, randomTypes } from "./types.ts";

/** Random values that live in the state alone: made once, kept until an input changes. */
export class RandomProvider implements Provider {
  readonly version = "4.21.2+lab";
  readonly acceptSecrets = false;
  readonly supportsPreview = true;

  async configure(): Promise<void> {}

  async check(request: CheckRequest): Promise<CheckResult> {
    const type = typeOf(request.type);
    const inputs = request.news;
    const failures = [
      ...type.required
        .filter((property) => inputs[property] === undefined)
        .map((property) => ({ property, reason: `Missing required property '${property}'` })),
      ...Object.keys(inputs)
        .filter((property) => !type.required.includes(property) && !type.optional.includes(property))
        .map((property) => ({ property, reason: `${request.type} has no property '${property}'` })),
    ];
    if (failures.length === 0 && !containsUnknown(inputs)) {
      const reason = type.problem(inputs);
      if (reason) failures.push({ property: "", reason });
    }
    return { inputs: request.news, failures };
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    const type = typeOf(request.type);
    const olds: Properties = { ...type.defaults, ...request.oldInputs };
    const news: Properties = { ...type.defaults, ...request.news };
    for (const property of request.ignoreChanges) news[property] = olds[property];
    const changed = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter(
      (property) => !same(olds[property], news[property]),
    );
    return {
      changes: changed.length > 0 ? "some" : "none",
      replaces: changed,
      diffs: changed,
    };
  }

  async create(request: CreateRequest): Promise<CreateResult> {
    const type = typeOf(request.type);
    if (request.preview) return { id: "", properties: outputsOf(type, request.properties) };
    const { id, outputs } = type.generate(request.properties);
    return { id, properties: outputsOf(type, request.properties, outputs) };
  }

  async read(request: ReadRequest): Promise<ReadResult> {
    typeOf(request.type);
    if (Object.keys(request.properties).length === 0) {
      throw new PluginError("The lab's stand-in for the random plugin does not import values");
    }
    return { id: request.id, properties: request.properties, inputs: request.inputs };
  }

  async update(): Promise<Properties> {
    throw new PluginError("A random resource is never updated, only replaced");
  }

  async delete(): Promise<void> {}

  async invoke(request: InvokeRequest): Promise<Properties> {
    throw notInStandIn("random", request.token);
  }
}

function typeOf(token: string): RandomType {
  const type = randomTypes[token];
  if (!type) throw notInStandIn("random", token);
  return type;
}
