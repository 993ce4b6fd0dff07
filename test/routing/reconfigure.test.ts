// What is known of lanes, cells and accounts over a change of the configuration, and over a change of the process.
import { describe, expect, test } from "bun:test";
import type { SecretRef } from "../../src/ir/deployment.ts";
import { failure } from "../../src/ir/failure.ts";
import { createHealth, type Health } from "../../src/routing/health.ts";
import { deployment, ERROR_RATE, lane, NO_JITTER, poolOf } from "./build.ts";

const KEY: SecretRef = { kind: "env", name: "KEY" };
const OTHER_KEY: SecretRef = { kind: "env", name: "OTHER" };

const kept = lane("p/one/kept", { credential: KEY });
const removed = lane("p/one/removed", { credential: KEY });
const added = lane("p/two/added", { credential: KEY });
const pool = poolOf("pool", [kept, removed]);
const other = poolOf("other", [kept]);
const before = deployment([kept, removed], [pool, other]);
const after = deployment([kept, added], [poolOf("pool", [kept, added])]);

/** Reports that many failures of the kind that trips a breaker after three. */
function trip(health: Health, on = kept, target = pool, nowMs = 0): void {
  for (let count = 0; count < 3; count += 1) {
    const guard = health.admit(target, on, nowMs);
    guard?.failed(failure("server-error", "no"), nowMs);
    guard?.release(nowMs);
  }
}

function put(health: Health, kind: "rate-limited" | "credential", on = kept): void {
  const guard = health.admit(pool, on, 0);
  guard?.failed(failure(kind, "no", kind === "rate-limited" ? 60_000 : null), 0);
  guard?.release(0);
}

const because = (health: Health, on = kept, target = pool, nowMs = 1) => health.condition(target, on, nowMs).because;

describe("another deployment", () => {
  test("an open cell stays open, until the moment it was open until", () => {
    const health = createHealth(before, NO_JITTER);
    trip(health);
    const untilMs = health.condition(pool, kept, 1).untilMs;
    health.reconfigure(after);
    expect(health.condition(pool, kept, 1)).toMatchObject({ because: "breaker-open", untilMs });
  });

  test("waits, hard-outs, counters and what is left of limits stay", () => {
    const health = createHealth(before, NO_JITTER);
    put(health, "rate-limited");
    health.observeQuota(kept, [{ window: "req", scope: "lane", leftShare: 0.05, resetsInMs: 90_000 }], 0);
    const facts = health.facts(kept, 1);
    health.reconfigure(after);
    const cells = facts.cells.filter(({ target }) => target === "pool");
    expect(health.facts(kept, 1)).toEqual({ ...facts, cells });
    expect(because(health)).toBe("waiting");
  });

  test("a lane that is gone leaves nothing for one of its name that comes later", () => {
    const health = createHealth(before, NO_JITTER);
    trip(health, removed);
    health.reconfigure(after);
    health.reconfigure(before);
    expect(because(health, removed)).toBeNull();
    expect(health.facts(removed, 1)).toMatchObject({ err: 0, cells: [{ streak: 0 }] });
  });

  test("a cell whose target is gone leaves nothing either", () => {
    const health = createHealth(before, NO_JITTER);
    trip(health, kept, other);
    health.reconfigure(after);
    health.reconfigure(before);
    expect(because(health, kept, other)).toBeNull();
  });

  test.each([
    ["the same credential", KEY, "hard-out"],
    ["another credential", OTHER_KEY, null],
  ] as const)("an account that was refused, with %s", (_with, credential, left) => {
    const health = createHealth(before, NO_JITTER);
    put(health, "credential");
    const changed = lane("p/one/kept", { credential });
    health.reconfigure(deployment([changed], [poolOf("pool", [changed])]));
    expect(because(health, changed)).toBe(left);
  });

  test("an attempt under way reports to what stayed, and gives its slot back", () => {
    const health = createHealth(before, NO_JITTER);
    const guard = health.admit(pool, kept, 0);
    const renamed = lane("p/one/kept", { credential: KEY, slots: { group: "another group", max: 10 } });
    health.reconfigure(deployment([renamed], [poolOf("pool", [renamed])]));
    expect(health.facts(renamed, 1).inflight).toBe(1);
    guard?.failed(failure("rate-limited", "no", 60_000), 1);
    guard?.release(1);
    expect(because(health, renamed)).toBe("waiting");
    expect(health.facts(renamed, 1).inflight).toBe(0);
  });

  test("an attempt on a lane that is gone ends quietly", () => {
    const health = createHealth(before, NO_JITTER);
    const guard = health.admit(pool, removed, 0);
    health.reconfigure(after);
    guard?.succeeded(1);
    guard?.release(1);
    // The exchange may look once more at what it began with.
    expect(because(health, removed)).toBeNull();
  });

  test.each([
    [1, "full"],
    [2, null],
  ] as const)("with %d slots one in use leaves the lane %p", (max, left) => {
    const one = lane("p/one/kept", { slots: { group: "g", max: 1 } });
    const health = createHealth(deployment([one], [poolOf("pool", [one])]), NO_JITTER);
    health.admit(poolOf("pool", [one]), one, 0);
    const now = lane("p/one/kept", { slots: { group: "g", max } });
    const target = poolOf("pool", [now]);
    health.reconfigure(deployment([now], [target]));
    expect(health.condition(target, now, 0).because).toBe(left);
  });

  test("a higher limit wakes the first in line", () => {
    const one = lane("p/one/kept", { slots: { group: "g", max: 1 } });
    const health = createHealth(deployment([one], [poolOf("pool", [one])]), NO_JITTER);
    health.admit(poolOf("pool", [one]), one, 0);
    const woken: string[] = [];
    health.onFree([one], () => woken.push("first"));
    health.onFree([one], () => woken.push("second"));
    const wide = lane("p/one/kept", { slots: { group: "g", max: 2 } });
    health.reconfigure(deployment([wide], [poolOf("pool", [wide])]));
    expect(woken).toEqual(["first"]);
  });
});

