/** Windows of budgets: when the one that holds now began, when it ends, and what it is called. All in UTC. */
import type { BudgetWindow } from "../ir/deployment.ts";

export interface Period {
  /** Of all periods of its window, no other is called so; later ones sort after it. */
  readonly id: string;
  readonly startWallMs: number;
  /** null: never. */
  readonly endWallMs: number | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** 1970 began on a Thursday; weeks begin on Mondays. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

export function periodOf(window: BudgetWindow, wallMs: number): Period {
  switch (window) {
    case "minute":
      return evenly(wallMs, MINUTE_MS, 0);
    case "hourly":
      return evenly(wallMs, HOUR_MS, 0);
    case "daily":
      return evenly(wallMs, DAY_MS, 0);
    case "weekly":
      return evenly(wallMs, WEEK_MS, FIRST_MONDAY_MS);
    case "monthly": {
      const now = new Date(wallMs);
      const start = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
      return period(start, Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
    }
    case "total":
      return { id: "total", startWallMs: 0, endWallMs: null };
  }
}

/** The hour a row is summed up in. */
export function hourOf(wallMs: number): number {
  return Math.floor(wallMs / HOUR_MS) * HOUR_MS;
}

function evenly(wallMs: number, lengthMs: number, offsetMs: number): Period {
  const start = Math.floor((wallMs - offsetMs) / lengthMs) * lengthMs + offsetMs;
  return period(start, start + lengthMs);
}

function period(startWallMs: number, endWallMs: number): Period {
  return { id: new Date(startWallMs).toISOString().slice(0, 16), startWallMs, endWallMs };
}
