import { inLine } from "../config/signs.ts";

/** Rows as text, their columns aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? "")].length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - [...cell].length))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A value as a person writes it, on one line. */
export const shown = (value: unknown): string => inLine(typeof value === "string" ? value : JSON.stringify(value));

/** Columns of a terminal that are used, with the indent of a section. */
const width = 118;

/** Words in lines of a terminal's width, behind a label. */
export function wrapped(label: string, words: readonly string[]): string {
  const indent = " ".repeat(label.length);
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && `${indent}${line}, ${word},`.length <= width)
      lines[lines.length - 1] = `${line}, ${word}`;
    else lines.push(word);
  }
  return `${label}${lines.join(`,\n${indent}`)}`;
}
