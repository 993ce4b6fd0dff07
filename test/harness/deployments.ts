/** Deployments for tests of the whole core: builders carry every default, so that a test spells out what it is about. */

import { type Capabilities, UNKNOWN_CAPABILITIES } from "../../src/ir/capability.ts";
import type {
  BreakerSettings,
  Deployment,
  Door,
  Lane,
  Member,
  Prices,
  Provider,
  Target,
  TimerPair,
} from "../../src/ir/deployment.ts";
import { MAKER } from "./dialects.ts";

export const TIMERS: TimerPair = {
  buffered: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 120_000, totalMs: 600_000 },
  streamed: { connectMs: 10_000, firstByteMs: 120_000, idleMs: 300_000, totalMs: 0 },
};

/** A million input tokens for 3 dollars, a million output tokens for 15. */
export const PRICES: Prices = {
  request: 0,
  input: 3_000_000_000,
  output: 15_000_000_000,
  cacheRead: 300_000_000,
  cacheWrite: null,
  cacheWrite1h: null,
  reasoning: null,
  audioInput: null,
  audioOutput: null,
  tiers: [],
};

const BREAKER: BreakerSettings = {
  baseCooldownMs: 15_000,
  maxCooldownMs: 120_000,
  trip: { mode: "consecutive", failures: 3 },
};

export type LaneOver = Partial<Omit<Lane, "capabilities" | "slots">> & {
  readonly capabilities?: Partial<Capabilities>;
  readonly slots?: { readonly group: string; readonly max: number };
};

export function doorOf(protocol: string, over: Partial<Door> = {}): Door {
  return { protocol, path: null, authStyle: "native", errorMap: {}, ...over };
}

/** `id` is `provider/account/model`. The provider's name decides the host; its key is `key-of-<provider>-<account>`. */
export function laneOf(id: string, protocol: string, over: LaneOver = {}): Lane {
  const [provider = "", account = "", ...rest] = id.split("/");
  const model = rest.join("/");
  return {
    id,
    provider,
    account,
    model,
    doors: [doorOf(protocol)],
    upstreamModel: `upstream-${model}`,
    canonical: { id: model, proven: false },
    sealIssuer: protocol,
    credential: { kind: "env", name: `key-of-${provider}-${account}` },
    slots: { group: id, max: 100 },
    queue: { max: 1_000, maxWaitMs: 30_000 },
    maxRequests: null,
    defaultMaxOutputTokens: null,
    dialect: MAKER,
    pinned: false,
    sortKey: 0,
    routing: true,
    cooldownMs: null,
    pressureBelow: 0.2,
    timers: TIMERS,
    prices: null,
    ...over,
    capabilities: { ...UNKNOWN_CAPABILITIES, ...over.capabilities },
  };
}

/** Nothing to serve, and every setting of the whole gateway as most tests want it. */
export const EMPTY_DEPLOYMENT: Deployment = {
  revision: "test",
  listen: { host: "127.0.0.1", port: 0 },
  workers: 1,
  drainMs: 0,
  governance: null,
  idempotency: null,
  auth: { mode: "none", clientTokens: [] },
  adminToken: null,
  metering: "exact",
  corsOrigins: [],
  limits: { bodiesBytes: 268_435_456, unknownBodiesBytes: 8_388_608 },
  errorDetail: "full",
  responseHeaders: "full",
  streamOpenAfterMs: 0,
  log: { level: "info", format: "text" },
  decisionsRing: 10,
  decisionsStore: null,
  stateStore: null,
  displays: [],
  warnings: [],
  providers: {},
  lanes: {},
  targets: {},
};

export function providerOf(name: string, over: Partial<Provider> = {}): Provider {
  return {
    name,
    baseUrl: `https://${name}.invalid`,
    allowPrivate: false,
    proxy: null,
    caFile: null,
    upstreamClient: "fetch",
    headers: {},
    forwardHeaders: [],
    health: { mode: "none", intervalMs: 0, timeoutMs: 0 },
    ...over,
  };
}

/** Sessions named in this header, or in one of the agents', for an hour. */
export function stickyBy(...headerNames: string[]): NonNullable<Target["affinity"]> {
  return { headerNames, body: true, prefix: false, ttlMs: 3_600_000 };
}

export type TargetOver = Partial<Omit<Target, "failover">> & { readonly failover?: Partial<Target["failover"]> };

export function targetOf(name: string, members: readonly Member[], over: TargetOver = {}): Target {
  return {
    name,
    kind: "pool",
    select: "weighted",
    policySettings: null,
    members,
    substitutes: [],
    demandsReasoning: false,
    exactFailover: false,
    breaker: BREAKER,
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

/** One member per model of these lanes, the first one heaviest, so that lanes are tried in the order given. */
export function poolOf(name: string, lanes: readonly Lane[], over: TargetOver = {}): Target {
  const models = [...new Set(lanes.map((lane) => lane.model))];
  const members = models.map((model, index): Member => {
    const own = lanes.filter((lane) => lane.model === model);
    return { model, weight: 10 ** (models.length - index), lanes: own.map((lane) => lane.id), contextMax: null };
  });
  return targetOf(name, members, over);
}

export interface DeploymentInput extends Partial<Omit<Deployment, "lanes" | "targets" | "providers">> {
  readonly lanes: readonly Lane[];
  /** Beside one target per model; a pool of all lanes called `pool` when left out. */
  readonly targets?: readonly Target[];
  /** Replace the defaults made for each lane's provider. */
  readonly providers?: readonly Provider[];
}

export function deploymentOf(input: DeploymentInput): Deployment {
  const { lanes, targets, providers, ...over } = input;
  const made = [...new Map(lanes.map((lane) => [lane.provider, providerOf(lane.provider)])).values()];
  const models = [...new Set(lanes.map((lane) => lane.model))].map((model) =>
    targetOf(
      model,
      [
        {
          model,
          weight: 1,
          lanes: lanes.filter((lane) => lane.model === model).map((lane) => lane.id),
          contextMax: null,
        },
      ],
      { kind: "model" },
    ),
  );
  const demanding = lanes.filter(({ dialect }) => dialect.reasoningBack === "required").map(({ id }) => id);
  const all = [...models, ...(targets ?? [poolOf("pool", lanes)])].map((target) => ({
    ...target,
    demandsReasoning: demanding.some(
      (id) => target.substitutes.includes(id) || target.members.some((member) => member.lanes.includes(id)),
    ),
  }));
  return {
    ...EMPTY_DEPLOYMENT,
    ...over,
    providers: Object.fromEntries([...made, ...(providers ?? [])].map((provider) => [provider.name, provider])),
    lanes: Object.fromEntries(lanes.map((lane) => [lane.id, lane])),
    targets: Object.fromEntries(all.map((target) => [target.name, target])),
  };
}
