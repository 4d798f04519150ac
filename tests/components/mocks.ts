import { createRequire } from "node:module";
import * as pulumi from "@pulumi/pulumi";

/**
 * Pulumi's mocks with what they hide: every registration is recorded as the engine would get it, with its options,
 * its dependencies, and the paths of what is secret or unknown in its inputs. `deploy` starts afresh each time.
 */

/** What a resource's inputs look like to the engine, and what came with them. */
export interface Registration {
  type: string;
  name: string;
  /** Type and name, for short messages. */
  id: string;
  /** As the engine makes it, with the types of all parents. */
  urn: string;
  parent?: string;
  custom: boolean;
  /** Plain values: secrets unwrapped, unknown ones as `unknown`. */
  // biome-ignore lint/suspicious/noExplicitAny: the assertions say what is in it
  inputs: any;
  /** Paths of secret inputs. */
  secrets: string[];
  /** Paths of inputs that are not known yet. */
  unknowns: string[];
  /** As registered on the resource itself. */
  own: { protect: boolean; retainOnDelete?: boolean };
  /** As they are after the engine's inheritance from parent to child. */
  protect: boolean;
  retainOnDelete: boolean;
  ignoreChanges: string[];
  /** Names of the hooks bound to it, by when they run. */
  hooks: Record<string, string[]>;
  customTimeouts: { create?: string; update?: string; delete?: string };
  /** Ids of what it depends on, by `dependsOn` or by value. */
  dependencies: string[];
  aliases: number;
  deleteBeforeReplace: boolean;
  additionalSecretOutputs: string[];
  /** Type and name of the provider, where it is not the default one. */
  provider?: string;
  // biome-ignore lint/suspicious/noExplicitAny: the assertions say what is in it
  outputs?: any;
  /** Paths of secret outputs, for components. */
  secretOutputs: string[];
}

/** A hook that the program made, and where the engine would call it. */
export interface Hook {
  name: string;
  onDryRun: boolean;
  ignoreErrors: boolean;
  callback: { target: string; token: string };
}

export interface Deployed<T> {
  result: T;
  resources: Registration[];
  invokes: { token: string; inputs: unknown }[];
  hooks: Hook[];
  /** The only resource of that type, or of that type and name. */
  one(type: string, name?: string): Registration;
  all(type: string): Registration[];
  ids(): string[];
}

export const unknown = "<unknown>";
export const apiKeyValue = "the-api-key-that-must-stay-secret";
const secretSignature = "4dabf18193072939515e22adb298388d";
const unknownSentinel = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const project = "pulumi-vllm";

/** The SDK keeps it out of its types. */
export const waitForRPCs = () => (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();

/** The address of the server that hooks are called at, where there is one. */
export function callbackServer(): Promise<unknown> | undefined {
  const { getStore } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/state.js") as {
    getStore(): { callbacks?: { _target: Promise<string> } };
  };
  return getStore().callbacks?._target;
}

interface DeployOptions {
  preview?: boolean;
  stack?: string;
  /** Whether Kubernetes objects have what a server gives them, as those of a cluster. */
  made?: boolean;
  /** Of the EKS cluster. */
  ipFamily?: string;
}

/** Runs a program under mocks and waits for its last registration. */
export async function deploy<T>(
  program: () => T | Promise<T>,
  { preview = false, stack = "test", made = false, ipFamily = "ipv4" }: DeployOptions = {},
): Promise<Deployed<T>> {
  const resources: Registration[] = [];
  const invokes: { token: string; inputs: unknown }[] = [];
  const hooks: Hook[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => answer(args, preview, made),
      call: ({ token, inputs }) => {
        invokes.push({ token, inputs });
        if (token === "aws:s3/getBucket:getBucket") return { ...inputs, arn: `arn:aws:s3:::${inputs.bucket}` };
        if (token === "aws:index/getPartition:getPartition") return { ...inputs, partition: "aws" };
        if (token === "aws:index/getRegion:getRegion") return { ...inputs, region: "eu-west-1" };
        if (token !== "aws:eks/getCluster:getCluster") throw new Error(`unexpected call ${token}`);
        return {
          ...inputs,
          arn: `arn:aws:eks:eu-west-1:123456789012:cluster/${inputs.name}`,
          endpoint: "https://ABC.eks.example",
          certificateAuthorities: [{ data: "Q0E=" }],
          kubernetesNetworkConfigs: [{ ipFamily }],
        };
      },
    },
    project,
    stack,
    preview,
  );
  record(resources, hooks, stack);
  const result = await program();
  await waitForRPCs();
  // A hook that nothing is bound to is registered late: once there is a server to call it at, which nobody waits for.
  await callbackServer();
  const all = (type: string) => resources.filter((resource) => resource.type === type);
  return {
    result,
    resources,
    invokes,
    hooks,
    all,
    one(type, name) {
      const found = all(type).filter((resource) => name === undefined || resource.name === name);
      if (found.length !== 1) throw new Error(`${found.length} resources ${type} ${name ?? ""}`);
      return found[0] as Registration;
    },
    ids: () => resources.map(({ id }) => id).sort(),
  };
}

