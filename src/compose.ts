/**
 * Builds a running gateway out of a deployment and the world: every wire is visible here, and nowhere else is anything
 * built out of parts. What decides stands in the rooms.
 */
import { buildInfo } from "./build-info.ts";
import type { World } from "./exchange/contract.ts";
import { createExchange, type Exchanges } from "./exchange/exchange.ts";
import { createHeaderFilters } from "./exchange/header-filter.ts";
import { createExplain } from "./exchange/probing/explain.ts";
import { type Probes, startProbes } from "./exchange/probing/probe.ts";
import { createRecoveries, type Recoveries } from "./exchange/probing/recoveries.ts";
import { askVendor, type VendorSaid } from "./exchange/probing/vendor-list.ts";
import { createReasoningMemory, type ReasoningCopy, type ReasoningMemory } from "./exchange/reasoning-memory.ts";
import { createReasoningSignatures, type ReasoningSignatures } from "./exchange/reasoning-signatures.ts";
import { createRepairMemory, type RepairMemory } from "./exchange/repairs.ts";
import {
  type AnswersCopy,
  createLastingState,
  type LastingState,
  reconfigureState,
  type SharedState,
  sharedOf,
} from "./exchange/shared-state.ts";
import { createStoredAnswers, type StoredAnswers } from "./exchange/stored-answers.ts";
import { type Admission, type AdmissionPreview, createAdmission } from "./governance/admission.ts";
import { type Caller, createIdentify, createKeyIdentify, createSigners } from "./governance/identify.ts";
import type { KeyRing } from "./governance/keys.ts";
import { maskedText, secretsOf } from "./governance/known-secrets.ts";
import type { LedgerClient } from "./governance/ledger-client.ts";
import type { CappedAccount } from "./governance/ledger-messages.ts";
import { createOperatorAccess } from "./governance/operator-access.ts";
import type { Deployment, Lane, SecretRef } from "./ir/deployment.ts";
import { type Failure, failure } from "./ir/failure.ts";
import type { LaneFacts } from "./ir/lane-facts.ts";
import type { StandingRow } from "./ir/standing.ts";
import type { Gauges } from "./observability/gauges.ts";
import type { Log } from "./observability/log.ts";
import { createRecordMask } from "./observability/mask-record.ts";
import { createMetrics, type Metrics } from "./observability/metrics.ts";
import { createSinks, type Sink } from "./observability/sinks.ts";
import { createTotals, statsDocument, type Totals } from "./observability/stats.ts";
import { PROTOCOLS } from "./protocols/index.ts";
import type { Protocol } from "./protocols/protocol.ts";
import type { Change } from "./routing/condition.ts";
import { createHealth, type Health } from "./routing/health.ts";
import { hasUsableLane } from "./routing/readiness.ts";
import type { Gateway } from "./server/gateway.ts";
import { describeError } from "./std/describe-error.ts";
import type { Effects } from "./std/effects.ts";
import { Secret } from "./std/secret.ts";
import { createStopper } from "./std/stop-signal.ts";
import { createSend } from "./upstream/send.ts";

export type { Explanation } from "./exchange/probing/explain.ts";
export type { AdminPorts } from "./server/admin.ts";
export type { Gateway } from "./server/gateway.ts";
export { startServer } from "./server/server.ts";

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
  /** What the process shows of itself, asked at every look. */
  readonly processFigures: () => RuntimeFigures;
  /** Reasoning that other workers remember; absent: there are none. */
  readonly reasoningCopy?: ReasoningCopy;
  /** Answers to named requests, kept for all workers; absent: each keeps its own. */
  readonly answersCopy?: AnswersCopy;
  /** False: no sink keeps decisions. Absent: one may. */
  readonly keepsDecisions?: boolean;
  /** What the gateway before this one leaves it; null: there was none. */
  readonly carried: Carried | null;
}

