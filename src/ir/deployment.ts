/**
 * The resolved deployment: plain and serialisable. `config` makes it from the two files; every other room reads it.
 * Secrets are references that each process resolves for itself; no secret value is in here unless the operator wrote
 * one literally into the file.
 */
import type { Capabilities } from "./capability.ts";
import type { Dialect } from "./dialect.ts";
import type { DisplayConfig } from "./display.ts";
import type { QualitySettings } from "./quality.ts";
import type { SecretRef } from "./secret-ref.ts";

export type { SecretRef } from "./secret-ref.ts";

export interface Deployment {
  /** Hash of what it was made from; stamped into logs and `/stats`. */
  readonly revision: string;
  readonly listen: { readonly host: string; readonly port: number };
  /** Processes that serve; 0: one for each core, which the process counts. */
  readonly workers: number;
  readonly drainMs: number;
  readonly auth: {
    readonly mode: AuthMode;
    readonly clientTokens: readonly SecretRef[];
    /** Key pairs clients sign their requests with; absent: none. */
    readonly awsKeys?: readonly AwsKey[];
  };
  /** Of web pages that may call; `scheme://*` is all of that scheme. */
  readonly corsOrigins: readonly string[];
  readonly limits: {
    /** Of all request bodies under way in one process. */
    readonly bodiesBytes: number;
    /** Of those whose caller is known only when they are read. */
    readonly unknownBodiesBytes: number;
  };
  /** null: the admin surface does not exist. */
  readonly adminToken: SecretRef | null;
  readonly metering: "exact" | "estimate";
  readonly errorDetail: "full" | "minimal";
  readonly responseHeaders: "full" | "minimal" | "off";
  /** How long the client of a stream may wait for its headers; 0: until the answer begins, however long that takes. */
  readonly streamOpenAfterMs: number;
  readonly log: { readonly level: "error" | "warn" | "info" | "debug"; readonly format: "text" | "json" };
  readonly decisionsRing: number;
  /** null: there are no virtual keys and no ledger on disk. */
  readonly governance: Governance | null;
  /** Answers kept for clients that ask the same again; null: none are. */
  readonly idempotency: { readonly ttlMs: number; readonly bytesMax: number } | null;
  /** Where what stands against lanes and accounts outlives the process; null: in memory alone. */
  readonly stateStore: { readonly path: string } | null;
  /** null: decisions are kept in memory alone. */
  readonly decisionsStore: { readonly path: string; readonly keepDays: number } | null;
  readonly providers: Readonly<Record<string, Provider>>;
  /** By lane id: `provider/account/model`. */
  readonly lanes: Readonly<Record<string, Lane>>;
  /** Everything a client may ask for by a single name: pools and models, expanded to lanes. */
  readonly targets: Readonly<Record<string, Target>>;
  /** Names that stand for one of the targets; absent: there are none. */
  readonly aliases?: Aliases;
  readonly displays: readonly DisplayConfig[];
  /** Sentences for the operator, printed at start: open relay, deprecated spelling, mixed protocols. */
  readonly warnings: readonly string[];
}

export interface Aliases {
  /** By name in lower case. */
  readonly exact: Readonly<Record<string, OtherName>>;
  /** In lower case, `*` is any text; the longest first. */
  readonly patterns: readonly { readonly pattern: string; readonly target: string }[];
}

/** written, pattern: by the configuration. catalog: another name of the same model. suffix: with or without its provider's ending. spelling: in other letters. */
export type AliasWay = "written" | "pattern" | "catalog" | "suffix" | "spelling";

export interface OtherName {
  /** As it is written. */
  readonly name: string;
  readonly target: string;
  readonly by: AliasWay;
}

export interface AwsKey {
  readonly accessKeyId: string;
  readonly secret: SecretRef;
  /** Fit for a label and a log. */
  readonly label: string;
}

