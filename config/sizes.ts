const whole = "[+-]?\\d+(?:_\\d+)*";

/** A whole number as vLLM's parser reads it. */
export const wholeNumber = new RegExp(`^\\s*${whole}\\s*$`);

/** A size as vLLM's parser reads it: decimals go with the powers of ten only. */
export const sizeText = new RegExp(`^\\s*(?:${whole}|\\d+(?:\\.\\d+)?[kmgt]|\\d+[KMGT])\\s*$`);

const factors: Readonly<Record<string, number>> = {
  ...{ k: 1e3, m: 1e6, g: 1e9, t: 1e12 },
  ...{ K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 },
};

/** What a size says: `8192`, `8k` (thousands), `8K` (1024s). Undefined where it is none, or is `auto`. */
export function readSize(text: string): number | undefined {
  if (!sizeText.test(text)) return undefined;
  const [, amount = "", suffix = ""] = /^(.*?)([a-z]?)$/i.exec(text.trim().replaceAll("_", "")) ?? [];
  return Math.floor(Number(amount) * (factors[suffix] ?? 1));
}
