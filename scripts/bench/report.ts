// The table of the benchmark: one row per budget, with its reference from the same run, the noise of the rounds and the
// verdict. Pure but for nothing: it makes text.
import { judge, type Spread, type Verdict } from "./statistics.ts";

export interface Row {
  readonly what: string;
  /** In `unit`; null: measured only as a ratio. */
  readonly value: Spread | null;
  readonly reference: { readonly name: string; readonly value: Spread } | null;
  readonly unit: string;
  /** To the reference, round by round; null: there is no reference on this machine. */
  readonly ratio: Spread | null;
  /** null: shown for information. */
  readonly budget: { readonly of: "ratio" | "value"; readonly max: number } | null;
}

export interface Judged {
  readonly row: Row;
  /** null: no budget, or nothing to compare with. */
  readonly verdict: Verdict | null;
}

export function judgeRow(row: Row): Judged {
  const { budget } = row;
  const measured = budget === null ? null : budget.of === "ratio" ? row.ratio : row.value;
  return { row, verdict: measured === null || budget === null ? null : judge(measured, budget.max) };
}

export function formatReport(rows: readonly Judged[]): string {
  const head = ["what", "measured", "reference", "ratio", "budget", "verdict"];
  const cells = rows.map(({ row, verdict }) => [
    row.what,
    row.value === null ? "-" : `${formatSpread(row.value)} ${row.unit}`,
    row.reference === null ? "-" : `${row.reference.name} ${formatNumber(row.reference.value.median)} ${row.unit}`,
    row.ratio === null ? "-" : `${formatSpread(row.ratio)} ×`,
    row.budget === null ? "-" : `≤ ${row.budget.max} ${row.budget.of === "ratio" ? "×" : row.unit}`,
    verdict ?? (row.budget === null ? "" : "skipped"),
  ]);
  const widths = head.map((name, column) => Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width));
  return [head, rule, ...cells].map((row) => `${line(row)}\n`).join("");
}

const formatSpread = ({ median, noise }: Spread): string => `${formatNumber(median)} ± ${formatNumber(noise)}`;

const formatNumber = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
