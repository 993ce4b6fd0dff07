// The table of the benchmark: every contender of every row, beside the row's reference from the same run, with the noise
// of the rounds, the least of them, and the verdict on what has a budget. Pure but for nothing: it makes text.
import { BUDGETS, type Budget } from "./budgets.ts";
import { judge, ratios, type Spread, summarise, type Verdict } from "./statistics.ts";

/** What one contender took, round by round. */
export interface Series {
  readonly name: string;
  readonly values: number[];
}

export interface Row {
  /** As --rows names it. */
  readonly id: string;
  readonly what: string;
  readonly unit: string;
  readonly series: readonly Series[];
  /** Whose values the others' are divided by; null, or not among the series: nothing is compared. */
  readonly reference: string | null;
  /** Said below the row, such as what is not installed. */
  readonly note?: string;
}

export interface Line {
  readonly id: string;
  readonly what: string;
  readonly contender: string;
  readonly unit: string;
  readonly value: Spread;
  /** Round by round; null: nothing to compare with, or the reference itself. */
  readonly ratio: Spread | null;
  readonly budgets: readonly (Budget & { readonly verdict: Verdict | null })[];
}

/** A budget of the row belongs to the contender whose name begins as it says. */
export function judgeRow(row: Row, budgets: readonly Budget[] = BUDGETS[row.id] ?? []): Line[] {
  const reference = row.series.find(({ name }) => name === row.reference);
  return row.series.map(({ name, values }) => {
    const value = summarise(values);
    const isReference = name === row.reference;
    const ratio = reference !== undefined && !isReference ? summarise(ratios(values, reference.values)) : null;
    const own = budgets.filter(({ contender, of }) => name.startsWith(contender) && (of === "value" || !isReference));
    const judged = own.map((budget) => {
      const measured = budget.of === "ratio" ? ratio : value;
      return { ...budget, verdict: measured === null ? null : judge(measured, budget.max) };
    });
    return { id: row.id, what: row.what, contender: name, unit: row.unit, value, ratio, budgets: judged };
  });
}

/** What a gate fails for: beyond what is held where that is said, else beyond the budget; never within the noise. */
export function gateFailures(lines: readonly Line[]): string[] {
  return lines.flatMap(({ id, contender, value, ratio, unit, budgets }) =>
    budgets.flatMap((budget) => {
      const measured = budget.of === "ratio" ? ratio : value;
      const max = budget.held ?? budget.max;
      if (measured === null || judge(measured, max) !== "over") return [];
      const [is, may] = [measured.median, max].map((number) => `${formatNumber(number)} ${unitOf(budget, unit)}`);
      return [`${id}, ${contender}: ${is}, may be ${may}`];
    }),
  );
}

export function formatReport(lines: readonly Line[]): string {
  const head = ["row", "contender", "median", "least", "× reference", "budget", "verdict"];
  const cells = lines.map(({ id, contender, unit, value, ratio, budgets }, at) => [
    lines[at - 1]?.id === id ? "" : id,
    contender,
    `${formatSpread(value)} ${unit}`,
    formatNumber(value.least),
    ratio === null ? "" : `${formatSpread(ratio)} ×`,
    budgets.map((budget) => `≤ ${budget.max} ${unitOf(budget, unit)}`).join(", "),
    budgets.map(({ verdict }) => verdict ?? "not compared").join(", "),
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

const unitOf = ({ of }: Budget, unit: string): string => (of === "ratio" ? "×" : unit);

const formatSpread = ({ median, noise }: Spread): string => `${formatNumber(median)} ± ${formatNumber(noise)}`;

export const formatNumber = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
