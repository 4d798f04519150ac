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

/**
 * Values that open nothing, whatever they are called: truth and nothing, the marks of a model's text, what stands for a
 * secret, and a reference to a variable.
 */
const harmless = /^([Tt]rue|[Ff]alse|[Nn]one|[Nn]ull|<[^<>\s]{1,40}>|\[\/?[A-Z_]{1,40}\]|\[secret\]?|\$[({].*)$/;
/** A path whose first folder is a plain word. */
const path = /^((s3:\/|\.{0,2})\/[a-z][a-z0-9_.-]+|~)(\/[\w.-]+)+\/?$/;
/** A word as only chance makes it: what has one is no path, but a secret with slashes. */
const random = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d).{12,}$/;

const isPath = (value: string) => path.test(value) && !value.split(/[^A-Za-z0-9]+/).some((word) => random.test(word));

/** Whether a name with a number says which token of a model's text it is, or how many: `no_token: 9693`. */
function countsTokens(name: string): boolean {
  const [last, before = ""] = wordsOf(name).split("_").reverse();
  return last === "TOKEN" && !secretTokens.test(before);
}

/** Whether the value of a secret name opens nothing: none such holds the sign of another pair. */
export const opensNothing = (name: string, value: string): boolean =>
  value === "" || harmless.test(value) || isPath(value) || (/^\d{1,7}$/.test(value) && countsTokens(name));

/**
 * Whether a named value is a secret: by its name, unless the value opens nothing: a path, `true` and its like, a
 * mark of a model's text such as `<tool_call>`, the number of a token.
 */
export const isSecretPair = (name: string, value: string): boolean => isSecretName(name) && !opensNothing(name, value);
