/** Ends of a last word that say secret, also where words are written as one: `MYTOKEN`, `PGPASSWORD`. */
const secretEnd =
  /(TOKEN|SECRETS?|PASSWORDS?|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEYS?|ACCESSKEY|SECRETKEY|PRIVATEKEY|ACCOUNTKEY|DSN|WEBHOOKS?|COOKIES?)$/;
/** Last words that say secret only by themselves: `COMPASS` and `PATH` end or begin like them. */
const secretWord = /^((PG|DB|MYSQL|REDIS|SMTP|MAIL)?PASS|PAT|AUTH|AUTHORIZATION|BEARER|JWT|CREDS?)$/;
/** Ends of a name that count as its secret word. */
const secretWords = /(^|_)(ACCESS_KEY_ID|SECRET_KEY_BASE|WEBHOOK_UR[IL]|CONNECTION_STRING|[A-Z]+_PWD)$/;
/** Words appended to the name of a secret, which is one still: `DB_PASSWORD_2`. */
const appended = /^(\d+|PROD|PRODUCTION|STAGING|TEST|DEV|VALUE|BASE64|B64)$/;

/** Words before `KEY` with which it opens nothing. */
const plainKey =
  /^(PUBLIC|PUB|CACHE|PRIMARY|FOREIGN|SORT|PARTITION|ROUTING|HASH|GROUP|OBJECT|LABEL|TOPOLOGY|AUTHORIZED|KMS|IDEMPOTENCY)$/;
/** Words before `TOKEN` that make it one of a model's text. */
const textToken =
  /^(PAD|EOS|BOS|UNK|SEP|CLS|MASK|STOP|START|END|SPECIAL|IMAGE|VIDEO|AUDIO|PER|NEXT|FIRST|LAST|INPUT|OUTPUT|PROMPT|THINK)$/;
/** Words before `TOKENS` that make them secrets; others count a model's text. */
const secretTokens = /^(API|ACCESS|AUTH|ADMIN|BEARER|REFRESH|SECRET|SESSION|SERVICE|HF|USER)$/;
/** Words of a switch: what has one of them is on or off. */
const switches = /(^|_)(USE|ENABLED?|DISABLED?|ALLOW|SKIP|REQUIRED?|VERIFY)(_|$)/;

/**
 * Whether a name, of an environment variable, a flag or a key, says that its value is a secret: `HF_TOKEN`, `apiKey`.
 * What names a file or counts (`TOKEN_FILE`, `MAX_TOKENS`) says no such thing.
 */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  // Holds a path, by its documentation.
  if (switches.test(words) || words === "GOOGLE_APPLICATION_CREDENTIALS") return false;
  const [last = "", before = ""] = words.split("_").reverse();
  if (last === "KEY" || last === "KEYS") return before !== "" && !plainKey.test(before);
  if (last === "TOKENS") return secretTokens.test(before);
  if (last === "TOKEN") return !textToken.test(before);
  if (last === "HEADERS") return /(^|_)(OTEL|OTLP|AUTH|AUTHORIZATION)_/.test(words);
  return secretEnd.test(last) || secretWord.test(last) || secretWords.test(words);
}

/** A name in capitals, its words apart by `_`, without what is appended. */
function wordsOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_")
    .replace(/^_|_$/g, "")
    .split("_");
  while (words.length > 1 && appended.test(words.at(-1) ?? "")) words.pop();
  return words.join("_");
}

/** Values that open nothing, whatever they are called: truth and nothing, and the marks of a model's text. */
const harmless = /^([Tt]rue|[Ff]alse|[Nn]one|[Nn]ull|<[^<>\s]{1,40}>|\[\/?[A-Z_]{1,40}\])$/;
/** A path whose first folder is a plain word. */
const path = /^(s3:\/|\.{0,2})\/[a-z][a-z0-9_.-]+(\/[\w.-]+)+\/?$/;
/** A word as only chance makes it: what has one is no path, but a secret with slashes. */
const random = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{12,}$/;

