// What vendors tell of their limits, in every spelling the carriers know, and in none.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { readQuotas } from "../../src/upstream/quota.ts";

const WALL_MS = Date.parse("2026-11-21T12:00:00Z");

function read(protocol: keyof typeof PROTOCOLS, headers: Readonly<Record<string, string>>) {
  return readQuotas(headers, PROTOCOLS[protocol].carrier.quotas ?? [], () => WALL_MS);
}

describe("a limit of", () => {
  test.each([
    // OpenAI, Groq
    [
      "openai",
      {
        "x-ratelimit-limit-requests": "10000",
        "x-ratelimit-remaining-requests": "9999",
        "x-ratelimit-reset-requests": "8.64s",
        "x-ratelimit-limit-tokens": "150000",
        "x-ratelimit-remaining-tokens": "3000",
        "x-ratelimit-reset-tokens": "1m30s",
      },
      ["lane req 0.9999 8640", "lane tok 0.02 90000"],
    ],
    [
      "responses",
      {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "20ms",
      },
      ["lane req 0 20"],
    ],
    // Mistral
    [
      "openai",
      { "x-ratelimit-limit-req-minute": "60", "x-ratelimit-remaining-req-minute": "30" },
      ["lane req 0.5 null"],
    ],
    // Cerebras
    [
      "openai",
      {
        "x-ratelimit-limit-requests-day": "1000",
        "x-ratelimit-remaining-requests-day": "50",
        "x-ratelimit-reset-requests-day": "33011.382867097855",
        "x-ratelimit-limit-tokens-minute": "100",
        "x-ratelimit-remaining-tokens-minute": "75",
        "x-ratelimit-reset-tokens-minute": "11.5",
      },
      ["lane tok 0.75 11500", "lane req/d 0.05 33011383"],
    ],
    // OpenRouter
    [
      "openai",
      {
        "x-ratelimit-limit": "20",
        "x-ratelimit-remaining": "1",
        "x-ratelimit-reset": String(WALL_MS + 5_000),
      },
      ["lane req 0.05 5000"],
    ],
    [
      "anthropic",
      {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "49",
        "anthropic-ratelimit-requests-reset": "2026-11-21T12:00:01Z",
        "anthropic-ratelimit-input-tokens-limit": "450000",
        "anthropic-ratelimit-input-tokens-remaining": "9000",
        "anthropic-ratelimit-input-tokens-reset": "2026-11-21T12:00:59Z",
        "anthropic-ratelimit-output-tokens-limit": "90000",
        "anthropic-ratelimit-output-tokens-remaining": "90000",
        "anthropic-ratelimit-output-tokens-reset": "2026-11-21T11:59:59Z",
      },
      ["lane req 0.98 1000", "lane in 0.02 59000", "lane out 1 null"],
    ],
    [
      "anthropic",
      {
        "anthropic-ratelimit-unified-5h-utilization": "0.95",
        "anthropic-ratelimit-unified-5h-reset": String(WALL_MS / 1000 + 3_600),
        "anthropic-ratelimit-unified-7d-utilization": "1.02",
        "anthropic-ratelimit-unified-7d-reset": String(WALL_MS / 1000 + 90 * 86_400),
      },
      ["account 5h 0.05 3600000", "account 7d 0 2678400000"],
    ],
    ["cohere", { "x-trial-endpoint-call-limit": "20", "x-trial-endpoint-call-remaining": "16" }, ["lane req 0.8 null"]],
  ] as const)("%s %j", (protocol, headers, told) => {
    const round = (share: number): number => Math.round(share * 1e6) / 1e6;
    expect(
      read(protocol, headers).map(
        ({ window, scope, leftShare, resetsInMs }) => `${scope} ${window} ${round(leftShare)} ${resetsInMs}`,
      ),
    ).toEqual([...told]);
  });
});

test.each([
  [{}],
  // Azure, where nothing is counted.
  [{ "x-ratelimit-limit-tokens": "-1", "x-ratelimit-remaining-tokens": "-1", "x-ratelimit-reset-tokens": "0" }],
  [{ "x-ratelimit-remaining-tokens": "12" }],
  [{ "x-ratelimit-limit-tokens": "0", "x-ratelimit-remaining-tokens": "0" }],
  [{ "x-ratelimit-limit-tokens": "many", "x-ratelimit-remaining-tokens": "some" }],
  [{ "x-ratelimit-limit-tokens": "1e9", "x-ratelimit-remaining-tokens": "Infinity" }],
])("%j tells nothing", (headers) => {
  expect(read("openai", headers as Record<string, string>)).toEqual([]);
});

test("the clock is not asked where a vendor tells nothing", () => {
  const { quotas } = PROTOCOLS.openai.carrier;
  const facts = readQuotas({ "content-type": "application/json" }, quotas ?? [], () => {
    throw new Error("asked");
  });
  expect(facts).toEqual([]);
});

test("whatever stands in the headers, a share is a share and a wait is none of years", () => {
  const names = Object.values(PROTOCOLS).flatMap(({ carrier }) =>
    (carrier.quotas ?? []).flatMap(({ amount, reset }) => [
      ...(amount.kind === "share" ? [amount.used] : [amount.remaining, amount.limit]),
      ...(reset === null ? [] : [reset]),
    ]),
  );
  const value = fc.oneof(
    fc.string(),
    fc.double().map(String),
    fc.integer().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value), (headers) => {
      for (const protocol of ["openai", "anthropic", "cohere"] as const) {
        for (const { leftShare, resetsInMs } of read(protocol, headers)) {
          expect(leftShare >= 0 && leftShare <= 1).toBe(true);
          expect(resetsInMs === null || (resetsInMs >= 0 && resetsInMs <= 31 * 86_400_000)).toBe(true);
        }
      }
    }),
  );
});
