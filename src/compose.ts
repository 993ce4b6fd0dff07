/**
 * Builds a running gateway out of a deployment and the world: every wire is visible here, and nowhere else is anything
 * built out of parts. No logic; what decides stands in the rooms.
 */
import { buildInfo } from "./build-info.ts";
import type { World } from "./exchange/contract.ts";
import { createExchange, type Exchanges } from "./exchange/exchange.ts";
import { createHeaderFilter, TRACE_HEADERS } from "./exchange/header-filter.ts";
import { laneFactsOf, lanesOf } from "./exchange/lane-facts.ts";
import { createExplain } from "./exchange/probing/explain.ts";
import { startProbes } from "./exchange/probing/probe.ts";
import { createRecoveries } from "./exchange/probing/recoveries.ts";
import { createSeals } from "./exchange/reasoning-signatures.ts";
import type { SharedState } from "./exchange/shared-state.ts";
import { type Admission, createAdmission } from "./governance/admission.ts";
import type { Capped } from "./governance/caps.ts";
import { readAdminCredential, readCredential } from "./governance/credential.ts";
import { type Caller, createIdentify, createKeyIdentify, createSigners } from "./governance/identify.ts";
import type { KeyRing } from "./governance/keys.ts";
import { isLocalHost } from "./governance/local-host.ts";
import type { Spender } from "./governance/spender.ts";
import type { Deployment, Lane, SecretRef } from "./ir/deployment.ts";
import { type Failure, failure } from "./ir/failure.ts";
import type { Gauges } from "./observability/gauges.ts";
import type { Log } from "./observability/log.ts";
import { createMetrics } from "./observability/metrics.ts";
import { createSinks, type Sink } from "./observability/sinks.ts";
import { createTotals, statsDocument } from "./observability/stats.ts";
import { PROTOCOLS } from "./protocols/index.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { createHealth, type Health } from "./routing/health.ts";
import type { Gateway } from "./server/gateway.ts";
import { describeError } from "./std/describe-error.ts";
import type { Effects } from "./std/effects.ts";
import { Secret } from "./std/secret.ts";
import { createSend } from "./upstream/send.ts";

export type { Explanation } from "./exchange/probing/explain.ts";
export type { Gateway } from "./server/gateway.ts";
export { type AdminPorts, startServer } from "./server/serve.ts";

export interface ComposeInput {
  readonly deployment: Deployment;
  readonly effects: Effects;
  /** The secret as it is now; null: it is not there. */
  readonly secrets: (ref: SecretRef) => Secret | null;
  /** A file's text (authorities); null: it cannot be read. */
  readonly readText: (path: string) => string | null;
  /** The bound address is this machine's own: `/stats` and `/metrics` may be open. */
  readonly listenIsLoopback: boolean;
  /** Beside the gateway's own folds: what the process wants to see. */
  readonly sinks: readonly Sink[];
  readonly log: Log;
  /** Virtual keys and the ledger behind them; null: there are none. */
  readonly governed: Governed | null;
}

export interface Governed {
  readonly ring: KeyRing;
  readonly spender: Spender;
  /** Accounts that have reached a cap: from now on, and at once where some have. */
  onCapped(tell: (capped: readonly Capped[]) => void): void;
}

export function compose(input: ComposeInput): Gateway {
  const { deployment, effects, log } = input;
  const startedMs = effects.nowMs();
  const stopping = new AbortController();
  const lag = watchLag(effects, stopping.signal);

  const health = createHealth(deployment, effects.random);
  const totals = createTotals(deployment);
  const shared: SharedState = {
    health,
    selections: new Map(),
    lastUsedMs: new Map(),
    waiting: new Map(),
    queued: new Map(),
    onChanges(changes) {
      for (const change of changes) sinks.transition({ ...change, wallMs: effects.wallMs() });
      recoveries.watch(changes);
    },
  };
  const recoveries = createRecoveries({ deployment, effects, shared });
  const metrics = createMetrics(deployment, () =>
    gaugesOf({
      deployment,
      health,
      running: exchange.running(),
      sinkFailures: new Map([...sinks.failures, ["log-write", log.writeFailures()]]),
      uptimeMs: effects.nowMs() - startedMs,
      lagMaxMs: lag(),
      nowMs: effects.nowMs(),
    }),
  );
  const sinks = createSinks([log.sink, metrics.sink, totals.sink, ...input.sinks]);

  const { identify, admission, callerNamed } = gateOf(input);
  const protocols: readonly Protocol[] = Object.values(PROTOCOLS);
  const world = worldOf(input, protocols);
  const exchange = createExchange({
    world,
    shared,
    protocols,
    identify,
    signer: createSigners(deployment.auth.awsKeys ?? [], input.secrets),
    ...(callerNamed === null ? {} : { callerNamed }),
    startedWallMs: effects.wallMs(),
    localHostsOnly: deployment.auth.mode === "none" && deployment.governance === null && input.listenIsLoopback,
    admission,
    idempotency:
      deployment.idempotency === null || input.governed === null
        ? null
        : { ...input.governed.spender, ...deployment.idempotency },
    onRecord: sinks.record,
    onBug: (id, error) => log.error("an exchange ended in a bug", { id, bug: describeError(error) }),
  });

  input.governed?.onCapped((capped) => {
    for (const { account, untilWallMs } of capped) {
      shared.onChanges(health.disable(account, capReached(untilWallMs, effects.wallMs()), effects.nowMs()));
    }
  });

  const probes = startProbes({
    world,
    shared,
    onProbe: metrics.probe,
    onBug: (error) => log.error("a probe ended in a bug", { bug: describeError(error) }),
  });

  return {
    exchange,
    routes: protocols.flatMap((protocol) => protocol.carrier.routes),
    ...doorsOf(input, identify),
    explain: createExplain({ world, shared, protocols }),
    stats: () =>
      statsDocument(deployment, {
        version: buildInfo.version,
        uptimeMs: effects.nowMs() - startedMs,
        lanes: laneFactsOf(deployment, health, effects.nowMs()),
        totals: totals.byTarget(),
      }),
    metrics: metrics.snapshot,
    ready: () => readiness(deployment, health, effects.nowMs(), stopping.signal),
    inFlight: () => exchange.running().exchanges,
    stop() {
      stopping.abort();
      probes.stop();
      recoveries.stop();
      exchange.stop();
    },
    nowMs: effects.nowMs,
  };
}

