/**
 * The `/stats` document: what this gateway is made of and how each part of it is doing. Its first fields keep names and
 * meaning that existing tools read; everything else was added beside them.
 */
import type { Deployment } from "../ir/deployment.ts";
import { isBilled } from "../ir/facts.ts";
import type { LaneFacts } from "../ir/lane-facts.ts";
import { type ExchangeRecord, totalOf } from "../ir/record.ts";
import { inputTokens } from "../ir/usage.ts";
import type { Sink } from "./sinks.ts";

/** Sums over records since the start, by pool or model. Plain data. */
interface TargetTotals {
  requests: number;
  ok: number;
  failovers: number;
  inputTokens: number;
  outputTokens: number;
  costNanos: number;
  /** Answers whose cost is not known. */
  unpriced: number;
  losses: number;
}

export interface Totals {
  readonly sink: Sink;
  /** "unresolved" is one of them once a request asked for something that does not exist. */
  byTarget(): Readonly<Record<string, Readonly<TargetTotals>>>;
  /** Of what was counted before, only targets of this deployment stay. */
  forgetOthers(): void;
  readonly counted: Map<string, TargetTotals>;
}

const UNRESOLVED = "unresolved";

const NO_TOTALS: Readonly<TargetTotals> = {
  requests: 0,
  ok: 0,
  failovers: 0,
  inputTokens: 0,
  outputTokens: 0,
  costNanos: 0,
  unpriced: 0,
  losses: 0,
};

/** `before`: goes on from what another deployment's totals have counted, and counts together with them. */
export function createTotals(deployment: Deployment, before: Totals | null = null): Totals {
  const totals = before?.counted ?? new Map<string, TargetTotals>();
  return {
    counted: totals,
    sink: {
      name: "totals",
      record(record) {
        const target = Object.hasOwn(deployment.targets, record.target) ? record.target : UNRESOLVED;
        let counted = totals.get(target);
        if (counted === undefined) {
          counted = { ...NO_TOTALS };
          totals.set(target, counted);
        }
        addRecord(counted, record);
      },
      transition: () => undefined,
    },
    byTarget: () => Object.fromEntries([...totals].map(([name, counted]) => [name, { ...counted }])),
    forgetOthers() {
      for (const name of totals.keys()) {
        if (name !== UNRESOLVED && !Object.hasOwn(deployment.targets, name)) totals.delete(name);
      }
    },
  };
}

function addRecord(totals: TargetTotals, record: ExchangeRecord): void {
  const { outcome } = record;
  const { usage, costNanos } = totalOf(record);
  const isAnswer = outcome === "answered" || outcome === "cut";
  totals.requests += 1;
  if (outcome === "answered" && record.status < 400) totals.ok += 1;
  totals.failovers += Math.max(0, record.attempts.length - 1);
  totals.inputTokens += usage === null ? 0 : (inputTokens(usage) ?? 0);
  totals.outputTokens += usage?.outputTokens ?? 0;
  totals.costNanos += costNanos ?? 0;
  if (isAnswer && isBilled(record.operation) && costNanos === null) totals.unpriced += 1;
  totals.losses += record.lossCount;
}

interface StatsInput {
  readonly version: string;
  readonly uptimeMs: number;
  /** In any order. A lane without facts was not looked at yet. */
  readonly lanes: readonly LaneFacts[];
  readonly totals: Readonly<Record<string, TargetTotals>>;
}

export type StatsDocument = ReturnType<typeof statsDocument>;

/** Lanes in the order of the configuration. Holds names and figures; never a credential or where one is kept. */
export function statsDocument(deployment: Deployment, input: StatsInput) {
  const facts = new Map(input.lanes.map((lane) => [lane.lane, lane]));
  const pools = Object.values(deployment.targets).filter((target) => target.kind === "pool");
  const lanes = Object.values(deployment.lanes).map((lane) => laneStats(lane, facts.get(lane.id) ?? idle(lane)));
  return {
    pools: Object.fromEntries(pools.map((pool) => [pool.name, pool.members.map((member) => member.model)])),
    lanes,
    version: input.version,
    revision: deployment.revision,
    uptime_s: Math.floor(input.uptimeMs / 1000),
    accounts: accountStats(lanes),
    targets: Object.values(deployment.targets).map(({ name, kind, select }) => ({
      name,
      kind,
      select,
      ...totalsStats(Object.hasOwn(input.totals, name) ? (input.totals[name] ?? NO_TOTALS) : NO_TOTALS),
    })),
    unresolved_requests: Object.hasOwn(input.totals, "unresolved") ? (input.totals["unresolved"]?.requests ?? 0) : 0,
  };
}

