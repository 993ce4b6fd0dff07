// What displays are told of lanes, from records and transitions alone.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSnapshot, type LaneSnapshot, TRANSITIONS_MAX } from "../../src/displays/snapshot.ts";
import { BURN_PARTS } from "../../src/displays/spent.ts";
import type { ExchangeRecord } from "../../src/observability/record.ts";
import type { Transition } from "../../src/observability/transition.ts";
import {
  attempt,
  CLIENT_GONE,
  CUT,
  deployment,
  EXHAUSTED,
  lane,
  RECORDS,
  REFUSED,
  RESCUED,
  record,
  START_WALL_MS,
  transition,
} from "../observability/samples.ts";

const SONNET = "acme/default/sonnet";

function shown(
  records: readonly ExchangeRecord[],
  transitions: readonly Transition[] = [],
  wallMs = START_WALL_MS + 5000,
) {
  const fold = createSnapshot(deployment());
  for (const each of records) fold.sink.record(each);
  for (const each of transitions) fold.sink.transition(each);
  return fold.snapshot(wallMs);
}

function laneOf(lanes: readonly LaneSnapshot[], id: string): LaneSnapshot {
  const found = lanes.find((each) => each.lane === id);
  if (found === undefined) throw new Error(`no such lane: ${id}`);
  return found;
}

describe("totals", () => {
  test("of nothing are nothing", () => {
    const { lanes, targets, burn, ...totals } = shown([]);
    expect(totals).toEqual({
      wallMs: START_WALL_MS + 5000,
      transitions: [],
      requests: 0,
      failed: 0,
      rescued: 0,
      failovers: 0,
      tokens: 0,
      costNanos: null,
      perSecond: 0,
      today: { requests: 0, tokens: 0, costNanos: null, unpriced: 0, failovers: 0 },
      allowances: [],
      lastLane: null,
    });
    expect(targets.map(({ name, isOut }) => [name, isOut])).toEqual([
      ["fast", false],
      ["sonnet", false],
      ["large", false],
    ]);
    expect(burn.map((part) => part.requests)).toEqual(new Array(BURN_PARTS).fill(0));
    expect(lanes.map(({ share, label }) => [share, label])).toEqual([
      [null, "unknown"],
      [null, "unknown"],
    ]);
  });

  test.each([
    ["an answer", record(), { failed: 0, rescued: 0, failovers: 0, tokens: 1540, costNanos: 8_700_000 }],
    ["a rescue without a price", RESCUED, { failed: 0, rescued: 1, failovers: 1, tokens: 1540, costNanos: null }],
    ["a break", CUT, { failed: 1, rescued: 0, failovers: 0, tokens: 1540, costNanos: 8_700_000 }],
    ["exhaustion", EXHAUSTED, { failed: 1, rescued: 0, failovers: 0, tokens: 0, costNanos: null }],
    ["a client's mistake", REFUSED, { failed: 0, rescued: 0, failovers: 0, tokens: 0, costNanos: null }],
    ["a client that left", CLIENT_GONE, { failed: 0, rescued: 0, failovers: 0, tokens: 0, costNanos: null }],
  ] as const)("of %s", (_, given, expected) => {
    expect(shown([given])).toMatchObject({ requests: 1, ...expected });
  });
});

describe("a lane", () => {
  test("that failed is blamed, the one that answered is credited", () => {
    const { lanes } = shown([RESCUED]);
    expect(laneOf(lanes, SONNET)).toMatchObject({ served: 0, failures: 1, failovers: 1, tokens: 0, share: 0 });
    expect(laneOf(lanes, "zenith/team/large")).toMatchObject({
      served: 1,
      failures: 0,
      failovers: 0,
      tokens: 1540,
      share: 1,
    });
  });

  test("that is not routed to is not shown", () => {
    const lanes = { a: lane("a", "openai", { routing: false }), b: lane("b", "openai") };
    const fold = createSnapshot(deployment({ lanes }));
    fold.sink.record(record({ attempts: [attempt({ lane: "a" })] }));
    expect(fold.snapshot(START_WALL_MS).lanes.map((each) => each.lane)).toEqual(["b"]);
  });

  test("shares of what was served add up to one, tokens and money to the totals", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...RECORDS), { minLength: 1, maxLength: 40 }), (records) => {
        const snapshot = shown([record(), ...records]);
        const sum = (pick: (each: LaneSnapshot) => number) => snapshot.lanes.map(pick).reduce((a, b) => a + b, 0);
        expect(sum((each) => each.share ?? 0)).toBeCloseTo(1, 9);
        expect(sum((each) => each.tokens)).toBe(snapshot.tokens);
        expect(sum((each) => each.costNanos ?? 0)).toBe(snapshot.costNanos ?? 0);
        expect(sum((each) => each.failovers)).toBe(snapshot.failovers);
      }),
      { numRuns: 100, seed: 15 },
    );
  });
});