/** An account that has reached a cap is out as if its vendor had said so. */
function capReached(untilWallMs: number | null, wallMs: number): Failure {
  const forMs = untilWallMs === null ? null : Math.max(1, untilWallMs - wallMs);
  return failure("billing", "The account has reached the cap of its operator.", forMs);
}

/** Who is calling, and what they are let in by: keys and their limits where there are some, else tokens and none. */
function gateOf({ deployment, effects, secrets, governed }: ComposeInput): {
  readonly identify: ReturnType<typeof createIdentify>;
  readonly admission: Admission | null;
  readonly callerNamed: ((label: string) => Caller | null) | null;
} {
  const { auth, governance, revision } = deployment;
  if (governance === null) {
    // One that cannot be read keeps its place, so that labels stay what they were; it matches nothing.
    const clientTokens = auth.clientTokens.map((ref) => secrets(ref) ?? new Secret(""));
    return { identify: createIdentify({ mode: auth.mode, clientTokens }), admission: null, callerNamed: null };
  }
  // Without its keys it would be open to everybody.
  if (governed === null) throw new Error("a deployment with keys was composed without them");
  const { ring, spender } = governed;
  const keys = createKeyIdentify({ ring, groups: governance.groups, wallMs: effects.wallMs });
  return {
    identify: keys.identify,
    callerNamed: keys.named,
    admission: createAdmission({ governance, spender, revision, nowMs: effects.nowMs }),
  };
}

/** Who may look, and who may administer. */
function doorsOf(
  { deployment, secrets, listenIsLoopback }: ComposeInput,
  identify: ReturnType<typeof createIdentify>,
): Pick<Gateway, "mayObserve" | "mayAdminister"> {
  const token = deployment.adminToken === null ? null : secrets(deployment.adminToken);
  const isAdmin = createIdentify({ mode: "token", clientTokens: token === null ? [] : [token] });
  const isOne = (identified: ReturnType<typeof identify>): boolean => identified.kind === "caller";
  return {
    mayObserve(parts) {
      const credential = readCredential(parts);
      const secret = credential.kind === "one" ? credential.secret : null;
      if (deployment.adminToken !== null) return isOne(isAdmin(secret));
      if (deployment.auth.mode === "token" || deployment.governance !== null) return isOne(identify(secret));
      return listenIsLoopback && isLocalHost(parts.headers["host"]);
    },
    mayAdminister:
      deployment.adminToken === null
        ? null
        : (parts) => {
            const credential = readAdminCredential(parts);
            return isOne(isAdmin(credential.kind === "one" ? credential.secret : null));
          },
  };
}

