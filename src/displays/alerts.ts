/**
 * What deserves a call: a lane that went down, an allowance that burns, a pool with nothing left, and that it is well
 * again. Only changes are told, one call at a time, with a pause between two; what came and went in a pause is not told.
 */
import { isOut, type Snapshot } from "./snapshot.ts";

export const ALERT_IDS = ["all_exhausted", "lane_down", "budget_burn", "recovered"] as const;
export type AlertId = (typeof ALERT_IDS)[number];

export interface Alert {
  readonly kind: AlertId;
  /** Lane, pool or allowance; a name out of the configuration. */
  readonly about: string;
  /** Why, or how much. */
  readonly detail: string;
  /** Further changes told by the same call. */
  readonly more: number;
}

export interface AlertOptions {
  /** Share of an allowance from which it burns, 0 to 1. */
  readonly burnShare: number;
  readonly minIntervalMs: number;
  readonly mute: readonly string[];
  /** Shown; empty: all. */
  readonly providers: readonly string[];
}

export interface Alerts {
  /** Null: nothing changed, or it is too soon to say. */
  step(snapshot: Snapshot, nowMs: number): Alert | null;
  /** Takes what is as said already: it happened in the quiet hours. */
  skip(snapshot: Snapshot): void;
}

/** An allowance has to fall this far below its threshold before it may burn again: figures tremble. */
const BURN_SLACK = 0.05;

interface Trouble {
  readonly kind: Exclude<AlertId, "recovered">;
  readonly about: string;
  readonly detail: string;
}

export function createAlerts(options: AlertOptions): Alerts {
  /** By kind and name; bounded by what the configuration names and `ALLOWANCES_MAX`. */
  let announced = new Map<string, Trouble>();
  let lastMs = Number.NEGATIVE_INFINITY;
  const isMuted = (kind: AlertId): boolean => options.mute.includes(kind);
  return {
    step(snapshot, nowMs) {
      if (nowMs - lastMs < options.minIntervalMs) return null;
      const now = troublesOf(snapshot, announced, options);
      const began = [...now].flatMap(([key, trouble]) => (announced.has(key) ? [] : [trouble]));
      const ended = [...announced].flatMap(([key, trouble]) => (now.has(key) ? [] : [trouble]));
      announced = now;
      const changes: Omit<Alert, "more">[] = [
        ...began.toSorted((left, right) => ALERT_IDS.indexOf(left.kind) - ALERT_IDS.indexOf(right.kind)),
        ...ended.map(({ about }) => ({ kind: "recovered" as const, about, detail: "" })),
      ].filter(({ kind }) => !isMuted(kind));
      const [first] = changes;
      if (first === undefined) return null;
      lastMs = nowMs;
      return { ...first, more: changes.length - 1 };
    },
    skip(snapshot) {
      announced = troublesOf(snapshot, announced, options);
    },
  };
}

function troublesOf(
  snapshot: Snapshot,
  announced: ReadonlyMap<string, Trouble>,
  { burnShare, providers }: AlertOptions,
): Map<string, Trouble> {
  const troubles = new Map<string, Trouble>();
  const add = (id: string, trouble: Trouble): void => {
    troubles.set(`${trouble.kind} ${id}`, trouble);
  };
  for (const lane of snapshot.lanes) {
    if (providers.length > 0 && !providers.includes(lane.provider)) continue;
    // A lane whose pause is over is not well before it has answered.
    const isStill = lane.label === "unknown" && announced.has(`lane_down ${lane.lane}`);
    if (isOut(lane.label) || isStill) {
      add(lane.lane, { kind: "lane_down", about: lane.lane, detail: isStill ? "not back yet" : lane.label });
    }
  }
  for (const target of snapshot.targets) {
    // A model without a pool is told of as a lane already.
    if (target.kind === "pool" && target.isOut) {
      add(target.name, { kind: "all_exhausted", about: target.name, detail: "nothing left" });
    }
  }
  for (const { kind, name, account, window, usedShare } of snapshot.allowances) {
    const id = [kind, name, account ?? "", window].join(" ");
    const from = announced.has(`budget_burn ${id}`) ? burnShare - BURN_SLACK : burnShare;
    if (usedShare === null || usedShare < from) continue;
    const percent = `${Math.floor(usedShare * 100)}%`;
    add(id, {
      kind: "budget_burn",
      about: account === null ? name : `${name}/${account}`,
      detail: `${window} ${percent} used`,
    });
  }
  return troubles;
}
