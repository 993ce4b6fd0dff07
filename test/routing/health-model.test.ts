/**
 * The whole authority under random use: two targets, two accounts, every kind of ending, virtual time; after each step no promise may be broken.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Lane } from "../../src/ir/deployment.ts";
import { type FailureKind, ruleOf } from "../../src/ir/failure.ts";
import { PROBE_SILENT_MS_MAX } from "../../src/routing/breaker.ts";
import { decide } from "../../src/routing/decide.ts";
import { createHealth, type Health } from "../../src/routing/health.ts";
import { decideInput, deployment, ERROR_RATE, failed, lane, poolOf } from "./build.ts";

const lanes = ["p/one/m", "p/one/n", "q/two/m"].map((id) => lane(id, { slots: { group: id, max: 3 } }));
const first = lane("p/one/m");
const targets = [poolOf("pool", lanes), poolOf("wide", lanes, { breaker: ERROR_RATE })];
const single = poolOf("single", lanes.slice(0, 1));

const ENDINGS = [
  "succeeded",
  "abandoned",
  "released",
  "network",
  "overloaded",
  "rejected",
  "context-length",
  "client-gone",
  "wrong-model",
  "answer-refused",
] as const;
const HARD = ["rate-limited", "credential", "billing", "model-missing"] as const;
type Ending = (typeof ENDINGS)[number] | (typeof HARD)[number];

interface Live {
  readonly guard: NonNullable<ReturnType<Health["admit"]>>;
  readonly lane: Lane;
  /** Target under which it is a test; null: it is none. */
  readonly tests: string | null;
  readonly sinceMs: number;
  /** Beside the test of its cell; it may still be the test of a hard-out that is over. */
  readonly pastBreaker: boolean;
}

function createWorld(chance: () => number) {
  const health = createHealth(deployment(lanes), chance);
  const live: Live[] = [];
  let nowMs = 0;

  /** Everything about cells, waits and hard-outs that a look can tell; slots aside. */
  const look = () =>
    [...targets, single].flatMap((each) =>
      lanes.map((on) => {
        const { because, untilMs, probing, label } = health.condition(each, on, nowMs);
        return `${each.name} ${on.id} ${because === "full" ? null : because} ${untilMs} ${probing} ${label}`;
      }),
    );

  const begin = (target: (typeof targets)[number], on: Lane, ignoreBreaker: boolean): string[] => {
    const before = health.condition(target, on, nowMs);
    const isTest = before.probing && before.eligible;
    const guard = health.admit(target, on, nowMs, ignoreBreaker);
    if (guard !== null)
      live.push({ guard, lane: on, tests: isTest ? target.name : null, pastBreaker: !before.eligible, sinceMs: nowMs });
    return [
      ...(before.eligible && guard === null ? ["eligible and yet refused"] : []),
      ...(!before.eligible && !ignoreBreaker && guard !== null ? ["not eligible and yet admitted"] : []),
      ...(ignoreBreaker && guard !== null && (before.because === "waiting" || before.because === "hard-out")
        ? ["ignoring the breaker beat explicit words"]
        : []),
    ];
  };

  const end = (which: number, ending: Ending): string[] => {
    const [ended] = live.splice(which % Math.max(1, live.length), 1);
    if (ended === undefined) return [];
    const before = look();
    const slotsBefore = health.facts(ended.lane, nowMs).inflight;
    const report = () => {
      if (ending === "succeeded") return ended.guard.succeeded(nowMs);
      if (ending === "abandoned") return ended.guard.abandoned(nowMs);
      if (ending === "released") {
        ended.guard.release(nowMs);
        return [];
      }
      return ended.guard.failed(failed(ending, ending === "rate-limited" ? 4_000 : null), nowMs);
    };
    const changes = report();
    const isNeutral =
      ending === "abandoned" ||
      ending === "released" ||
      (ending !== "succeeded" && ruleOf(failed(ending, 4_000)).effect === "none");
    const after = look();
    const again = [...ended.guard.succeeded(nowMs), ...ended.guard.failed(failed("credential"), nowMs)];
    const afterAgain = look();
    ended.guard.release(nowMs);
    ended.guard.release(nowMs);
    return [
      ...(isNeutral && ended.tests === null && !ended.pastBreaker && String(before) !== String(after)
        ? ["a neutral ending changed something"]
        : []),
      ...(isNeutral && changes.length > 0 ? ["a neutral ending told of a change"] : []),
      ...(again.length > 0 || String(after) !== String(afterAgain) ? ["a second report counted"] : []),
      ...(health.facts(ended.lane, nowMs).inflight !== slotsBefore - 1 ? ["the slot was not freed exactly once"] : []),
    ];
  };

  const brokenNow = (): string[] =>
    lanes.flatMap((on) => {
      const mine = live.filter((each) => each.lane === on);
      const testing = (name: string) =>
        mine.filter((each) => each.tests === name && nowMs - each.sinceMs < PROBE_SILENT_MS_MAX).length;
      return [
        ...(health.facts(on, nowMs).inflight !== mine.length ? ["slots and attempts differ"] : []),
        ...(mine.length > 3 ? ["more attempts than slots"] : []),
        ...(targets.some((each) => testing(each.name) > 1) ? ["two tests at a time"] : []),
      ];
    });

  return {
    health,
    live,
    begin,
    end,
    brokenNow,
    wait: (ms: number) => {
      nowMs += ms;
    },
    nowMs: () => nowMs,
  };
}

