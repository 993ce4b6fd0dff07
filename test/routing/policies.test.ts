// What a policy is given: how busy, fast and reliable a lane was lately, its price and the request's size. Each policy of
// the table is one file; the one of this test alone shows that a file is enough.
import { describe, expect, test } from "bun:test";
import type { Lane } from "../../src/ir/deployment.ts";
import type { Facts } from "../../src/ir/facts.ts";
import { decide } from "../../src/routing/decide.ts";
import { createHealth } from "../../src/routing/health.ts";
import { cheapest } from "../../src/routing/policies/cheapest.ts";
import { fastest } from "../../src/routing/policies/fastest.ts";
import { ordered as inOrder } from "../../src/routing/policies/ordered.ts";
import type { Candidate, Policy } from "../../src/routing/policies/policy.ts";
import {
  figuresOf,
  noRecentAttempts,
  noteAttempt,
  RECENT_ATTEMPTS_AGE_MS_MAX,
  RECENT_ATTEMPTS_MAX,
} from "../../src/routing/recent-attempts.ts";
import { PRICES, stickyBy } from "../harness/deployments.ts";
import { decideInput, deployment, ELIGIBLE, facts, failed, lane, member, NO_JITTER, poolOf } from "./build.ts";

const by =
  (figure: (candidate: Candidate, figures: ReturnType<typeof figuresOf>) => number): Policy =>
  ({ candidates, selection, figuresOf: ask }) => {
    const worth = (each: Candidate): number => figure(each, ask(each.lane));
    return { order: candidates.toSorted((one, other) => worth(one) - worth(other)), next: selection };
  };
const mostReliable = by((_, { successShare }) => 1 - (successShare ?? 1));

const one = lane("p/a/one", { prices: { ...PRICES, input: 3_000_000_000 } });
const two = lane("p/a/two", { prices: { ...PRICES, input: 1_000_000_000 } });
const three = lane("p/a/three");
const LANES = [one, two, three];
const pool = poolOf("pool", LANES, { select: "least_busy" });

function world() {
  const health = createHealth(deployment(LANES, [pool]), NO_JITTER);
  const start = (on: Lane, nowMs: number) => {
    const guard = health.admit(pool, on, nowMs);
    if (guard === null) throw new Error("the lane was not free");
    return guard;
  };
  return { ...health, start };
}

/** Lanes as this policy orders them at this moment. */
function ordered(
  policy: Policy,
  health: ReturnType<typeof world>,
  nowMs: number,
  { lanes = LANES, asked: request = {} }: { lanes?: readonly Lane[]; asked?: Partial<Facts> } = {},
): string[] {
  const candidates = lanes.map(
    (each): Candidate => ({
      lane: each,
      member: { model: each.model, weight: 1, lanes: [each.id], contextMax: null },
      label: "healthy",
      lastUsedMs: null,
    }),
  );
  const asked = (each: Lane) => health.figures(each, nowMs);
  const { order } = policy({
    settings: null,
    candidates,
    selection: new Map(),
    affinityKey: null,
    figuresOf: asked,
    facts: facts(request),
  });
  return order.map((each) => each.lane.model);
}

test("figures come along to another process, in its time", () => {
  const health = world();
  for (const [firstByteMs, durationMs] of [
    [100, 200],
    [300, 400],
  ] as const) {
    const guard = health.start(one, 0);
    guard.begun(firstByteMs);
    guard.succeeded(durationMs);
    guard.release(durationMs);
  }
  health.start(one, 0).failed(failed("server-error"), 500);
  const told = JSON.parse(JSON.stringify(health.snapshot(1_000)));
  const next = world();
  next.restore(told, 5_000_000);
  const { inflight: _inflight, ...figures } = health.figures(one, 1_000);
  expect(next.figures(one, 5_000_000)).toEqual({ inflight: 0, ...figures });
  expect(next.figures(one, 5_000_000).successShare).toBe(2 / 3);
  expect(next.figures(one, 5_000_000 + RECENT_ATTEMPTS_AGE_MS_MAX).successShare).toBeNull();
});

test("by price: an unknown one comes last", () => {
  expect(ordered(cheapest, world(), 0)).toEqual(["two", "one", "three"]);
});

