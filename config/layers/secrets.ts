import * as v from "valibot";
import { fromText } from "../json.ts";
import { encryptedText, type Finding, type Problem } from "../problems.ts";
import { layerSchema, schemaAt } from "../schema/schema.ts";
import type { AnySchema, Members } from "../schema/setting.ts";
import { holdsSecret } from "../secretForms.ts";
import { deepAt, drop, isRemoval, isTree, put, type Tree, within } from "../tree.ts";
import { encryptIt } from "./advice.ts";
import { settingOf } from "./place.ts";
import { locatedIn, type Source } from "./source.ts";

/** The group of settings, or the setting, that is secret and in which a path lies. */
export function secretSetting(path: readonly string[]): string[] | undefined {
  for (let length = 1; length <= path.length; length++)
    if (schemaAt(path.slice(0, length))?.about?.secret) return path.slice(0, length);
  return undefined;
}

/** Whether what stands at a path could be, or hold, a secret, a whole command line too: no message shows it. */
export function maySecret(path: readonly string[]): boolean {
  const holds = (schema: AnySchema | undefined): boolean =>
    schema !== undefined && (schema.about?.secret === true || Object.values(schema.members ?? {}).some(holds));
  return secretSetting(path) !== undefined || holds(schemaAt(path)) || path.includes("env") || path.at(-1) === "args";
}

/**
 * Whether text, or a list, at a path may be a secret: at a secret setting, instead of a group that has one, or beside
 * one under a name that is no setting, which may be its name misspelt.
 */
export function isSecretAt(path: readonly string[]): boolean {
  const schema = schemaAt(path);
  if (schema) return secretSetting(path) !== undefined || (schema.members !== undefined && maySecret(path));
  const around = path.findIndex((_, depth) => schemaAt(path.slice(0, depth + 1)) === undefined);
  const { members = {} } = schemaAt(path.slice(0, around)) ?? {};
  return secretSetting(path) !== undefined || Object.values(members).some(({ about }) => about?.secret);
}

/** The names of groups and maps that may hold a secret: `engine`, `secretEnv`. */
const secretNames = new Set(["models", ...namesIn(layerSchema.members, [])]);

function namesIn(members: Members, path: readonly string[]): string[] {
  return Object.entries(members).flatMap(([name, { members: inner, type }]) => {
    const here = [...path, name];
    return (inner || type === "record") && maySecret(here) ? [name, ...namesIn(inner ?? {}, here)] : [];
  });
}

/**
 * Whether a value that stands in a wrong place may be or hold a secret: by its form, by the names in it, or because it
 * has settings that may; JSON text has them too.
 */
export const mayHoldSecret = (value: unknown): boolean => holdsSecret(value) || hasSecretNames(value);

function hasSecretNames(value: unknown): boolean {
  const read = typeof value === "string" ? fromText(value).value : value;
  if (Array.isArray(read)) return read.some(hasSecretNames);
  return isTree(read) && Object.entries(read).some(([name, inner]) => secretNames.has(name) || hasSecretNames(inner));
}

/** Whether what stands at a path of a source is encrypted. */
export const isEncrypted = ({ encrypted = [] }: Pick<Source, "encrypted">, path: readonly string[]): boolean =>
  encrypted.some((cipher) => within(path, cipher));

/** What is left of a source without its secrets. */
interface Lifted {
  /** In the place of each secret stands the key that it is written under. */
  tree: Tree;
  secrets: Record<string, string>;
  problems: Problem[];
}

/**
 * Takes the values of secret settings out and leaves in the place of each the key that it is written under. A secret
 * in plain text, and one of a wrong form, is a problem; its value is in none of the words. An environment variable
 * that is encrypted is a secret one, wherever it stands. Of what cannot be read, only what may be any text stays.
 */
