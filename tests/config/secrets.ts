import fc from "fast-check";
import { layerSchema, schemaAt } from "../../config/schema/schema.ts";
import type { Members } from "../../config/schema/setting.ts";
import { isTree, put, type Tree } from "../../config/tree.ts";
import { type Draw, drawing } from "./generate.ts";

/** Secrets of all known forms, and where people put them by mistake. */

export interface Secret {
  form: string;
  text: string;
  /** Parts of it that no one may see. */
  parts: string[];
}

/** Characters by chance: quicker than those of an expression. */
const of = (characters: string, length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom(...characters), { minLength: length, maxLength: length, size: "max" })
    .map((all) => all.join(""));
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const alphanumeric = (length: number) => of(letters, length);
const url64 = (length: number) =>
  fc.tuple(alphanumeric(1), of(`${letters}_-`, length - 2), alphanumeric(1)).map((all) => all.join(""));
const base64 = (length: number) => of(`${letters}+/`, length);
const ends = (body: string) => [body.slice(0, 8), body.slice(-8)];

const prefixed: Readonly<Record<string, readonly [string, fc.Arbitrary<string>]>> = {
  "Hugging Face": ["hf_", alphanumeric(34)],
  OpenAI: ["sk-", alphanumeric(48)],
  "OpenAI, of a project": ["sk-proj-", url64(60)],
  Anthropic: ["sk-ant-api03-", url64(60)],
  "GitHub, classic": ["ghp_", alphanumeric(36)],
  "GitHub, of an app": ["ghs_", alphanumeric(36)],
  "GitHub, fine-grained": ["github_pat_", alphanumeric(59)],
  GitLab: ["glpat-", url64(20)],
  Slack: ["xoxb-", fc.stringMatching(/^\d{12}-\d{12}-[A-Za-z0-9]{24}$/)],
  "AWS, an id": ["AKIA", fc.stringMatching(/^[A-Z2-7]{16}$/)],
  "AWS, an id for a while": ["ASIA", fc.stringMatching(/^[A-Z2-7]{16}$/)],
  Google: ["AIza", url64(35)],
  NVIDIA: ["nvapi-", url64(64)],
  Pulumi: ["pul-", fc.stringMatching(/^[0-9a-f]{40}$/)],
};

const keyLines = fc.array(base64(64), { minLength: 1, maxLength: 4 });
const [subject, signatures, awsKey] = [alphanumeric(12), url64(43), base64(40)];
const passwords = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9!#$%&*+.:;=@_~-]{6,20}[A-Za-z0-9]$/);
const bearers = fc.stringMatching(/^[A-Za-z0-9]{10}\d[A-Za-z0-9._~+-]{20}[A-Za-z0-9]$/);

/** A private key as OpenSSL writes it, its lines apart by `newline`; one that was cut off has no last line. */
function privateKey(draw: Draw): Secret {
  const kind = draw(fc.constantFrom("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "));
  const newline = draw(fc.constantFrom("\n", "\\n", "\r\n"));
  const lines = draw(keyLines);
  const last = draw(fc.boolean()) ? [`-----END ${kind}PRIVATE KEY-----`, ""] : [];
  return {
    form: "a private key",
    text: [`-----BEGIN ${kind}PRIVATE KEY-----`, ...lines, ...last].join(newline),
    parts: lines.flatMap(ends),
  };
}

function token(draw: Draw): Secret {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const [payload, signature] = [part({ sub: draw(subject), exp: 1 }), draw(signatures)];
  const text = [part({ alg: "HS256", typ: "JWT" }), payload, signature].join(".");
  return { form: "a JWT", text, parts: [payload.slice(8), ...ends(signature)] };
}

function password(draw: Draw): Secret {
  const scheme = draw(fc.constantFrom("https", "http", "redis", "postgres", "s3"));
  const user = draw(fc.constantFrom("", "user", "me%40x"));
  const secret = draw(passwords);
  return { form: "a password in a URL", text: `${scheme}://${user}:${secret}@host.example/x`, parts: ends(secret) };
}

const named: readonly ((draw: Draw) => Secret)[] = [
  privateKey,
  token,
  password,
  (draw) => {
    const body = draw(bearers);
    const scheme = draw(fc.constantFrom("Bearer ", "bearer ", "bearer%20"));
    return { form: "a bearer's token", text: scheme + body, parts: ends(body) };
  },
  (draw) => {
    const body = draw(awsKey);
    const name = draw(fc.constantFrom("aws_secret_access_key=", "AWS_SECRET_ACCESS_KEY: ", 'SecretAccessKey":"'));
    return { form: "AWS, a key beside its name", text: name + body, parts: ends(body) };
  },
];

/** A secret of any known form. */
export const knownSecret: fc.Arbitrary<Secret> = drawing((draw) => {
  const forms = Object.entries(prefixed);
  const at = draw(fc.nat({ max: forms.length + named.length - 1 }));
  const [form, [prefix, bodies]] = forms[at] ?? ["", ["", fc.constant("")]];
  if (form === "") return (named[at - forms.length] as (draw: Draw) => Secret)(draw);
  const body = draw(bodies);
  return { form, text: prefix + body, parts: ends(body) };
});

export const knownForms = [...Object.keys(prefixed), "a private key", "a JWT", "a password in a URL"].concat([
  "a bearer's token",
  "AWS, a key beside its name",
]);

