// The end of a cooldown, a wait or a hard-out is told when it happens, once, and not when somebody else told it first.
import { describe, expect, test } from "bun:test";
import { createRecoveries } from "../../src/exchange/probing/recoveries.ts";
import { createLastingState } from "../../src/exchange/shared-state.ts";
import { failure } from "../../src/ir/failure.ts";
import type { QuotaFact } from "../../src/ir/quota.ts";
import type { Change } from "../../src/routing/condition.ts";
import { createHealth } from "../../src/routing/health.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";

function setUp() {
  const lane = laneOf("p/a/m", "openai");
  const pool = poolOf("pool", [lane]);
  const deployment = deploymentOf({ lanes: [lane], targets: [pool] });
  const effects = createVirtualEffects();
  const health = createHealth(deployment, () => 0.5);
  const told: Change[] = [];
  const recoveries = createRecoveries({
    effects,
    place: {
      deployment,
      shared: {
        ...createLastingState(health, { wallMs: () => 0, answers: null }),
        onChanges(changes) {
          told.push(...changes);
          recoveries.watch(changes);
        },
      },
    },
  });
  const report = (failed: ReturnType<typeof failure> | null): void => {
    const guard = health.admit(pool, lane, effects.nowMs(), true);
    if (guard === null) throw new Error("the lane was not free");
    const changes = failed === null ? guard.succeeded(effects.nowMs()) : guard.failed(failed, effects.nowMs());
    guard.release(effects.nowMs());
    told.push(...changes);
    recoveries.watch(changes);
  };
  const hear = (fact: QuotaFact): void => {
    const changes = health.observeQuota(lane, [fact], effects.nowMs());
    told.push(...changes);
    recoveries.watch(changes);
  };
  const seen = (): string[] =>
    told.splice(0).map(({ target, from, to, because }) => `${target} ${from}→${to} ${because}`);
  return { effects, report, hear, seen, stop: recoveries.stop };
}

test("an open breaker's cooldown", () => {
  const { effects, report, seen } = setUp();
  for (let count = 0; count < 3; count += 1) report(failure("server-error", "", null));
  expect(seen()).toEqual(["pool healthy→cooling-down server-error"]);
  effects.advance(14_999);
  expect(seen()).toEqual([]);
  effects.advance(1);
  expect(seen()).toEqual(["pool cooling-down→unknown cooldown ended"]);
  expect(effects.timersPending()).toBe(0);
});

test.each([
  ["a wait", failure("rate-limited", "", 9_000), 9_000, "rate-limited"],
  ["a long wait", failure("rate-limited", "", 400_000), 400_000, "exhausted"],
  ["a dead credential", failure("credential", ""), 1_800_000, "auth-failed"],
  ["a bill", failure("billing", ""), 300_000, "exhausted"],
  ["a missing model", failure("model-missing", ""), 300_000, "cooling-down"],
])("%s", (_name, failed, forMs, label) => {
  const { effects, report, seen } = setUp();
  report(failed);
  expect(seen()).toEqual([`null unknown→${label} ${failed.kind}`]);
  effects.advance(forMs);
  expect(seen()).toEqual([`null ${label}→unknown cooldown ended`]);
});

test("what a good answer ended before is not told again", () => {
  const { effects, report, seen } = setUp();
  for (let count = 0; count < 3; count += 1) report(failure("server-error", "", null));
  report(null);
  expect(seen().at(-1)).toBe("pool cooling-down→healthy probe");
  effects.advance(100_000);
  expect(seen()).toEqual([]);
});

describe("pressure", () => {
  const low = (resetsInMs: number) => ({ window: "req", scope: "lane", leftShare: 0, resetsInMs }) as const;

  test("ends when the limit is whole again, as it was told last", () => {
    const { effects, hear, seen } = setUp();
    hear(low(10_000));
    expect(seen()).toEqual(["null unknown→pressure quota"]);
    effects.advance(5_000);
    hear(low(10_000));
    effects.advance(9_999);
    expect(seen()).toEqual([]);
    effects.advance(1);
    expect(seen()).toEqual(["null pressure→unknown quota"]);
    expect(effects.timersPending()).toBe(0);
  });

  test("stands behind a wait and comes out when that is over", () => {
    const { effects, hear, report, seen } = setUp();
    hear(low(20_000));
    report(failure("rate-limited", "", 9_000));
    expect(seen()).toEqual(["null unknown→pressure quota", "null pressure→rate-limited rate-limited"]);
    effects.advance(9_000);
    expect(seen()).toEqual(["null rate-limited→pressure cooldown ended"]);
    report(null);
    effects.advance(11_000);
    expect(seen()).toEqual(["null pressure→healthy quota"]);
    expect(effects.timersPending()).toBe(0);
  });
});

test("a stop tells nothing more", () => {
  const { effects, report, seen, stop } = setUp();
  report(failure("billing", ""));
  seen();
  stop();
  effects.advance(1_000_000);
  expect([seen(), effects.timersPending()]).toEqual([[], 0]);
});
