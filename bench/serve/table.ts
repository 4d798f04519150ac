import { during, type Round, totals } from "./rounds.ts";
import { type Variant, variants } from "./variants.ts";

const operations = ["rollout", "scale-down", "drain"] as const;

/** The figures of all rounds as a table, and below it what was lost and why. */
export function report(rounds: readonly Round[]): string {
  const measured = variants.filter((variant) => rounds.some((round) => round.variant === variant));
  const columns = measured.map((variant) => column(rounds.filter((round) => round.variant === variant)));
  const rows: string[][] = [
    ["", ...measured],
    ...Object.keys(columns[0] ?? {}).map((name) => [name, ...columns.map((figures) => figures[name] ?? "")]),
  ];
  const table = rows.map(([name = "", ...cells]) => name.padEnd(28) + cells.map((cell) => cell.padStart(18)).join(""));
  return [...table, ...measured.flatMap((variant) => reasons(variant, rounds))].join("\n");
}

function column(rounds: readonly Round[]): Record<string, string> {
  const sums = totals(rounds);
  const overlong = (what: (outcome: Round["outcome"]["overlong"]) => number) =>
    rounds.reduce((all, { outcome }) => all + what(outcome.overlong), 0);
  const lostDuring = (operation: (typeof operations)[number]) =>
    rounds.reduce(
      (all, round) => all + round.outcome.losses.filter((lost) => during(round, lost) === operation).length,
      0,
    );
  return {
    rounds: whole(sums.rounds),
    rollouts: whole(sums.rollouts),
    "scale-downs": whole(sums.scaleDowns),
    drains: whole(sums.drains),
    "pods ended": whole(sums.ended),
    requests: whole(sums.requests),
    lost: whole(sums.lost),
    "lost per 100 pods ended": ((sums.lost / sums.ended) * 100).toFixed(sums.lost === 0 ? 0 : 1),
    ...Object.fromEntries(operations.map((operation) => [`  during ${operation}s`, whole(lostDuring(operation))])),
    "overlong streams, whole": whole(overlong(({ done }) => done)),
    "  ended by an error": whole(overlong(({ ended }) => ended)),
    "  cut or left hanging": whole(overlong(({ cut }) => cut.length)),
  };
}

const whole = (count: number): string => count.toLocaleString("en-US");

/** What a variant lost, by reason, most first. */
function reasons(variant: Variant, rounds: readonly Round[]): string[] {
  const counts = new Map<string, number>();
  for (const { outcome } of rounds.filter((round) => round.variant === variant))
    for (const { reason } of outcome.losses) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.length === 0
    ? []
    : ["", `${variant} lost:`, ...sorted.map(([reason, count]) => `${whole(count).padStart(8)}  ${reason}`)];
}
