/**
 * One `/stats` document out of those of several workers. They describe the same deployment, so they have the same shape;
 * figures add up, and where they cannot the honest extreme is shown.
 */

/** `documents` come from one deployment. Empty: an empty document. */
export function mergeStats(documents: readonly object[]): object {
  const [first, ...others] = documents;
  if (first === undefined) return {};
  return others.reduce<object>(mergeObjects, first);
}

function mergeObjects(left: object, right: object): object {
  const merged = new Map<string, unknown>(Object.entries(left));
  for (const [name, value] of Object.entries(right)) {
    merged.set(name, merged.has(name) ? merge(name, merged.get(name), value) : value);
  }
  return Object.fromEntries(merged);
}

function merge(name: string, left: unknown, right: unknown): unknown {
  if (left === null) return right;
  if (right === null) return left;
  if (typeof left === "number" && typeof right === "number") return mergeNumbers(name, left, right);
  // Out only when it is out everywhere; everything else is true when it is anywhere.
  if (typeof left === "boolean" && typeof right === "boolean") return name === "dead" ? left && right : left || right;
  if (typeof left === "string" && typeof right === "string") return mergeStrings(left, right);
  if (Array.isArray(left) && Array.isArray(right)) return mergeArrays(name, left, right);
  if (typeof left === "object" && typeof right === "object") return mergeObjects(left, right);
  return left;
}

function mergeNumbers(name: string, left: number, right: number): number {
  if (UNLIMITED_BELOW_ZERO.has(name) && (left < 0 || right < 0)) return -1;
  if (SMALLEST.has(name)) return Math.min(left, right);
  return LARGEST.has(name) ? Math.max(left, right) : left + right;
}

/** States of one thing as several workers see it: each of them, once. */
function mergeStrings(left: string, right: string): string {
  return left.split(SEPARATOR).includes(right) ? left : `${left}${SEPARATOR}${right}`;
}

function mergeArrays(name: string, left: readonly unknown[], right: readonly unknown[]): unknown[] {
  if (left.every((item) => typeof item === "string")) return [...new Set([...left, ...right])];
  return left.map((item, index) => (index < right.length ? merge(name, item, right[index]) : item));
}

const SEPARATOR = ", ";
/** Every worker names the whole, not its part. */
const LARGEST: ReadonlySet<string> = new Set([
  "uptime_s",
  "cooldown_remaining_s",
  "resets_in_s",
  "streak",
  "lanes",
  "usable_lanes",
]);
const SMALLEST: ReadonlySet<string> = new Set(["left_share"]);
const UNLIMITED_BELOW_ZERO: ReadonlySet<string> = new Set(["budget"]);