export function liftSecrets(source: Source): Lifted {
  const lifted: Lifted = { tree: structuredClone(source.tree), secrets: {}, problems: [] };
  lift(source, source.tree, [], lifted);
  for (const path of source.unreadable ? (source.encrypted ?? []) : []) {
    if (deepAt(lifted.tree, path) !== encryptedText || (takesAnyText(path) && !source.inProgram)) continue;
    drop(lifted.tree, settingOf(path));
    lifted.problems.push({ ...locatedIn(source, path), kind: "encrypted", reason: unreadable(source, path) });
  }
  return lifted;
}

function lift(source: Source, group: Tree, path: readonly string[], lifted: Lifted): void {
  for (const [name, value] of Object.entries(group)) {
    const here = [...path, name];
    if (isRemoval(value)) continue;
    const secret = secretSetting(here);
    if (secret) liftSecret(source, value, here, secret, lifted);
    else if (isTree(value)) lift(source, value, here, lifted);
    else {
      const names = secretNamesBeside(path);
      if (names === undefined || source.inProgram || !isEncrypted(source, here)) continue;
      drop(lifted.tree, here);
      keep(source, value, here, [...names, name], lifted);
    }
  }
}

/** The map of secrets that a map of plain values has beside it: `secretEnv` of `env`. */
export function secretNamesBeside(path: readonly string[]): string[] | undefined {
  const [group, own] = [path.slice(0, -1), path.at(-1)];
  const beside = Object.entries(schemaAt(group)?.members ?? {}).find(
    ([, { about }]) => about?.secret && about.excludesNamesOf === own,
  );
  return beside && [...group, beside[0]];
}

function liftSecret(
  source: Source,
  value: unknown,
  here: readonly string[],
  secret: readonly string[],
  lifted: Lifted,
): void {
  if (schemaAt(secret)?.type === "record" && here.length === secret.length) {
    if (isTree(value)) lift(source, value, here, lifted);
    else {
      drop(lifted.tree, here);
      const allowed = "a group: names of variables, each with its secret";
      lifted.problems.push({ ...locatedIn(source, here), kind: "invalid", allowed });
    }
    return;
  }
  keep(source, value, here, here, lifted);
}

/** Keeps a secret that is written at a path, and leaves its key where it belongs. */
function keep(source: Source, value: unknown, here: readonly string[], to: readonly string[], lifted: Lifted): void {
  const place = locatedIn(source, here);
  const report = (finding: Finding) => lifted.problems.push({ ...place, ...finding });
  put(lifted.tree, to, place.key);
  const wrong = secretProblem(to, value);
  if (wrong !== undefined) report({ kind: "invalid", reason: `is a secret that is not ${wrong}`, allowed: wrong });
  else if (!isEncrypted(source, here))
    report({ kind: "secret", reason: `is a secret in plain text; ${encryptIt(source, here)}` });
  else lifted.secrets[place.key] = String(value);
}

/** What the value of the secret at a path must be, where it is something else. */
export function secretProblem(here: readonly string[], value: unknown): string | undefined {
  const secret = secretSetting(here) ?? [];
  const schema = schemaAt(secret);
  const [name] = here.slice(secret.length);
  // What cannot be read has no form.
  if (!schema || (value === encryptedText && name === undefined)) return undefined;
  // The library's own words would show the value.
  const result = v.safeParse(schema, name === undefined ? value : { [name]: value }, { message: "text" });
  return result.issues?.[0].message;
}

/** What is said of what cannot be read, and has to be. */
function unreadable(source: Source, path: readonly string[]): string {
  if (source.inProgram) {
    const beside = secretNamesBeside(path.slice(0, -1));
    const advice = beside ? `hand it over at ${[...beside, path.at(-1)].join(".")}` : "write a plain value";
    return `is an Output, and is needed before anything is deployed; ${advice}`;
  }
  const advice = maySecret(path)
    ? "encrypt what is secret in it by itself, such as vllm:apiKey.value"
    : `it is no secret: pulumi config set --path ${locatedIn(source, path).key}`;
  return `is encrypted, and its value is needed here; ${advice}`;
}

/** Whether any text will do for what stands at a path, so that the plan is the same whatever it is. */
function takesAnyText(path: readonly string[]): boolean {
  const schema = schemaAt(path);
  return schema !== undefined && v.is(schema, encryptedText);
}
