// What displays are told of lanes, from records and transitions alone.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createSnapshot, type LaneSnapshot, TRANSITIONS_MAX } from "../../src/displays/snapshot.ts";
import { BURN_PART_MS, BURN_PARTS } from "../../src/displays/spent.ts";
import type { ExchangeRecord, QuotaReading } from "../../src/ir/record.ts";
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
  type RecordOver,
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
      today: { requests: 0, tokens: 0, costNanos: null, unpriced: 0, failovers: 0, sinceWallMs: START_WALL_MS },
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

  test.each([
    ["after it went out is back, whoever forgot to say so", 5001, "healthy"],
    ["that began before it went out says nothing", 4999, "exhausted"],
  ] as const)("a lane with an answer %s", (_, startedMs, label) => {
    const fold = createSnapshot(deployment());
    fold.sink.transition(transition({ target: null, to: "exhausted", forMs: null }));
    fold.sink.record(record({ attempts: [attempt({ startedMs })] }));
    expect(laneOf(fold.snapshot(START_WALL_MS + 9000).lanes, SONNET).label).toBe(label);
  });

  test("an answer in one pool says nothing of a trip in another", () => {
    const fold = createSnapshot(deployment());
    fold.sink.transition(transition({ target: "sonnet" }));
    fold.sink.record(record({ target: "fast", attempts: [attempt({ startedMs: 6000 })] }));
    expect(laneOf(fold.snapshot(START_WALL_MS + 9000).lanes, SONNET).label).toBe("cooling-down");
    fold.sink.record(record({ target: "sonnet", attempts: [attempt({ startedMs: 6000 })] }));
    expect(laneOf(fold.snapshot(START_WALL_MS + 9000).lanes, SONNET).label).toBe("healthy");
  });

  test("what lasted until a moment that has passed is no longer known", () => {
    const transitions = [transition({ forMs: 1000 })];
    const at = (offsetMs: number) =>
      laneOf(shown([record()], transitions, START_WALL_MS + offsetMs).lanes, SONNET).label;
    expect([at(5999), at(6000)]).toEqual(["cooling-down", "unknown"]);
  });
});

describe("pressure", () => {
  const pressed = transition({ target: null, to: "pressure", because: "quota", forMs: 30_000 });

  test("lasts until the limit is whole again, whatever the lane answers, and takes no lane out", () => {
    const fold = createSnapshot(deployment());
    const look = (offsetMs: number) => fold.snapshot(START_WALL_MS + offsetMs);
    fold.sink.record(record());
    fold.sink.transition(pressed);
    fold.sink.record(record({ attempts: [attempt({ startedMs: 9_000 })] }));
    expect(laneOf(look(9_000).lanes, SONNET).label).toBe("pressure");
    expect(look(9_000).targets.every(({ isOut }) => !isOut)).toBe(true);
    expect(laneOf(look(40_000).lanes, SONNET).label).toBe("healthy");
  });
});

describe("vendors' quotas", () => {
  const quota = (window: string, leftShare: number, over: Partial<QuotaReading> = {}): QuotaReading => ({
    ...{ window, scope: "lane", leftShare, resetsWallMs: START_WALL_MS + 60_000 },
    ...over,
  });
  const shownOf = (quotas: readonly QuotaReading[], offsetMs: number) =>
    shown([record({ attempts: [attempt({ quotas })] })], [], START_WALL_MS + offsetMs).allowances.map(
      ({ kind, name, account, window, usedShare }) => `${kind} ${name}/${account} ${window} ${usedShare}`,
    );

  test("of an account are shown until they are whole again", () => {
    const quotas = [quota("5h", 0.75, { scope: "account", resetsWallMs: START_WALL_MS + 3_600_000 })];
    expect(shownOf(quotas, 3_599_999)).toEqual(["quota acme/default 5h 0.25"]);
    expect(shownOf(quotas, 3_600_000)).toEqual([]);
  });

  test("of a minute are nothing to call people for, those of a day are", () => {
    const day = { resetsWallMs: START_WALL_MS + 86_400_000 };
    expect(shownOf([quota("req", 0.5), quota("tok", 0.125), quota("req/d", 0.5, day)], 1_000)).toEqual([
      "quota acme/default req/d 0.5",
    ]);
  });

  test("that nobody dated are forgotten in a minute, and lanes nobody configured have none", () => {
    const undated = [quota("5h", 0, { scope: "account", resetsWallMs: null })];
    expect([shownOf(undated, 10_000).length, shownOf(undated, 120_000).length]).toEqual([1, 0]);
    const stranger = record({ attempts: [attempt({ lane: "no/such/lane", quotas: undated })] });
    expect(shown([stranger]).allowances).toEqual([]);
  });
});

