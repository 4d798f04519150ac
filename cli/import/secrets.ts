/** Words of a name that say that its value is a secret, each as the end of a word: `HF_TOKEN`, `apiKey`, `DB_PASSWORDS`. */
const secretWord =
  /(keys?|tokens?|passwords?|passwd|pwd|passphrase|secrets?|credentials?|auth|authorization|dsn|cookie)$/i;

/** The forms of well-known secrets, and of a URL that carries a password. */
const secretForms: readonly RegExp[] = [
  /\bhf_[A-Za-z0-9]{8,}/,
  /\b(sk|pk|rk)-[A-Za-z0-9_-]{8,}/,
  /\b(AKIA|ASIA)[0-9A-Z]{12,}/,
  /\b(gh[pousr]|glpat|xox[abp]|nvapi)[-_][A-Za-z0-9_-]{8,}/,
  /-----BEGIN /,
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/,
  /:\/\/[^/\s@]*:[^/\s@]+@/,
  /\b(bearer|basic)\s+\S{8,}/i,
  /\b(password|passwd|pwd|token|api_?key|secret)=\S/i,
];

/** Whether a value is a secret, by its name or by its form. Numbers of tokens (`MAX_TOKENS: 512`) are none. */
export function isSecret(name: string, value: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").split(/[^A-Za-z0-9]+/);
  const counts = /^-?\d+(\.\d+)?$/.test(value) && /tokens$/i.test(name);
  return (!counts && words.some((word) => secretWord.test(word))) || hasSecretForm(value);
}

/** Text with `[secret]` where something has the form of a well-known secret. */
export const withoutSecrets = (text: string): string =>
  secretForms.reduce(
    (rest, form) => rest.replace(new RegExp(`${form.source}\\S*`, `g${form.flags}`), "[secret]"),
    text,
  );

/** Whether text has the form of a well-known secret. */
export const hasSecretForm = (value: string): boolean => secretForms.some((form) => form.test(value));
