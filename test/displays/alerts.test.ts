// When a clock calls: on changes alone, one call at a time, with a pause between two.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Alert, type AlertOptions, createAlerts } from "../../src/displays/alerts.ts";
import { sampleSnapshot } from "../../src/displays/awtrix/samples.ts";
import type { Snapshot } from "../../src/displays/snapshot.ts";
import type { Allowance } from "../../src/ir/allowance.ts";
import { HEALTH_LABELS, type HealthLabel } from "../../src/ir/lane-facts.ts";

const OPTIONS: AlertOptions = { burnShare: 0.85, minIntervalMs: 60_000, mute: [], providers: [] };
const LANE = "anthropic/personal/sonnet";
const OTHER = "openai/default/gpt";

interface Look {
  /** Lanes that are not well. */
  readonly out?: Readonly<Record<string, HealthLabel>>;
  readonly used?: number | null;
  readonly isPoolOut?: boolean;
}

function look({ out = {}, used = null, isPoolOut = false }: Look): Snapshot {
  const quiet = sampleSnapshot("busy");
  const budget: Allowance = {
    kind: "budget",
    name: "team",
    account: null,
    window: "30d",
    usedShare: used,
    resetsWallMs: null,
  };
  return {
    ...quiet,
    lanes: quiet.lanes.map((lane) => ({ ...lane, label: out[lane.lane] ?? "healthy" })),
    targets: [
      { name: "fast", kind: "pool", isOut: isPoolOut },
      { name: "sonnet", kind: "model", isOut: isPoolOut },
    ],
    allowances: [budget],
  };
}

/** One look a minute. */
function told(looks: readonly Look[], options: Partial<AlertOptions> = {}): (string | null)[] {
  const alerts = createAlerts({ ...OPTIONS, ...options });
  return looks.map((each, minute) => show(alerts.step(look(each), minute * 60_000)));
}

function show(alert: Alert | null): string | null {
  if (alert === null) return null;
  const more = alert.more === 0 ? "" : ` +${alert.more}`;
  return `${alert.kind} ${alert.about} ${alert.detail}`.trim() + more;
}

const DOWN: Look = { out: { [LANE]: "auth-failed" } };
const WELL: Look = {};

describe("calls", () => {
  const rows: readonly [what: string, looks: readonly Look[], calls: readonly (string | null)[]][] = [
    ["nothing while all is well", [WELL, WELL], [null, null]],
    [
      "a lane that goes down once, and that it is back",
      [WELL, DOWN, DOWN, WELL, WELL],
      [null, `lane_down ${LANE} auth-failed`, null, `recovered ${LANE}`, null],
    ],
    ["a lane that is down at the start", [DOWN], [`lane_down ${LANE} auth-failed`]],
    [
      "no recovery of a lane whose pause is over and that has not answered yet",
      [DOWN, { out: { [LANE]: "unknown" } }, WELL],
      [`lane_down ${LANE} auth-failed`, null, `recovered ${LANE}`],
    ],
    ["nothing of a lane that was never known", [{ out: { [LANE]: "unknown" } }, WELL], [null, null]],
    ["nothing of pressure", [{ out: { [LANE]: "pressure" } }], [null]],
    [
      "several changes as one",
      [{ out: { [LANE]: "exhausted", [OTHER]: "cooling-down" } }],
      [`lane_down ${LANE} exhausted +1`],
    ],
    [
      "the pool first when nothing is left of it",
      [{ ...DOWN, isPoolOut: true }],
      ["all_exhausted fast nothing left +1"],
    ],
    [
      "a budget over the threshold, once, although it trembles",
      [{ used: 0.84 }, { used: 0.86 }, { used: 0.84 }, { used: 0.86 }],
      [null, "budget_burn team 30d 86% used", null, null],
    ],
    ["a budget that began anew", [{ used: 0.9 }, { used: 0.01 }], ["budget_burn team 30d 90% used", "recovered team"]],
    ["nothing of a budget nobody knows", [{ used: null }], [null]],
  ];
  test.each(rows)("%s", (_, looks, calls) => expect(told(looks)).toEqual([...calls]));

  test("what is muted is not told, and costs no pause", () => {
    expect(told([DOWN, WELL], { mute: ["recovered"] })).toEqual([`lane_down ${LANE} auth-failed`, null]);
    expect(told([{ ...DOWN, used: 0.9 }], { mute: ["lane_down"] })).toEqual(["budget_burn team 30d 90% used"]);
  });

  test("what is filtered out is not told", () => {
    expect(told([DOWN], { providers: ["openai"] })).toEqual([null]);
  });

  test("what came and went in a pause is not told, and what stayed is told after it", () => {
    const alerts = createAlerts(OPTIONS);
    expect(show(alerts.step(look(DOWN), 0))).toBe(`lane_down ${LANE} auth-failed`);
    expect(alerts.step(look({ out: { [OTHER]: "rate-limited" } }), 30_000)).toBeNull();
    expect(alerts.step(look(DOWN), 59_999)).toBeNull();
    expect(alerts.step(look(DOWN), 60_000)).toBeNull();
    expect(show(alerts.step(look({ out: { ...DOWN.out, [OTHER]: "rate-limited" } }), 61_000))).toBe(
      `lane_down ${OTHER} rate-limited`,
    );
  });

  test("what happened while nobody wanted to hear is not told afterwards", () => {
    const alerts = createAlerts(OPTIONS);
    alerts.skip(look(DOWN));
    expect(alerts.step(look(DOWN), 0)).toBeNull();
    expect(show(alerts.step(look(WELL), 1))).toBe(`recovered ${LANE}`);
  });
});

test("two calls are never closer than the pause, whatever happens", () => {
  const label = fc.constantFrom(...HEALTH_LABELS);
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 50_000 }),
    one: label,
    two: label,
    used: fc.double({ min: 0, max: 2, noNaN: true }),
    isPoolOut: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const alerts = createAlerts(OPTIONS);
      let nowMs = 0;
      let lastMs = Number.NEGATIVE_INFINITY;
      for (const { afterMs, one, two, used, isPoolOut } of steps) {
        nowMs += afterMs;
        const alert = alerts.step(look({ out: { [LANE]: one, [OTHER]: two }, used, isPoolOut }), nowMs);
        if (alert === null) continue;
        expect(nowMs - lastMs).toBeGreaterThanOrEqual(OPTIONS.minIntervalMs);
        lastMs = nowMs;
      }
    }),
    { numRuns: 200, seed: 9 },
  );
});