describe("health", () => {
  const rows: readonly [what: string, transitions: readonly Partial<Transition>[], label: string][] = [
    ["answered and nothing since", [], "healthy"],
    ["a trip", [{}], "cooling-down"],
    ["a trip, then a good probe", [{}, { to: "healthy", because: "probe", forMs: null }], "healthy"],
    ["a trial request", [{}, { to: "unknown", forMs: null }], "unknown"],
    ["a wait the vendor asked for", [{ target: null, to: "rate-limited" }], "rate-limited"],
    ["a word nobody knows", [{ to: "sideways" }], "unknown"],
    [
      "back, but not proven yet",
      [
        { target: null, to: "auth-failed" },
        { target: null, to: "unknown" },
      ],
      "unknown",
    ],
    ["the lane out, a pool well", [{ target: null, to: "exhausted" }, { to: "healthy" }], "exhausted"],
    ["the lane well, a pool out", [{}, { target: null, to: "healthy" }], "cooling-down"],
    ["well in one pool, tripped in the other", [{ target: "sonnet" }, { to: "healthy" }], "cooling-down"],
  ];
  test.each(rows)("%s", (_, transitions, label) => {
    expect<string>(laneOf(shown([record()], transitions.map(transition)).lanes, SONNET).label).toBe(label);
  });

  test("a lane that is back is well once it has answered again", () => {
    const fold = createSnapshot(deployment());
    const label = () => laneOf(fold.snapshot(START_WALL_MS).lanes, SONNET).label;
    fold.sink.record(record());
    fold.sink.transition(transition({ target: null, to: "auth-failed", forMs: null }));
    fold.sink.transition(transition({ target: null, to: "unknown", because: "probe", forMs: null }));
    expect(label()).toBe("unknown");
    fold.sink.record(record());
    expect(label()).toBe("healthy");
  });

  test("what lasted until a moment that has passed is no longer known", () => {
    const transitions = [transition({ forMs: 1000 })];
    const at = (offsetMs: number) =>
      laneOf(shown([record()], transitions, START_WALL_MS + offsetMs).lanes, SONNET).label;
    expect([at(5999), at(6000)]).toEqual(["cooling-down", "unknown"]);
  });
});

describe("bounds", () => {
  test("only the newest transitions are kept", () => {
    const many = Array.from({ length: 50 }, (_, index) => transition({ wallMs: START_WALL_MS + index }));
    const kept = shown([], many).transitions.map(({ wallMs }) => wallMs - START_WALL_MS);
    expect(kept).toEqual(Array.from({ length: TRANSITIONS_MAX }, (_, index) => 49 - index));
  });

  test("lanes nobody configured take no room", () => {
    const records = Array.from({ length: 100 }, (_, index) => record({ attempts: [attempt({ lane: `x${index}` })] }));
    const transitions = Array.from({ length: 100 }, (_, index) => transition({ lane: `x${index}` }));
    expect(shown(records, transitions).lanes).toHaveLength(2);
  });

  test.each([
    [0, 0.1],
    [9000, 0.1],
    [10_000, 0],
    [-2000, 0],
    [1e12, 0],
  ])("a request counts in the rate %p ms after its second, as %p per second", (afterMs, rate) => {
    const snapshot = shown([record({ durationMs: 0 })], [], START_WALL_MS + afterMs);
    expect(snapshot.perSecond).toBe(rate);
    expect(laneOf(snapshot.lanes, SONNET).perSecond).toBe(rate);
  });
});