/** What outlives a deployment in one process: health, selection, what runs, and what was counted. */
export interface Carried {
  readonly startedMs: number;
  readonly startedWallMs: number;
  readonly lasting: LastingState;
  readonly recoveries: Recoveries;
  readonly signatures: ReasoningSignatures;
  readonly reasoning: ReasoningMemory;
  readonly repairs: RepairMemory;
  readonly storedAnswers: StoredAnswers;
  readonly totals: Totals;
  readonly metrics: Metrics;
  /** Ends what that gateway does by itself. What runs there goes on, and is ended by the next one's `stop`. */
  retire(): void;
}

export interface Composed extends Gateway {
  /** For the next gateway. Nothing changes before that one starts. */
  handOver(): Carried;
  /** What stands against lanes and accounts, out of this process and into it. */
  standing(): readonly StandingRow[];
  restoreStanding(rows: readonly StandingRow[]): void;
  /** Ends what stands against a lane or an account. */
  resetStanding(id: string): void;
  /** Once, when it is sure to serve: takes over from the gateway before this one, and probes from now on. */
  start(): void;
}

export interface Governed {
  readonly ring: KeyRing;
  readonly ledger: LedgerClient;
  /** Accounts that have reached a cap: from now on, and at once where some have. */
  onCapped(tell: (capped: readonly CappedAccount[]) => void): void;
}

export type RuntimeFigures = Pick<Gauges["process"], "residentBytes" | "eventLoopLagMaxMs">;

export function compose(input: ComposeInput): Composed {
  const { carried, deployment, effects, governed, log } = input;
  const startedMs = carried?.startedMs ?? effects.nowMs();
  const startedWallMs = carried?.startedWallMs ?? effects.wallMs();
  const stopping = new AbortController();

  const lasting = carried?.lasting ?? lastingOf(input);
  const { health } = lasting;
  const totals = createTotals(deployment, carried?.totals);
  const shared = sharedOf(lasting, (changes) => {
    for (const change of changes) sinks.transition({ ...change, wallMs: effects.wallMs() });
    recoveries.watch(changes);
  });
  const laneFacts = (): LaneFacts[] =>
    Object.values(deployment.lanes).map((lane) => health.facts(lane, effects.nowMs()));
  const recoveries = carried?.recoveries ?? createRecoveries({ effects, place: { deployment, shared } });
  const gauges = (): Gauges => ({
    ...exchangeGauges(exchange.running()),
    ...laneGauges(laneFacts()),
    sinkFailures: new Map([...sinks.failures, ["log-write", log.writeFailures()]]),
    process: { ...buildInfo, ...input.processFigures(), uptimeMs: effects.nowMs() - startedMs },
  });
  const metrics = createMetrics(deployment, gauges, carried?.metrics);
  const sinks = createSinks([log.sink, metrics.sink, totals.sink, ...input.sinks]);

  const maskRecord = createRecordMask(() => secretsOf(deployment).map(input.secrets));
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
    startedWallMs,
    localHostsOnly: isOpen(deployment) && input.listenIsLoopback,
    admission,
    idempotency:
      deployment.idempotency === null || governed === null ? null : { ...governed.ledger, ...deployment.idempotency },
    onRecord: (record) => sinks.record(maskRecord(record)),
    onBug: (id, error) => log.error("an exchange ended in a bug", { id, bug: describeError(error) }),
  });

  let probes: Probes | null = null;
  const retire = (): void => probes?.stop();
  return {
    exchange,
    routes: protocols.flatMap((protocol) => protocol.carrier.routes),
    pages: isOpen(deployment) ? { kind: "own-pages" } : { kind: "listed", origins: deployment.corsOrigins },
    limits: deployment.limits,
    ...createOperatorAccess({ ...input, identify }),
    masked: world.masked,
    explain: createExplain({ world, shared, protocols, admission, callerNamed }),
    stats: () =>
      statsDocument(deployment, {
        version: buildInfo.version,
        uptimeMs: effects.nowMs() - startedMs,
        lanes: laneFacts(),
        totals: totals.byTarget(),
      }),
    metrics: metrics.snapshot,
    ready() {
      if (stopping.signal.aborted) return { ok: false, reason: "stopping" };
      if (governed?.ledger.isWritable() === false) return { ok: false, reason: "the ledger cannot be written" };
      const isUsable = hasUsableLane(deployment, health, effects.nowMs());
      return { ok: isUsable, reason: isUsable ? "ok" : "no usable lanes" };
    },
    inFlight: () => exchange.running().exchanges,
    ...standingOf(shared, effects),
    start() {
      if (carried !== null) takeOver(carried, { deployment, shared });
      totals.forgetOthers();
      governed?.onCapped((capped) => {
        for (const each of capped) shared.onChanges(limitAccount(health, each, effects));
      });
      probes = startProbes({
        world,
        shared,
        onProbe: metrics.probe,
        onBug: (error) => log.error("a probe ended in a bug", { bug: describeError(error) }),
      });
    },
    stop() {
      stopping.abort();
      retire();
      recoveries.stop();
      exchange.stop();
    },
    nowMs: effects.nowMs,
    handOver: () => ({
      ...{ startedMs, startedWallMs, lasting, recoveries, totals, metrics, retire },
      ...memoriesOf(world),
    }),
  };
}

