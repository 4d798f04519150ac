import type { LogKind } from "./log.ts";
import type { Properties, PropertyValue } from "./values.ts";

/** Properties as they arrive: every key present has a value. */
export type Received = { [key: string]: PropertyValue };

/** What every call about a resource carries. `urn` names the resource, `type` is its token, `name` the program's name. */
export interface Subject {
  urn: string;
  type: string;
  name: string;
}

/** Checks and completes a resource's inputs. `olds` are the last inputs, empty for a new resource. */
export interface CheckRequest extends Subject {
  olds: Received;
  news: Received;
  /** Seed for names that must come out the same in a preview and the update that follows; may be empty. */
  randomSeed: Uint8Array;
  autonaming: { proposedName: string; mode: "propose" | "enforce" | "disable" } | undefined;
}

/** The inputs to store, and what is wrong with them (`property` may be a path). */
export interface CheckResult {
  inputs: Properties;
  failures?: { property: string; reason: string }[];
}

/** Compares the last state (`oldInputs`, `olds` = outputs) with checked new inputs. */
export interface DiffRequest extends Subject {
  id: string;
  oldInputs: Received;
  olds: Received;
  news: Received;
  ignoreChanges: string[];
}

/** One changed property, by its path. */
export interface PropertyDiff {
  kind: "add" | "add-replace" | "delete" | "delete-replace" | "update" | "update-replace";
  /** Whether the difference is between inputs (else between the last outputs and the new inputs). */
  inputDiff?: boolean;
}

export interface DiffResult {
  changes: "unknown" | "none" | "some";
  /** Top-level properties whose change needs a new resource. */
  replaces?: string[];
  /** Top-level properties that differ. */
  diffs?: string[];
  /** Outputs that no update changes, such as an ARN. */
  stables?: string[];
  deleteBeforeReplace?: boolean;
  detailedDiff?: { [path: string]: PropertyDiff };
}

/** `timeoutSeconds` is the user's `customTimeouts`, 0 where none is set. In a preview nothing may change. */
export interface CreateRequest extends Subject {
  properties: Received;
  timeoutSeconds: number;
  preview: boolean;
}

export interface CreateResult {
  /** Empty in a preview where it is not known. */
  id: string;
  properties: Properties;
}

export interface ReadRequest extends Subject {
  id: string;
  /** The last outputs; empty for an import. */
  properties: Received;
  /** The last inputs; empty for an import. */
  inputs: Received;
  timeoutSeconds: number;
}

export interface ReadResult {
  id: string;
  properties: Properties;
  inputs: Properties;
}

export interface UpdateRequest extends Subject {
  id: string;
  oldInputs: Received;
  olds: Received;
  news: Received;
  timeoutSeconds: number;
  ignoreChanges: string[];
  preview: boolean;
}

export interface DeleteRequest extends Subject {
  id: string;
  /** The last outputs. */
  properties: Received;
  oldInputs: Received;
  timeoutSeconds: number;
}

export interface InvokeRequest {
  token: string;
  args: Received;
  preview: boolean;
}

/** The provider's configuration, each value as the engine passes it: a string, or JSON in a string. */
export interface Configuration {
  variables: { [key: string]: string };
  args: Received;
}

/** What a provider can use of the plugin it runs in. */
export interface Host {
  /** Shows a message in the engine's display. */
  log(kind: LogKind, message: string, urn?: string): void;
  /** Aborted when the user cancels: stop waiting, keep the state true. */
  cancelled: AbortSignal;
}

/**
 * A provider in plain objects. Secrets and unknowns are in them as marked values (see `values.ts`).
 * Throw a `PluginError` for an error of the user's, an `InitFailed` for a resource that exists but is not well.
 */
export interface Provider {
  readonly version: string;
  /** What a program in YAML may make of it; by default nothing. */
  readonly schema?: object;
  /** Whether secrets arrive marked. If not, they arrive plain and the engine marks outputs of the same name. */
  readonly acceptSecrets: boolean;
  /** Whether `create` and `update` are called in previews. If not, the engine shows every output as unknown. */
  readonly supportsPreview: boolean;
  configure(configuration: Configuration, host: Host): Promise<void>;
  /** Checks the provider's own configuration; by default it is right as it is. */
  checkConfig?(request: CheckRequest): Promise<CheckResult>;
  /** Compares two configurations; by default a change never replaces the provider. */
  diffConfig?(request: DiffRequest): Promise<DiffResult>;
  check(request: CheckRequest): Promise<CheckResult>;
  diff(request: DiffRequest): Promise<DiffResult>;
  create(request: CreateRequest): Promise<CreateResult>;
  /** `undefined`: the resource is gone. */
  read(request: ReadRequest): Promise<ReadResult | undefined>;
  update(request: UpdateRequest): Promise<Properties>;
  /** A resource that is already gone is no error. */
  delete(request: DeleteRequest): Promise<void>;
  invoke(request: InvokeRequest): Promise<Properties>;
}
