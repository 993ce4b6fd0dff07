/** The authority on lanes: what each failure does and to whom, hard-outs and waits over time, labels, changes, counters. */
import { describe, expect, test } from "bun:test";
import type { Failure, FailureKind } from "../../src/ir/failure.ts";
import { FAILURES, failure } from "../../src/ir/failure.ts";
import { createHealth } from "../../src/routing/health.ts";
import { deployment, failed, lane, NO_JITTER, poolOf } from "./build.ts";

const MINUTE = 60_000;

// One account with two models, a second account, two targets over them.
const hit = lane("p/one/m");
const sibling = lane("p/one/n");
const other = lane("p/two/m");
const pool = poolOf("pool", [hit, sibling, other]);
const second = poolOf("second", [hit, sibling, other]);

function world() {
  const health = createHealth(deployment([hit, sibling, other], [pool, second]), NO_JITTER);
  return {
    ...health,
    fail: (failure: Failure, nowMs: number, on = hit) =>
      attempt(health, on, nowMs, (guard) => guard.failed(failure, nowMs)),
  };
}

type World = ReturnType<typeof createHealth>;
type TheGuard = NonNullable<ReturnType<World["admit"]>>;

function attempt<T>(health: World, on: typeof hit, nowMs: number, report: (guard: TheGuard) => T): T {
  const guard = health.admit(pool, on, nowMs);
  if (guard === null) throw new Error("the lane was not free");
  const result = report(guard);
  guard.release(nowMs);
  return result;
}

/** hit here · hit under the other target · another model of the account · another account */
function reach(health: World, nowMs: number): string {
  const look = (target: typeof pool, on: typeof hit) => health.condition(target, on, nowMs).because ?? "ok";
  return [look(pool, hit), look(second, hit), look(pool, sibling), look(pool, other)].join(" · ");
}

describe("what a failure does (once, and three times in a row)", () => {
  const counts = ["ok · ok · ok · ok", "breaker-open · ok · ok · ok"] as const;
  const nothing = ["ok · ok · ok · ok", "ok · ok · ok · ok"] as const;
  const laneWaits = ["waiting · waiting · ok · ok", "waiting · waiting · ok · ok"] as const;
  const laneOut = ["hard-out · hard-out · ok · ok", "hard-out · hard-out · ok · ok"] as const;
  const accountOut = ["hard-out · hard-out · hard-out · ok", "hard-out · hard-out · hard-out · ok"] as const;
  const rows: readonly (readonly [FailureKind, number | null, readonly [string, string], string])[] = [
    ["rate-limited", 9_000, laneWaits, "next-lane"],
    ["rate-limited", null, counts, "next-lane"],
    ["overloaded", null, counts, "next-lane"],
    ["overloaded", 9_000, counts, "next-lane"],
    ["server-error", null, counts, "next-lane"],
    ["timeout", null, counts, "next-lane"],
    ["network", null, counts, "next-lane"],
    ["malformed", null, counts, "next-lane"],
    ["redirect", null, counts, "next-lane"],
    ["billing", null, accountOut, "next-lane"],
    ["credential", null, accountOut, "next-lane"],
    ["model-missing", null, laneOut, "next-lane"],
    ["wrong-model", null, nothing, "next-lane"],
    ["answer-refused", null, nothing, "next-lane"],
    ["low-quality", null, nothing, "next-lane"],
    ["upstream-too-large", null, nothing, "larger-lane"],
    ["context-length", null, nothing, "larger-lane"],
    ["rejected", null, nothing, "answer"],
    ["caller-credential", null, nothing, "answer"],
    ["client-gone", null, nothing, "answer"],
  ];

  test.each(rows)("%s, hint %p", (kind, hintMs, [once, thrice], then) => {
    const one = world();
    one.fail(failed(kind, hintMs), 0);
    expect(reach(one, 1)).toBe(once);
    // Three that were under way together.
    const three = world();
    const guards = [0, 0, 0].map((nowMs) => three.admit(pool, hit, nowMs));
    for (const guard of guards) guard?.failed(failed(kind, hintMs), 0);
    expect(reach(three, 1)).toBe(thrice);
    expect(FAILURES[kind].next).toBe(then as "answer");
  });
});