describe("today", () => {
  const DAY_MS = 86_400_000;
  const at = (wallMs: number, members: RecordOver = {}) =>
    record({ startedWallMs: START_WALL_MS + wallMs, durationMs: 0, ...members });
  const requests = (records: readonly ExchangeRecord[], wallMs: number) =>
    shown(records, [], START_WALL_MS + wallMs).today.requests;

  test.each([
    ["a day begins at midnight with nothing", [at(0), at(DAY_MS - 1)], DAY_MS, 0],
    ["a day has what happened in it", [at(0), at(DAY_MS - 1)], DAY_MS - 1, 2],
    ["what is told late counts in the new day", [at(DAY_MS), at(DAY_MS - 10), at(DAY_MS + 1)], DAY_MS + 2, 3],
    ["a clock that jumped back a day begins that day anew", [at(DAY_MS * 2), at(0)], 1, 1],
  ] as const)("%s", (_, records, wallMs, count) => expect(requests(records, wallMs)).toBe(count));

  test("what has no price is counted and adds no dollar", () => {
    const { today } = shown(
      [at(0), at(1, { costNanos: null }), at(2, { costNanos: null, usage: null })],
      [],
      START_WALL_MS + 3,
    );
    expect(today).toEqual({
      requests: 3,
      tokens: 3080,
      costNanos: 8_700_000,
      unpriced: 1,
      failovers: 0,
      sinceWallMs: START_WALL_MS,
    });
  });

  test("belongs to the lane that answered", () => {
    const { lanes, today, lastLane } = shown([RESCUED]);
    expect([laneOf(lanes, SONNET).today.requests, laneOf(lanes, "zenith/team/large").today.requests]).toEqual([0, 1]);
    expect([today.failovers, lastLane]).toEqual([1, "zenith/team/large"]);
  });

  test("the day is that of whoever looks", () => {
    const fold = createSnapshot(deployment(), { dayOf: (wallMs) => Math.floor(wallMs / 3_600_000) });
    fold.sink.record(at(0));
    expect(
      [fold.snapshot(START_WALL_MS + 3_599_999), fold.snapshot(START_WALL_MS + 3_600_000)].map(
        (each) => each.today.requests,
      ),
    ).toEqual([1, 0]);
  });
});

describe("the last hour", () => {
  test("is twelve parts, oldest first, and forgets", () => {
    const records = [0, 1, 2, 13].map((part) =>
      record({ startedWallMs: START_WALL_MS + part * BURN_PART_MS, durationMs: 0 }),
    );
    const counts = (part: number) =>
      shown(records, [], START_WALL_MS + part * BURN_PART_MS).burn.map((each) => each.requests);
    expect(counts(13)).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    expect(counts(100)).toEqual(new Array(BURN_PARTS).fill(0));
  });
});

describe("a pool", () => {
  test("is out when every lane of it is", () => {
    const out = (...lanes: string[]) =>
      shown(
        [],
        lanes.map((lane) => transition({ target: null, lane, to: "exhausted", forMs: null })),
      ).targets.map(({ name, isOut }) => `${name} ${isOut}`);
    expect(out(SONNET)).toEqual(["fast false", "sonnet true", "large false"]);
    expect(out(SONNET, "zenith/team/large")).toEqual(["fast true", "sonnet true", "large true"]);
  });

  test("that no lane is routed to is not shown", () => {
    const lanes = { a: lane("a", "openai", { routing: false }) };
    expect(createSnapshot(deployment({ lanes })).snapshot(START_WALL_MS).targets).toEqual([]);
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
