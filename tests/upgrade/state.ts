import { isTree, type Tree } from "../../config/tree.ts";
import type { Lab } from "../../lab/state.ts";

/** What a version of the program left behind of a stack: enough to preview another one over it. */
export interface Recorded {
  stack: string;
  /** Belongs to the passphrase of the lab, with which the secrets of the state are encrypted. */
  encryptionsalt: string;
  /** The settings of `Pulumi.yaml`, which all stacks share, and the stack's own. */
  settings: { shared: Tree; own: Tree };
  /** What `pulumi stack export` said. */
  state: Tree;
}

/** What is made anew for every deployment, by the names of the placeholders: `{kubeconfig: "/…/.lab/kubeconfig"}`. */
export type Places = Readonly<Record<string, string>>;

/** Those of a staged project in a lab. */
export const placesOf = (lab: Lab, folder: string, namespace: string): Places => ({
  kubeconfig: lab.kubeconfig,
  project: folder,
  namespace,
  apiServer: lab.apiServer,
  awsEndpoint: lab.awsEndpoint,
});

const placeholder = (name: string) => `\${${name}}`;

/** A value with another text in the place of each of its texts, keys included; their order stays. */
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map));
  if (!isTree(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapTexts(item, map)]));
}

/** The resources of an exported state, as Pulumi writes them. */
export const resourcesOf = ({ state }: Pick<Recorded, "state">): Tree[] =>
  ((state.deployment as Tree).resources ?? []) as Tree[];

/** Leaves out where in the program a resource is made: paths of the machine, which no operation looks at. */
function withoutSource(recorded: Recorded): Recorded {
  const resources = resourcesOf(recorded).map(({ sourcePosition: _, stackTrace: __, ...rest }) => rest);
  const deployment = { ...(recorded.state.deployment as Tree), resources };
  return { ...recorded, state: { ...recorded.state, deployment } };
}

/**
 * Puts placeholders for what was made anew.
 * @throws where a text looks like a placeholder already: filled in, it would become another one.
 */
export function generalize(found: Recorded, places: Places): Recorded {
  // One path may begin with another one: the longest first.
  const sorted = Object.entries(places).sort(([, a], [, b]) => b.length - a.length);
  return mapTexts(withoutSource(found), (text) => {
    for (const [name] of sorted)
      if (text.includes(placeholder(name))) throw new Error(`'${text}' holds ${placeholder(name)} by itself`);
    return sorted.reduce((general, [name, own]) => general.replaceAll(own, () => placeholder(name)), text);
  }) as Recorded;
}

/** Fills the placeholders in again, for another lab. */
export const fillIn = (recorded: Recorded, places: Places): Recorded =>
  mapTexts(recorded, (text) =>
    Object.entries(places).reduce((filled, [name, own]) => filled.replaceAll(placeholder(name), () => own), text),
  ) as Recorded;

/** As it stands in a file. */
export const toText = (recorded: Recorded): string => `${JSON.stringify(recorded, undefined, 2)}\n`;

/**
 * What a text tells of the machine that it was written on: paths, those below `own` among them, and ports that the
 * kernel chose. `/tmp` alone is a folder of a container; ports of four digits are the ones that the program names to a user.
 */
export function traces(text: string, own: readonly string[] = []): string[] {
  const usual = text.match(/(?<![\w}])\/(tmp|work|root|home|Users)\/[^"\s]*|\b(127\.0\.0\.1|localhost):\d{5}\b/g);
  return [...new Set([...(usual ?? []), ...own.filter((path) => text.includes(`${path}/`))])];
}
