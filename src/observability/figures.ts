/** How figures and foreign words are shown to people, in the log as on a display. */
import { formatUsd, nanos } from "../std/money.ts";

/** Three or so digits: `842ms`, `12.3s`, `4m05s`, `2h10m`. */
export function formatDuration(ms: number): string {
  const wholeMs = Math.round(ms);
  if (wholeMs < 1000) return `${wholeMs}ms`;
  if (wholeMs < 99_950) return `${(wholeMs / 1000).toFixed(1)}s`;
  const seconds = Math.round(wholeMs / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
  const minutes = Math.floor(seconds / 60);
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, "0")}m`;
}

/** `340`, `1.2k`, `12k`, `3.4M`. */
export function formatCount(count: number): string {
  for (const { size, unit } of COUNT_UNITS) {
    if (count >= size * 9.95) return `${Math.round(count / size)}${unit}`;
    if (count >= size) return `${(count / size).toFixed(1)}${unit}`;
  }
  return String(Math.round(count));
}

/** Exact; `-` where no cost is known. */
export function formatCost(costNanos: number | null): string {
  if (costNanos === null || !Number.isSafeInteger(costNanos)) return "-";
  return formatUsd(nanos(costNanos));
}

/**
 * Text that stays on its line and shows as it is: control characters, line separators, half surrogates and the marks
 * that turn or hide text become `\uXXXX`. Inside JSON text the result is the same JSON value.
 */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (found) => {
    let escaped = "";
    for (let index = 0; index < found.length; index += 1) {
      escaped += `\\u${found.charCodeAt(index).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const COUNT_UNITS = [
  { size: 1_000_000_000, unit: "G" },
  { size: 1_000_000, unit: "M" },
  { size: 1000, unit: "k" },
] as const;
