const units = [
  ["h", 3600],
  ["min", 60],
  ["s", 1],
] as const;

/** Seconds as they are written in settings and events, and from two minutes on as a person says them: `1585 s (26 min 25 s)`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  let rest = seconds;
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? [`${count} ${unit}`] : [];
  });
  return `${seconds} s (${parts.join(" ")})`;
}
