import type { Received } from "../plugin/provider.ts";
import type { Properties } from "../plugin/values.ts";
import type { Clients } from "./clients.ts";

/** What of a resource AWS has now. `null`: AWS has no such property. Properties that cannot be read are left out. */
export type Remote = { [property: string]: Properties[string] };

/** A type of AWS resource: a table of its properties and the four calls. */
export interface Kind {
  /** Every input the stand-in knows, and what its change does. */
  inputs: { [property: string]: "update" | "replace" };
  required: string[];
  /** Values of inputs that are not given. */
  defaults?: Properties;
  /** The input that gets a name made from the resource's, and its greatest length. */
  autoName?: { property: string; maxLength: number; lowerCase?: boolean };
  /** Outputs that AWS gives: unknown until the resource exists, then fixed. */
  computed?: string[];
  /** Inputs that are IAM policies: compared by meaning, not by text. */
  policies?: string[];
  /** Makes it; gives the id. `inputs` are plain and complete. */
  create(clients: Clients, inputs: Received): Promise<string>;
  /** What AWS has; `undefined`: nothing. `state` is the last known state, empty for an import. */
  read(clients: Clients, id: string, state: Received): Promise<Remote | undefined>;
  /** Brings it to new inputs. Without it, every change replaces. */
  update?(clients: Clients, id: string, inputs: Received, olds: Received): Promise<void>;
  /** Removes it; throws the AWS error where it is already gone, which the caller forgives. */
  delete(clients: Clients, id: string, state: Received): Promise<void>;
}

/** An input that is a string. */
export function text(properties: Received, name: string): string {
  const value = properties[name];
  return typeof value === "string" ? value : "";
}

/** A map of tags, as AWS lists them. */
export function tagList(tags: unknown): { Key: string; Value: string }[] {
  return Object.entries((tags ?? {}) as { [key: string]: string }).map(([Key, Value]) => ({ Key, Value }));
}

/** A list of tags as a map. */
export function tagMap(list: { Key?: string | undefined; Value?: string | undefined }[] | undefined): {
  [key: string]: string;
} {
  return Object.fromEntries((list ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** The keys of tags that are in `olds` and no longer in `news`. */
export function droppedTags(olds: unknown, news: unknown): string[] {
  return Object.keys((olds ?? {}) as object).filter((key) => !(key in ((news ?? {}) as object)));
}
