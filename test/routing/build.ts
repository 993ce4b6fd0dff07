/** Builders for routing tests: they carry every default, so that a test spells out only what it is about. */

import { type Capabilities, NO_NEEDS, UNKNOWN_CAPABILITIES } from "../../src/ir/capability.ts";
import type { BreakerSettings, Deployment, Lane, Member, Target } from "../../src/ir/deployment.ts";
import type { Facts } from "../../src/ir/facts.ts";
import { type Failure, type FailureKind, failure } from "../../src/ir/failure.ts";
import type { Condition } from "../../src/routing/condition.ts";
import type { DecideInput } from "../../src/routing/considered-lane.ts";
import { EMPTY_DEPLOYMENT } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";

export const CONSECUTIVE: BreakerSettings = {
  baseCooldownMs: 10_000,
  maxCooldownMs: 60_000,
  trip: { mode: "consecutive", failures: 3 },
};
export const ERROR_RATE: BreakerSettings = {
  baseCooldownMs: 15_000,
  maxCooldownMs: 120_000,
  trip: { mode: "error_rate", windowMs: 30_000, threshold: 0.5, minRequests: 5 },
};

/** In the middle: a cooldown without jitter. */
export const NO_JITTER = () => 0.5;

const TIMERS = { connectMs: 0, firstByteMs: 0, idleMs: 0, totalMs: 0 };

/** `id` is `provider/account/model`. */
export function lane(
  id: string,
  over: Partial<Omit<Lane, "capabilities">> & { capabilities?: Partial<Capabilities> } = {},
): Lane {
  const [provider = "", account = "", ...rest] = id.split("/");
  const model = rest.join("/");
  return {
    id,
    provider,
    account,
    model,
    doors: [{ protocol: "openai", path: null, authStyle: "native", errorMap: {} }],
    upstreamModel: model,
    canonical: { id: model, proven: false },
    sealIssuer: "shared",
    credential: null,
    slots: { group: id, max: 10 },
    queue: { max: 1_000, maxWaitMs: 30_000 },
    maxRequests: null,
    defaultMaxOutputTokens: null,
    dialect: MAKER,
    pinned: false,
    sortKey: 0,
    routing: true,
    cooldownMs: null,
    pressureBelow: 0.2,
    timers: { buffered: TIMERS, streamed: TIMERS },
    prices: null,
    ...over,
    capabilities: { ...UNKNOWN_CAPABILITIES, ...over.capabilities },
  };
}

export function member(model: string, lanes: readonly Lane[], over: Partial<Member> = {}): Member {
  return { model, weight: 1, lanes: lanes.map((each) => each.id), contextMax: null, ...over };
}

type TargetOver = Partial<Omit<Target, "failover">> & { failover?: Partial<Target["failover"]> };

export function target(name: string, members: readonly Member[], over: TargetOver = {}): Target {
  return {
    name,
    kind: "pool",
    select: "weighted",
    policySettings: null,
    members,
    substitutes: [],
    demandsReasoning: false,
    exactFailover: false,
    breaker: CONSECUTIVE,
    onExhausted: { action: "reject" },
    affinity: null,
    cacheMarks: true,
    quality: null,
    translation: "lenient",
    identity: "record",
    timers: null,
    ...over,
    failover: { deadlineMs: 120_000, cap: 3, exclusions: [], keep: [], prefer: "same-model", ...over.failover },
  };
}

/** A pool with one member per model of these lanes, in their order. */
export function poolOf(name: string, lanes: readonly Lane[], over: TargetOver = {}): Target {
  const models = [...new Set(lanes.map((each) => each.model))];
  return target(
    name,
    models.map((model) =>
      member(
        model,
        lanes.filter((each) => each.model === model),
      ),
    ),
    over,
  );
}

export function byId(lanes: readonly Lane[]): Record<string, Lane> {
  return Object.fromEntries(lanes.map((each) => [each.id, each]));
}

export function deployment(lanes: readonly Lane[], targets: readonly Target[] = []): Deployment {
  return {
    ...EMPTY_DEPLOYMENT,
    lanes: byId(lanes),
    targets: Object.fromEntries(targets.map((each) => [each.name, each])),
  };
}

export function facts(over: Partial<Facts> = {}): Facts {
  return {
    operation: "chat",
    target: "pool",
    stream: false,
    bodyBytes: 100,
    inputTokensEstimate: 25,
    maxOutputTokens: null,
    needs: NO_NEEDS,
    usageAsked: false,
    ...over,
  };
}

export function failed(kind: FailureKind, retryAfterMs: number | null = null): Failure {
  return failure(kind, `It is ${kind}.`, retryAfterMs);
}

export const ELIGIBLE: Condition = {
  eligible: true,
  because: null,
  untilMs: null,
  failure: null,
  full: false,
  probing: false,
  failedTests: 0,
  label: "healthy",
};

/** Everything eligible, nothing tried, nothing chosen yet. */
export function decideInput(pool: Target, lanes: readonly Lane[], over: Partial<DecideInput> = {}): DecideInput {
  return {
    target: pool,
    lanes: byId(lanes),
    facts: facts(),
    condition: () => ELIGIBLE,
    usable: () => null,
    tried: new Set(),
    first: null,
    needsRoomBeyond: null,
    lastUsedMs: () => null,
    selection: new Map(),
    figures: () => ({ inflight: 0, firstByteMs: null, successShare: null }),
    ...over,
  };
}

/** Only these lanes are out, each for its reason. */
export function outFor(
  reasons: Readonly<Record<string, NonNullable<Condition["because"]>>>,
): (each: Lane) => Condition {
  return (each) => {
    const because = reasons[each.id];
    return because === undefined ? ELIGIBLE : { ...ELIGIBLE, eligible: false, because, untilMs: 5_000 };
  };
}
