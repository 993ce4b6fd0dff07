/**
 * When to come back, from an answer's headers, in every form vendors use. Hints inside bodies are the protocols' matter.
 * Sources: RFC 9110 section 10.2.3 (seconds or date); `retry-after-ms` and `x-ms-retry-after-ms` as the OpenAI and Azure
 * SDKs read them; `x-ratelimit-reset-*` as OpenAI and Groq ("6m0s"), `anthropic-ratelimit-*-reset` (RFC 3339).
 */

/** Longest wait that is believed: a day. */
export const RETRY_AFTER_MS_MAX = 24 * 60 * 60 * 1000;

/**
 * Milliseconds to wait, at least 0 and at most a day; null when nothing readable says so. An explicit `retry-after`
 * wins; reset headers count only for a kind whose remaining count is 0, the latest of them.
 */
export function readRetryAfterMs(headers: Readonly<Record<string, string>>, wallMs: number): number | null {
  const explicit =
    milliseconds(headers["retry-after-ms"]) ??
    milliseconds(headers["x-ms-retry-after-ms"]) ??
    secondsOrDate(headers["retry-after"], wallMs) ??
    resets(headers, wallMs);
  return explicit === null ? null : Math.min(Math.max(explicit, 0), RETRY_AFTER_MS_MAX);
}

function milliseconds(text: string | undefined): number | null {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Math.ceil(Number(text)) : null;
}

/** "120", "1.5", or an HTTP date. A date in the past is no hint. */
function secondsOrDate(text: string | undefined, wallMs: number): number | null {
  if (text === undefined) return null;
  const trimmed = text.trim();
  if (/^\d+(\.\d+)?$/.test(trimmed)) return Math.ceil(Number(trimmed) * 1000);
  return dateMs(trimmed, wallMs);
}

function dateMs(text: string, wallMs: number): number | null {
  // A date names its day; Date.parse alone would read "-1" and "12" as dates too.
  if (!/[a-z]{3}|\d{4}-\d{2}-\d{2}T/i.test(text)) return null;
  const at = Date.parse(text);
  return Number.isFinite(at) && at > wallMs ? at - wallMs : null;
}

/** Pairs of "what is left" and "when it is full again". */
const RESETS = [
  ["x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"],
  ["x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"],
  ["x-ratelimit-remaining", "x-ratelimit-reset"],
  ["anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset"],
  ["anthropic-ratelimit-tokens-remaining", "anthropic-ratelimit-tokens-reset"],
  ["anthropic-ratelimit-input-tokens-remaining", "anthropic-ratelimit-input-tokens-reset"],
  ["anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset"],
] as const;

function resets(headers: Readonly<Record<string, string>>, wallMs: number): number | null {
  let latest: number | null = null;
  for (const [remaining, reset] of RESETS) {
    if (headers[remaining]?.trim() !== "0") continue;
    const waitMs = resetMs(headers[reset], wallMs);
    if (waitMs !== null && (latest === null || waitMs > latest)) latest = waitMs;
  }
  return latest;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "6m0s", "20ms", a date, seconds from now, or epoch seconds or milliseconds (told apart by size). */
export function resetMs(text: string | undefined, wallMs: number): number | null {
  if (text === undefined) return null;
  const trimmed = text.trim();
  if (/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) {
    let total = 0;
    for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
      total += Number(amount) * (UNIT_MS[unit ?? ""] ?? 0);
    }
    return Math.ceil(total);
  }
  if (!/^\d+(\.\d+)?$/.test(trimmed)) return dateMs(trimmed, wallMs);
  const number = Number(trimmed);
  if (number > 1e11) return number > wallMs ? Math.ceil(number - wallMs) : null;
  if (number > 1e9) return number * 1000 > wallMs ? Math.ceil(number * 1000 - wallMs) : null;
  return Math.ceil(number * 1000);
}
