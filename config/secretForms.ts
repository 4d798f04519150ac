import { isSecretName, isSecretPair, opensNothing } from "./secretNames.ts";
import { isTree, type Tree } from "./tree.ts";

/** Stands where a secret is that nobody may see, or that nobody can read. */
export const encryptedText = "[secret]";

/** A known form of a secret, to where it ends. Of several parts, `said` is the secret, and is the last. */
interface Form {
  form: RegExp;
  /** Whether what has the form is a secret, where plain words have it too. */
  is?: (text: string) => boolean;
}

/** Where a word begins: also behind an escape, such as `\n` in JSON or `%3D` in a URL. */
const start = String.raw`(?:(?<!(?<!\\)[A-Za-z0-9])|(?<=\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}))`;
const word = (form: string, flags = "") => new RegExp(start + form, `g${flags}`);

/** A part of a word with letters of both cases and a digit among them, as only chance makes it. */
const mixed = /(?<![A-Za-z0-9])(?=[A-Z\d]*[a-z])(?=[a-z\d]*[A-Z])(?=[A-Za-z]*\d)[A-Za-z\d]{8}/;
const isSkKey = (text: string) =>
  /sk-(proj-|svcacct-|admin-|ant-|or-v1-|[A-Za-z0-9]{16})/.test(text) || mixed.test(text);

/** Whether it is a user and a password in base64, of which the first characters tell. */
function isBasic(text: string): boolean {
  const code = text.replace(/^basic(\s|%20)+/i, "").slice(0, 400);
  return /^[ -~]*:/.test(atob(code.slice(0, code.length - (code.length % 4))));
}

/** What people write behind the word: `bearer authentication`. */
const afterBearer =
  "(?:[Aa]uth[a-z]*|[Tt]okens?|[Cc]redentials?|[Cc]ertificates?|[Ss]ecurity|[Ss]chemes?|[Hh]eaders?|[Rr]equests?|[Pp]asswords?)";

/** What stands for a password: `$(NAME)`, `<password>`, stars. */
const standsForPassword = /:(\$\(\w+\)|<[^<>]*>|\*+)$/;