function standingOf(
  { health, onChanges }: SharedState,
  { nowMs, wallMs }: Effects,
): Pick<Composed, "standing" | "restoreStanding" | "resetStanding"> {
  return {
    standing: () => health.standing(nowMs(), wallMs()),
    restoreStanding: (rows) => health.restoreStanding(rows, nowMs(), wallMs()),
    resetStanding: (id) => onChanges(health.reset(id, nowMs())),
  };
}

/** What requests to come are served with. */
function memoriesOf(world: World): Pick<Carried, "reasoning" | "repairs" | "signatures" | "storedAnswers"> {
  const { reasoning, repairs, signatures, storedAnswers } = world;
  return { reasoning, repairs, signatures, storedAnswers };
}

function takeOver(
  { lasting, recoveries, retire, signatures, storedAnswers }: Carried,
  { deployment, shared }: { readonly deployment: Deployment; readonly shared: SharedState },
): void {
  reconfigureState(lasting, deployment);
  recoveries.reconfigure({ deployment, shared });
  signatures.reconfigure(deployment);
  storedAnswers.reconfigure(deployment);
  retire();
}

function limitAccount(
  health: Health,
  { account, untilWallMs, isSoft }: CappedAccount,
  { nowMs, wallMs }: Pick<Effects, "nowMs" | "wallMs">,
): Change[] {
  const now = nowMs();
  if (isSoft !== true) return health.disable(account, capReached(untilWallMs, wallMs()), now);
  return health.demote(account, untilWallMs === null ? Number.POSITIVE_INFINITY : now + untilWallMs - wallMs(), now);
}

/** No caller needs a credential. */
function isOpen({ auth, governance }: Deployment): boolean {
  return auth.mode === "none" && governance === null;
}

/** An account that has reached a cap is out as if its vendor had said so. */
function capReached(untilWallMs: number | null, wallMs: number): Failure {
  const forMs = untilWallMs === null ? null : Math.max(1, untilWallMs - wallMs);
  return failure("billing", "The account has reached the cap of its operator.", forMs);
}

/** Who is calling, and what they are let in by: keys and their limits where there are some, else tokens and none. */
function gateOf({ deployment, effects, secrets, governed }: ComposeInput): {
  readonly identify: ReturnType<typeof createIdentify>;
  readonly admission: (Admission & AdmissionPreview) | null;
  readonly callerNamed: ((label: string) => Caller | null) | null;
} {
  const { auth, governance, revision } = deployment;
  if (governance === null) {
    // An unreadable one keeps its place, so that labels stay what they were; it matches nothing.
    const clientTokens = auth.clientTokens.map((ref) => secrets(ref) ?? new Secret(""));
    return { identify: createIdentify({ mode: auth.mode, clientTokens }), admission: null, callerNamed: null };
  }
  // Without its keys it would be open to everybody.
  if (governed === null) throw new Error("a deployment with keys was composed without them");
  const { ring, ledger } = governed;
  const masked = (text: string): string => maskedText({ deployment, secrets }, text);
  const keys = createKeyIdentify({ ring, groups: governance.groups, wallMs: effects.wallMs });
  return {
    identify: keys.identify,
    callerNamed: keys.named,
    admission: createAdmission({ governance, ledger, revision, nowMs: effects.nowMs, masked }),
  };
}