/** What the plugins would answer: names as they give them, and in a preview only what is known before a create. */
function answer(args: pulumi.runtime.MockResourceArgs, preview: boolean, made: boolean) {
  const { type, name, inputs } = args;
  if (!args.custom) return { id: "", state: {} };
  // The Kubernetes and AWS plugins name at the check, so these names are known in a preview.
  if (type.startsWith("kubernetes:")) {
    const metadata = { name: `${name}-0a1b2c3d`, ...inputs.metadata, ...(made && { uid: `uid-of-${name}` }) };
    return { id: preview ? "" : `${metadata.namespace ?? ""}/${metadata.name}`, state: { ...inputs, metadata } };
  }
  const named = `${name}-1234567`;
  const atCheck = { "aws:iam/role:Role": { name: named }, "aws:s3/bucket:Bucket": { bucket: named } }[type];
  if (preview) return { id: "", state: { ...inputs, ...atCheck } };
  if (type === "aws:s3/bucket:Bucket")
    return { id: named, state: { ...inputs, ...atCheck, arn: `arn:aws:s3:::${named}` } };
  if (type === "aws:iam/role:Role")
    return { id: named, state: { ...inputs, ...atCheck, arn: `arn:aws:iam::123456789012:role/${named}` } };
  if (type === "random:index/randomPassword:RandomPassword")
    return { id: "none", state: { ...inputs, result: pulumi.secret(apiKeyValue) } };
  return { id: named, state: inputs };
}

// biome-ignore lint/suspicious/noExplicitAny: the SDK's messages have no types that fit both ends
type Message = any;

function record(resources: Registration[], hooks: Hook[], stack: string): void {
  const { getMonitor } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/settings.js") as {
    getMonitor(): Record<string, (request: Message, answer: (error: unknown, response: Message) => void) => unknown>;
  };
  const monitor = getMonitor();
  const byUrn = new Map<string, Registration>();
  const registerResource = monitor.registerResource?.bind(monitor);
  monitor.registerResource = (request, callback) =>
    registerResource?.(request, (error, response) => {
      if (!error) {
        const parent = byUrn.get(request.getParent());
        const registration = read(request, parent, stack, (urn) => byUrn.get(urn)?.id ?? urn);
        byUrn.set(response.getUrn(), registration);
        resources.push(registration);
      }
      callback(error, response);
    });
  // Pulumi's mocks say that they know hooks, but have no answer to them.
  monitor.registerResourceHook = (request, callback) => {
    const [{ target, token }, name] = [request.getCallback().toObject(), request.getName()];
    if (hooks.some((hook) => hook.name === name)) return callback(new Error(`two hooks are called ${name}`), undefined);
    hooks.push({
      name,
      onDryRun: request.getOnDryRun(),
      ignoreErrors: request.getIgnoreErrors(),
      callback: { target, token },
    });
    callback(null, {});
  };
  const registerOutputs = monitor.registerResourceOutputs?.bind(monitor);
  monitor.registerResourceOutputs = (request, callback) => {
    const registration = byUrn.get(request.getUrn());
    if (registration) {
      const { value, secrets } = plain(request.getOutputs()?.toJavaScript() ?? {});
      if (registration.outputs) throw new Error(`${registration.id} registers its outputs twice`);
      Object.assign(registration, { outputs: value, secretOutputs: secrets });
    }
    return registerOutputs?.(request, callback);
  };
}

function read(
  request: Message,
  parent: Registration | undefined,
  stack: string,
  idOf: (urn: string) => string,
): Registration {
  const [type, name] = [request.getType() as string, request.getName() as string];
  const { value, secrets, unknowns } = plain(request.getObject()?.toJavaScript() ?? {});
  const own = {
    protect: Boolean(request.getProtect()),
    ...(request.hasRetainondelete() ? { retainOnDelete: request.getRetainondelete() as boolean } : {}),
  };
  const timeouts = request.getCustomtimeouts();
  const times = { create: timeouts?.getCreate(), update: timeouts?.getUpdate(), delete: timeouts?.getDelete() };
  const provider = (request.getProvider() as string).split("::").slice(-3, -1).join("::");
  const chain = parent?.type === "pulumi:pulumi:Stack" ? undefined : parent?.urn.split("::").slice(2, -1).join("::");
  const qualified = chain ? `${chain}$${type}` : type;
  return {
    type,
    name,
    id: `${type}::${name}`,
    urn: `urn:pulumi:${stack}::${project}::${qualified}::${name}`,
    ...(parent ? { parent: parent.id } : {}),
    custom: request.getCustom(),
    inputs: value,
    secrets,
    unknowns,
    own,
    protect: own.protect,
    retainOnDelete: own.retainOnDelete ?? parent?.retainOnDelete ?? false,
    ignoreChanges: request.getIgnorechangesList(),
    hooks: hooksOf(request.getHooks()?.toObject() ?? {}),
    customTimeouts: Object.fromEntries(Object.entries(times).filter(([, time]) => time)),
    dependencies: [...new Set<string>(request.getDependenciesList().map(idOf))].sort(),
    aliases: request.getAliasesList().length,
    deleteBeforeReplace: request.getDeletebeforereplace(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    ...(provider ? { provider } : {}),
    secretOutputs: [],
  };
}

/** The bindings that have a hook: `beforeUpdateList` of the message is `beforeUpdate`. */
const hooksOf = (bindings: Record<string, string[]>) =>
  Object.fromEntries(
    Object.entries(bindings).flatMap(([when, names]) => (names.length > 0 ? [[when.replace(/List$/, ""), names]] : [])),
  );

/** Unwraps what crosses the wire, and says where it was wrapped. */
function plain(wire: unknown): { value: unknown; secrets: string[]; unknowns: string[] } {
  const secrets: string[] = [];
  const unknowns: string[] = [];
  const walk = (value: unknown, path: string): unknown => {
    if (value === unknownSentinel) {
      unknowns.push(path);
      return unknown;
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, `${path}[${index}]`));
    if (typeof value !== "object" || value === null) return value;
    if (secretSignature in value) {
      secrets.push(path);
      return walk((value as unknown as { value: unknown }).value, path);
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, walk(item, path ? `${path}.${key}` : key)]),
    );
  };
  return { value: walk(wire, ""), secrets, unknowns };
}
