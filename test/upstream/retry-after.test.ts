/** Every form in which vendors say when to come back. */
import { expect, test } from "bun:test";
import { RETRY_AFTER_MS_MAX, readRetryAfterMs } from "../../src/upstream/retry-after.ts";

const WALL_MS = Date.parse("2026-11-21T12:00:00Z");

test.each([
  // headers, milliseconds
  [{ "retry-after": "120" }, 120_000],
  [{ "retry-after": " 1.5 " }, 1_500],
  [{ "retry-after": "0" }, 0],
  [{ "retry-after": "Sat, 21 Nov 2026 12:00:30 GMT" }, 30_000],
  [{ "retry-after": "Sat, 21 Nov 2026 11:00:00 GMT" }, null],
  [{ "retry-after": "-1" }, null],
  [{ "retry-after": "NaN" }, null],
  [{ "retry-after": "soon" }, null],
  [{ "retry-after": "" }, null],
  [{ "retry-after": "31536000" }, RETRY_AFTER_MS_MAX],
  [{ "retry-after": "99999999999999999999" }, RETRY_AFTER_MS_MAX],
  [{ "retry-after-ms": "250", "retry-after": "1" }, 250],
  [{ "x-ms-retry-after-ms": "40" }, 40],
  [{ "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s" }, 360_000],
  [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms" }, 20],
  [{ "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1h2m3.5s" }, 3_723_500],
  [{ "x-ratelimit-remaining-tokens": "12", "x-ratelimit-reset-tokens": "6m0s" }, null],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(WALL_MS + 5_000) }, 5_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(WALL_MS / 1000 + 7) }, 7_000],
  [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": "9" }, 9_000],
  [
    { "anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:10Z" },
    10_000,
  ],
  [
    {
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:10Z",
      "anthropic-ratelimit-input-tokens-remaining": "0",
      "anthropic-ratelimit-input-tokens-reset": "2026-11-21T12:00:40Z",
    },
    40_000,
  ],
  [{}, null],
] as readonly [Record<string, string>, number | null][])("%p waits %p ms", (headers, waitMs) => {
  expect(readRetryAfterMs(headers, WALL_MS)).toBe(waitMs);
});
