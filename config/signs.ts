/**
 * Signs that nobody sees, or that turn the text around them, by the Unicode Character Database: control characters but
 * tab and the ends of lines, Bidi_Control, zero-width ones, separators of lines, halves of surrogate pairs. Joiners
 * stay, which emoji, Persian and Indic scripts are written with.
 */
const inText =
  /[^\P{Cc}\t\n\r]|[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Zl}|\p{Zp}|\p{Cs}/u;

/** Beside these, of a name: every sign of a format, and ends of lines. */
const inName = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

const everywhere = new RegExp(inText, "gu");

/** A sign by its code: `U+202E`. */
export const codeOf = (sign: string): string => `U+${sign.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;

/** The first sign of a text that is not to be in it, by its code: `U+202E`. */
export function hiddenSign(text: string, isName = false): string | undefined {
  const [sign] = (isName ? inName : inText).exec(text) ?? [];
  return sign && codeOf(sign);
}

const escaped = (sign: string) =>
  Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, "0")}`).join("");

/** Text for a terminal or a log: what would act there, or hide, is written out (`\u202e`), in JSON as JSON has it. */
export const printable = (text: string): string => text.replace(everywhere, escaped).replace(/\r(?!\n)/g, escaped);

/** The same on one line. */
export const inLine = (text: string): string => printable(text).replace(/[\t\r\n]/g, escaped);
