import { type Api, ApiError } from "./api.ts";
import type { KubeObject } from "./objects.ts";

/** Where the objects of a kind are. */
export interface Resource {
  plural: string;
  namespaced: boolean;
}

/** The server has no such kind (now; a definition may come later). */
export class NoMatch extends Error {}

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** Finds the place of a kind by asking the server, once for each API version. */
export class Discovery {
  #api: Api;
  #lists = new Map<string, Promise<ResourceList>>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** The resource of an object's kind. */
  async resource(object: KubeObject): Promise<Resource> {
    const version = canonicalVersion(object.apiVersion ?? "");
    const list = await this.#list(version).catch((error: unknown) => {
      if (error instanceof ApiError && error.code === 404) return { resources: [] };
      throw error;
    });
    const found = list.resources.find((resource) => resource.kind === object.kind && !resource.name.includes("/"));
    if (!found) {
      this.#lists.delete(version);
      throw new NoMatch(`no matches for kind "${object.kind}" in version "${version}"`);
    }
    return { plural: found.name, namespaced: found.namespaced };
  }

  /** The path of an object, or of all objects of its kind in its namespace where it has no name. */
  async path(object: KubeObject, name = object.metadata?.name): Promise<string> {
    const { plural, namespaced } = await this.resource(object);
    const place = namespaced ? `/namespaces/${object.metadata?.namespace || "default"}` : "";
    const path = `${root(canonicalVersion(object.apiVersion ?? ""))}${place}/${plural}`;
    return name ? `${path}/${name}` : path;
  }

  #list(version: string): Promise<ResourceList> {
    const known = this.#lists.get(version);
    if (known) return known;
    const asked = this.#api.get<ResourceList>(root(version));
    this.#lists.set(version, asked);
    asked.catch(() => this.#lists.delete(version));
    return asked;
  }
}

/** The group and version that a type token such as `kubernetes:core/v1:Secret` names, as manifests write it. */
export function kindOf(type: string): { apiVersion: string; kind: string } {
  const [, module = "", kind = ""] = type.split(":");
  return { apiVersion: canonicalVersion(module), kind };
}

function canonicalVersion(version: string): string {
  return version.replace(/^core\//, "");
}

function root(version: string): string {
  return version.includes("/") ? `/apis/${version}` : `/api/${version}`;
}
