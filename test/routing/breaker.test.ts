/** The breaker of one cell: stories as tables, cooldowns and invariants as properties. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { BreakerSettings } from "../../src/ir/deployment.ts";
import {
  type Cell,
  type CellSignal,
  cooldownMs,
  FRESH_CELL,
  HINT_MS_MAX,
  isDue,
  PROBE_SILENT_MS_MAX,
  plainTicket,
  recoveredCell,
  stepCell,
  type Ticket,
} from "../../src/routing/breaker.ts";
import { addOutcome, OUTCOMES_MAX, type Outcomes, tally } from "../../src/routing/window.ts";
import { CONSECUTIVE, ERROR_RATE, NO_JITTER } from "./build.ts";

/** ok, bad and shrug begin and end at once; test takes the probe, and test-ok, test-bad and test-shrug end it. */
type Beat = "ok" | "bad" | "shrug" | "test" | "test-ok" | "test-bad" | "test-shrug" | "late-ok" | "late-bad" | "look";

/** Late reports belong to an attempt that began before the story. */
function play(settings: BreakerSettings, story: readonly (readonly [number, Beat, string])[]): string[] {
  let cell: Cell = FRESH_CELL;
  let probe: Ticket = plainTicket(cell);
  const before = plainTicket(cell);
  const report = (kind: "succeeded" | "failed" | "neutral", ticket: Ticket): CellSignal =>
    kind === "failed" ? { kind, ticket, hintMs: null } : { kind, ticket };
  return story.map(([nowMs, beat]) => {
    const step = (signal: CellSignal) => {
      cell = stepCell(cell, signal, nowMs, settings, NO_JITTER);
    };
    const plays: Record<Beat, () => void> = {
      ok: () => step(report("succeeded", plainTicket(cell))),
      bad: () => step(report("failed", plainTicket(cell))),
      shrug: () => step(report("neutral", plainTicket(cell))),
      test: () => {
        step({ kind: "probe-taken" });
        probe = { epoch: cell.epoch, probe: cell.kind === "half-open" ? cell.probe : null };
      },
      "test-ok": () => step(report("succeeded", probe)),
      "test-bad": () => step(report("failed", probe)),
      "test-shrug": () => step(report("neutral", probe)),
      "late-ok": () => step(report("succeeded", before)),
      "late-bad": () => step(report("failed", before)),
      look: () => step(report("neutral", before)),
    };
    plays[beat]();
    const until = cell.kind === "open" ? ` until ${cell.untilMs}` : "";
    return `${cell.kind}${until}${isDue(cell, nowMs) ? ", due" : ""}`;
  });
}

const STORIES: Record<string, { settings: BreakerSettings; story: readonly (readonly [number, Beat, string])[] }> = {
  "trips exactly at the number, first cooldown is the base": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [1, "bad", "closed"],
      [2, "bad", "open until 10002"],
      [10_001, "look", "open until 10002"],
      [10_002, "look", "open until 10002, due"],
    ],
  },
  "a success between failures starts the count anew": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [1, "bad", "closed"],
      [2, "ok", "closed"],
      [3, "bad", "closed"],
      [4, "bad", "closed"],
      [5, "bad", "open until 10005"],
    ],
  },
  "a test closes it, or opens it for twice as long, up to the maximum": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "open until 10000"],
      [10_000, "test", "half-open"],
      [10_000, "test-bad", "open until 30000"],
      [30_000, "test", "half-open"],
      [30_000, "test-bad", "open until 70000"],
      [70_000, "test", "half-open"],
      [70_000, "test-bad", "open until 130000"],
      [130_000, "test", "half-open"],
      [130_000, "test-bad", "open until 190000"],
      [190_000, "test", "half-open"],
      [190_500, "test-ok", "closed"],
      [190_501, "bad", "closed"],
      [190_502, "bad", "closed"],
      [190_503, "bad", "open until 200503"],
    ],
  },
  "a test that says nothing is given back and may be taken again at once": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "open until 10000"],
      [10_000, "test", "half-open"],
      [10_400, "test-shrug", "open until 10000, due"],
      [10_400, "test", "half-open"],
      [10_500, "test-ok", "closed"],
    ],
  },
  "what began before the trip moves nothing": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "open until 10000"],
      [5_000, "late-ok", "open until 10000"],
      [5_000, "late-bad", "open until 10000"],
      [10_000, "test", "half-open"],
      [10_000, "late-ok", "half-open"],
      [10_000, "late-bad", "half-open"],
      [10_001, "test-ok", "closed"],
      [10_002, "late-bad", "closed"],
      [10_002, "late-bad", "closed"],
      [10_002, "late-bad", "closed"],
    ],
  },
  "an attempt past an open breaker closes an open cell by succeeding and prolongs nothing by failing": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "open until 10000"],
      [1_000, "bad", "open until 10000"],
      [2_000, "ok", "closed"],
    ],
  },
  "a test cannot be taken early, and a silent one is lost after a while": {
    settings: CONSECUTIVE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "open until 10000"],
      [9_999, "test", "open until 10000"],
      [10_000, "test", "half-open"],
      [10_000 + PROBE_SILENT_MS_MAX - 1, "look", "half-open"],
      [10_000 + PROBE_SILENT_MS_MAX, "look", "half-open, due"],
      [10_000 + PROBE_SILENT_MS_MAX, "test", "half-open"],
    ],
  },
  "by rate: too few never trip, the failure that reaches the threshold does": {
    settings: ERROR_RATE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "open until 15000"],
    ],
  },
  "by rate: half of them failing is enough, less is not": {
    settings: ERROR_RATE,
    story: [
      [0, "ok", "closed"],
      [0, "ok", "closed"],
      [0, "ok", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "shrug", "closed"],
      [0, "bad", "open until 15000"],
    ],
  },
  "by rate: what left the window counts no more": {
    settings: ERROR_RATE,
    story: [
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [0, "bad", "closed"],
      [1, "bad", "closed"],
      [30_001, "bad", "closed"],
      [30_001, "bad", "closed"],
      [30_001, "bad", "closed"],
      [30_001, "bad", "open until 45001"],
    ],
  },
};