describe("another process", () => {
  /** The snapshot as a message carries it, taken at 5 s and restored at 100 s of another clock. */
  function moved(health: Health, into = createHealth(before, NO_JITTER)): Health {
    into.restore(JSON.parse(JSON.stringify(health.snapshot(5_000))), 100_000);
    return into;
  }

  test("an open cell is open for what is left of its cooldown", () => {
    const health = createHealth(before, NO_JITTER);
    trip(health);
    const leftMs = (health.condition(pool, kept, 5_000).untilMs ?? 0) - 5_000;
    const next = moved(health);
    expect(next.condition(pool, kept, 100_000)).toMatchObject({ because: "breaker-open", untilMs: 100_000 + leftMs });
    expect(next.condition(pool, kept, 100_000 + leftMs)).toMatchObject({ because: null, probing: true });
  });

  test("facts are the same at the same moment", () => {
    const health = createHealth(before, NO_JITTER);
    trip(health, removed);
    put(health, "rate-limited");
    put(health, "credential", removed);
    health.observeQuota(kept, [{ window: "req", scope: "account", leftShare: 0.05, resetsInMs: 90_000 }], 0);
    const next = moved(health);
    for (const each of [kept, removed]) expect(next.facts(each, 100_000)).toEqual(health.facts(each, 5_000));
    expect(next.label(pool, kept, 100_000)).toBe(health.label(pool, kept, 5_000));
  });

  test("outcomes that a rate counts are counted on", () => {
    const rated = deployment([kept], [poolOf("pool", [kept], { breaker: ERROR_RATE })]);
    const target = poolOf("pool", [kept], { breaker: ERROR_RATE });
    const fail = (health: Health, nowMs: number): void => {
      const guard = health.admit(target, kept, nowMs);
      guard?.failed(failure("server-error", "no"), nowMs);
      guard?.release(nowMs);
    };
    const health = createHealth(rated, NO_JITTER);
    for (let count = 0; count < 4; count += 1) fail(health, 4_000);
    const next = moved(health, createHealth(rated, NO_JITTER));
    fail(next, 100_000);
    expect(next.condition(target, kept, 100_001).because).toBe("breaker-open");
  });

  test("a half-open test stays behind: the next attempt is one", () => {
    const health = createHealth(before, NO_JITTER);
    trip(health, kept, pool, -60_000);
    expect(health.admit(pool, kept, 5_000)).not.toBeNull();
    expect(health.admit(pool, kept, 5_000)).toBeNull();
    expect(moved(health).admit(pool, kept, 100_000)).not.toBeNull();
  });

  test("lanes and accounts that are others take nothing over", () => {
    const health = createHealth(before, NO_JITTER);
    put(health, "credential");
    trip(health, removed);
    const changed = lane("p/one/kept", { credential: OTHER_KEY });
    const next = moved(health, createHealth(deployment([changed], [poolOf("pool", [changed])]), NO_JITTER));
    expect(because(next, changed, poolOf("pool", [changed]), 100_000)).toBeNull();
  });
});