function eventOf(endings: readonly Ending[]) {
  return fc.record({
    act: fc.constantFrom("begin" as const, "begin" as const, "ignore-breaker" as const, "end" as const, "end" as const),
    // By place, so that a failing sequence prints short.
    target: fc.nat({ max: targets.length - 1 }),
    lane: fc.nat({ max: lanes.length - 1 }),
    ending: fc.constantFrom(...endings),
    which: fc.nat({ max: 20 }),
    waitMs: fc.oneof(fc.nat({ max: 2_000 }), fc.nat({ max: 60_000 })),
  });
}

/** Long on average, and still free to shrink to the few that matter. */
function manyOf<T>(event: fc.Arbitrary<T>, max: number) {
  return fc.array(event, { maxLength: max, size: "max" });
}

const chanceOf = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** 50 runs of 200 steps on average; returns why lanes were left out on the way. */
function explore(endings: readonly Ending[], parameters: { readonly seed?: number }): string[] {
  const seen = new Set<string>();
  fc.assert(
    fc.property(manyOf(eventOf(endings), 400), chanceOf, (events, chance) => {
      const world = createWorld(() => chance);
      for (const event of events) {
        world.wait(event.waitMs);
        const target = targets[event.target] ?? single;
        const on = lanes[event.lane] ?? first;
        const broken =
          event.act === "end"
            ? world.end(event.which, event.ending)
            : world.begin(target, on, event.act === "ignore-breaker");
        expect([...broken, ...world.brokenNow()]).toEqual([]);
        seen.add(world.health.condition(target, on, world.nowMs()).because ?? "eligible");
      }
      // Everybody goes home without a word, and a day passes: nothing may stay stuck.
      while (world.live.length > 0) world.end(0, "released");
      world.wait(86_400_000);
      const stuck = lanes.filter(
        (on) => !targets.every((each) => world.health.condition(each, on, world.nowMs()).eligible),
      );
      expect(stuck).toEqual([]);
    }),
    { numRuns: 50, endOnFailure: true, ...parameters },
  );
  return [...seen].toSorted();
}

describe("random use", () => {
  const all = [...ENDINGS, ...ENDINGS, ...ENDINGS, ...HARD];

  test("a fixed sequence, statistics alone", () => {
    expect(explore(ENDINGS, { seed: 1 })).toEqual(["breaker-open", "eligible", "full", "half-open"]);
  });

  test("a fixed sequence, explicit words too", () => {
    expect(explore(all, { seed: 1 })).toEqual(["breaker-open", "eligible", "full", "half-open", "hard-out", "waiting"]);
  });

  test("new ones each time", () => {
    expect(explore(all, {})).toContain("eligible");
  });
});

test("statistics never take away the only lane of a target, whatever happens to it", () => {
  const kinds: readonly FailureKind[] = ["network", "overloaded", "timeout", "malformed"];
  const step = fc.record({
    kind: fc.constantFrom(...kinds, null),
    waitMs: fc.nat({ max: 20_000 }),
    keepsRunning: fc.boolean(),
  });
  const [only] = lanes;
  const seen = new Set<boolean>();
  fc.assert(
    fc.property(manyOf(step, 100), chanceOf, (steps, chance) => {
      const health = createHealth(deployment(lanes), () => chance);
      let nowMs = 0;
      for (const { kind, waitMs, keepsRunning } of steps) {
        nowMs += waitMs;
        const { pick, ignoreBreaker, left } = decide(
          decideInput(single, lanes, { condition: (each) => health.condition(single, each, nowMs) }),
        );
        const wasFull = left.some((each) => each.because === "full");
        expect(pick?.id ?? (wasFull ? only?.id : null)).toBe(only?.id);
        const guard = pick === null ? null : health.admit(single, pick, nowMs, ignoreBreaker);
        expect(guard === null).toBe(pick === null);
        seen.add(ignoreBreaker);
        if (keepsRunning && kind === null) continue;
        if (kind === null) guard?.succeeded(nowMs);
        else guard?.failed(failed(kind), nowMs);
        guard?.release(nowMs);
      }
    }),
    { numRuns: 50, seed: 1 },
  );
  expect([...seen].toSorted()).toEqual([false, true]);
});
