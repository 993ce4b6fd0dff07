// The row that is booked for each way an exchange can end.
import { describe, expect, test } from "bun:test";
import { type Settlement, toUsageRow } from "../../src/governance/usage-row.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";

const USED = { ...UNKNOWN_USAGE, freshInputTokens: 10, cacheReadTokens: 5, outputTokens: 7, reasoningTokens: 3 };

function settlement(members: Partial<Settlement> = {}): Settlement {
  return {
    id: "req-1",
    startedWallMs: 1000,
    durationMs: 500.4,
    caller: "token-1",
    operation: "chat",
    target: "fast",
    outcome: "answered",
    attempts: [{ lane: "acme/default/sonnet", ambiguous: false }],
    usage: USED,
    usageEstimated: false,
    costNanos: 42,
    ...members,
  };
}

describe("the row", () => {
  test("of an answer", () => {
    expect(toUsageRow(settlement())).toEqual({
      id: "req-1",
      wallMs: 1500,
      caller: "token-1",
      target: "fast",
      lane: "acme/default/sonnet",
      usage: USED,
      costNanos: 42,
      state: "ok",
    });
  });

  const ambiguous = [{ lane: "a", ambiguous: true }];
  test.each([
    [{ usageEstimated: true }, "estimated"],
    [{ outcome: "cut", usageEstimated: true }, "truncated"],
    [{ outcome: "client-gone" }, "aborted"],
    [{ outcome: "failed", attempts: ambiguous }, "ambiguous"],
    [{ outcome: "failed" }, "ok"],
    [{ outcome: "refused", attempts: [] }, "ok"],
    [{ attempts: [...ambiguous, { lane: "b", ambiguous: false }] }, "ok"],
  ] as const)("of %j is %s", (members, state) => {
    expect(toUsageRow(settlement(members)).state).toBe(state);
  });

  test("names the lane the client heard of, and a caller always", () => {
    const attempts = [
      { lane: "a", ambiguous: true },
      { lane: "b", ambiguous: false },
    ];
    expect(toUsageRow(settlement({ attempts })).lane).toBe("b");
    expect(toUsageRow(settlement({ attempts: [], caller: null }))).toMatchObject({
      lane: null,
      caller: "unidentified",
    });
  });
});
