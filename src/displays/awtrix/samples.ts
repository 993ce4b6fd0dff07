/** Snapshots for previews and tests: what a gateway with three providers looks like on six different days. */

import type { Allowance } from "../../ir/allowance.ts";
import type { HealthLabel } from "../../ir/lane-facts.ts";
import type { LaneSnapshot, Snapshot } from "../snapshot.ts";
import { BURN_PARTS, NOTHING_SPENT, type Spent, sumOf } from "../spent.ts";

export const STATE_IDS = ["quiet", "busy", "unpriced", "hot", "down", "exhausted"] as const;
export type StateId = (typeof STATE_IDS)[number];

/** A fixed moment, on which every page turns to its first. */
const WALL_MS = Date.UTC(2026, 0, 1);
const USD = 1_000_000_000;

export function sampleSnapshot(state: StateId): Snapshot {
  const { labels, today, allowances, burn, isOut } = STATES[state];
  const lanes = LANES.map((id, at) => laneOf(id, labels[at] ?? "unknown", today[at] ?? NOTHING_SPENT));
  const total = sumOf(today);
  return {
    wallMs: WALL_MS,
    lanes,
    transitions: [],
    requests: total.requests,
    failed: 0,
    rescued: 0,
    failovers: 0,
    tokens: total.tokens,
    costNanos: total.costNanos,
    perSecond: 0,
    targets: [{ name: "fast", kind: "pool", isOut }],
    today: { ...total, failovers: 0, sinceWallMs: WALL_MS },
    burn,
    allowances,
    lastLane: total.requests === 0 ? null : (LANES[0] ?? null),
  };
}

const LANES = [
  "anthropic/personal/sonnet",
  "anthropic/team/sonnet",
  "openai/default/gpt",
  "openai/default/gpt-mini",
  "deepseek/default/chat",
];

function laneOf(id: string, label: HealthLabel, today: Spent): LaneSnapshot {
  const [provider = "", account = "", model = ""] = id.split("/");
  return {
    lane: id,
    provider,
    account,
    model,
    label,
    served: today.requests,
    share: null,
    failures: 0,
    failovers: 0,
    tokens: today.tokens,
    costNanos: today.costNanos,
    perSecond: 0,
    today,
  };
}

function spent(requests: number, tokens: number, usd: number | null): Spent {
  return {
    requests,
    tokens,
    costNanos: usd === null ? null : Math.round(usd * USD),
    unpriced: usd === null ? requests : 0,
  };
}

const DAY: readonly Spent[] = [
  spent(310, 2_400_000, 8.12),
  spent(120, 840_000, 3.3),
  spent(80, 310_000, 1.74),
  spent(400, 96_000, 0.09),
  spent(52, 1_100_000, 0.46),
];
const UNPRICED_DAY: readonly Spent[] = DAY.map(({ requests, tokens }) => spent(requests, tokens, null));

const SHAPE = [2, 3, 1, 4, 6, 5, 3, 7, 9, 8, 11, 12];
const BURN = SHAPE.map((part) => spent(part, part * 12_000, part * 0.06));
const UNPRICED_BURN = SHAPE.map((part) => spent(part, part * 12_000, null));
const COLD = Array.from({ length: BURN_PARTS }, () => NOTHING_SPENT);

function quota(name: string, window: string, usedShare: number | null): Allowance {
  return { kind: "quota", name, account: null, window, usedShare, resetsWallMs: null };
}
const budget = (window: string, usedShare: number | null): Allowance => ({
  kind: "budget",
  name: "team-a",
  account: null,
  window,
  usedShare,
  resetsWallMs: null,
});

interface SampleState {
  readonly labels: readonly HealthLabel[];
  readonly today: readonly Spent[];
  readonly burn: readonly Spent[];
  readonly allowances: readonly Allowance[];
  readonly isOut: boolean;
}

const WELL: readonly HealthLabel[] = ["healthy", "healthy", "healthy", "healthy", "healthy"];

const STATES: Readonly<Record<StateId, SampleState>> = {
  quiet: {
    labels: ["unknown", "unknown", "unknown", "unknown", "unknown"],
    today: [],
    burn: COLD,
    allowances: [],
    isOut: false,
  },
  busy: {
    labels: WELL,
    today: DAY,
    burn: BURN,
    allowances: [quota("anthropic", "5h", 0.27), quota("anthropic", "7d", 0.64), budget("30d", 0.41)],
    isOut: false,
  },
  unpriced: {
    labels: WELL,
    today: UNPRICED_DAY,
    burn: UNPRICED_BURN,
    allowances: [quota("openai", "5h", null)],
    isOut: false,
  },
  hot: {
    labels: ["healthy", "pressure", "healthy", "healthy", "healthy"],
    today: DAY,
    burn: BURN,
    allowances: [quota("anthropic", "5h", 0.88), quota("openai", "7d", 0.97), budget("30d", 1.04)],
    isOut: false,
  },
  down: {
    labels: ["auth-failed", "healthy", "rate-limited", "cooling-down", "exhausted"],
    today: DAY,
    burn: BURN,
    allowances: [quota("anthropic", "5h", 0.27)],
    isOut: false,
  },
  exhausted: {
    labels: ["exhausted", "exhausted", "rate-limited", "cooling-down", "exhausted"],
    today: DAY,
    burn: BURN,
    allowances: [quota("anthropic", "5h", 1), budget("30d", 1.2)],
    isOut: true,
  },
};
