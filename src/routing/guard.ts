/**
 * One attempt's hold on a lane. Tells the health state how the attempt ended, exactly once, and gives the slot back, exactly
 * once. Whatever way an attempt ends, `release` leaves neither a slot nor a half-open test behind.
 */
import type { Lane, Target } from "../ir/deployment.ts";
import { type Failure, ruleOf } from "../ir/failure.ts";
import { unreachable } from "../std/unreachable.ts";
import { type CellSignal, recoveredCell, stepCell, type Ticket } from "./breaker.ts";
import type { Change } from "./condition.ts";
import { type AccountState, cellLabel, cellOf, type LaneState, labelEverywhere } from "./health-state.ts";
import { type Outage, type OutageSignal, stepOutage } from "./outage.ts";
import { pressedForMs } from "./quota.ts";
import { noteAttempt } from "./recent-attempts.ts";
import type { Slots } from "./slots.ts";

export interface Guard {
  /** The first byte for the client is there. */
  begun(nowMs: number): void;
  /** How the attempt ended; the first call counts, later ones do nothing. The slot stays taken until `release`. */
  succeeded(nowMs: number): Change[];
  failed(failure: Failure, nowMs: number): Change[];
  /** The attempt says nothing of the lane (client gone, never started): gives a half-open test back. */
  abandoned(nowMs: number): Change[];
  /** Frees the slot when the answer's body has ended. Idempotent; also abandons when nothing was reported. */
  release(nowMs: number): void;
}

interface GuardInput {
  readonly state: LaneState;
  /** As it was when the slot was taken. */
  readonly lane: Lane;
  readonly target: Target;
  readonly tickets: Tickets;
  readonly slots: Slots;
  readonly random: () => number;
  readonly startedMs: number;
}

interface Tickets {
  readonly cell: Ticket;
  readonly lane: Ticket;
  readonly account: Ticket;
}

/** The slot is taken already. */
export function createGuard(input: GuardInput): Guard {
  return new LaneGuard(input);
}

/** A class, because every attempt has one. */
class LaneGuard implements Guard {
  readonly #input: GuardInput;
  #begunMs: number | null = null;
  #isReported = false;
  #isReleased = false;

  constructor(input: GuardInput) {
    this.#input = input;
  }

  begun(nowMs: number): void {
    this.#begunMs ??= nowMs;
  }