export type AuthMode = "none" | "token" | "passthrough";
export type TranslationMode = "off" | "lenient" | "strict";

/** Milliseconds; 0 is none. */
export interface Timers {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly idleMs: number;
  readonly totalMs: number;
}

export interface TimerPair {
  readonly buffered: Timers;
  readonly streamed: Timers;
}

/** One protocol in which a provider is asked; a vendor may have several at one host. */
export interface Door {
  readonly protocol: string;
  /** Upstream path that replaces the protocol's own; may hold a query. null: the protocol's. */
  readonly path: string | null;
  readonly authStyle: "native" | "api-key";
  /** Vendor code or type -> error class. */
  readonly errorMap: Readonly<Record<string, string>>;
}

/** The gateway's own client over sockets, or the runtime's `fetch`. */
export const UPSTREAM_CLIENTS = ["sockets", "fetch"] as const;
export type UpstreamClient = (typeof UPSTREAM_CLIENTS)[number];

/** A catalog entry as this deployment uses it. */
export interface Provider {
  readonly name: string;
  /** Without a trailing slash. */
  readonly baseUrl: string;
  /** For vendors that sign for one; null or absent: not known. */
  readonly region?: string | null;
  readonly allowPrivate: boolean;
  readonly proxy: string | null;
  readonly caFile: string | null;
  /** What carries requests there; a proxy is always asked by the runtime's own. */
  readonly upstreamClient: UpstreamClient;
  /** Where it lists its models; null: nowhere. Absent: where its protocol does. */
  readonly modelsPath?: string | null;
  /** Where it tells of a key; null or absent: its list of models is for those with a key alone. */
  readonly keyPath?: string | null;
  /** Static headers sent upstream, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Client headers to pass on beside the protocol's allow-list: names or `prefix*`, lower case. */
  readonly forwardHeaders: readonly string[];
  readonly health: {
    readonly mode: "none" | "dead" | "active";
    readonly intervalMs: number;
    readonly timeoutMs: number;
  };
}

export interface Lane {
  readonly id: string;
  readonly provider: string;
  readonly account: string;
  readonly model: string;
  /** What is translated goes through the first that takes it. */
  readonly doors: readonly [Door, ...Door[]];
  readonly upstreamModel: string;
  /** `proven`: from the catalog or the configuration, so that it holds across providers. */
  readonly canonical: { readonly id: string; readonly proven: boolean };
  /** Lanes with the same word can open each other's sealed reasoning: of one account or more, and of one model. Lower-case letters, digits, `-`, `_`. */
  readonly sealIssuer: string;
  /** null: the account has none (a local backend). */
  readonly credential: SecretRef | null;
  /** Lanes that name the same group share its limit. */
  readonly slots: { readonly group: string; readonly max: number };
  /** Requests that may wait for a slot of the lane's model, and how long; 0 of them: none waits. */
  readonly queue: { readonly max: number; readonly maxWaitMs: number };
  /** Successful answers this lane may give in the life of the process; null: no limit. */
  readonly maxRequests: number | null;
  readonly defaultMaxOutputTokens: number | null;
  readonly capabilities: Capabilities;
  /** What a capability that is not known counts for. Absent: "perhaps" for a lane that is asked for, "no" for a stand-in of another model. */
  readonly unknown?: "deny" | "allow";
  /** Where requests are worked on, as the operator or the vendor names it. Absent: not known. */
  readonly region?: string;
  /** What its vendor keeps of a request. Absent: not known. */
  readonly retention?: Retention;
  readonly dialect: Dialect;
  /** Members of requests by which its vendor chooses among hosts, sent where the client gives none of that name; absent: there are none. */
  readonly hostMembers?: Readonly<Record<string, unknown>>;
  readonly pinned: boolean;
  /** Compared with its vendor's own list of models once a day. Absent: it is not. */
  readonly watch?: true;
  /** Capabilities that are known from that list alone; absent: none. */
  readonly listed?: readonly string[];
  /** The operator took it out of service; `routing` is false then. Absent: it is not. */
  readonly parked?: true;
  /** Its vendor's list lacks it since then, and held it before; wall clock. Absent: it does not. */
  readonly notListedSinceMs?: number;
  readonly sortKey: number;
  /** False: configured but not to be routed to. */
  readonly routing: boolean;
  /** How long one failure without a hint parks the account; null: failures count in the breaker. */
  readonly cooldownMs: number | null;
  /** Share left of a plan's window (hours to months) below which the lane is under pressure. */
  readonly pressureBelow: number;
  readonly timers: TimerPair;
  /** null: unknown, and shown as unknown. */
  readonly prices: Prices | null;
}