test.each(Object.entries(STORIES))("%s", (_name, { settings, story }) => {
  expect(play(settings, story)).toEqual(story.map(([, , expected]) => expected));
});

test("a good probe outside exchanges closes anything and leaves a quiet cell alone", () => {
  const open: Cell = { kind: "open", epoch: 4, streak: 9, openings: 2, untilMs: 99, probesTaken: 0 };
  expect(recoveredCell(open)).toEqual({ kind: "closed", epoch: 5, streak: 0, outcomes: null });
  expect(recoveredCell(FRESH_CELL)).toBe(FRESH_CELL);
});

describe("cooldown", () => {
  const at = (openings: number, over: { hintMs?: number; random?: () => number; base?: number } = {}) =>
    cooldownMs({
      openings,
      hintMs: over.hintMs ?? null,
      settings: { ...ERROR_RATE, baseCooldownMs: over.base ?? ERROR_RATE.baseCooldownMs },
      random: over.random ?? NO_JITTER,
    });

  test.each([
    ["first", at(1), 15_000],
    ["second", at(2), 30_000],
    ["fourth", at(4), 120_000],
    ["hundredth stays at the maximum", at(100), 120_000],
    ["two thousandth too", at(2_000), 120_000],
    ["lowest jitter", at(1, { random: () => 0 }), 13_500],
    ["highest jitter", at(1, { random: () => 0.999999 }), 16_500],
    ["jitter never passes the maximum", at(9, { random: () => 0.999999 }), 120_000],
    ["at the maximum it jitters below", at(9, { random: () => 0 }), 108_000],
    ["a small base still jitters", at(1, { base: 4, random: () => 0 }), 3],
    ["a hint is a floor", at(1, { hintMs: 20_000 }), 20_000],
    ["a shorter hint is not", at(1, { hintMs: 2_000 }), 15_000],
    ["a hint may pass the maximum", at(1, { hintMs: 500_000 }), 500_000],
    ["but not a day", at(1, { hintMs: Number.MAX_VALUE }), HINT_MS_MAX],
  ])("%s", (_name, got, expected) => {
    expect(got).toBe(expected);
  });

  test("always within half of the plain length and the maximum, and never shrinks by saturation", () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 200 }),
        fc.nat({ max: 100_000 }),
        fc.nat({ max: 500_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (more, base, extra, chance) => {
          const settings = { ...ERROR_RATE, baseCooldownMs: base, maxCooldownMs: base + extra };
          const plain = Math.min(base * 2 ** Math.min(more, 60), settings.maxCooldownMs);
          const got = cooldownMs({ openings: more + 1, hintMs: null, settings, random: () => chance });
          expect(got).toBeGreaterThanOrEqual(Math.floor(plain / 2));
          expect(got).toBeLessThanOrEqual(settings.maxCooldownMs);
          expect(Number.isInteger(got)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

test("only the newest outcomes are counted, however many came", () => {
  let outcomes: Outcomes | null = null;
  for (let index = 0; index < 5_000; index++) {
    outcomes = addOutcome(outcomes, { atMs: index, failed: index >= 4_900 });
    expect(outcomes.length).toBeLessThanOrEqual(2 * OUTCOMES_MAX + 1);
  }
  expect(tally(outcomes, 0)).toEqual({ total: OUTCOMES_MAX, failed: 100 });
  expect(tally(outcomes, 4_950)).toEqual({ total: 50, failed: 50 });
});

const BEGIN = ["begin", "ignore-breaker"] as const;
const END = ["succeeded", "failed", "neutral"] as const;

/** One cell, the attempts under way on it, and what every step must not do. */
function createWorld(settings: BreakerSettings) {
  let cell: Cell = FRESH_CELL;
  let nowMs = 0;
  const live: Ticket[] = [];
  const isCurrentTest = (of: Cell, ticket: Ticket) =>
    of.kind === "half-open" && ticket.epoch === of.epoch && ticket.probe === of.probe;

  const begin = (ignoreBreaker: boolean, random: () => number) => {
    const isTest = isDue(cell, nowMs);
    if (!ignoreBreaker && !isTest && cell.kind !== "closed") return;
    if (isTest) cell = stepCell(cell, { kind: "probe-taken" }, nowMs, settings, random);
    live.push({ epoch: cell.epoch, probe: isTest && cell.kind === "half-open" ? cell.probe : null });
  };
  /** Names of the promises this report broke. */
  const end = (kind: (typeof END)[number], which: number, random: () => number): string[] => {
    const [ticket] = live.splice(which % Math.max(1, live.length), 1);
    if (ticket === undefined) return [];
    const before = cell;
    cell = stepCell(
      before,
      kind === "failed" ? { kind, ticket, hintMs: null } : { kind, ticket },
      nowMs,
      settings,
      random,
    );
    const wasTest = isCurrentTest(before, ticket);
    const cooldown =
      cell.kind === "open" && before.kind !== "open" && kind === "failed"
        ? cell.untilMs - nowMs
        : settings.maxCooldownMs;
    const broken: Record<string, boolean> = {
      "what began before the last change moved it": ticket.epoch !== before.epoch && cell !== before,
      "a shrug moved it": kind === "neutral" && !wasTest && cell !== before,
      "a test ended and it is still half-open": wasTest && cell.kind === "half-open",
      "closed by something else than a success":
        cell.kind === "closed" && before.kind !== "closed" && kind !== "succeeded",
      "cooldown too long": cooldown > settings.maxCooldownMs,
      "cooldown too short": cooldown < Math.floor(settings.baseCooldownMs / 2),
    };
    return Object.keys(broken).filter((name) => broken[name]);
  };
  return {
    begin,
    end,
    wait: (ms: number) => {
      nowMs += ms;
    },
    cell: () => cell,
    tests: () => live.filter((ticket) => isCurrentTest(cell, ticket)).length,
    live,
  };
}

const event = fc.record({
  kind: fc.constantFrom(...BEGIN, ...END),
  which: fc.nat({ max: 50 }),
  waitMs: fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 90_000 })),
  chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});

/** 50 runs of 200 events on average; returns the states it came through. */
function explore(parameters: { readonly seed?: number }): string[] {
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      fc.constantFrom(CONSECUTIVE, ERROR_RATE),
      fc.array(event, { maxLength: 400, size: "max" }),
      (settings, events) => {
        const world = createWorld(settings);
        for (const { kind, which, waitMs, chance } of events) {
          world.wait(waitMs);
          const broken =
            kind === "begin" || kind === "ignore-breaker"
              ? world.begin(kind === "ignore-breaker", () => chance)
              : world.end(kind, which, () => chance);
          expect(broken ?? []).toEqual([]);
          expect(world.tests()).toBe(world.cell().kind === "half-open" ? 1 : 0);
          seen.add(world.cell().kind);
        }
        while (world.live.length > 0) world.end("neutral", 0, NO_JITTER);
        expect(world.cell().kind).not.toBe("half-open");
      },
    ),
    { numRuns: 50, endOnFailure: true, ...parameters },
  );
  return [...seen].toSorted();
}

describe("random sequences: one test at a time, late reports and shrugs move nothing, no test is ever lost", () => {
  test("a fixed sequence that comes through every state", () => {
    expect(explore({ seed: 1 })).toEqual(["closed", "half-open", "open"]);
  });

  test("new ones each time", () => {
    expect(explore({})).toContain("closed");
  });

  test("a lost test that reports late is not taken for the one that followed", () => {
    const step = (cell: Cell, signal: CellSignal, nowMs: number) =>
      stepCell(cell, signal, nowMs, CONSECUTIVE, NO_JITTER);
    const open: Cell = { kind: "open", epoch: 1, streak: 3, openings: 1, untilMs: 0, probesTaken: 0 };
    const later = 2 * PROBE_SILENT_MS_MAX;
    const second = step(step(open, { kind: "probe-taken" }, 0), { kind: "probe-taken" }, later);
    const givenBack = step(second, { kind: "neutral", ticket: { epoch: 1, probe: 2 } }, later);
    const third = step(givenBack, { kind: "probe-taken" }, later);
    expect(step(third, { kind: "neutral", ticket: { epoch: 1, probe: 1 } }, later)).toBe(third);
    expect(third).toMatchObject({ kind: "half-open", probe: 3 });
  });
});
