const binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

/**
 * A quantity such as `1024Mi`, `0.5` or the number 4 in the form that the API server returns: `1Gi`, `500m`, `"4"`.
 * What is no quantity is returned as it is: refusing it is the server's part.
 */
export function canonicalQuantity(value: string | number): string {
  const [, sign = "", whole = "", fraction = "", suffix = "", exponent] =
    /^([+-]?)(\d*)\.?(\d*)(?:([KMGTPE]i|[numkMGTPE]?)|[eE]([+-]?\d+))$/.exec(String(value)) ?? [];
  if (whole === "" && fraction === "") return String(value);
  const minus = sign === "-" ? "-" : "";
  const isBinary = suffix.endsWith("i");
  // Counted in billionths, the finest that a quantity can be.
  let billionths = BigInt(whole + fraction) * 10n ** 9n;
  if (isBinary) billionths *= 1024n ** BigInt(binary.indexOf(suffix));
  else {
    const power = exponent === undefined ? (decimal.indexOf(suffix) - 3) * 3 : Number(exponent);
    if (power >= 0) billionths *= 10n ** BigInt(power);
    else billionths = ceilDivide(billionths, 10n ** BigInt(-power));
  }
  billionths = ceilDivide(billionths, 10n ** BigInt(fraction.length));
  if (billionths === 0n) return "0";
  if (exponent !== undefined) return String(value);
  if (isBinary && billionths % 10n ** 9n === 0n) return minus + shortest(billionths / 10n ** 9n, 1024n, binary);
  return minus + shortest(billionths, 1000n, decimal);
}

function shortest(amount: bigint, step: bigint, suffixes: string[]): string {
  let index = 0;
  let rest = amount;
  while (rest % step === 0n && index < suffixes.length - 1) {
    rest /= step;
    index++;
  }
  return `${rest}${suffixes[index]}`;
}

function ceilDivide(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}
