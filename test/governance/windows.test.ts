// Windows of budgets and the rolling minute, by table and by property.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createMinute } from "../../src/governance/minute.ts";
import { hourOf, periodOf } from "../../src/governance/windows.ts";
import type { BudgetWindow } from "../../src/ir/deployment.ts";

describe("the window of a moment", () => {
  const rows: readonly [window: BudgetWindow, at: string, start: string, end: string | null][] = [
    ["minute", "2026-11-27T04:05:59.999Z", "2026-11-27T04:05:00Z", "2026-11-27T04:06:00Z"],
    ["hourly", "2026-11-27T04:59:59Z", "2026-11-27T04:00:00Z", "2026-11-27T05:00:00Z"],
    ["daily", "2026-11-27T00:00:00Z", "2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z"],
    ["weekly", "2026-11-29T23:59:59Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"],
    ["weekly", "2026-11-30T00:00:00Z", "2026-11-30T00:00:00Z", "2026-12-07T00:00:00Z"],
    ["monthly", "2028-02-29T12:00:00Z", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"],
    ["monthly", "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"],
    ["total", "2026-12-31T23:59:59Z", "1970-01-01T00:00:00Z", null],
  ];
  for (const [window, at, start, end] of rows) {
    test(`${window} at ${at}`, () => {
      const period = periodOf(window, Date.parse(at));
      expect([period.startWallMs, period.endWallMs]).toEqual([
        Date.parse(start),
        end === null ? null : Date.parse(end),
      ]);
    });
  }

  test("every moment is in its window, and windows are made of whole hours", () => {
    const window = fc.constantFrom<BudgetWindow>("hourly", "daily", "weekly", "monthly", "total");
    fc.assert(
      fc.property(window, fc.integer({ min: 0, max: 4_000_000_000_000 }), (name, wallMs) => {
        const { id, startWallMs, endWallMs } = periodOf(name, wallMs);
        expect(startWallMs).toBeLessThanOrEqual(wallMs);
        expect(endWallMs === null || wallMs < endWallMs).toBe(true);
        expect(hourOf(startWallMs)).toBe(startWallMs);
        expect(periodOf(name, startWallMs).id).toBe(id);
        if (endWallMs !== null) expect(periodOf(name, endWallMs).id > id).toBe(true);
      }),
    );
  });
});

test("no minute has more than the limit, and what it says about waiting is true", () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 10 }), fc.boolean()), {
    minLength: 1,
    maxLength: 80,
  });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 30 }), (all, limit) => {
      const minute = createMinute();
      const taken: { atMs: number; count: number }[] = [];
      let nowMs = 0;
      for (const [pauseMs, count, isGivenBack] of all) {
        nowMs += pauseMs;
        const waitMs = minute.fitsInMs(count, limit, nowMs);
        if (waitMs === null) {
          expect(count).toBeGreaterThan(limit);
          continue;
        }
        if (waitMs > 0) {
          expect(minute.used(nowMs) + count).toBeGreaterThan(limit);
          nowMs += waitMs;
          expect(minute.used(nowMs) + count).toBeLessThanOrEqual(limit);
        }
        minute.take(count, nowMs);
        if (isGivenBack) minute.giveBack(count, nowMs);
        else taken.push({ atMs: nowMs, count });
        for (const from of taken) {
          const within = taken.filter(({ atMs }) => atMs >= from.atMs && atMs < from.atMs + 60_000);
          expect(within.reduce((sum, each) => sum + each.count, 0)).toBeLessThanOrEqual(limit);
        }
      }
    }),
  );
});
