// The row that is booked for each way an exchange can end.
import { describe, expect, test } from "bun:test";
import { toUsageRow } from "../../src/governance/usage-row.ts";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { attempt, type RecordOver, record } from "../observability/samples.ts";

const USED = { ...UNKNOWN_USAGE, freshInputTokens: 10, cacheReadTokens: 5, outputTokens: 7, reasoningTokens: 3 };

function settlement(members: RecordOver = {}): ExchangeRecord {
  return record({
    id: "req-1",
    startedWallMs: 1000,
    durationMs: 500.4,
    caller: "token-1",
    operation: "chat",
    target: "fast",
    outcome: "answered",
    attempts: [attempt({ lane: "acme/default/sonnet" })],
    usage: USED,
    usageEstimated: false,
    costNanos: 42,
    ...members,
  });
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

  const ambiguous = [attempt({ lane: "a", ambiguous: true })];
  test.each([
    [{ usageEstimated: true }, "estimated"],
    [{ outcome: "cut", usageEstimated: true }, "truncated"],
    [{ outcome: "client-gone" }, "aborted"],
    [{ outcome: "failed", attempts: ambiguous }, "ambiguous"],
    [{ outcome: "failed" }, "ok"],
    [{ outcome: "refused", attempts: [] }, "ok"],
    [{ attempts: [...ambiguous, attempt({ lane: "b" })] }, "ok"],
  ] as const)("of %j is %s", (members, state) => {
    expect(toUsageRow(settlement(members)).state).toBe(state);
  });

  test("names the lane the client heard of, and a caller always", () => {
    const attempts = [attempt({ lane: "a", ambiguous: true }), attempt({ lane: "b" })];
    expect(toUsageRow(settlement({ attempts })).lane).toBe("b");
    expect(toUsageRow(settlement({ attempts: [], caller: null }))).toMatchObject({
      lane: null,
      caller: "unidentified",
    });
  });
});