const isPath = (value: string) => path.test(value) && !value.split(/[^A-Za-z0-9]+/).some((word) => random.test(word));

/** Whether a name with a number says which token of a model's text it is, or how many: `no_token: 9693`. */
function countsTokens(name: string): boolean {
  const [last, before = ""] = wordsOf(name).split("_").reverse();
  return last === "TOKEN" && !secretTokens.test(before);
}

/** Whether the value of a secret name opens nothing: none such holds the sign of another pair. */
const opensNothing = (name: string, value: string): boolean =>
  harmless.test(value) || isPath(value) || (/^\d{1,7}$/.test(value) && countsTokens(name));

/**
 * Whether a named value is a secret: by its name, unless the value opens nothing: a path, `true` and its like, a
 * mark of a model's text such as `<tool_call>`, the number of a token.
 */
export const isSecretPair = (name: string, value: string): boolean => isSecretName(name) && !opensNothing(name, value);

/** The forms of well-known secrets, by their issuers' documentation, and of a URL that carries a password. */
const forms: readonly RegExp[] = [
  /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{16,}/,
  /(?<![\w-])sk-[\w-]{8,}/,
  /(?<![A-Za-z0-9])(gsk_|[sr]k_(live|test)_|gh[pousr]_|github_pat_|glpat-|xox[a-z]-|xapp-|nvapi-|dckr_pat_|pypi-AgE|hvs\.)[\w-]{8,}/,
  /(?<![A-Za-z0-9])(AKIA|ASIA)[0-9A-Z]{12,}/,
  /(?<![A-Za-z0-9])AIza[\w-]{30,}/,
  /(?<=(?<![A-Za-z0-9])eyJ[\w-]{10,})\.[\w-]/,
  /-----BEGIN (?!CERTIFICATE|PUBLIC KEY)/,
  /:\/\/[^/\s@"'\\{}:]*:[^/\s@"'\\{}]+@/,
  /\bhooks\.slack\.com\/[a-z]+\/\w/i,
  /\bdiscord(app)?\.com\/api\/webhooks\/\w/i,
  /(?<![A-Za-z0-9])bearer(\s|%20)+[^\s"']{8,}/i,
  /(?<![A-Za-z0-9])basic(\s|%20)+(?=[A-Za-z0-9+/=]{8})(?=[^\s"']*[0-9=])/i,
];

/**
 * `name=value`, a JSON key with text or a number, and the headers that carry a key: up to the sign, and behind it. What
 * precedes a sign is looked for from there, and what follows only where the name says secret: a value may be as long as
 * the text, and hold signs itself.
 */
const pairs = [
  {
    sign: /(?<=(?<name>[A-Za-z][\w.-]*))=/g,
    value: /\\*["'](?<said>[^\s"',;&\\][^"'\\]*)|(?!\\*["'])(?<bare>[^\s"',;&][^\s"',;&\\]*)/y,
  },
  {
    sign: /["'](?<name>[A-Za-z][\w.-]*)\\*["']\s*:/g,
    value: /\s*(?:\\*["'](?<said>[^"'\\]+)|(?<number>\d[\w.]*))/y,
  },
  {
    sign: /(?<=\b(?<name>authorization|[\w-]*api-key)\s*):/gi,
    value: /\s*(?<said>[^\s"',;&\]}]+)/y,
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

/** Whether a text has a secret under a name. */
function hasSecretPair(text: string): boolean {
  const code = templateCode(text);
  for (const { sign, value } of pairs)
    for (const { 0: matched, index, groups: { name = "" } = {} } of text.matchAll(sign)) {
      if (!isSecretName(name)) continue;
      value.lastIndex = index + matched.length;
      const { said, number, bare } = value.exec(text)?.groups ?? {};
      const found = said ?? number ?? (code[index] ? undefined : bare);
      if (found !== undefined && !opensNothing(name, found)) return true;
    }
  return false;
}

/** Whether text is a secret, or holds one, by its form. */
export const looksSecret = (value: string): boolean => forms.some((form) => form.test(value)) || hasSecretPair(value);