describe("how long it lasts", () => {
  test.each([
    ["rate-limited", 9_000, 9_000, "rate-limited"],
    ["rate-limited", 5 * MINUTE, 5 * MINUTE, "rate-limited"],
    ["rate-limited", 5 * MINUTE + 1, 5 * MINUTE + 1, "exhausted"],
    ["rate-limited", 90_000_000, 86_400_000, "exhausted"],
    ["credential", null, 30 * MINUTE, "auth-failed"],
    ["model-missing", null, 5 * MINUTE, "cooling-down"],
    ["billing", null, 5 * MINUTE, "exhausted"],
    ["billing", 3 * 86_400_000, 3 * 86_400_000, "exhausted"],
  ] as const)("%s with hint %p lasts %p and reads as %s", (kind, hintMs, lastsMs, label) => {
    const health = world();
    health.fail(failed(kind, hintMs), 1_000);
    const during = health.condition(pool, hit, 1_000 + lastsMs - 1);
    expect([during.eligible, during.untilMs, during.label, during.failure?.kind]).toEqual([
      false,
      1_000 + lastsMs,
      label,
      kind,
    ]);
    const after = health.condition(pool, hit, 1_000 + lastsMs);
    expect([after.eligible, after.label]).toEqual([true, "unknown"]);
    attempt(health, hit, 1_000 + lastsMs, (guard) => guard.succeeded(1_000 + lastsMs));
    expect(health.label(pool, hit, 1_000 + lastsMs)).toBe("healthy");
  });

  test("a bill without a reset is asked after in growing pauses, and from the start after it was paid", () => {
    const health = world();
    let nowMs = 0;
    const pauses: number[] = [];
    for (let round = 0; round < 7; round++) {
      health.fail(failed("billing"), nowMs);
      const untilMs = health.condition(pool, hit, nowMs).untilMs ?? nowMs;
      pauses.push((untilMs - nowMs) / MINUTE);
      nowMs = untilMs;
    }
    expect(pauses).toEqual([5, 10, 20, 40, 60, 60, 60]);
    attempt(health, sibling, nowMs, (guard) => guard.succeeded(nowMs));
    health.fail(failed("billing"), nowMs);
    expect(health.condition(pool, hit, nowMs).untilMs).toBe(nowMs + 5 * MINUTE);
  });

  test("many that fail together are one bill, not many", () => {
    const health = world();
    const guards = [0, 0, 0, 0].map((nowMs) => health.admit(pool, hit, nowMs));
    for (const guard of guards) guard?.failed(failed("billing"), 0);
    expect(health.condition(pool, hit, 0).untilMs).toBe(5 * MINUTE);
  });

  test.each([
    ["a rate limit after a missing model", "model-missing", "rate-limited", "hard-out", 5 * MINUTE],
    ["a missing model after a rate limit", "rate-limited", "model-missing", "hard-out", 5 * MINUTE],
  ] as const)("of two that were under way together the hard-out holds: %s", (_name, early, late, because, untilMs) => {
    const health = world();
    const guards = [0, 0].map((nowMs) => health.admit(pool, hit, nowMs));
    for (const [index, kind] of [early, late].entries()) guards[index]?.failed(failed(kind, 20 * MINUTE), 0);
    expect(health.condition(pool, hit, 0)).toMatchObject({ because, untilMs });
  });

  test("the longest of several hints holds, whichever came last", () => {
    const health = world();
    const guards = [0, 0, 0].map((nowMs) => health.admit(pool, hit, nowMs));
    for (const [index, hintMs] of [5_000, 60_000, 1_000].entries())
      guards[index]?.failed(failed("rate-limited", hintMs), 100);
    expect(health.condition(pool, hit, 100).untilMs).toBe(60_100);
  });
});

