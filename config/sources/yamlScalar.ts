/**
 * How Pulumi reads what stands in YAML without quotes: as its library does, `gopkg.in/yaml.v3` (resolve.go, with Go's
 * own readers of numbers and times). It takes more for numbers than YAML 1.2 does: `010` is 8, `1_000` is 1000.
 */

export type Plain = string | number | bigint | boolean | null;

const words: Readonly<Record<string, Plain>> = Object.fromEntries([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null]),
  ...["true", "True", "TRUE"].map((word) => [word, true]),
  ...["false", "False", "FALSE"].map((word) => [word, false]),
  ...["inf", "Inf", "INF"].flatMap((word) => [
    [`.${word}`, Infinity],
    [`+.${word}`, Infinity],
    [`-.${word}`, -Infinity],
  ]),
  ...["nan", "NaN", "NAN"].map((word) => [`.${word}`, Number.NaN]),
]);

const float = /^[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?$/i;

/** What a plain scalar is to Pulumi. A whole number that JavaScript would round is a bigint. */
export function readPlain(text: string): Plain {
  if (Object.hasOwn(words, text)) return words[text] ?? null;
  // Here underscores stand between digits only.
  if (/^\.\d/.test(text))
    return finite(/^(?:[^_]|(?<=\d)_(?=\d))+$/.test(text) ? text.replaceAll("_", "") : text, text);
  if (!/^[-+\d]/.test(text)) return text;
  const time = readTime(text);
  if (time !== undefined) return time;
  const bare = text.replaceAll("_", "");
  return readWhole(bare) ?? finite(bare, text);
}

/** A number with a point or an exponent; the text where it is none, or more than a number can be. */
function finite(digits: string, text: string): number | string {
  const number = float.test(digits) ? Number(digits) : Number.NaN;
  // Pulumi writes -0.0 as 0.
  return Number.isFinite(number) ? number + 0 : text;
}

/** A whole number with the prefixes of Go: `0x`, `0b`, `0o`, and `0` alone for octal digits. */
function readWhole(text: string): number | bigint | undefined {
  // Its reader takes a sign behind two of them.
  const signed = text.replace(/^(0[bo])([-+])(?=\d)/, "$2$1");
  const [, sign = "", digits] = /^([-+]?)(0x[\da-f]+|0b[01]+|0o[0-7]+|0[0-7]*|[1-9]\d*)$/i.exec(signed) ?? [];
  if (digits === undefined || digits.length > 400) return undefined;
  const magnitude = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const whole = sign === "-" ? -magnitude : magnitude;
  const most = sign === "" ? 2n ** 64n : 2n ** 63n;
  if (whole >= most || whole < -(2n ** 63n)) return undefined;
  return Number.isSafeInteger(Number(whole)) ? Number(whole) : whole;
}

const timeForm =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(?:Z|[-+](\d\d):(\d\d))| (\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?)?$/;

/** A date, or a time, in the words that Pulumi makes of it; of a time with fractions or a zone, nearly. */
function readTime(text: string): string | undefined {
  const match = timeForm.exec(text);
  if (!match) return undefined;
  const [year, month, day, ...rest] = match.slice(1).map((part) => Number(part ?? 0)) as [number, number, number];
  const [hour = 0, minute = 0, second = 0, zoneHour = 0, zoneMinute = 0, ...spaced] = rest as number[];
  const clock = match[9] === undefined ? [hour, minute, second] : spaced;
  const [h = 0, m = 0, s = 0] = clock;
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > last) return undefined;
  if (h > 23 || m > 59 || s > 59 || zoneHour > 24 || zoneMinute > 60) return undefined;
  const two = (number: number) => String(number).padStart(2, "0");
  return `${match[1]}-${two(month)}-${two(day)} ${two(h)}:${two(m)}:${two(s)} +0000 UTC`;
}
