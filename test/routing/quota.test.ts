// What is left of a vendor's limits gives a lane its label and never takes it out; it is forgotten when it is whole again.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Deployment } from "../../src/ir/deployment.ts";
import { failure } from "../../src/ir/failure.ts";
import type { QuotaFact } from "../../src/ir/quota.ts";
import { createHealth } from "../../src/routing/health.ts";
import { deployment, lane, member, NO_JITTER, target } from "./build.ts";

const hit = lane("p/a/m");
const sibling = lane("p/a/n");
const other = lane("p/b/m");
const lanes = [hit, sibling, other];
const pool = target("pool", [member("m", [hit, other]), member("n", [sibling])]);
const world = () => createHealth(deployed(), NO_JITTER);

function deployed(): Deployment {
  return deployment(lanes, [pool]);
}

function fact(leftShare: number, over: Partial<QuotaFact> = {}): QuotaFact {
  return { window: "req", scope: "lane", leftShare, resetsInMs: 30_000, ...over };
}

function labels(health: ReturnType<typeof world>, nowMs: number): string {
  return lanes.map((each) => health.label(pool, each, nowMs)).join(" · ");
}

function answer(health: ReturnType<typeof world>, nowMs: number): void {
  const guard = health.admit(pool, hit, nowMs);
  guard?.succeeded(nowMs);
  guard?.release(nowMs);
}

describe("a lane", () => {
  test("of whose limit less than a tenth is left is under pressure until it is whole again, and may serve", () => {
    const health = world();
    answer(health, 0);
    expect(health.observeQuota(hit, [fact(0.1)], 0)).toEqual([]);
    expect(health.observeQuota(hit, [fact(0.099)], 1_000)).toEqual([
      { target: null, lane: hit.id, from: "healthy", to: "pressure", because: "quota", forMs: 30_000 },
    ]);
    expect(labels(health, 30_999)).toBe("pressure · unknown · unknown");
    expect(health.condition(pool, hit, 1_000)).toMatchObject({ eligible: true, because: null, label: "pressure" });
    expect(health.pressedForMs(hit, 1_000)).toBe(30_000);
    expect(labels(health, 31_000)).toBe("healthy · unknown · unknown");
    expect([health.pressedForMs(hit, 31_000), health.facts(hit, 31_000).quotas]).toEqual([null, []]);
  });

  test("with nothing left is asked all the same: only a refusal takes a lane out", () => {
    const health = world();
    health.observeQuota(hit, [fact(0), fact(0, { window: "tok" })], 0);
    expect(health.condition(pool, hit, 0)).toMatchObject({ eligible: true, label: "pressure" });
  });

  test("is relieved when a fifth is left again, not before", () => {
    const health = world();
    health.observeQuota(hit, [fact(0.05)], 0);
    expect(health.observeQuota(hit, [fact(0.15)], 1)).toEqual([]);
    expect(health.label(pool, hit, 1)).toBe("pressure");
    expect(health.observeQuota(hit, [fact(0.2)], 2)).toMatchObject([{ from: "pressure", to: "unknown", forMs: null }]);
    expect(health.observeQuota(hit, [fact(0.15)], 3)).toEqual([]);
    expect(health.label(pool, hit, 3)).toBe("unknown");
  });

  test("is pressed by each limit of its own", () => {
    const health = world();
    health.observeQuota(hit, [fact(0.05, { resetsInMs: 5_000 }), fact(0.02, { window: "tok", resetsInMs: 9_000 })], 0);
    expect(health.observeQuota(hit, [fact(0.9)], 1_000)).toEqual([]);
    expect([labels(health, 8_999), labels(health, 9_000)]).toEqual([
      "pressure · unknown · unknown",
      "unknown · unknown · unknown",
    ]);
    expect(health.facts(hit, 1_000).quotas).toEqual([
      { window: "req", scope: "lane", leftShare: 0.9, resetsInMs: 30_000 },
      { window: "tok", scope: "lane", leftShare: 0.02, resetsInMs: 8_000 },
    ]);
  });

  test.each([
    [{ window: "5h", scope: "account", resetsInMs: 60_000 }, 0.2],
    [{ window: "7d", scope: "account", resetsInMs: null }, 0.2],
    [{ window: "req", resetsInMs: 3_600_000 }, 0.2],
    [{ window: "req", resetsInMs: 3_599_999 }, 0.1],
  ] as const)("%p presses below %p, and not again below a tenth more", (over, below) => {
    const health = world();
    expect(health.observeQuota(hit, [fact(below, over)], 0)).toEqual([]);
    expect(health.observeQuota(hit, [fact(below - 0.01, over)], 0)).not.toEqual([]);
    expect(health.observeQuota(hit, [fact(below + 0.09, over)], 0)).toEqual([]);
    expect(health.observeQuota(hit, [fact(below + 0.11, over)], 0)).not.toEqual([]);
  });

  test("is not pressed by what is whole again in a moment, and forgets in a minute what nobody dated", () => {
    const health = world();
    expect(health.observeQuota(hit, [fact(0, { resetsInMs: 999 })], 0)).toEqual([]);
    expect(health.observeQuota(hit, [fact(0, { resetsInMs: null })], 0)).toMatchObject([
      { to: "pressure", forMs: 60_000 },
    ]);
    expect([health.label(pool, hit, 59_999), health.label(pool, hit, 60_000)]).toEqual(["pressure", "unknown"]);
  });

  test("that is out says so, and is under pressure when it comes back", () => {
    const health = world();
    health.observeQuota(hit, [fact(0.01, { resetsInMs: 100_000 })], 0);
    const guard = health.admit(pool, hit, 0);
    expect(guard?.failed(failure("rate-limited", "", 9_000), 0)).toMatchObject([
      { from: "pressure", to: "rate-limited", forMs: 9_000 },
    ]);
    guard?.release(0);
    expect(health.observeQuota(hit, [fact(0, { resetsInMs: 100_000 })], 1)).toEqual([]);
    expect([health.label(pool, hit, 8_999), health.label(pool, hit, 9_000)]).toEqual(["rate-limited", "pressure"]);
    const again = health.admit(pool, hit, 10_000);
    expect(again?.succeeded(10_000)).toEqual([]);
    again?.release(10_000);
    expect([health.label(pool, hit, 100_000), health.label(pool, hit, 100_001)]).toEqual(["pressure", "healthy"]);
  });

  test("with an open breaker is cooling down, whatever is left", () => {
    const health = world();
    health.observeQuota(hit, [fact(0)], 0);
    for (let count = 0; count < 3; count += 1) {
      const guard = health.admit(pool, hit, 0, true);
      guard?.failed(failure("server-error", ""), 0);
      guard?.release(0);
    }
    expect(health.label(pool, hit, 1)).toBe("cooling-down");
  });
});