/** none: nothing. kept: for a time, and nothing is learned from it. trained_on: models may learn from it. */
export const RETENTIONS = ["none", "kept", "trained_on"] as const;
type Retention = (typeof RETENTIONS)[number];

export interface Governance {
  /** Absolute. */
  readonly dbPath: string;
  /** What is set aside for an answer: what it will probably cost, or the most it can. */
  readonly budget: "expected" | "strict";
  /** Lanes without a known price: used, or left out. */
  readonly unpriced: "allow" | "reject";
  /** How long single rows are kept; their sums stay. */
  readonly keepMs: number;
  /** By name. A parent is a group too, and there is no circle. */
  readonly groups: Readonly<Record<string, KeyGroup>>;
  readonly gates: readonly Gate[];
  readonly caps: readonly AccountCap[];
}

/** The most an account of ours may be used in a window: nano-dollars, tokens or requests. */
export interface AccountCap {
  /** `provider/account` */
  readonly account: string;
  /** Sums on disk are by the hour, so that there is no shorter one. */
  readonly window: Exclude<BudgetWindow, "minute">;
  readonly unit: "usd" | "tokens" | "requests";
  readonly limit: number;
  /** The share of the limit from which the account ranks behind others; null: it does not. */
  readonly soft: number | null;
}

export type BudgetWindow = "minute" | "hourly" | "daily" | "weekly" | "monthly" | "total";

export interface Budget {
  readonly window: BudgetWindow;
  readonly limitNanos: number;
  /** hard: refuses. soft: says so. */
  readonly mode: "hard" | "soft";
  /** Share of the limit from which on it is said that it is nearly gone; null: it is not said. */
  readonly warnAt: number | null;
}

/** null: no such limit. Zero refuses everything. */
export interface Limits {
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly maxConcurrent: number | null;
  readonly budgets: readonly Budget[];
}

/** Keys that share limits, and others above them: all of them hold. */
export interface KeyGroup {
  readonly name: string;
  readonly parent: string | null;
  /** Whether its keys may use the configuration's aliases; null or absent: as the group above says. */
  readonly aliases?: boolean | null;
  /** Whether its keys may be told what was decided for a request; null or absent: as the group above says. */
  readonly debug?: boolean | null;
  /** null: all. */
  readonly allowedTargets: readonly string[] | null;
  readonly limits: Limits;
}

/** A budget that goes with a request, its session or its project, for any caller. */
export interface Gate {
  readonly scope: "request" | "session" | "project";
  readonly window: BudgetWindow;
  readonly limitNanos: number;
  readonly mode: "hard" | "soft";
}

/** Nano-dollars per million tokens; null: that kind is priced as its parent (cache and audio as input, the long cache as the short one, reasoning as output). */
export interface Prices {
  /** For the answer as such, whatever its size: nano-dollars. */
  readonly request: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly cacheWrite1h: number | null;
  readonly reasoning: number | null;
  readonly audioInput: number | null;
  readonly audioOutput: number | null;
  /** Above that many prompt tokens, these replace the ones above; ascending. */
  readonly tiers: readonly {
    readonly aboveTokens: number;
    readonly input: number | null;
    readonly output: number | null;
    readonly cacheRead: number | null;
    readonly cacheWrite: number | null;
    readonly cacheWrite1h: number | null;
  }[];
}