/** Asks the vendor about a lane's key and models; for commands and the supervisor, which serve nothing. */
export function createVendorAsk({
  deployment,
  effects,
  secrets,
  readText,
}: Pick<ComposeInput, "deployment" | "effects" | "secrets" | "readText">): (lane: Lane) => Promise<VendorSaid> {
  const { signal } = createStopper();
  const send = createSend(effects);
  const world = {
    deployment,
    effects,
    // A connection that our own client keeps would keep the process too.
    send: (request: Parameters<typeof send>[0]) => send({ ...request, client: "fetch" }),
    protocolOf: protocolsById(Object.values(PROTOCOLS)),
    secretOf: secretsOfLanes(secrets),
    caOf: authoritiesOf(deployment, readText),
    userAgent: `ringmain/${buildInfo.version}`,
  };
  return (lane) => askVendor(world, lane, signal);
}

function protocolsById(protocols: readonly Protocol[]): World["protocolOf"] {
  const byId = new Map(protocols.map((protocol) => [protocol.id, protocol]));
  return (id) => {
    const protocol = byId.get(id);
    if (protocol === undefined) throw new Error(`no protocol is called ${id}`);
    return protocol;
  };
}

function authoritiesOf({ providers }: Deployment, readText: ComposeInput["readText"]): World["caOf"] {
  const texts = new Map(
    Object.values(providers).map(({ name, caFile }) => [name, caFile === null ? null : readText(caFile)]),
  );
  return ({ name }) => texts.get(name) ?? null;
}

function lastingOf({ deployment, effects, answersCopy }: ComposeInput): LastingState {
  const health = createHealth(deployment, effects.random);
  return createLastingState(health, { wallMs: effects.wallMs, answers: answersCopy ?? null });
}

function worldOf(
  { carried, deployment, effects, keepsDecisions = true, reasoningCopy, secrets, readText }: ComposeInput,
  protocols: readonly Protocol[],
): World {
  const { governance, metering } = deployment;
  const protocolOf = protocolsById(protocols);
  return {
    deployment,
    effects,
    send: createSend(effects),
    protocolOf,
    secretOf: secretsOfLanes(secrets),
    masked: (text) => maskedText({ deployment, secrets }, text),
    signatures: carried?.signatures ?? createReasoningSignatures({ deployment, protocolOf, nowMs: effects.nowMs }),
    reasoning: carried?.reasoning ?? createReasoningMemory({ nowMs: effects.nowMs, copy: reasoningCopy ?? null }),
    repairs: carried?.repairs ?? createRepairMemory(effects.nowMs),
    storedAnswers: carried?.storedAnswers ?? createStoredAnswers({ deployment, protocolOf, nowMs: effects.nowMs }),
    caOf: authoritiesOf(deployment, readText),
    ...createHeaderFilters(deployment, protocols),
    userAgent: `ringmain/${buildInfo.version}`,
    asksUsage: ({ prices }) => metering === "exact" && (governance !== null || prices !== null),
    pricedOnly: governance?.unpriced === "reject",
    keepsDecisions,
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

function exchangeGauges(
  running: ReturnType<Exchanges["running"]>,
): Pick<Gauges, "inflight" | "openStreams" | "queues"> {
  return {
    inflight: running.exchanges,
    openStreams: running.streams,
    queues: [...running.waiting].map(([target, waiting]) => ({ target, waiting })),
  };
}

function laneGauges(lanes: readonly LaneFacts[]): Pick<Gauges, "lanes" | "cells"> {
  return {
    lanes: lanes.map(({ lane, label, inflight, notListedSinceMs, isParked }) => ({
      ...{ lane, label, inflight },
      ...(notListedSinceMs === undefined ? {} : { isListed: false as const }),
      ...(isParked === true ? { isParked } : {}),
    })),
    cells: lanes.flatMap(({ lane, cells }) => cells.map(({ target, state }) => ({ target, lane, state }))),
  };
}
