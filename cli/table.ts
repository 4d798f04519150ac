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