export interface Member {
  readonly model: string;
  readonly weight: number;
  readonly lanes: readonly string[];
  /** Overrides what is known of the model's window, in tokens; null: does not. */
  readonly contextMax: number | null;
}

export interface BreakerSettings {
  readonly baseCooldownMs: number;
  readonly maxCooldownMs: number;
  readonly trip:
    | {
        readonly mode: "error_rate";
        readonly windowMs: number;
        readonly threshold: number;
        readonly minRequests: number;
      }
    | { readonly mode: "consecutive"; readonly failures: number };
}

export type Exhaustion =
  | { readonly action: "reject" }
  | { readonly action: "least-bad" }
  | { readonly action: "fallback-pool"; readonly pool: string }
  | { readonly action: "wait"; readonly maxMs: number };

export interface Affinity {
  /** Lower case; asked before those of agents. */
  readonly headerNames: readonly string[];
  /** What the body calls its session counts too. */
  readonly body: boolean;
  /** A request without a name belongs to the session of its caller that began with the same words. */
  readonly prefix: boolean;
  /** A session quiet for so long is forgotten. */
  readonly ttlMs: number;
}

export const KEEPS = ["model", "provider", "tier", "region", "zdr"] as const;
/** zdr: nothing of a request is kept. */
export type Keep = (typeof KEEPS)[number];

/**
 * What the keys of each policy come to; null: it has none. A policy orders the lanes of a target:
 * `routing/policies/index.ts` has what each one does.
 */
export interface PolicySettings {
  readonly weighted: null;
  readonly ranked: null;
  readonly least_busy: null;
  readonly ordered: null;
  readonly cheapest: null;
  readonly fastest: null;
}
export type PolicyId = keyof PolicySettings;

/** A pool, or a model standing for a pool of its own lanes. */
/** error: it is refused. larger-only: lanes with more room are asked. Others: beyond that, turns are left out. */
export const OVERFLOWS = ["larger-only", "trim-oldest", "trim-middle", "error"] as const;
export type Overflow = (typeof OVERFLOWS)[number];

export interface Target {
  readonly name: string;
  readonly kind: "pool" | "model";
  readonly select: PolicyId;
  readonly policySettings: PolicySettings[PolicyId];
  readonly members: readonly Member[];
  /** Lanes of other models proven to be the same one; tried after the members. Empty unless exact-model failover is on. */
  readonly substitutes: readonly string[];
  /** Some lane of it demands reasoning back, so that answers with tool calls are remembered. */
  readonly demandsReasoning: boolean;
  /** A model promises that it, and no other, serves at more lanes than its own. */
  readonly exactFailover: boolean;
  readonly breaker: BreakerSettings;
  /** `cap`: further lanes after the first. */
  readonly failover: {
    readonly deadlineMs: number;
    readonly cap: number;
    readonly exclusions: readonly string[];
    readonly keep: readonly Keep[];
    /** same-model: other lanes of the model that failed come before other models. any: the policy's plain order. */
    readonly prefer: "same-model" | "any";
  };
  readonly onExhausted: Exhaustion;
  /** What becomes of a request that is too long for a lane. Absent: only lanes with more room serve it. */
  readonly onOverflow?: Overflow;
  /** Keeps sessions on the lane that served them; null: each request is a new choice. */
  readonly affinity: Affinity | null;
  /** Prompts of clients without cache marks get some, where a lane has them. */
  readonly cacheMarks: boolean;
  /** What its answers must be worth; null: whatever they are. */
  readonly quality: QualitySettings | null;
  readonly translation: TranslationMode;
  readonly identity: "record" | "strict";
  /** Overrides the lanes' own timers; null: does not. */
  readonly timers: TimerPair | null;
}
