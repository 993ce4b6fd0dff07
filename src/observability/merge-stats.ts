/**
 * One `/stats` document out of those of two workers. Figures add up, and where they cannot the honest extreme is shown.
 * Every member of the document stands here with its rule, so that a new one without a rule does not compile.
 */
import type { StatsDocument } from "./stats.ts";

type LaneStats = StatsDocument["lanes"][number];
type CellStats = LaneStats["cells"][number];
type QuotaStats = LaneStats["quotas"][string];
type AccountStats = StatsDocument["accounts"][number];
type TargetStats = StatsDocument["targets"][number];

export function mergeStats(left: StatsDocument, right: StatsDocument): StatsDocument {
  return {
    pools: { ...left.pools, ...right.pools },
    lanes: mergeLists(left.lanes, right.lanes, ({ id }) => id, mergeLanes),
    version: both(left.version, right.version),
    revision: both(left.revision, right.revision),
    uptime_s: Math.max(left.uptime_s, right.uptime_s),
    accounts: mergeLists(
      left.accounts,
      right.accounts,
      ({ provider, account }) => `${provider}/${account}`,
      mergeAccounts,
    ),
    targets: mergeLists(left.targets, right.targets, ({ name }) => name, mergeTargets),
    unresolved_requests: left.unresolved_requests + right.unresolved_requests,
  };
}

function mergeLanes(left: LaneStats, right: LaneStats): LaneStats {
  return {
    model: left.model,
    provider: left.provider,
    // Each worker has its part of the slots.
    max_concurrent: left.max_concurrent + right.max_concurrent,
    inflight: left.inflight + right.inflight,
    free_slots: left.free_slots + right.free_slots,
    ok: left.ok + right.ok,
    err: left.err + right.err,
    client_fault: left.client_fault + right.client_fault,
    usable: left.usable || right.usable,
    // Out only when it is out everywhere.
    dead: left.dead && right.dead,
    dead_reason: bothKnown(left.dead_reason, right.dead_reason),
    cooldown_remaining_s: Math.max(left.cooldown_remaining_s, right.cooldown_remaining_s),
    streak: Math.max(left.streak, right.streak),
    // Below zero there is no limit.
    budget: left.budget < 0 || right.budget < 0 ? -1 : left.budget + right.budget,
    id: left.id,
    account: left.account,
    protocol: both(left.protocol, right.protocol),
    upstream_model: both(left.upstream_model, right.upstream_model),
    routing: left.routing || right.routing,
    ...(left.parked === true || right.parked === true ? { parked: true as const } : {}),
    pinned: left.pinned || right.pinned,
    sort_key: Math.min(left.sort_key, right.sort_key),
    priced: left.priced || right.priced,
    label: both(left.label, right.label),
    ...notListed(left, right),
    quotas: mergeQuotas(left.quotas, right.quotas),
    cells: mergeLists(left.cells, right.cells, ({ pool }) => pool, mergeCells),
  };
}

/** All workers are told alike, though not in the same moment. */
function notListed(left: LaneStats, right: LaneStats): Pick<LaneStats, "not_listed_since"> {
  const since = left.not_listed_since ?? right.not_listed_since;
  return since === undefined ? {} : { not_listed_since: since };
}

function mergeCells(left: CellStats, right: CellStats): CellStats {
  return {
    pool: left.pool,
    state: both(left.state, right.state),
    usable: left.usable || right.usable,
    cooldown_remaining_s: Math.max(left.cooldown_remaining_s, right.cooldown_remaining_s),
    streak: Math.max(left.streak, right.streak),
  };
}

/** Each worker was told of other limits, or of the same at another time: the least that is left counts. */
function mergeQuotas(left: LaneStats["quotas"], right: LaneStats["quotas"]): LaneStats["quotas"] {
  const entries = mergeLists(Object.entries(left), Object.entries(right), ([window]) => window, mergeQuota);
  return Object.fromEntries(entries);
}

function mergeQuota([window, left]: [string, QuotaStats], [, right]: [string, QuotaStats]): [string, QuotaStats] {
  return [
    window,
    {
      left_share: Math.min(left.left_share, right.left_share),
      resets_in_s: Math.max(left.resets_in_s, right.resets_in_s),
    },
  ];
}

function mergeAccounts(left: AccountStats, right: AccountStats): AccountStats {
  return {
    provider: left.provider,
    account: left.account,
    // Each worker names the whole.
    lanes: Math.max(left.lanes, right.lanes),
    usable_lanes: Math.max(left.usable_lanes, right.usable_lanes),
    inflight: left.inflight + right.inflight,
    labels: [...new Set([...left.labels, ...right.labels])],
  };
}

function mergeTargets(left: TargetStats, right: TargetStats): TargetStats {
  return {
    name: left.name,
    kind: left.kind,
    select: left.select,
    requests: left.requests + right.requests,
    ok: left.ok + right.ok,
    failovers: left.failovers + right.failovers,
    input_tokens: left.input_tokens + right.input_tokens,
    output_tokens: left.output_tokens + right.output_tokens,
    cost_nanos: left.cost_nanos + right.cost_nanos,
    unpriced: left.unpriced + right.unpriced,
    losses: left.losses + right.losses,
  };
}

/** Of what one document has alone, all is kept: for a moment workers may serve two revisions of a configuration. */
function mergeLists<T>(
  left: readonly T[],
  right: readonly T[],
  keyOf: (item: T) => string,
  merge: (left: T, right: T) => T,
): T[] {
  const others = new Map(right.map((item) => [keyOf(item), item]));
  const merged = left.map((item) => {
    const key = keyOf(item);
    const other = others.get(key);
    others.delete(key);
    return other === undefined ? item : merge(item, other);
  });
  return [...merged, ...others.values()];
}

const SEPARATOR = ", ";

/** States of one thing as several workers see it: each of them, once. */
function both(left: string, right: string): string {
  return left.split(SEPARATOR).includes(right) ? left : `${left}${SEPARATOR}${right}`;
}

function bothKnown(left: string | null, right: string | null): string | null {
  if (left === null || right === null) return left ?? right;
  return both(left, right);
}
