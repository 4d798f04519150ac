import * as v from "valibot";
import type { Tree } from "../tree.ts";

type Example = string | number | boolean | readonly unknown[] | Readonly<Record<string, unknown>>;

/** What there is where nothing is written: exactly one of these is said of every setting. */
type Fallback =
  /** This value. */
  | { default: Example }
  /** What the plan works out, or whoever gets nothing: how. */
  | { derived: string }
  /** Nothing, and the group that it stands in is incomplete without it: what to do. */
  | { required: string }
  /** Nothing, and that is all right. */
  | { absent: true };

/** What is said of settings and of groups alike. */
interface Said {
  description: string;
  /** The neighbour that may not stand beside it in one layer, and that it replaces in earlier ones. */
  excludes?: string;
  /** An import of Helm values decides it: where the values do not say it any more, it goes. All else stays. */
  followsImport?: true;
}

interface Facts extends Said {
  unit?: string;
  /** Of a choice: words that others use, in small letters, and which of its own these are. */
  alike?: Readonly<Record<string, string | readonly string[]>>;
  example: Example;
  /** Of a choice that others have too: the name of its type, where a language has types. */
  typeName?: string;
  /** Its value must be encrypted in the stack file, and is lifted out before anything else sees it. */
  secret?: true;
  /** Takes numbers and text: where a language has types, either. */
  mixed?: true;
  /** Its group is incomplete without it or this neighbour: what to do then. */
  unless?: { other: string; needs: string };
  /** Another map of the group: a name may stand in one of the two, and a later layer's takes it out of the other. */
  excludesNamesOf?: string;
}

/** What the reference page, an editor and the merging of layers know of a setting beside what it may be. */
export type About = Facts & Fallback;

/** What is said of a group: without `optional` it is always there, with the defaults of its settings. */
export interface AboutGroup extends Said {
  optional?: true;
}

/** A setting: what it may be, and what is said of it. */
export const setting = <const Schema extends v.GenericSchema, const Facts extends About>(
  schema: Schema,
  about: Facts,
): Schema & { about: Facts } => ({ ...schema, about });

/** The settings of a group by their names. */
export type Members = Readonly<Record<string, AnySchema>>;

/** A group of settings: each may be left out, another key is a mistake. */
export const group = <const Settings extends Members, const Facts extends Omit<AboutGroup, "description">>(
  members: Settings,
  description: string,
  facts?: Facts,
): AnySchema<Tree> & { members: Settings; about: { description: string } & Facts } =>
  Object.assign(v.partial(v.strictObject(members)), {
    members,
    about: { description, ...facts } as { description: string } & Facts,
  });

/** A schema as it is walked: a group has members, a map the value of each entry. */
export interface AnySchema<Output = unknown> extends v.GenericSchema<unknown, Output> {
  about?: Partial<Facts> & AboutGroup & { default?: Example; derived?: string; required?: string; absent?: true };
  members?: Members;
  key?: v.GenericSchema;
  value?: AnySchema;
  /** Of a list, its entries, which may have members of their own. */
  item?: v.GenericSchema & { entries?: Readonly<Record<string, unknown>> };
  /** Of a choice, the words. */
  options?: readonly unknown[];
}

/** Whether a group that stands here is a value as it is, and no group of settings. */
export const isFree = (schema: AnySchema | undefined): boolean =>
  schema !== undefined && schema.members === undefined && schema.type !== "record" && v.is(schema, {});

/** What is said of a setting or a group in words, with what follows from the rest of its facts. */
export const described = ({ about = { description: "" } }: AnySchema): string =>
  [
    about.description,
    ...(about.required === undefined ? [] : ["Required."]),
    ...(about.excludes === undefined ? [] : [`Excludes \`${about.excludes}\`.`]),
  ].join(" ");

type Required<Schema> = Schema extends { about: { required: string } } ? true : false;
type Incomplete<Group> = { [Key in keyof Group]: Required<Group[Key]> }[keyof Group] extends false ? false : true;

/** Whether a setting has a value whatever is written. A required one has, because without it its group is not there. */
type IsThere<Schema> = Schema extends { about: { excludes: string } | { optional: true } }
  ? false
  : Schema extends { members: infer Group }
    ? Incomplete<Group> extends true
      ? false
      : true
    : Schema extends { about: { default: unknown } | { required: string } }
      ? true
      : false;

/** What a setting, or a group, comes to after all layers. */
export type Effective<Schema> = Schema extends { members: infer Group }
  ? EffectiveGroup<Group>
  : Schema extends v.GenericSchema
    ? v.InferOutput<Schema>
    : never;

/** What the members of a group come to after all layers. */
export type EffectiveGroup<Group> = {
  -readonly [Key in keyof Group as IsThere<Group[Key]> extends true ? Key : never]: Effective<Group[Key]>;
} & {
  -readonly [Key in keyof Group as IsThere<Group[Key]> extends true ? never : Key]?: Effective<Group[Key]>;
};
