import type { ModelDeployment, StackExplanation } from "../../render/explanation.ts";
import type { DeployedObject } from "../../render/inventory.ts";
import { table, wrapped } from "../table.ts";

/** What there is once a stack, and where. */
export function stackObjectsText({ namespace, objects, models }: StackExplanation): string {
  const unserved = Object.entries(models).flatMap(([name, { served }]) => (served ? [] : [name]));
  return [
    ...placed(objects, namespace),
    ...(unserved.length > 0 ? [wrapped("no server, because no revision: ", unserved)] : []),
  ].join("\n");
}

/** What there is of a model, where, and where it is asked. */
export function modelObjectsText({ objects, address, served }: ModelDeployment, namespace: string): string {
  const { url, host, port, targetPort } = address;
  const [now, later] = [objects.filter((one) => !one.awaitsRevision), objects.filter((one) => one.awaitsRevision)];
  return [
    ...placed(now, namespace),
    ...(later.length > 0 ? [wrapped("with a revision: ", named(later))] : []),
    table([
      [
        "Service URL",
        `${url} (${host}, port ${port} to ${targetPort} of a pod)${served ? "" : ", once it has a revision"}`,
      ],
    ]),
  ].join("\n");
}

const places: readonly [beginning: string, place: (namespace: string) => string][] = [
  ["kubernetes:core/v1:Namespace", () => "in the cluster: "],
  ["kubernetes:", (namespace) => `in namespace ${namespace}: `],
  ["aws:", () => "in AWS: "],
  ["random:", () => "in Pulumi's state: "],
];

const placeOf = ({ type }: DeployedObject) => places.find(([beginning]) => type.startsWith(beginning))?.[0];

const placed = (objects: readonly DeployedObject[], namespace: string): string[] =>
  places.flatMap(([beginning, place]) => {
    const here = objects.filter((object) => placeOf(object) === beginning);
    return here.length > 0 ? [wrapped(place(namespace), named(here))] : [];
  });

/** Kinds with their names, those of one name together: `Deployment and Service chat`. What AWS names by what it is of, goes without. */
function named(objects: readonly DeployedObject[]): string[] {
  const byName = Map.groupBy(objects, ({ name }) => name);
  return [...byName].map(([name, all]) => {
    const kinds = listed(all.map(({ type }) => type.split(":").at(-1) ?? type));
    return all.every(({ type }) => type.startsWith("aws:")) && !name.includes("<hash>") ? kinds : `${kinds} ${name}`;
  });
}

const listed = (words: readonly string[]) =>
  words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : (words[0] ?? "");