describe("tests after a hard-out and after a cooldown", () => {
  test("one test for the whole account; nobody else is admitted until it has reported", () => {
    const health = world();
    health.fail(failed("credential"), 0);
    const nowMs = 30 * MINUTE;
    expect(health.condition(pool, sibling, nowMs)).toMatchObject({ eligible: true, probing: true });
    const probe = health.admit(pool, hit, nowMs);
    expect(reach(health, nowMs)).toBe("hard-out · hard-out · hard-out · ok");
    expect(health.admit(pool, sibling, nowMs)).toBeNull();
    probe?.succeeded(nowMs);
    expect(reach(health, nowMs)).toBe("ok · ok · ok · ok");
  });

  test.each([
    ["rejected", null],
    ["rate-limited", 1_000],
    ["server-error", null],
  ] as const)("a test that ends in %s says nothing of the credential and is given back", (kind, hintMs) => {
    const health = world();
    health.fail(failed("credential"), 0);
    const nowMs = 30 * MINUTE;
    health.fail(failed(kind, hintMs), nowMs);
    expect(health.condition(pool, sibling, nowMs)).toMatchObject({ eligible: true, probing: true, label: "unknown" });
  });

  test("a success that began before a hard-out takes nothing back", () => {
    const health = world();
    const early = health.admit(pool, hit, 0);
    health.fail(failed("credential"), 1);
    expect(early?.succeeded(2)).toEqual([]);
    expect(reach(health, 3)).toBe("hard-out · hard-out · hard-out · ok");
  });

  test.each(["abandoned", "release", "rejected"] as const)(
    "a half-open test given back by %s may be taken again",
    (way) => {
      const health = world();
      for (const nowMs of [0, 0, 0]) health.fail(failed("network"), nowMs);
      const probe = health.admit(pool, hit, 10_000);
      expect(health.condition(pool, hit, 10_000).because).toBe("half-open");
      expect(health.admit(pool, hit, 10_000)).toBeNull();
      const ways = {
        abandoned: () => probe?.abandoned(10_001),
        release: () => probe?.release(10_001),
        rejected: () => probe?.failed(failed("rejected"), 10_001),
      };
      ways[way]();
      expect(health.condition(pool, hit, 10_001)).toMatchObject({ eligible: true, probing: true });
    },
  );

  test("ignoring the breaker overrides statistics and nothing else", () => {
    const health = world();
    for (const nowMs of [0, 0, 0]) health.fail(failed("network"), nowMs);
    expect(health.admit(pool, hit, 1)).toBeNull();
    expect(health.admit(pool, hit, 1, true)).not.toBeNull();
    health.fail(failed("rate-limited", 5_000), 1, other);
    expect(health.admit(pool, other, 1, true)).toBeNull();
  });

  test("a good probe takes everything back, for the account's other lanes too", () => {
    const health = world();
    for (const nowMs of [0, 0, 0]) health.fail(failed("network"), nowMs);
    health.fail(failed("credential"), 1, sibling);
    const changes = health
      .probe(hit, 2)
      .succeeded(2)
      .map(({ target, lane: id, from, to }) => [target, id, from, to]);
    expect(changes).toEqual([
      [null, hit.id, "auth-failed", "healthy"],
      [null, sibling.id, "auth-failed", "unknown"],
      ["pool", hit.id, "cooling-down", "healthy"],
    ]);
    expect(reach(health, 2)).toBe("ok · ok · ok · ok");
    expect(health.probe(hit, 3).succeeded(3)).toEqual([]);
  });
});

test("what changed is told once, by lane, with its reason and length", () => {
  const health = world();
  const told: unknown[] = [];
  for (const nowMs of [0, 0]) told.push(...health.fail(failed("timeout"), nowMs));
  expect(told).toEqual([]);
  expect(health.fail(failed("timeout"), 0)).toEqual([
    { target: "pool", lane: hit.id, from: "healthy", to: "cooling-down", because: "timeout", forMs: 10_000 },
  ]);
  expect(attempt(health, hit, 10_000, (guard) => guard.succeeded(10_000))).toEqual([
    { target: "pool", lane: hit.id, from: "unknown", to: "healthy", because: "probe", forMs: null },
  ]);
  expect(health.fail(failed("rate-limited", 7_000), 11_000)).toEqual([
    { target: null, lane: hit.id, from: "healthy", to: "rate-limited", because: "rate-limited", forMs: 7_000 },
  ]);
  expect(attempt(health, hit, 18_000, (guard) => guard.succeeded(18_000))).toEqual([
    { target: null, lane: hit.id, from: "unknown", to: "healthy", because: "cooldown ended", forMs: null },
  ]);
  expect(health.fail(failed("billing"), 19_000).map((each) => [each.lane, each.to, each.because, each.forMs])).toEqual([
    [hit.id, "exhausted", "billing", 300_000],
    [sibling.id, "exhausted", "billing", 300_000],
  ]);
});

test("an account that is disabled is out with all its lanes until the moment it was disabled for, and is then tested", () => {
  const w = world();
  const changes = w.disable("p/one", failure("billing", "The cap is reached.", 10 * MINUTE), 0);
  expect(changes.map(({ target, lane, to, because, forMs }) => [target, lane, to, because, forMs])).toEqual([
    [null, "p/one/m", "exhausted", "billing", 10 * MINUTE],
    [null, "p/one/n", "exhausted", "billing", 10 * MINUTE],
  ]);
  expect(reach(w, 10 * MINUTE - 1)).toBe("hard-out · hard-out · hard-out · ok");
  expect(w.condition(pool, hit, 10 * MINUTE).probing).toBe(true);
  attempt(w, hit, 10 * MINUTE, (guard) => guard.succeeded(10 * MINUTE));
  expect(reach(w, 10 * MINUTE)).toBe("ok · ok · ok · ok");
});

test("an account without a lane cannot be disabled, and that changes nothing", () => {
  const w = world();
  expect(w.disable("p/three", failure("billing", "The cap is reached.", null), 0)).toEqual([]);
  expect(reach(w, 0)).toBe("ok · ok · ok · ok");
});

test("a stored failure keeps its words and drops the bytes and headers of the answer it came in", () => {
  const health = world();
  const upstream = {
    status: 429,
    code: "c",
    type: "t",
    message: "m",
    body: new Uint8Array(3),
    headers: { "request-id": "r" },
  };
  health.fail({ ...failure("rate-limited", "Too many requests.", 1_000), upstream }, 0);
  expect(health.condition(pool, hit, 0).failure).toEqual({
    ...failure("rate-limited", "Too many requests.", 1_000),
    upstream: { ...upstream, body: null, headers: {} },
  });
});

