/** What a client may ask for by name: pools, and models that stand for a pool of their own lanes. */
import { isSameModel } from "../ir/canonical.ts";
import {
  type BreakerSettings,
  type Exhaustion,
  type Lane,
  type Member,
  OVERFLOWS,
  type Target,
  type TimerPair,
  type Timers,
} from "../ir/deployment.ts";
import { POLICY_SCHEMAS } from "../routing/policies/schema.ts";
import { DEFAULT_TIMERS, DEFAULTS } from "./defaults.ts";
import { resolveQuality } from "./resolve-quality.ts";
import type { ConfigFile, ConfigModel, ConfigPool, ConfigTimeouts } from "./schema.ts";
import { readExhaustion } from "./values.ts";

type Lanes = readonly Lane[];

export function resolveTargets(config: ConfigFile, lanes: Readonly<Record<string, Lane>>): Record<string, Target> {
  const all = indexLanes(Object.values(lanes));
  const windows = contextMaxByModel(config);
  const targets: Record<string, Target> = {};
  for (const [name, model] of Object.entries(config.models))
    targets[name] = modelTarget({ name, model, config, all, windows });
  for (const [name, pool] of Object.entries(config.pools ?? {}))
    targets[name] = poolTarget({ name, pool, config, all, windows });
  return targets;
}

/** All lanes, and the two ways they are looked for: thousands of models must not be compared with each other. */
interface LaneIndex {
  readonly byModel: ReadonlyMap<string, Lanes>;
  readonly byIdentity: ReadonlyMap<string, Lanes>;
}

function indexLanes(lanes: Lanes): LaneIndex {
  return {
    byModel: Map.groupBy(lanes, (lane) => lane.model),
    byIdentity: Map.groupBy(lanes, (lane) => lane.canonical.id),
  };
}

interface TargetSource {
  readonly name: string;
  readonly config: ConfigFile;
  readonly all: LaneIndex;
  readonly windows: ReadonlyMap<string, number>;
}

function modelTarget({ name, model, config, all, windows }: TargetSource & { readonly model: ConfigModel }): Target {
  const member = memberOf(name, 1, all, windows);
  const substitutes = substitutesOf([name], config, all, model.failover?.exclusions ?? []);
  return {
    name,
    kind: "model",
    ...policyOf(model),
    members: [member],
    ...standIns(all.byModel.get(name) ?? [], substitutes),
    exactFailover: mayFailOver(config, name),
    breaker: breakerOf(undefined),
    failover: failoverOf(model.failover),
    onExhausted: { action: "reject" },
    affinity: affinityOf(undefined, member.lanes.length + substitutes.length),
    cacheMarks: true,
    quality: null,
    translation: model.translation ?? config.translation ?? "lenient",
    identity: model.identity ?? config.identity ?? "record",
    timers: null,
  };
}

function poolTarget({ name, pool, config, all, windows }: TargetSource & { readonly pool: ConfigPool }): Target {
  const weights = weightsOf(pool);
  const models = [...weights.keys()];
  const lanes = models.flatMap((model) => all.byModel.get(model) ?? []);
  const substitutes = substitutesOf(models, config, all, pool.failover?.exclusions ?? []);
  return {
    name,
    kind: "pool",
    ...policyOf(pool),
    members: [...weights].map(([model, weight]) => memberOf(model, weight, all, windows)),
    ...standIns(lanes, substitutes),
    exactFailover: false,
    breaker: breakerOf(pool.breaker),
    failover: failoverOf(pool.failover),
    onExhausted: exhaustionOf(pool.on_exhausted),
    ...overflowOf(pool.context?.on_overflow),
    affinity: affinityOf(pool.affinity, lanes.length + substitutes.length),
    cacheMarks: pool.cache_marks !== "off",
    quality: resolveQuality(pool.quality, pool.failover?.cap ?? DEFAULTS.failoverCap),
    translation: pool.translation ?? config.translation ?? "lenient",
    identity: pool.identity ?? config.identity ?? "record",
    timers: pool.timeouts === undefined ? null : poolTimers(pool.timeouts, lanes),
  };
}

function overflowOf(word: NonNullable<ConfigPool["context"]>["on_overflow"]): Pick<Target, "onOverflow"> {
  const onOverflow = OVERFLOWS.find((each) => each.replaceAll("-", "_") === word);
  return onOverflow === undefined ? {} : { onOverflow };
}

function policyOf(written: Pick<ConfigModel | ConfigPool, "select">): Pick<Target, "select" | "policySettings"> {
  const select = written.select ?? "weighted";
  return { select, policySettings: POLICY_SCHEMAS[select].resolve() };
}

/** A model named twice has the weight of both. */
function weightsOf(pool: ConfigPool): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { target, weight } of pool.members ?? []) weights.set(target, (weights.get(target) ?? 0) + (weight ?? 1));
  return weights;
}

/** A window stated for a model anywhere holds everywhere, as in rc.3; the checks refuse two that differ. */
function contextMaxByModel(config: ConfigFile): Map<string, number> {
  const members = Object.values(config.pools ?? {}).flatMap((pool) => pool.members ?? []);
  return new Map(
    members.flatMap(({ target, context_max }) => (context_max === undefined ? [] : [[target, context_max]])),
  );
}

