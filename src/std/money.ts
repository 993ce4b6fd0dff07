/**
 * Money as whole nano-dollars (10^-9 USD), so that sums are exact: a token at $0.075 per million costs 75 nano-dollars.
 * A safe integer holds a little over nine million dollars; anything beyond is refused loudly, never rounded.
 */

declare const nanosBrand: unique symbol;
export type Nanos = number & { readonly [nanosBrand]: true };

const NANOS_PER_USD_DIGITS = 9;
const NANOS_PER_USD = 1_000_000_000;
const TOKENS_PER_PRICE = 1_000_000;

/** Throws a RangeError unless `value` is an integer a double holds exactly. */
export function nanos(value: number): Nanos {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole, safe number of nano-dollars: ${value}`);
  return (value === 0 ? 0 : value) as Nanos; // -0 would print and compare oddly
}

export function addNanos(left: Nanos, right: Nanos): Nanos {
  return nanos(left + right);
}

/** Exact or a RangeError: text that is no decimal number, finer than a nano-dollar, or too large. */
export function usdToNanos(usd: string | number): Nanos {
  const amount = readUsd(usd);
  if (amount === null) throw new RangeError("not an amount in dollars with at most nine decimals");
  return amount;
}

/** As `usdToNanos`, for text from outside: null when it is not an amount we can hold exactly. */
export function readUsd(usd: string | number): Nanos | null {
  // A number is read through its shortest decimal spelling, which is what its author wrote: 0.1 is 0.1.
  const parts = DECIMAL.exec(String(usd));
  if (parts === null) return null;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = parts;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return nanos(0);
  // The value is digits × 10^shift nano-dollars.
  const shift = Number(exponent) - fraction.length + NANOS_PER_USD_DIGITS;
  if (shift > SHIFT_MAX || -shift > digits.length) return null;
  const kept = shift >= 0 ? digits + "0".repeat(shift) : digits.slice(0, shift);
  const dropped = shift >= 0 ? "" : digits.slice(shift);
  if (/[1-9]/.test(dropped)) return null;
  const value = Number(kept === "" ? "0" : kept);
  if (!Number.isSafeInteger(value)) return null;
  return nanos(sign === "-" ? -value : value);
}

/** The price of `tokens`, rounded up to the next nano-dollar so that use is never free by rounding. */
export function costNanos(tokens: number, nanosPerMillionTokens: number): Nanos {
  if (!Number.isSafeInteger(tokens) || tokens < 0) throw new RangeError(`not a number of tokens: ${tokens}`);
  if (!Number.isSafeInteger(nanosPerMillionTokens) || nanosPerMillionTokens < 0) {
    throw new RangeError(`not a price in nano-dollars: ${nanosPerMillionTokens}`);
  }
  // The plain product overflows 2^53 at a million tokens of a $10 model, so both factors are split at one million.
  const millions = Math.floor(tokens / TOKENS_PER_PRICE);
  const rest = tokens % TOKENS_PER_PRICE;
  const perToken = Math.floor(nanosPerMillionTokens / TOKENS_PER_PRICE);
  const perTokenRest = nanosPerMillionTokens % TOKENS_PER_PRICE;
  return nanos(
    millions * nanosPerMillionTokens + rest * perToken + Math.ceil((rest * perTokenRest) / TOKENS_PER_PRICE),
  );
}

/** Dollars with two to nine decimals, none lost: `$1.50`, `$0.000075`, `-$0.25`. */
export function formatUsd(amount: Nanos): string {
  const size = Math.abs(amount);
  const dollars = Math.floor(size / NANOS_PER_USD);
  const decimals = String(size % NANOS_PER_USD).padStart(NANOS_PER_USD_DIGITS, "0");
  const shown = decimals.replace(/0{1,7}$/, "");
  return `${amount < 0 ? "-" : ""}$${dollars}.${shown}`;
}

/** Digits with an optional point and exponent. No nested repetition, so matching is linear. */
const DECIMAL = /^([+-]?)(\d{1,40})(?:\.(\d{0,40}))?(?:[eE]([+-]?\d{1,3}))?$/;

/** More zeros than this cannot be a safe integer; keeps `"0".repeat` small. */
const SHIFT_MAX = 16;