  succeeded(nowMs: number): Change[] {
    if (!this.#reports()) return [];
    const { state, startedMs } = this.#input;
    noteAttempt(state.recent, (this.#begunMs ?? nowMs) - startedMs, nowMs);
    return tellSuccess(this.#input, nowMs);
  }

  failed(failure: Failure, nowMs: number): Change[] {
    return this.#reports() ? tellFailure(this.#input, failure, nowMs) : [];
  }

  abandoned(nowMs: number): Change[] {
    return this.#reports() ? giveTestsBack(testedBy(this.#input), nowMs) : [];
  }

  release(nowMs: number): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.abandoned(nowMs);
    this.#input.state.inflight--;
    this.#input.slots.give(this.#input.lane);
  }

  /** False: it was told already. */
  #reports(): boolean {
    if (this.#isReported) return false;
    this.#isReported = true;
    this.#input.state.unreported--;
    return true;
  }
}

function tellSuccess(input: GuardInput, nowMs: number): Change[] {
  const { state, tickets } = input;
  state.ok++;
  state.proven = true;
  const changes = moveCell(input, { kind: "succeeded", ticket: tickets.cell }, nowMs);
  if (state.account.outage.kind === "free" && state.outage.kind === "free") return changes;
  return [
    ...moveAccount(state.account, { kind: "succeeded", ticket: tickets.account }, nowMs),
    ...moveLane(state, { kind: "succeeded", ticket: tickets.lane }, nowMs),
    ...changes,
  ];
}

/** A client's fault, and an upstream's, each counted; then what it is evidence of. */
function tellFailure(input: GuardInput, failed: Failure, nowMs: number): Change[] {
  const { state } = input;
  if (ruleOf(failed).blame === "client") state.clientFault++;
  else {
    state.err++;
    noteAttempt(state.recent, null, nowMs);
  }
  return stepByFailure(testedBy(input), failed, nowMs);
}

/** One attempt is a test of the cell it was made for. */
function testedBy({ state, target, tickets, random }: GuardInput): Tested {
  return { state, random, tickets, cells: [{ target, ticket: tickets.cell }] };
}

/** What an attempt or a probe may tell of: its lane, the account, and cells. */
export interface Tested {
  readonly state: LaneState;
  readonly random: () => number;
  readonly tickets: Omit<Tickets, "cell">;
  readonly cells: readonly { readonly target: Target; readonly ticket: Ticket }[];
}

/** The table in `ir/failure.ts` decides what it is evidence about; everything else gets its test back. */
export function stepByFailure(tested: Tested, failed: Failure, nowMs: number): Change[] {
  const { state, random, tickets, cells } = tested;
  const { effect, scope } = ruleOf(failed);
  switch (effect) {
    case "none":
      return giveTestsBack(tested, nowMs);
    case "count":
      if (state.lane.cooldownMs !== null) return park(tested, failed, state.lane.cooldownMs, nowMs);
      return [
        ...cells.flatMap(({ target, ticket }) =>
          moveCell(
            { state, target, random },
            { kind: "failed", ticket, hintMs: failed.retryAfterMs },
            nowMs,
            failed.kind,
          ),
        ),
        ...giveTestsOfHardOutsBack(tested, nowMs),
      ];
    case "wait":
    case "hard-out": {
      const put = { kind: "disabled", how: effect, failure: failed } as const;
      const changes =
        scope === "account"
          ? moveAccount(state.account, { ...put, ticket: tickets.account }, nowMs)
          : moveLane(state, { ...put, ticket: tickets.lane }, nowMs);
      return [...changes, ...giveTestsBack(tested, nowMs)];
    }
    default:
      return unreachable(effect);
  }
}

/** One failure is enough where the operator says so: the account waits as if its vendor had named that time. */
function park(tested: Tested, failed: Failure, cooldownMs: number, nowMs: number): Change[] {
  const { state, tickets } = tested;
  const failure = { ...failed, retryAfterMs: failed.retryAfterMs ?? cooldownMs };
  const signal = { kind: "disabled", how: "wait", failure, ticket: tickets.account } as const;
  return [...moveAccount(state.account, signal, nowMs), ...giveTestsBack(tested, nowMs)];
}

/** It tells nothing: every test it was is due again. */
export function giveTestsBack(tested: Tested, nowMs: number): Change[] {
  const { state, random, cells } = tested;
  return [
    ...cells.flatMap(({ target, ticket }) => moveCell({ state, target, random }, { kind: "neutral", ticket }, nowMs)),
    ...giveTestsOfHardOutsBack(tested, nowMs),
  ];
}

function giveTestsOfHardOutsBack({ state, tickets }: Tested, nowMs: number): Change[] {
  return [
    ...moveAccount(state.account, { kind: "neutral", ticket: tickets.account }, nowMs),
    ...moveLane(state, { kind: "neutral", ticket: tickets.lane }, nowMs),
  ];
}

function moveCell(
  input: Pick<GuardInput, "state" | "target" | "random">,
  signal: CellSignal,
  nowMs: number,
  because = "probe",
): Change[] {
  const { state, target, random } = input;
  const before = cellOf(state, target);
  const after = stepCell(before, signal, nowMs, target.breaker, random);
  if (after === before) return [];
  state.cells.set(target.name, after);
  if (after.kind === before.kind || (after.kind === "open" && after.epoch === before.epoch)) return [];
  const forMs = after.kind === "open" ? after.untilMs - nowMs : null;
  return [
    {
      target: target.name,
      lane: state.lane.id,
      from: cellLabel(before, nowMs),
      to: cellLabel(after, nowMs),
      because,
      forMs,
    },
  ];
}

export function moveLane(state: LaneState, signal: OutageSignal, nowMs: number): Change[] {
  return moveOutage(state, [state], signal, nowMs);
}

/** One change for each lane of the account. */
export function moveAccount(account: AccountState, signal: OutageSignal, nowMs: number): Change[] {
  return moveOutage(account, account.lanes, signal, nowMs);
}

function moveOutage(
  owner: { outage: Outage },
  lanes: readonly LaneState[],
  signal: OutageSignal,
  nowMs: number,
): Change[] {
  const before = owner.outage;
  const after = stepOutage(before, signal, nowMs);
  if (after === before) return [];
  if (after.epoch === before.epoch) {
    owner.outage = after;
    return [];
  }
  const from = lanes.map((state) => labelEverywhere(state, nowMs));
  owner.outage = after;
  // After a bad word each lane has to prove itself anew.
  if (after.kind === "out") for (const state of lanes) state.proven = false;
  const because = reason(before, signal);
  const forMs = after.kind === "out" ? after.untilMs - nowMs : null;
  return lanes.flatMap((state, index) => {
    const [was, to] = [from[index] ?? "unknown", labelEverywhere(state, nowMs)];
    // A wait that was over had left it under pressure already.
    if (was === to && to === "pressure") return [];
    const lasts = to === "pressure" ? pressedForMs(state, nowMs) : forMs;
    return [{ target: null, lane: state.lane.id, from: was, to, because, forMs: lasts }];
  });
}

function reason(before: Outage, signal: OutageSignal): string {
  if (signal.kind === "disabled") return signal.failure.kind;
  const isOverWait = before.kind === "out" && before.how === "wait" && signal.kind === "succeeded";
  return isOverWait ? "cooldown ended" : "probe";
}

/** Closes every cell of the lane that is not. What a closed one has counted stays: a small question answered says little of large ones. */
export function recoverCells(state: LaneState, nowMs: number): Change[] {
  const changes: Change[] = [];
  for (const [target, before] of state.cells) {
    if (before.kind === "closed") continue;
    state.cells.set(target, recoveredCell(before));
    changes.push({
      target,
      lane: state.lane.id,
      from: cellLabel(before, nowMs),
      to: "healthy",
      because: "probe",
      forMs: null,
    });
  }
  return changes;
}
