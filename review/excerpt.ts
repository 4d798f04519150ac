/** Texts up to this many characters are shown whole. */
const whole = 600;
/** Characters of a longer one that are shown from where it differs. */
const shown = 300;
/** Characters before that. */
const lead = 40;

/** A long text from a little before the place where another differs from it; a dot leader stands for what is left out. */
export function excerpt(text: string, other: unknown): string {
  if (text.length <= whole) return text;
  let same = 0;
  if (typeof other === "string") while (same < text.length && text[same] === other[same]) same++;
  const from = same <= lead ? 0 : same - lead;
  const to = Math.min(text.length, from + lead + shown);
  return `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
}