function memberOf(model: string, weight: number, all: LaneIndex, windows: ReadonlyMap<string, number>): Member {
  const lanes = (all.byModel.get(model) ?? []).map((lane) => lane.id);
  return { model, weight, lanes, contextMax: windows.get(model) ?? null };
}

/** Lanes of other models that are the same model as one asked for, where that one may be served by them. */
function substitutesOf(
  models: readonly string[],
  config: ConfigFile,
  all: LaneIndex,
  exclusions: readonly string[],
): Lane[] {
  const asking = models.filter((model) => mayFailOver(config, model)).flatMap((model) => all.byModel.get(model) ?? []);
  const same = asking.flatMap((asked) =>
    (all.byIdentity.get(asked.canonical.id) ?? []).filter((lane) => isSameModel(asked, lane)),
  );
  const others = same.filter((lane) => !models.includes(lane.model) && !exclusions.includes(lane.model));
  return [...new Set(others)];
}

function standIns(lanes: Lanes, substitutes: Lanes): Pick<Target, "substitutes" | "demandsReasoning"> {
  return {
    substitutes: substitutes.map((lane) => lane.id),
    demandsReasoning: [...lanes, ...substitutes].some(({ dialect }) => dialect.reasoningBack === "required"),
  };
}

function mayFailOver(config: ConfigFile, model: string): boolean {
  return config.models[model]?.exact_model_failover ?? config.exact_model_failover ?? false;
}

function failoverOf(failover: ConfigPool["failover"]): Target["failover"] {
  return {
    deadlineMs: (failover?.deadline_secs ?? DEFAULTS.failoverDeadlineSecs) * 1_000,
    cap: failover?.cap ?? DEFAULTS.failoverCap,
    exclusions: failover?.exclusions ?? [],
    keep: [...new Set(failover?.keep ?? [])],
    prefer: failover?.prefer === "any" ? "any" : "same-model",
  };
}

function breakerOf(breaker: ConfigPool["breaker"]): BreakerSettings {
  const trip = breaker?.trip;
  return {
    baseCooldownMs: (breaker?.base_cooldown_secs ?? DEFAULTS.baseCooldownSecs) * 1_000,
    maxCooldownMs: (breaker?.max_cooldown_secs ?? DEFAULTS.maxCooldownSecs) * 1_000,
    trip:
      trip?.mode === "consecutive"
        ? { mode: "consecutive", failures: trip.n ?? DEFAULTS.tripFailures }
        : {
            mode: "error_rate",
            windowMs: (trip?.window_s ?? DEFAULTS.tripWindowSecs) * 1_000,
            threshold: trip?.threshold ?? DEFAULTS.tripThreshold,
            minRequests: trip?.min_requests ?? DEFAULTS.tripMinRequests,
          },
  };
}

function exhaustionOf(block: ConfigPool["on_exhausted"]): Exhaustion {
  const read = readExhaustion(block);
  if (read.kind === "bad") throw new Error("an exhaustion policy that cannot be read passed the checks");
  return read.policy;
}

/** Where there is one lane, there is nothing to keep a session from. */
function affinityOf(written: ConfigPool["affinity"], lanes: number): Target["affinity"] {
  const mode = written?.mode ?? "auto";
  if (mode === "off" || lanes < 2) return null;
  const names = written?.header_names ?? (written?.header_name === undefined ? [] : [written.header_name]);
  return {
    headerNames: [...new Set(names.map((name) => name.toLowerCase()))],
    body: mode === "auto",
    prefix: written?.prefix ?? false,
    ttlMs: (written?.ttl_secs ?? DEFAULTS.affinityTtlSecs) * 1_000,
  };
}

/**
 * A pool's limits replace those of its lanes as a whole. A limit it leaves open is the lanes' common value, or the
 * longest of theirs: a pool must not cut short what a provider was given time for.
 */
function poolTimers(timeouts: ConfigTimeouts, lanes: Lanes): TimerPair {
  const open = (kind: keyof TimerPair, field: keyof Timers) =>
    lanes.length === 0 ? DEFAULT_TIMERS[kind][field] : mostPatient(lanes.map((lane) => lane.timers[kind][field]));
  const { stream } = timeouts;
  const connectMs = timeouts.connect_ms ?? open("buffered", "connectMs");
  return {
    buffered: {
      connectMs,
      firstByteMs: timeouts.first_byte_ms ?? open("buffered", "firstByteMs"),
      idleMs: timeouts.idle_ms ?? open("buffered", "idleMs"),
      totalMs: timeouts.total_ms ?? open("buffered", "totalMs"),
    },
    streamed: {
      connectMs,
      firstByteMs: stream?.first_byte_ms ?? open("streamed", "firstByteMs"),
      idleMs: stream?.idle_ms ?? open("streamed", "idleMs"),
      totalMs: stream?.total_ms ?? open("streamed", "totalMs"),
    },
  };
}

/** 0 is no limit at all. */
function mostPatient(limitsMs: readonly number[]): number {
  return limitsMs.includes(0) ? 0 : Math.max(...limitsMs);
}