describe("by price, for this request's size", () => {
  const priced = (model: string, over: Partial<typeof PRICES>) =>
    lane(`p/a/${model}`, { prices: { ...PRICES, input: 0, output: 0, ...over } });
  const dollar = 1_000_000_000;
  const reads = priced("reads", { input: dollar, output: 20 * dollar });
  const writes = priced("writes", { input: 3 * dollar, output: 4 * dollar });
  const fee = priced("fee", { request: 50_000_000 });
  const tiered = priced("tiered", {
    input: dollar / 2,
    output: dollar,
    tiers: [
      {
        aboveTokens: 200_000,
        input: 9 * dollar,
        output: null,
        cacheRead: null,
        cacheWrite: null,
        cacheWrite1h: null,
      },
    ],
  });
  const unknown = lane("p/a/unknown");
  const lanes = [unknown, reads, writes, fee, tiered];
  test.each([
    ["a short question with a long answer", { inputTokensEstimate: 100 }, "tiered writes reads fee unknown"],
    ["a long prompt", { inputTokensEstimate: 100_000 }, "fee tiered reads writes unknown"],
    ["above a tier", { inputTokensEstimate: 300_000 }, "fee reads writes tiered unknown"],
    ["a short answer", { inputTokensEstimate: 2_000, maxOutputTokens: 10 }, "tiered reads writes fee unknown"],
    ["several answers", { inputTokensEstimate: 12_000, answers: 4 }, "tiered fee writes reads unknown"],
  ])("%s", (_name, asked, expected) => {
    expect(ordered(cheapest, world(), 0, { lanes, asked }).join(" ")).toBe(expected);
  });
});

test("in the order written, and by rank inside a member", () => {
  const work = [lane("p/1/work"), lane("p/2/work", { pinned: true })];
  const home = [lane("q/1/home", { pinned: true, sortKey: -1 })];
  const lanes = [...work, ...home];
  const pool = poolOf("pool", lanes, { select: "ordered" });
  const out = new Map([["p/2/work", "breaker-open" as const]]);
  const asked = (without: ReadonlyMap<string, "breaker-open"> = new Map()) =>
    decide({
      ...decideInput(pool, lanes),
      condition: (each) => {
        const because = without.get(each.id) ?? null;
        return { ...ELIGIBLE, eligible: because === null, because };
      },
    }).offered.map(({ id }) => id);
  expect(asked()).toEqual(["p/2/work", "p/1/work", "q/1/home"]);
  expect(asked(out)).toEqual(["p/1/work", "q/1/home"]);
  expect(asked(out.set("p/1/work", "breaker-open"))).toEqual(["q/1/home"]);
  const candidate = (each: Lane): Candidate => ({
    lane: each,
    member: member(each.model, [each]),
    label: "healthy",
    lastUsedMs: 5,
  });
  const given = { settings: null, selection: new Map(), affinityKey: null, facts: facts() };
  const figures = () => ({ inflight: 9, firstByteMs: null, successShare: 0 });
  const { order } = inOrder({ ...given, candidates: [...home, ...work].map(candidate), figuresOf: figures });
  expect(order.map(({ lane: { id } }) => id)[0]).toBe("q/1/home");
});

describe("fastest", () => {
  const measure = (health: ReturnType<typeof world>, on: Lane, firstByteMs: number, fromMs = 0) => {
    const guard = health.start(on, fromMs);
    guard.begun(fromMs + firstByteMs);
    guard.succeeded(fromMs + firstByteMs);
    guard.release(fromMs + firstByteMs);
  };

  test("by the slow ones among the answers, not by the usual one", () => {
    const health = world();
    for (let at = 0; at < 10; at += 1) measure(health, one, at === 9 ? 5_000 : 100);
    for (let at = 0; at < 10; at += 1) measure(health, two, 400);
    measure(health, three, 900);
    expect(ordered(fastest, health, 10_000)).toEqual(["two", "three", "one"]);
  });

  test("each lane gets its measure, one request at a time, and again when it is too old", () => {
    const health = world();
    const taken = [0, 1, 2].map(() => {
      const [model] = ordered(fastest, health, 0);
      const on = LANES.find((each) => each.model === model);
      if (on === undefined) throw new Error("none was offered");
      return { model, guard: health.start(on, 0) };
    });
    expect(taken.map(({ model }) => model)).toEqual(["one", "three", "two"]);
    taken.forEach(({ guard }, at) => {
      guard.begun(300 - at * 100);
      guard.succeeded(300);
      guard.release(300);
    });
    expect(ordered(fastest, health, 1_000)).toEqual(["two", "three", "one"]);
    measure(health, two, 100, RECENT_ATTEMPTS_AGE_MS_MAX);
    expect(ordered(fastest, health, RECENT_ATTEMPTS_AGE_MS_MAX + 500).at(-1)).toBe("two");
  });

  test("a lane that only failed comes last, and is no riddle", () => {
    const health = world();
    const guard = health.start(one, 0);
    guard.failed(failed("server-error"), 10);
    guard.release(10);
    measure(health, two, 3_000);
    measure(health, three, 2_000);
    expect(ordered(fastest, health, 4_000)).toEqual(["three", "two", "one"]);
  });
});

