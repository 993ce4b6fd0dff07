/**
 * Watches every step of a run from inside: what routing admits and what reports do to its state. It wraps the real health
 * (or the one a planted fault put in its place) and changes nothing.
 */
import type { Deployment, Lane, Target } from "../../src/ir/deployment.ts";
import { ruleOf } from "../../src/ir/failure.ts";
import type { Change, Condition } from "../../src/routing/condition.ts";
import type { Guard } from "../../src/routing/guard.ts";
import type { Health } from "../../src/routing/health.ts";
import { lanesOf } from "../../src/routing/target.ts";
import type { Admitted } from "./simulation-routing.ts";

export type Claim = (holds: boolean, sentence: string) => void;

/** A test that has said nothing for so long counts as lost, and another may begin. */
const LOST_MS = 600_000;
const HINT_MS_MAX = 86_400_000;

/** `truth`: the real one, which a planted fault may have wrapped; `deployment` as it was meant. */
export function auditHealth(
  health: Health,
  {
    deployment,
    truth,
    onAdmitted,
  }: {
    readonly deployment: Deployment;
    readonly truth: Health;
    readonly onAdmitted: (admitted: Admitted) => void;
  },
  claim: Claim,
): Health {
  const targets = Object.values(deployment.targets);
  /** Tests under way, by target and lane. */
  const tests = new Map<string, number[]>();
  const groups = new Map<string, number>();

  const everywhere = (lane: Lane, nowMs: number): string =>
    targets
      .filter(
        ({ members, substitutes }) =>
          substitutes.includes(lane.id) || members.some(({ lanes }) => lanes.includes(lane.id)),
      )
      .map((target) => shown(truth.condition(target, lane, nowMs)))
      .join(" ");

  /** A cell that somebody else's good answer closed needs its test no more; the next opening has one of its own. */
  const closed = (changes: Change[]): Change[] => {
    for (const { target, lane, to } of changes)
      if (target !== null && to === "healthy") tests.delete(`${target} ${lane}`);
    return changes;
  };

  const admitted = (
    target: Target,
    lane: Lane,
    nowMs: number,
    before: Condition,
    ignoreBreaker: boolean,
    guard: Guard,
  ): Guard => {
    const isStatistical = before.because === "breaker-open" || before.because === "half-open";
    claim(
      before.because === null || (ignoreBreaker && isStatistical),
      `${lane.id} was admitted although it is ${before.because}`,
    );
    const key = `${target.name} ${lane.id}`;
    const isTest = before.because === null && before.probing;
    // Past an open breaker it is the single test of a hard-out that is over, and gives that back.
    const mayBeTest = isTest || (ignoreBreaker && before.probing);
    if (isTest) {
      const open = (tests.get(key) ?? []).filter((sinceMs) => nowMs - sinceMs < LOST_MS);
      claim(open.length === 0, `two tests of ${key} are under way at once`);
      tests.set(key, [...open, nowMs]);
    }
    const { group, max } = deployment.lanes[lane.id]?.slots ?? lane.slots;
    groups.set(group, (groups.get(group) ?? 0) + 1);
    claim((groups.get(group) ?? 0) <= max, `${groups.get(group)} attempts hold ${group}, its limit is ${max}`);
    let isReported = false;
    let isReleased = false;
    const reported = (): void => {
      if (!isReported && isTest)
        tests.set(
          key,
          (tests.get(key) ?? []).filter((sinceMs) => sinceMs !== nowMs),
        );
      isReported = true;
    };
    return {
      begun: (now) => guard.begun(now),
      succeeded(now) {
        reported();
        return closed(guard.succeeded(now));
      },
      failed(failure, now) {
        // A lifetime of answers that is used up hides what stands behind it.
        const isClients = ruleOf(failure).blame === "client" && !isReported && !mayBeTest && lane.maxRequests === null;
        reported();
        const standing = isClients ? everywhere(lane, now) : "";
        const changes = guard.failed(failure, now);
        if (isClients) {
          claim(changes.length === 0, `a client's fault (${failure.kind}) changed ${lane.id}`);
          claim(everywhere(lane, now) === standing, `a client's fault (${failure.kind}) moved a cell of ${lane.id}`);
        }
        for (const { forMs } of changes)
          claim(forMs === null || forMs <= 31 * HINT_MS_MAX, `${lane.id} is out for ${forMs} ms`);
        return changes;
      },
      abandoned(now) {
        const isFirst = !isReported;
        reported();
        const changes = guard.abandoned(now);
        claim(
          !isFirst || changes.every(({ to }) => to === "unknown" || to === "cooling-down"),
          `leaving ${lane.id} changed it`,
        );
        return changes;
      },
      release(now) {
        reported();
        if (!isReleased) groups.set(group, (groups.get(group) ?? 0) - 1);
        isReleased = true;
        guard.release(now);
      },
    };
  };

  return {
    ...health,
    probe(lane, nowMs) {
      const guard = health.probe(lane, nowMs);
      return { ...guard, succeeded: (now) => closed(guard.succeeded(now)) };
    },
    admit(target, lane, nowMs, ignoreBreaker = false) {
      const before = truth.condition(target, lane, nowMs);
      const ready = lanesOf(target).filter((id) => {
        const each = deployment.lanes[id];
        return each !== undefined && truth.condition(target, each, nowMs).because === null;
      });
      const guard = health.admit(target, lane, nowMs, ignoreBreaker);
      if (guard !== null) onAdmitted({ target: target.name, lane: lane.id, atMs: nowMs, ready: new Set(ready) });
      return guard === null ? null : admitted(target, lane, nowMs, before, ignoreBreaker, guard);
    },
  };
}

/** A slot, and one of the last answers of a lifetime, come and go with every attempt; everything else is standing. */
function shown({ because, untilMs, label, probing }: Condition): string {
  return `${because === "full" || because === "used-up" ? null : because}/${untilMs}/${label}/${probing}`;
}
