import type { PropertyDiff } from "../plugin/provider.ts";
import { isObject, isUnknown, same } from "../plugin/values.ts";
import type { Json, KubeObject } from "./objects.ts";
import { touches } from "./replacement.ts";

/** Changed fields by their path, such as `spec.template.spec.containers[0].image`. */
export type Differences = { [path: string]: PropertyDiff };

type Path = (string | number)[];

/** What has to change to make `after` out of `before`; a change of one of the `replacing` fields is marked as such. */
export function differences(before: KubeObject, after: KubeObject, replacing: string[]): Differences {
  const found: Differences = {};
  compareMaps([], before as { [key: string]: Json }, after as { [key: string]: Json }, (path, kind, value) => {
    found[format(path)] = {
      kind: touches(path, value, replacing) ? `${kind}-replace` : kind,
      inputDiff: kind === "delete",
    };
  });
  return found;
}

/** Leaves out what lies at or below an ignored path. */
export function withoutIgnored(found: Differences, ignoreChanges: string[]): Differences {
  const ignored = ignoreChanges.map(parsePath);
  return Object.fromEntries(
    Object.entries(found).filter(([path]) => !ignored.some((prefix) => contains(prefix, parsePath(path)))),
  );
}

/** The steps of a property path: `a.b[0]["c.d"]` is `a`, `b`, 0, `c.d`. */
export function parsePath(path: string): Path {
  const steps = path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\]|([^.[\]]+)/g);
  return [...steps].map(([, quoted, index, name]) => {
    if (quoted !== undefined) return quoted.replaceAll('\\"', '"');
    return index === undefined || index === "*" ? (name ?? "*") : Number(index);
  });
}

type Report = (path: Path, kind: "add" | "delete" | "update", value: Json | undefined) => void;

function compareMaps(
  path: Path,
  before: { [key: string]: Json },
  after: { [key: string]: Json },
  report: Report,
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    compare([...path, key], before[key], after[key], report);
  }
}

function compare(path: Path, before: Json | undefined, after: Json | undefined, report: Report): void {
  if (after === undefined) report(path, "delete", null);
  else if (before === undefined) report(path, "add", after);
  else if (isUnknown(after)) report(path, "update", after);
  else if (same(before, after)) return;
  else if (Array.isArray(before) && Array.isArray(after)) {
    for (let i = 0; i < Math.max(before.length, after.length); i++) compare([...path, i], before[i], after[i], report);
  } else if (isObject(before) && isObject(after)) compareMaps(path, before, after, report);
  else report(path, "update", after);
}

function format(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/[."[\]]/.test(step)) text += `["${step.replaceAll('"', '\\"')}"]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

function contains(prefix: Path, path: Path): boolean {
  return prefix.length <= path.length && prefix.every((step, i) => step === "*" || step === path[i]);
}