test("by time to the first byte, however long the answer took", () => {
  const health = world();
  for (const [on, firstByteMs, durationMs] of [
    [one, 900, 1_000],
    [two, 300, 60_000],
    [three, 600, 700],
  ] as const) {
    const guard = health.start(on, 0);
    guard.begun(firstByteMs);
    guard.begun(firstByteMs + 1);
    guard.succeeded(durationMs);
    guard.release(durationMs);
  }
  expect(ordered(fastest, health, 60_000)).toEqual(["two", "three", "one"]);
});

test("by success: what a client did wrong, and what was given up, counts as neither", () => {
  const health = world();
  health.start(one, 0).failed(failed("server-error"), 1);
  health.start(one, 1).succeeded(2);
  health.start(two, 0).failed(failed("rejected"), 1);
  health.start(two, 1).abandoned(2);
  health.start(three, 0).failed(failed("overloaded"), 1);
  expect(LANES.map((each) => health.figures(each, 3).successShare)).toEqual([0.5, null, 0]);
  expect(ordered(mostReliable, health, 3)).toEqual(["two", "one", "three"]);
});

describe("least_busy", () => {
  const order = (health: ReturnType<typeof world>, affinityKey: string | null = null) =>
    decide({
      ...decideInput(pool, LANES),
      condition: (each) => health.condition(pool, each, 0),
      figures: (each) => health.figures(each, 0),
      affinityKey,
    }).offered.map((each) => each.model);

  test("the lane with the fewest requests under way comes first, and ends do not count", () => {
    const health = world();
    const guards = [one, one, three].map((each) => health.start(each, 0));
    expect(order(health)).toEqual(["two", "three", "one"]);
    for (const guard of guards) guard.release(0);
    // Between equals the rank decides, whose last word is the id.
    expect(order(health)).toEqual(["one", "three", "two"]);
  });

  test("a pool shares requests evenly over lanes of different speed", () => {
    const health = world();
    for (let request = 0; request < 9; request += 1) {
      const picked = LANES.find(({ model }) => model === order(health)[0]);
      if (picked !== undefined) health.start(picked, 0);
    }
    expect(LANES.map((each) => health.figures(each, 0).inflight)).toEqual([3, 3, 3]);
  });

  test("a session keeps the lane that served it, however busy", () => {
    const sticky = { ...pool, affinity: stickyBy() };
    const health = world();
    const first = (): string | undefined =>
      decide({
        ...decideInput(sticky, LANES),
        figures: (each) => health.figures(each, 0),
        affinityKey: "session",
        stuckTo,
      }).offered[0]?.id;
    let stuckTo: string | null = null;
    const before = first();
    stuckTo = before ?? null;
    const busy = LANES.find(({ id }) => id === before);
    if (busy === undefined) throw new Error("none was offered");
    for (let request = 0; request < 5; request += 1) health.start(busy, 0);
    expect(first()).toBe(busy.id);
  });
});

describe("figures", () => {
  test("percentiles are values that were seen", () => {
    const recent = noRecentAttempts();
    for (let ms = 1; ms <= 40; ms += 1) noteAttempt(recent, ms * 10, 0);
    expect(figuresOf(recent, 2, 0)).toEqual({ inflight: 2, firstByteMs: { p50: 200, p95: 380 }, successShare: 1 });
  });

  test("the newest ones count, and no more are kept", () => {
    const recent = noRecentAttempts();
    for (let at = 0; at < 3 * RECENT_ATTEMPTS_MAX; at += 1)
      noteAttempt(recent, at < 2 * RECENT_ATTEMPTS_MAX ? 1 : 7, at);
    expect([recent.endedMs.length, recent.firstByteMs.length]).toEqual([RECENT_ATTEMPTS_MAX, RECENT_ATTEMPTS_MAX]);
    expect(figuresOf(recent, 0, 3 * RECENT_ATTEMPTS_MAX).firstByteMs).toEqual({ p50: 7, p95: 7 });
  });

  test("old ones say nothing any more", () => {
    const recent = noRecentAttempts();
    noteAttempt(recent, null, 0);
    noteAttempt(recent, 50, 1);
    expect(figuresOf(recent, 0, RECENT_ATTEMPTS_AGE_MS_MAX).successShare).toBe(1);
    expect(figuresOf(recent, 0, RECENT_ATTEMPTS_AGE_MS_MAX + 1)).toEqual({
      inflight: 0,
      firstByteMs: null,
      successShare: null,
    });
  });
});
