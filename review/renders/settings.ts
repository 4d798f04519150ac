import { type Effective, type EffectiveAt, listOfModel, listOfStack } from "../../config/effective.ts";
import { layerOf } from "../../config/layers/origin.ts";
import { encryptedText } from "../../config/problems.ts";
import type { EffectiveModel, Resolved } from "../../config/settings.ts";

/** A setting that differs. */
export interface SettingChange {
  /** Its path, as docs/settings.md has it: `gpu.count`; of a model that comes or goes `models.chat`. */
  setting: string;
  /** The models whose it is; absent where it is the stack's. */
  models?: string[];
  kind: "add" | "update" | "delete";
  /** Its value and the layer that decides it, as `npm run explain` tells them; of a model what it has of its own. */
  before?: Effective;
  after?: Effective;
  /** Its value is encrypted. Encrypted anew it looks like another one: it may have changed. */
  secret?: true;
}

/** A setting that differs, with the keys of its path. */
export interface SettingAt extends SettingChange {
  path: readonly string[];
  /** Of one that may have changed, the key that the secret is written under. */
  secretKey?: string;
}

/** The settings of one side, and what is encrypted in its stack's file, by key. */
export interface SettingsSide {
  resolved: Resolved;
  ciphers: ReadonlyMap<string, Cipher>;
}

/** An encrypted value as it is written. */
export interface Cipher {
  path: readonly string[];
  text: string;
}

/**
 * In which of its settings a stack differs, in what they come to after all layers. What models have alike is told once.
 * Where there is no base, all that some file says.
 */
export function settingChanges(base: SettingsSide | undefined, head: SettingsSide): SettingAt[] {
  const [before, after] = [base?.resolved, head.resolved];
  const ofStack = differences(before ? stackList(before) : [], stackList(after));
  const names = [...new Set([...modelsOf(before), ...modelsOf(after)].map(({ name }) => name))].sort();
  const perModel = names.flatMap((name) => ofOneModel(name, before, after));
  const found = [...ofStack, ...alike(perModel)];
  const rest = base ? found : found.filter(({ after }) => after?.layer !== "built-in");
  return [...rest, ...(base ? maybeOthers(base, head, found) : [])];
}

const modelsOf = (resolved: Resolved | undefined): readonly EffectiveModel[] => resolved?.settings.models ?? [];

/** The region stands in another namespace, and counts as a setting here. */
const stackList = ({ settings, origin }: Resolved): EffectiveAt[] => [
  ...(settings.region === "" ? [] : [{ path: ["region"], value: settings.region, layer: "stack" }]),
  ...listOfStack(settings, origin),
];

function ofOneModel(name: string, before: Resolved | undefined, after: Resolved): SettingAt[] {
  const listIn = (resolved: Resolved | undefined) => {
    const model = modelsOf(resolved).find((one) => one.name === name);
    return resolved && model && { resolved, list: listOfModel(model, resolved.origin) };
  };
  const [old, next] = [listIn(before), listIn(after)];
  if (old && next) return differences(old.list, next.list).map((one) => ({ ...one, models: [name] }));
  const whole = ({ resolved, list }: NonNullable<typeof old>): Effective => ({
    value: Object.fromEntries(
      list.filter(({ layer }) => layer.endsWith(".models")).map(({ path, value }) => [path.join("."), value]),
    ),
    layer: layerOf(resolved.origin, [], name),
  });
  const path = ["models", name];
  const setting = path.join(".");
  if (next) return [{ setting, path, models: [name], kind: "add", after: whole(next) }];
  return old ? [{ setting, path, models: [name], kind: "delete", before: whole(old) }] : [];
}

function differences(before: readonly EffectiveAt[], after: readonly EffectiveAt[]): SettingAt[] {
  const byPath = (list: readonly EffectiveAt[]) => new Map(list.map((one) => [JSON.stringify(one.path), one]));
  const [old, next] = [byPath(before), byPath(after)];
  return [...new Set([...old.keys(), ...next.keys()])].sort().flatMap((key) => {
    const [one, other] = [old.get(key), next.get(key)];
    const { path = [] } = other ?? one ?? {};
    if (JSON.stringify(one?.value) === JSON.stringify(other?.value)) return [];
    const kind = one && other ? "update" : other ? "add" : "delete";
    const isSecret = [one, other].some((side) => side?.value === encryptedText);
    return [
      { setting: path.join("."), path, kind, ...told("before", one), ...told("after", other), ...marked(isSecret) },
    ];
  });
}

const told = (side: "before" | "after", one: Effective | undefined) =>
  one ? { [side]: { value: one.value, layer: one.layer } } : {};
const marked = (isSecret: boolean): { secret?: true } => (isSecret ? { secret: true } : {});

/** Of settings that differ in the same way in several models, one. */
function alike(all: readonly SettingAt[]): SettingAt[] {
  const groups = Map.groupBy(all, ({ models: _, ...rest }) => JSON.stringify(rest));
  return [...groups.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, models: [first, ...others].flatMap(({ models = [] }) => models).sort() }] : [],
  );
}

/** Settings that are encrypted on both sides, and differ as they are written. */
function maybeOthers(base: SettingsSide, head: SettingsSide, found: readonly SettingAt[]): SettingAt[] {
  const side: Effective = { value: encryptedText, layer: "stack" };
  return [...head.ciphers].flatMap(([key, { path, text }]) => {
    const old = base.ciphers.get(key);
    const [first, model, ...inner] = path;
    const isOfModel = first === "models" && inner.length > 0;
    const setting = (isOfModel ? inner : path).join(".");
    const isTold = found.some((one) => one.setting === setting && (!isOfModel || one.models?.includes(model ?? "")));
    if (!old || old.text === text || isTold) return [];
    const models = isOfModel ? { models: [model ?? ""] } : {};
    return [
      { setting, path, ...models, kind: "update", before: side, after: side, secret: true, secretKey: key } as const,
    ];
  });
}
