/** Amounts in the few pixels there are: the most exact spelling that fits, and never one that says more than is known. */
import type { Spent } from "../spent.ts";
import { textWidth } from "./canvas.ts";

/** Dollars where a price is known, else tokens. `widthMax` in pixels. */
export function spentText(spent: Spent, widthMax: number): string {
  if (spent.costNanos === null) return countText(spent.tokens, widthMax);
  // A plus: more than that, for some of it has no price.
  return moneyText(spent.costNanos, widthMax, spent.unpriced > 0 ? "+" : "");
}

const NANOS_PER_USD = 1_000_000_000;

function moneyText(costNanos: number, widthMax: number, more: string): string {
  const dollars = costNanos / NANOS_PER_USD;
  const spellings = [
    ...(dollars < 1_000 ? [`$${dollars.toFixed(2)}`] : []),
    ...(dollars < 1_000 ? [`$${dollars.toFixed(1)}`, `$${Math.round(dollars)}`] : []),
    `$${shortCount(dollars, 1)}`,
    `$${shortCount(dollars, 0)}`,
  ];
  return firstThatFits(
    spellings.map((each) => `${each}${more}`),
    widthMax,
  );
}

export function countText(count: number, widthMax: number): string {
  return firstThatFits([shortCount(count, 1), shortCount(count, 0), ofTheNextUnit(count)], widthMax);
}

/** `740`, `1.2k`, `12k`, `3.4M`. */
function shortCount(count: number, decimals: number): string {
  for (const { size, unit } of UNITS) {
    const units = count / size;
    if (units >= 0.9995)
      return `${units >= 99.5 ? Math.round(units) : fixed(units, units < 9.95 ? decimals : 0)}${unit}`;
  }
  return String(Math.round(count));
}

/** `0.2G`, where `203M` is too wide. */
function ofTheNextUnit(count: number): string {
  const next = UNITS.findLast(({ size }) => count < size * 0.9995) ?? UNITS[0];
  return `${(count / next.size).toFixed(1)}${next.unit}`;
}

function fixed(value: number, decimals: number): string {
  return value.toFixed(decimals);
}

function firstThatFits(spellings: readonly string[], widthMax: number): string {
  return spellings.find((each) => textWidth(each) <= widthMax) ?? spellings.at(-1) ?? "";
}

/** The share that is left, as `73%`; never 100% when something is used, never 0% when something is left. */
export function leftText(usedShare: number): string {
  const left = 1 - usedShare;
  if (left >= 1) return "100%";
  if (left <= 0) return "0%";
  return `${Math.min(99, Math.max(1, Math.round(left * 100)))}%`;
}

const UNITS = [
  { size: 1e15, unit: "P" },
  { size: 1e12, unit: "T" },
  { size: 1e9, unit: "G" },
  { size: 1e6, unit: "M" },
  { size: 1e3, unit: "k" },
] as const;
