/** What stands against lanes and accounts, to and from rows that outlive a process. Counters and closed breakers are not part of it. */
import type { StandingCell, StandingOut, StandingQuota, StandingRow } from "../ir/standing.ts";
import type { Cell } from "./breaker.ts";
import type { Change } from "./condition.ts";
import { type AccountState, forget, type HealthState, type LaneState, labelEverywhere } from "./health-state.ts";
import type { Outage } from "./outage.ts";
import { restoreQuotas } from "./quota.ts";

type Owner = Pick<AccountState, "outage" | "quotas">;

/** Only what stands; bounded by the deployment. */
export function standingOf(states: HealthState, nowMs: number, wallMs: number): StandingRow[] {
  const atWall = (ms: number): number => Math.round(wallMs + ms - nowMs);
  const rows = [...states.lanes()].map((state) =>
    rowOf(state.lane.id, state, cellsOf(state, nowMs, atWall), nowMs, atWall),
  );
  for (const account of states.accounts()) rows.push(rowOf(nameOf(account), account, {}, nowMs, atWall));
  return rows.filter(({ out, quotas, cells }) => out !== null || quotas.length > 0 || Object.keys(cells).length > 0);
}

export function restoreStanding(
  states: HealthState,
  rows: readonly StandingRow[],
  nowMs: number,
  wallMs: number,
): void {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const restore = (owner: Owner, row: StandingRow): void => {
    const atMs = (untilWallMs: number): number => nowMs + untilWallMs - wallMs;
    if (row.out !== null && row.out.untilWallMs > wallMs) owner.outage = outageOf(row.out, owner.outage, atMs);
    restoreQuotas(
      owner.quotas,
      row.quotas
        .filter(({ untilWallMs }) => untilWallMs > wallMs)
        .map(({ fact, untilWallMs, isLow }) => ({ fact, untilMs: atMs(untilWallMs), isLow })),
    );
  };
  for (const account of states.accounts()) {
    const row = byId.get(nameOf(account));
    if (row !== undefined) restore(account, row);
  }
  for (const state of states.lanes()) {
    const row = byId.get(state.lane.id);
    if (row === undefined) continue;
    restore(state, row);
    for (const [target, { untilWallMs, ...cell }] of Object.entries(row.cells)) {
      if (untilWallMs <= wallMs) continue;
      state.cells.set(target, {
        kind: "open",
        epoch: 1,
        ...cell,
        untilMs: nowMs + untilWallMs - wallMs,
        probesTaken: 0,
      });
    }
  }
}

/** One change for each lane whose label it changed. */
export function resetIn(states: HealthState, id: string, nowMs: number): Change[] {
  const account = states.accountOf(id);
  const lanes = account?.lanes ?? [...states.lanes()].filter(({ lane }) => lane.id === id);
  const before = lanes.map((state) => labelEverywhere(state, nowMs));
  if (account !== null) forget(account);
  for (const state of lanes) forget(state);
  return lanes.flatMap((state, index) => {
    const [from, to] = [before[index] ?? "unknown", labelEverywhere(state, nowMs)];
    return from === to ? [] : [{ target: null, lane: state.lane.id, from, to, because: "reset", forMs: null }];
  });
}

/** An identity begins with the name. */
function nameOf({ identity }: AccountState): string {
  return identity.slice(0, identity.lastIndexOf(" "));
}

function rowOf(
  id: string,
  { outage, quotas }: Owner,
  cells: StandingRow["cells"],
  nowMs: number,
  atWall: (ms: number) => number,
): StandingRow {
  const known: StandingQuota[] = [];
  for (const { fact, untilMs, isLow } of quotas.known.values()) {
    if (untilMs > nowMs) known.push({ fact, untilWallMs: atWall(untilMs), isLow });
  }
  return { id, out: outOf(outage, nowMs, atWall), quotas: known, cells };
}

function outOf(outage: Outage, nowMs: number, atWall: (ms: number) => number): StandingOut | null {
  if (outage.kind === "free" || outage.untilMs <= nowMs) return null;
  const { how, failure, untilMs, lengthMs, times } = outage;
  return { how, failure, untilWallMs: atWall(untilMs), lengthMs, times };
}

function outageOf({ untilWallMs, ...out }: StandingOut, { epoch }: Outage, atMs: (wallMs: number) => number): Outage {
  const untested = { probe: null, probeSinceMs: 0, probesTaken: 0 };
  return { kind: "out", epoch: epoch + 1, ...out, untilMs: atMs(untilWallMs), ...untested };
}

function cellsOf({ cells }: LaneState, nowMs: number, atWall: (ms: number) => number): Record<string, StandingCell> {
  const open = [...cells].flatMap(([target, cell]) => {
    const found = openCell(cell, nowMs, atWall);
    return found === null ? [] : [[target, found] as const];
  });
  return Object.fromEntries(open);
}

function openCell(cell: Cell, nowMs: number, atWall: (ms: number) => number): StandingCell | null {
  if (cell.kind === "closed" || cell.untilMs <= nowMs) return null;
  return { streak: cell.streak, openings: cell.openings, untilWallMs: atWall(cell.untilMs) };
}