function worldOf({ deployment, effects, secrets, readText }: ComposeInput, protocols: readonly Protocol[]): World {
  const byId = new Map(protocols.map((protocol) => [protocol.id, protocol]));
  const protocolOf = (id: string): Protocol => {
    const protocol = byId.get(id);
    if (protocol === undefined) throw new Error(`no protocol is called ${id}`);
    return protocol;
  };
  const authorities = new Map(
    Object.values(deployment.providers).map((provider) => [
      provider.name,
      provider.caFile === null ? null : readText(provider.caFile),
    ]),
  );
  const nothing = createHeaderFilter([]);
  const requestFilters = new Map(
    Object.values(deployment.lanes).map((lane) => [lane.id, requestFiltersOf(deployment, lane, protocolOf)]),
  );
  const responseFilters = new Map(
    protocols.map((protocol) => [protocol.id, createHeaderFilter(protocol.carrier.headers.response)]),
  );
  return {
    deployment,
    effects,
    send: createSend(effects),
    protocolOf,
    secretOf: secretsOfLanes(secrets),
    seals: createSeals({ deployment, protocolOf, nowMs: effects.nowMs }),
    caOf: (provider) => authorities.get(provider.name) ?? null,
    requestFilter: (ingress, lane) => requestFilters.get(lane.id)?.(ingress) ?? nothing,
    responseFilter: (egress, ingress) =>
      egress.payload.id === ingress.payload.id ? (responseFilters.get(egress.id) ?? nothing) : nothing,
    userAgent: `ringmain/${buildInfo.version}`,
    metered:
      deployment.metering === "exact" &&
      (deployment.governance !== null || Object.values(deployment.lanes).some((lane) => lane.prices !== null)),
    pricedOnly: deployment.governance?.unpriced === "reject",
  };
}

/** Variables and text stay what they are while the process runs, so their secrets are kept; a file may be written anew. */
function secretsOfLanes(secrets: ComposeInput["secrets"]): World["secretOf"] {
  const kept = new Map<string, Secret>();
  return ({ id, credential }) => {
    if (credential === null) return null;
    const known = kept.get(id);
    if (known !== undefined) return known;
    const secret = secrets(credential);
    if (secret !== null && credential.kind !== "file" && credential.kind !== "aws") kept.set(id, secret);
    return secret;
  };
}

/** The protocol's own headers pass where client and lane speak the same; the operator's additions and traces always. */
function requestFiltersOf(deployment: Deployment, lane: Lane, protocolOf: World["protocolOf"]) {
  const extra = [...TRACE_HEADERS, ...(deployment.providers[lane.provider]?.forwardHeaders ?? [])];
  const egress = protocolOf(lane.protocol);
  const same = createHeaderFilter([...egress.carrier.headers.request, ...extra]);
  const other = createHeaderFilter(extra);
  return (ingress: Protocol) => (ingress.payload.id === egress.payload.id ? same : other);
}

// ---------------------------------------------------------------- what can be seen

interface GaugesInput {
  readonly deployment: Deployment;
  readonly health: Health;
  readonly running: ReturnType<Exchanges["running"]>;
  readonly sinkFailures: ReadonlyMap<string, number>;
  readonly uptimeMs: number;
  readonly lagMaxMs: number;
  readonly nowMs: number;
}

function gaugesOf(input: GaugesInput): Gauges {
  const lanes = laneFactsOf(input.deployment, input.health, input.nowMs);
  return {
    inflight: input.running.exchanges,
    openStreams: input.running.streams,
    queues: [...input.running.waiting].map(([target, waiting]) => ({ target, waiting })),
    lanes: lanes.map(({ lane, label, inflight }) => ({ lane, label, inflight })),
    cells: lanes.flatMap(({ lane, cells }) => cells.map(({ target, state }) => ({ target, lane, state }))),
    sinkFailures: input.sinkFailures,
    process: {
      version: buildInfo.version,
      commit: buildInfo.commit,
      uptimeMs: input.uptimeMs,
      residentBytes: process.memoryUsage.rss(),
      eventLoopLagMaxMs: input.lagMaxMs,
    },
  };
}

/** Ready while any lane of any target may serve; a gateway that stops is not. */
function readiness(
  deployment: Deployment,
  health: Health,
  nowMs: number,
  stopping: AbortSignal,
): { ok: boolean; reason: string } {
  if (stopping.aborted) return { ok: false, reason: "stopping" };
  const usable = Object.values(deployment.targets).some((target) =>
    lanesOf(target).some((id) => {
      const lane = deployment.lanes[id];
      return (
        lane !== undefined &&
        (health.condition(target, lane, nowMs).eligible || health.condition(target, lane, nowMs).full)
      );
    }),
  );
  return usable ? { ok: true, reason: "ok" } : { ok: false, reason: "no usable lanes" };
}

// ---------------------------------------------------------------- the world

const LAG_EVERY_MS = 1_000;

/** Longest delay of a timer since the last look: how long the event loop was held up. */
function watchLag(effects: Pick<Effects, "nowMs" | "setTimer">, signal: AbortSignal): () => number {
  let maxMs = 0;
  let cancel = (): void => undefined;
  const arm = (): void => {
    const dueMs = effects.nowMs() + LAG_EVERY_MS;
    cancel = effects.setTimer(LAG_EVERY_MS, () => {
      maxMs = Math.max(maxMs, effects.nowMs() - dueMs);
      arm();
    });
  };
  arm();
  signal.addEventListener("abort", () => cancel(), { once: true });
  return () => {
    const seen = maxMs;
    maxMs = 0;
    return seen;
  };
}