/** What may stand around a secret. */
const around: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `before ${text} after`,
  (text) => `"${text}"`,
  (text) => `'${text}'`,
  (text) => `--some-flag=${text}`,
  (text) => `first line\n${text}`,
  (text) => `a,${text}`,
  (text) => JSON.stringify({ a: [`x\n${text}`] }),
  (text) => JSON.stringify({ a: JSON.stringify({ b: `\t${text}` }) }),
];

/** What a secret may stand in. */
const inside: readonly ((text: string) => unknown)[] = [
  (text) => text,
  (text) => text,
  (text) => [text],
  (text) => ["a", text],
  (text) => [{ a: text }],
  (text) => ({ a: text }),
  (text) => ({ a: { b: ["x", text] } }),
  (text) => ({ [text]: "x" }),
  (text) => [{ [text]: 1 }],
];

/** The paths of all settings of a layer, groups too; of maps also those of entries, and of what is no setting. */
const paths: readonly (readonly string[])[] = (() => {
  const of = (members: Members, path: readonly string[]): string[][] =>
    Object.entries(members).flatMap(([key, { members: inner, type }]) => {
      const here = [...path, key];
      if (key === "models")
        return [here, [...here, "chat"], ...of(schemaAt([...here, "chat"])?.members ?? {}, [...here, "chat"])];
      return [
        here,
        ...(inner ? of(inner, here) : []),
        ...(type === "record"
          ? [
              [...here, "entry"],
              [...here, "max-logprobs"],
              [...here, "SOME_NAME"],
            ]
          : []),
      ];
    });
  return [...of(layerSchema.members, []), ["nothing"], ["gpu", "nothing"], ["models", "chat", "portal"]];
})().filter((path) => !path.includes("secretEnv") && path.join(".") !== "apiKey.value");

/** Puts a secret of a known form anywhere: as a name, or into what stands there. */
export function putSecret(draw: Draw, tree: Tree): Secret {
  const secret = draw(knownSecret);
  const text = draw(fc.constantFrom(...around))(secret.text);
  const path = draw(fc.constantFrom(...paths));
  const isGroup = schemaAt(path.slice(0, -1))?.members !== undefined || path.length === 1;
  if (isGroup && draw(fc.nat({ max: 5 })) === 0) putInto(tree, [...path.slice(0, -1), text], "x");
  else putInto(tree, path, draw(fc.constantFrom(...inside))(text));
  return secret;
}

const marks = alphanumeric(10).map((text) => `Zq${text}`);
const noise = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom("\u0000", "\u001b", "\u202e", "é", "日", "😀", "'", '"', "#", ": "),
    maxLength: 6,
  }),
  fc.constantFrom('{"a":"', "${", "v1:", "\n", "- "),
);

/** Text at a secret setting: any, with something in it to know it by. */
export const anyText = drawing((draw): Secret => {
  const mark = draw(marks);
  return { form: "any text", text: `${draw(noise)}${mark}${draw(noise)}`, parts: [mark] };
});

/** Puts any text at a secret setting, in plain, also of a wrong type. */
export function putAtSecretSetting(draw: Draw, tree: Tree): Secret {
  const secret = draw(anyText);
  const path = draw(
    fc.constantFrom(
      ["apiKey", "value"],
      ["engine", "secretEnv", "A_NAME"],
      ["engine", "secretEnv", "1 b"],
      ["models", "chat", "engine", "secretEnv", "A_NAME"],
      ["models", "chat", "engine", "secretEnv"],
      ["engine", "secretEnv"],
      ["apiKey"],
    ),
  );
  const whole = path.length < 2 || path.at(-1) === "secretEnv";
  const shapes: ((text: string) => unknown)[] = [
    (text) => text,
    (text) => [text],
    (text) => ({ a: { b: text } }),
    (text) => [{ a: text }],
  ];
  putInto(
    tree,
    path,
    draw(fc.constantFrom(...(whole ? shapes : ([shapes[0], ...shapes] as typeof shapes))))(secret.text),
  );
  return secret;
}

/** Puts a secret of a known form anywhere into a tree of which nothing is known: as a value, an entry or a key. */
export function putAnywhere(draw: Draw, tree: Tree): Secret {
  const secret = draw(knownSecret);
  const text = draw(fc.constantFrom(...around))(secret.text);
  let here: unknown[] | Tree = tree;
  for (;;) {
    const keys = Object.keys(here);
    const key = draw(fc.constantFrom("more", ...keys));
    const inner = (here as Tree)[key];
    if (typeof inner === "object" && inner !== null && draw(fc.nat({ max: 7 })) > 0) {
      here = inner as unknown[] | Tree;
      continue;
    }
    const value = draw(fc.constantFrom(...inside))(text);
    if (Array.isArray(here)) here.push(value);
    else if (draw(fc.nat({ max: 5 })) === 0) here[text] = inner ?? "x";
    else here[key] = value;
    return secret;
  }
}

/** As `put`, and what stands in the way gives way. */
function putInto(tree: Tree, path: readonly string[], value: unknown): void {
  let here: Tree = tree;
  for (const key of path.slice(0, -1)) {
    if (Object.hasOwn(here, key) && !isTree(here[key])) delete here[key];
    if (!Object.hasOwn(here, key)) put(here, [key], {});
    here = here[key] as Tree;
  }
  put(here, path.slice(-1), value);
}