/** The forms of well-known secrets, by their issuers' documentation, and of a URL that carries a password. */
const forms: readonly Form[] = [
  { form: word("(?:hf_|api_org_)[A-Za-z0-9]{16,}") },
  // OpenAI and all that is called as there.
  { form: word(String.raw`sk-[\w-]{8,}`), is: isSkKey },
  {
    form: word(
      String.raw`(?:gsk_|[sr]k_(?:live|test)_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-\d-|nvapi-|dckr_pat_|pypi-AgE)[\w-]{8,}`,
    ),
  },
  { form: word(String.raw`(?:gl(?:ptt|rt|dt|cbt|soat|ft|agent|oas)-|hvs\.)[\w-]{20,}`) },
  { form: word(String.raw`(?:npm_[A-Za-z0-9]{36}|pul-[0-9a-f]{40}|AIza[\w-]{30,}|AGE-SECRET-KEY-1[0-9A-Z]{20,})`) },
  { form: word(String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`) },
  // AWS: the id of a key, and the key beside it or beside its name.
  { form: word(String.raw`(?:AKIA|ASIA)[0-9A-Z]{12,}(?:[\s"',:;/\\]{1,4}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=]))?`) },
  {
    form: /secret_?(?:access_?)?key(?=[\s:="'\\])["'\\]{0,20}\s{0,4}[:=]{0,2}\s{0,4}["'\\]{0,20}(?<said>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  },
  // A JWT, or an encrypted one, whose second part may be empty. Whether a dot follows is asked once a word.
  {
    form: new RegExp(
      String.raw`(?<![\w-])(?=[\w-]+\.[\w.-])[\w-]*?${start}eyJ[\w-]{10,}\.(?=[\w.-])[\w-]*(?:\.[\w-]*){0,3}`,
      "g",
    ),
  },
  // A private key: to its last line, or the text's end.
  {
    form: /-----? ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[\s\S]*?(?:-----? ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-----?|$)/g,
  },
  // The same in base64, as a kubeconfig has it.
  { form: /LS0tLS1CRUdJTi[A-Za-z0-9+/]{1,40}?(?:UFJJVkFURSBLRV|BSSVZBVEUgS0VZ|QUklWQVRFIEtFW)[\w+/=-]*/g },
  {
    form: /(?<=:\\{0,4}\/\\{0,4}\/)[^/\s@"'\\{}:]*:[^/\s"'\\{}]+(?=@)/g,
    is: (text) => !standsForPassword.test(text),
  },
  { form: /\b(?:hooks\.slack\.com\/[a-z]+|discord(?:app)?\.com\/api\/webhooks)\/\w[\w/-]*/gi },
  {
    form: word(String.raw`(?:[Bb]earer|BEARER)(?:\s|%20)+(?!${afterBearer}(?!\w))[\w.~+/-]{8,}=*`),
  },
  { form: word(String.raw`basic(?:\s|%20)+[A-Za-z0-9+/]{8,}={0,2}`, "i"), is: isBasic },
];

interface Pair {
  sign: RegExp;
  /** What stands behind the sign: `said` in quotes, a `number`, a `list` of these, or `bare`. */
  value: RegExp;
}

/**
 * `name=value`, a JSON key with text, a number or a list, `--name value`, and the headers that carry a key: up to the sign, and behind
 * it. What precedes a sign is looked for from there, and what follows only where the name says secret: a value may be as
 * long as the text, and hold signs itself.
 */
const pairs: readonly Pair[] = [
  {
    sign: /(?<=(?<name>[A-Za-z][\w.-]*))=/g,
    value: /\\*["'](?<said>[^\s"',;&\\][^"'\\]*)|(?!\\*["'])(?<bare>[^\s"',;&][^\s"',;&\\]*)/dy,
  },
  {
    sign: /["'](?<name>[A-Za-z][\w.-]*)\\*["']\s*:/g,
    value: /\s*(?:\\*["'](?<said>[^"'\\]+)|(?<number>\d[\w.]*)|\[[\s[]*(?<list>[^\][{}:]+))/dy,
  },
  {
    sign: /(?<=(?<![\w-])--?(?<name>[A-Za-z][\w.-]*))[ \t]+(?![-[{<|])/g,
    value: /\\*["'](?<said>[^"'\\]+)|(?<bare>[^\s"',;&]+)/dy,
  },
  {
    sign: /(?<=\b(?<name>authorization|[\w-]*api-key)\s*):/gi,
    value: /\s*(?:(?:bearer|basic|token|apikey)\s+)?(?<bare>[^\s"',;&\]}]+)/diy,
  },
];

/**
 * Marks the places of a text that are inside a template's code, `{% … %}` or `{{ … }}`: there a value without quotes is
 * a name, and `==` compares. Each end is looked for once, and only where there is one, so that it takes as long as the
 * text is, whatever stands in it.
 */
function templateCode(text: string): Uint8Array {
  const inside = new Uint8Array(text.length);
  const last: Readonly<Record<string, number>> = { "{%": text.lastIndexOf("%}"), "{{": text.lastIndexOf("}}") };
  let after = 0;
  for (const { index } of text.matchAll(/\{(?=[{%])/g)) {
    const opening = text.slice(index, index + 2);
    if (index < after || index + 2 > (last[opening] ?? -1)) continue;
    after = text.indexOf(opening === "{%" ? "%}" : "}}", index + 2) + 2;
    inside.fill(1, index + 1, after);
  }
  return inside;
}

/** Where text in quotes ends that begins at `from`: at the quote that it began with, escaped no deeper. */
function endOfQuoted(text: string, from: number): number {
  const escapes = (at: number) => {
    let count = 0;
    while (text[at - 1 - count] === "\\") count++;
    return count;
  };
  const [quote = "", depth] = [text[from - 1], escapes(from - 1)];
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + 1))
    if (escapes(at) <= depth) return at - escapes(at);
  return text.length;
}

const restOfWord = /[^\s"']*/y;

/** Where the secret that a name announces begins and ends, if it is one. */
function announced(text: string, name: string, value: RegExp, inCode: boolean): [number, number] | undefined {
  const { groups = {}, indices } = value.exec(text) ?? {};
  const [kind, said] = Object.entries(groups).find(([, one]) => one !== undefined) ?? [];
  const [from = 0, to = 0] = (kind && indices?.groups?.[kind]) || [];
  if (said === undefined || (kind === "bare" && inCode)) return undefined;
  if (kind === "list") {
    const entries = said.match(/[^\s"',\\]+/g) ?? [];
    return entries.every((entry) => opensNothing(name, entry)) ? undefined : [from, to];
  }
  if (opensNothing(name, said)) return undefined;
  if (kind === "said") return [from, endOfQuoted(text, from)];
  if (kind === "number") return [from, to];
  restOfWord.lastIndex = to;
  return [from, to + (restOfWord.exec(text)?.[0].length ?? 0)];
}

/** What stands in every secret of these forms, so that a plain word is seen at a glance. */
const marks = /[-_.:=%\s"']|A[KS]IA|AIza|LS0t/;

/** The places of a text's secrets: by their forms, and by the names before them. Takes as long as the text is. */
function* secretsIn(text: string): Generator<[from: number, to: number]> {
  if (!marks.test(text)) return;
  for (const { form, is } of forms)
    for (const { 0: found, index, groups } of text.matchAll(form)) {
      const to = index + found.length;
      if (!is || is(found)) yield [to - (groups?.said ?? found).length, to];
    }
  const code = templateCode(text);
  for (const { sign, value } of pairs) {
    let after = 0;
    for (const { 0: matched, index, groups: { name = "" } = {} } of text.matchAll(sign)) {
      if (index < after || !isSecretName(name)) continue;
      value.lastIndex = index + matched.length;
      const place = announced(text, name, value, code[index] === 1);
      if (place) yield place;
      after = place?.[1] ?? after;
    }
  }
}

/** Whether text is a secret, or holds one, by its form. */
export const looksSecret = (text: string): boolean => secretsIn(text).next().done === false;

/** Text as it may be told: each secret in it, whole, is `[secret]`. Takes as long as the text is. */
export function redacted(text: string): string {
  const places = [...secretsIn(text)].sort(([a], [b]) => a - b);
  const parts: string[] = [];
  let done = 0;
  for (const [from, to] of places) {
    if (from >= done) parts.push(text.slice(done, from), encryptedText);
    done = Math.max(done, to);
  }
  return parts.join("") + text.slice(done);
}

const isNamedSecret = (name: string, value: unknown): boolean =>
  (typeof value === "number" || (typeof value === "string" && value !== "")) && isSecretPair(name, String(value));

/** The name that says what an entry of a list is: the flag before it. */
const flagBefore = (list: readonly unknown[], at: number): string | undefined =>
  /^--?([A-Za-z][\w.-]*)$/.exec(typeof list[at - 1] === "string" ? String(list[at - 1]) : "")?.[1];

/** The name of what stands in a group under a key: its own, or of `{name: …, value: …}` the one in it. */
const nameIn = (tree: Tree, key: string): string =>
  key === "value" && typeof tree.name === "string" ? tree.name : key;

/** A value as it may be told: so are all texts in it, the names too, and what has the name of a secret is `[secret]`. */
export function withoutSecrets(value: unknown, name = ""): unknown {
  if (Array.isArray(value)) return value.map((entry, at) => withoutSecrets(entry, flagBefore(value, at) ?? name));
  if (isTree(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [redacted(key), withoutSecrets(inner, nameIn(value, key))]),
    );
  if (isNamedSecret(name, value)) return encryptedText;
  return typeof value === "string" ? redacted(value) : value;
}

/** Whether a value is a secret, or holds one: by its name, by the names in it, or by the form of a text in it. */
export function holdsSecret(value: unknown, name = ""): boolean {
  if (Array.isArray(value)) return value.some((entry, at) => holdsSecret(entry, flagBefore(value, at) ?? name));
  if (isTree(value))
    return Object.entries(value).some(([key, inner]) => looksSecret(key) || holdsSecret(inner, nameIn(value, key)));
  return isNamedSecret(name, value) || (typeof value === "string" && looksSecret(value));
}