describe("counters", () => {
  test("each ending counts once, wherever it came from", () => {
    const health = world();
    const endings: readonly ((guard: TheGuard) => unknown)[] = [
      (guard) => guard.succeeded(0),
      (guard) => guard.failed(failed("server-error"), 0),
      (guard) => guard.failed(failed("rejected"), 0),
      (guard) => guard.abandoned(0),
      (guard) => [guard.succeeded(0), guard.failed(failed("server-error"), 0), guard.succeeded(0)],
    ];
    for (const ending of endings) attempt(health, hit, 0, ending);
    const open = health.admit(second, hit, 0);
    const cell = { state: "closed", usable: true, cooldownRemainingMs: 0, streak: 0 } as const;
    expect(health.facts(hit, 0)).toEqual({
      lane: "p/one/m",
      inflight: 1,
      ok: 2,
      err: 1,
      clientFault: 1,
      usable: true,
      label: "healthy",
      disabledBy: null,
      waitRemainingMs: 0,
      budgetLeft: null,
      quotas: [],
      cells: [
        { target: "pool", ...cell },
        { target: "second", ...cell },
      ],
    });
    expect(health.isInDoubt(hit)).toBe(false);
    open?.release(0);
    open?.release(0);
    expect(health.facts(hit, 0).inflight).toBe(0);
  });

  test("the longest cooldown and the longest streak of all cells are shown", () => {
    const health = world();
    for (const nowMs of [0, 0, 0]) health.fail(failed("network"), nowMs);
    const elsewhere = health.admit(second, hit, 0);
    elsewhere?.failed(failed("network"), 0);
    expect(health.facts(hit, 4_000)).toMatchObject({
      waitRemainingMs: 6_000,
      disabledBy: null,
      cells: [
        { state: "open", streak: 3 },
        { state: "closed", streak: 3 },
      ],
    });
    expect(health.isInDoubt(hit)).toBe(true);
    health.fail(failed("credential"), 4_000, sibling);
    expect(health.facts(hit, 4_000)).toMatchObject({ waitRemainingMs: 30 * MINUTE, disabledBy: "credential" });
  });

  test("a lifetime of answers is spent by successes alone and never overdrawn by attempts under way", () => {
    const scarce = lane("p/one/m", { maxRequests: 2 });
    const target = poolOf("pool", [scarce]);
    const health = createHealth(deployment([scarce]), NO_JITTER);
    const first = health.admit(target, scarce, 0);
    const second = health.admit(target, scarce, 0);
    expect(health.admit(target, scarce, 0)).toBeNull();
    expect(health.condition(target, scarce, 0)).toMatchObject({ because: "used-up", untilMs: null });
    first?.failed(failed("rejected"), 0);
    expect(health.facts(scarce, 0).budgetLeft).toBe(1);
    second?.succeeded(0);
    const third = health.admit(target, scarce, 0);
    third?.succeeded(0);
    expect(health.facts(scarce, 0).budgetLeft).toBe(0);
    expect(health.admit(target, scarce, 0)).toBeNull();
  });
});

describe("when something recovers by itself", () => {
  test.each([
    ["a blip is over already", (health: ReturnType<typeof world>) => health.fail(failed("network"), 0), 1],
    ["a wait", (health: ReturnType<typeof world>) => health.fail(failed("rate-limited", 8_000), 0), 8_000],
    [
      "a bill with a known reset",
      (health: ReturnType<typeof world>) => health.fail(failed("billing", 9_000), 0),
      9_000,
    ],
    ["a bill without", (health: ReturnType<typeof world>) => health.fail(failed("billing"), 0), null],
    ["a credential", (health: ReturnType<typeof world>) => health.fail(failed("credential"), 0), null],
    ["a missing model", (health: ReturnType<typeof world>) => health.fail(failed("model-missing"), 0), null],
  ] as const)("%s", (_name, happen, expected) => {
    const health = world();
    happen(health);
    expect(health.recoversAtMs(pool, [hit], 1)).toBe(expected);
  });

  test("the earliest of several counts", () => {
    const health = world();
    health.fail(failed("rate-limited", 8_000), 0);
    health.fail(failed("rate-limited", 3_000), 0, other);
    expect(health.recoversAtMs(pool, [hit, other], 1)).toBe(3_000);
    expect(health.recoversAtMs(pool, [], 1)).toBeNull();
  });
});

test("a lane that is configured but not routed to is disabled", () => {
  const off = lane("p/one/m", { routing: false });
  const health = createHealth(deployment([off]), NO_JITTER);
  expect(health.condition(poolOf("pool", [off]), off, 0)).toMatchObject({ because: "not-routed", label: "disabled" });
});