test("an account's limit presses all of its lanes, and each says so", () => {
  const health = world();
  const changes = health.observeQuota(hit, [fact(0.03, { window: "5h", scope: "account", resetsInMs: 3_600_000 })], 0);
  expect(changes.map((change) => `${change.lane} ${change.from}→${change.to} ${change.forMs}`)).toEqual([
    "p/a/m unknown→pressure 3600000",
    "p/a/n unknown→pressure 3600000",
  ]);
  expect([labels(health, 0), labels(health, 3_600_000)]).toEqual([
    "pressure · pressure · unknown",
    "unknown · unknown · unknown",
  ]);
  expect(health.facts(sibling, 0).quotas).toMatchObject([{ window: "5h", leftShare: 0.03 }]);
});

test("no word of a limit ever takes a lane out", () => {
  const told = fc.record({
    window: fc.constantFrom("req", "tok", "5h"),
    scope: fc.constantFrom("lane" as const, "account" as const),
    leftShare: fc.double({ min: 0, max: 1, noNaN: true }),
    resetsInMs: fc.option(fc.nat(5_000_000)),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(told, { maxLength: 4 }), fc.nat(100_000)), { maxLength: 20 }), (steps) => {
      const health = world();
      let nowMs = 0;
      for (const [facts, passed] of steps) {
        nowMs += passed;
        health.observeQuota(hit, facts, nowMs);
        for (const each of lanes) {
          const { eligible, label } = health.condition(pool, each, nowMs);
          expect(eligible && (label === "unknown" || label === "pressure")).toBe(true);
        }
      }
    }),
  );
});