type LaneOf = Deployment["lanes"][string];
type LaneStats = ReturnType<typeof laneStats>;

function laneStats(lane: LaneOf, facts: LaneFacts) {
  // Merged over workers they hold every word that one of them said.
  const { label, disabledBy }: { readonly label: string; readonly disabledBy: string | null } = facts;
  return {
    model: lane.model,
    provider: lane.provider,
    max_concurrent: lane.slots.max,
    inflight: facts.inflight,
    free_slots: Math.max(0, lane.slots.max - facts.inflight),
    ok: facts.ok,
    err: facts.err,
    client_fault: facts.clientFault,
    usable: facts.usable,
    dead: disabledBy !== null,
    dead_reason: disabledBy,
    cooldown_remaining_s: Math.ceil(
      Math.max(facts.waitRemainingMs, ...facts.cells.map((cell) => cell.cooldownRemainingMs)) / 1000,
    ),
    streak: Math.max(0, ...facts.cells.map((cell) => cell.streak)),
    /** -1: no limit. */
    budget: facts.budgetLeft ?? -1,
    id: lane.id,
    account: lane.account,
    protocol: lane.doors.map(({ protocol }) => protocol).join(","),
    upstream_model: lane.upstreamModel,
    routing: lane.routing,
    ...(lane.parked === true ? { parked: true as const } : {}),
    pinned: lane.pinned,
    sort_key: lane.sortKey,
    priced: lane.prices !== null,
    label,
    ...(facts.notListedSinceMs === undefined
      ? {}
      : { not_listed_since: new Date(facts.notListedSinceMs).toISOString() }),
    quotas: Object.fromEntries(
      facts.quotas.map(({ window, leftShare, resetsInMs }) => [
        window,
        { left_share: leftShare, resets_in_s: Math.ceil(resetsInMs / 1000) },
      ]),
    ),
    cells: facts.cells.map(cellStats),
  };
}

function cellStats({ target: pool, usable, cooldownRemainingMs, streak, ...cell }: LaneFacts["cells"][number]) {
  const state: string = cell.state;
  return { pool, state, usable, cooldown_remaining_s: Math.ceil(cooldownRemainingMs / 1000), streak };
}

/** A lane without a report: configured, and nothing known against it. */
function idle(lane: LaneOf): LaneFacts {
  return {
    lane: lane.id,
    inflight: 0,
    ok: 0,
    err: 0,
    clientFault: 0,
    usable: lane.routing,
    label: "unknown",
    disabledBy: null,
    waitRemainingMs: 0,
    budgetLeft: lane.maxRequests,
    cells: [],
    quotas: [],
  };
}

/** One entry per credential: an account that is out takes all of its lanes with it, and that is worth seeing at once. */
function accountStats(lanes: readonly LaneStats[]) {
  const groups = Map.groupBy(lanes, (lane) => JSON.stringify([lane.provider, lane.account]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        provider: first.provider,
        account: first.account,
        lanes: group.length,
        usable_lanes: group.filter((lane) => lane.usable).length,
        inflight: group.reduce((sum, lane) => sum + lane.inflight, 0),
        labels: [...new Set(group.map((lane) => lane.label))].toSorted(),
      },
    ];
  });
}

function totalsStats(totals: TargetTotals) {
  return {
    requests: totals.requests,
    ok: totals.ok,
    failovers: totals.failovers,
    input_tokens: totals.inputTokens,
    output_tokens: totals.outputTokens,
    cost_nanos: totals.costNanos,
    unpriced: totals.unpriced,
    losses: totals.losses,
  };
}
