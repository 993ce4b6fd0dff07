// How figures are shown to people.
import { expect, test } from "bun:test";
import { escapeControls, formatCost, formatCount, formatDuration } from "../../src/observability/figures.ts";

test.each([
  [0, "0ms"],
  [0.4, "0ms"],
  [999.4, "999ms"],
  [999.6, "1.0s"],
  [12_345, "12.3s"],
  [99_949, "99.9s"],
  [99_950, "1m40s"],
  [245_000, "4m05s"],
  [3_599_499, "59m59s"],
  [3_599_999, "1h00m"],
  [7_800_000, "2h10m"],
])("%p ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1.0k"],
  [1249, "1.2k"],
  [9949, "9.9k"],
  [9950, "10k"],
  [340_000, "340k"],
  [3_400_000, "3.4M"],
  [12_000_000_000, "12G"],
])("%p is %s", (count, text) => expect(formatCount(count)).toBe(text));

test.each([
  [null, "-"],
  [0, "$0.00"],
  [8_700_000, "$0.0087"],
  [1, "$0.000000001"],
  [1_500_000_000, "$1.50"],
  [Number.NaN, "-"],
  [1.5, "-"],
])("%p nano-dollars are %s", (nanos, text) => expect(formatCost(nanos)).toBe(text));

test.each([
  ["plain é ключ 漢字", "plain é ключ 漢字"],
  ["a\nb\tc\u0000", "a\\u000ab\\u0009c\\u0000"],
  ["\u001b[31m", "\\u001b[31m"],
  ["\u202e\u200b\u2028\u0085", "\\u202e\\u200b\\u2028\\u0085"],
  ["\ud800x", "\\ud800x"],
  ["\u{e0001}", "\\udb40\\udc01"],
])("%j is shown as %s", (text, shown) => expect(escapeControls(text)).toBe(shown));
