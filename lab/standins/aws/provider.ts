import { differences, topOf } from "../plugin/diff.ts";
import { PluginError } from "../plugin/errors.ts";
import type {
  CheckRequest,
  CheckResult,
  Configuration,
  CreateRequest,
  CreateResult,
  DeleteRequest,
  DiffRequest,
  DiffResult,
  InvokeRequest,
  PropertyDiff,
  Provider,
  ReadRequest,
  ReadResult,
  Received,
  UpdateRequest,
} from "../plugin/provider.ts";
import { notInStandIn } from "../plugin/service.ts";
import { isUnknown, type Properties, unknown } from "../plugin/values.ts";
import { awsError, type Clients, clientsFor, isGone, loopbackEndpoint } from "./clients.ts";
import { functions } from "./functions.ts";
import { type Kind, text } from "./kind.ts";
import { samePolicy } from "./policy.ts";
import { completeInputs, type Defaults, defaultedKey, refreshedInputs, stateOf } from "./state.ts";
import { kinds } from "./types.ts";

/** AWS resources by their tables, made in the AWS at the loopback endpoint. */
export class AwsProvider implements Provider {
  readonly version = "7.48.0+lab";
  readonly acceptSecrets = false;
  readonly supportsPreview = true;
  #defaults: Defaults = { region: "", tags: {} };
  #endpoint = "";
  #clients = new Map<string, Clients>();

  async configure({ args, variables }: Configuration): Promise<void> {
    this.#endpoint = loopbackEndpoint(process.env);
    const value = (name: string) => args[name] ?? variables[`aws:config:${name}`];
    const region = value("region") ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
    if (typeof region !== "string" || region === "") {
      throw new PluginError("No AWS region is set. Set one with `pulumi config set aws:region <region>`.");
    }
    const defaultTags = value("defaultTags");
    const tags = typeof defaultTags === "string" && !isUnknown(defaultTags) ? JSON.parse(defaultTags).tags : {};
    this.#defaults = { region, tags: tags ?? {} };
  }

  async check(request: CheckRequest): Promise<CheckResult> {
    return completeInputs(kindOf(request.type), request, this.#defaults);
  }

  async diff(request: DiffRequest): Promise<DiffResult> {
    const kind = kindOf(request.type);
    const olds: Properties = { ...request.oldInputs };
    const news: Properties = { ...request.news };
    for (const inputs of [olds, news]) delete inputs[defaultedKey];
    for (const property of kind.policies ?? []) {
      if (samePolicy(olds[property], news[property])) news[property] = olds[property];
    }
    const detailedDiff: { [path: string]: PropertyDiff } = {};
    const diffs = new Set<string>();
    const replaces = new Set<string>();
    for (const [path, change] of Object.entries(differences(olds, news))) {
      const property = topOf(path);
      diffs.add(property);
      const replace = kind.inputs[property] === "replace" || !kind.update;
      if (replace) replaces.add(property);
      detailedDiff[path] = { kind: replace ? `${change}-replace` : change, inputDiff: true };
    }
    // A resource whose name is the program's cannot stand beside its replacement.
    const { autoName } = kind;
    const defaulted = request.news[defaultedKey];
    const named = !autoName || !(Array.isArray(defaulted) && defaulted.includes(autoName.property));
    return {
      changes: diffs.size > 0 ? "some" : "none",
      diffs: [...diffs],
      replaces: [...replaces],
      stables: [
        ...(kind.computed ?? []),
        ...Object.keys(kind.inputs).filter((name) => kind.inputs[name] === "replace"),
      ],
      deleteBeforeReplace: named && autoName !== undefined && replaces.size > 0 && !replaces.has(autoName.property),
      detailedDiff,
    };
  }

  async create(request: CreateRequest): Promise<CreateResult> {
    const kind = kindOf(request.type);
    const inputs = request.properties;
    if (request.preview) {
      const computed = Object.fromEntries((kind.computed ?? []).map((name) => [name, unknown]));
      return { id: "", properties: { ...stateOf(kind, inputs, {}), ...computed } };
    }
    return this.#do(`creating ${request.type} (${request.name})`, inputs, async (clients) => {
      const id = await kind.create(clients, inputs);
      const remote = await kind.read(clients, id, inputs);
      return { id, properties: { id, ...stateOf(kind, inputs, remote ?? {}) } };
    });
  }

  async read(request: ReadRequest): Promise<ReadResult | undefined> {
    const kind = kindOf(request.type);
    const imported = Object.keys(request.properties).length === 0;
    return this.#do(`reading ${request.type} (${request.id})`, request.properties, async (clients) => {
      const remote = await kind.read(clients, request.id, request.properties);
      if (!remote) return undefined;
      const id = imported && typeof remote.associationId === "string" ? remote.associationId : request.id;
      const inputs = imported
        ? importedInputs(kind, remote)
        : refreshedInputs(kind, request.inputs, remote, this.#defaults.tags);
      return { id, inputs, properties: { id, ...stateOf(kind, inputs as Received, remote) } };
    });
  }

  async update(request: UpdateRequest): Promise<Properties> {
    const kind = kindOf(request.type);
    const { id, news, olds } = request;
    const kept = Object.fromEntries((kind.computed ?? []).map((name) => [name, olds[name]]));
    if (request.preview) return { id, ...stateOf(kind, news, {}), ...kept };
    return this.#do(`updating ${request.type} (${id})`, news, async (clients) => {
      await kind.update?.(clients, id, news, olds);
      const remote = await kind.read(clients, id, olds);
      return { id, ...kept, ...stateOf(kind, news, remote ?? {}) };
    });
  }

  async delete(request: DeleteRequest): Promise<void> {
    const kind = kindOf(request.type);
    await this.#do(`deleting ${request.type} (${request.id})`, request.properties, async (clients) => {
      try {
        await kind.delete(clients, request.id, request.properties);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    });
  }

  async invoke(request: InvokeRequest): Promise<Properties> {
    const { token, args } = request;
    const call = functions[token];
    if (!call) throw notInStandIn("AWS", token);
    return this.#do(token.split(":").at(-1) ?? token, args, (clients) => call(clients, args));
  }

  /** Does something in the region that the properties name, with errors in the words of a person. */
  async #do<T>(doing: string, properties: Received, work: (clients: Clients) => Promise<T>): Promise<T> {
    const region = text(properties, "region") || this.#defaults.region;
    const clients = this.#clients.get(region) ?? clientsFor(region, this.#endpoint, process.env);
    this.#clients.set(region, clients);
    try {
      return await work(clients);
    } catch (error) {
      throw awsError(doing, error, this.#endpoint);
    }
  }
}

function importedInputs(kind: Kind, remote: { [property: string]: unknown }): Properties {
  const readable = Object.keys(kind.inputs).filter((name) => remote[name] !== undefined && remote[name] !== null);
  return { ...kind.defaults, ...Object.fromEntries(readable.map((name) => [name, remote[name] as string])) };
}

function kindOf(token: string): Kind {
  const kind = kinds[token];
  if (!kind) throw notInStandIn("AWS", token);
  return kind;
}
