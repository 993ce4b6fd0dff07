/**
 * One attempt's hold on a lane. Tells the book how the attempt ended, exactly once, and gives the slot back, exactly
 * once. Whatever way an attempt ends, `release` leaves neither a slot nor a half-open test behind.
 */
import type { Lane, Target } from "../ir/deployment.ts";
import { type Failure, ruleOf } from "../ir/failure.ts";
import { unreachable } from "../std/unreachable.ts";
import { type AccountPage, cellLabel, cellOf, type LanePage, labelEverywhere } from "./book.ts";
import { recoveredCell, type Signal, stepCell, type Ticket } from "./breaker.ts";
import type { Change } from "./condition.ts";
import { pressedForMs } from "./quota.ts";
import { noteAttempt } from "./recent-attempts.ts";
import type { Slots } from "./slots.ts";
import { type Standing, type StandingSignal, stepStanding } from "./standing.ts";

export interface Guard {
  /** The first byte for the client is there. */
  begun(nowMs: number): void;
  /** How the attempt ended; the first call counts, later ones do nothing. The slot stays taken until `release`. */
  succeeded(nowMs: number): Change[];
  failed(failure: Failure, nowMs: number): Change[];
  /** Nobody's fault, client gone, or never started: gives a half-open test back. */
  abandoned(nowMs: number): Change[];
  /** Frees the slot when the answer's body has ended. Idempotent; also abandons when nothing was reported. */
  release(nowMs: number): void;
}

export interface GuardInput {
  readonly page: LanePage;
  /** As it was when the slot was taken. */
  readonly lane: Lane;
  readonly target: Target;
  readonly tickets: Tickets;
  readonly slots: Slots;
  readonly random: () => number;
  readonly startedMs: number;
}

export interface Tickets {
  readonly cell: Ticket;
  readonly lane: Ticket;
  readonly account: Ticket;
}

/** The slot is taken already. */
export function createGuard(input: GuardInput): Guard {
  const { lane, page, slots } = input;
  let begunMs: number | null = null;
  let isReported = false;
  let isReleased = false;

  const once = (tell: () => Change[]): Change[] => {
    if (isReported) return [];
    isReported = true;
    page.unreported--;
    return tell();
  };
  const abandoned = (nowMs: number): Change[] => once(() => giveTestsBack(testedBy(input), nowMs));

  return {
    begun(nowMs) {
      begunMs ??= nowMs;
    },
    succeeded: (nowMs) =>
      once(() => {
        noteAttempt(page.recent, (begunMs ?? nowMs) - input.startedMs, nowMs);
        return tellSuccess(input, nowMs);
      }),
    failed: (failure, nowMs) => once(() => tellFailure(input, failure, nowMs)),
    abandoned,
    release(nowMs) {
      if (isReleased) return;
      isReleased = true;
      abandoned(nowMs);
      page.inflight--;
      slots.give(lane);
    },
  };
}

function tellSuccess(input: GuardInput, nowMs: number): Change[] {
  const { page, tickets } = input;
  page.ok++;
  page.proven = true;
  const changes = moveAccount(page.account, { kind: "succeeded", ticket: tickets.account }, nowMs);
  changes.push(...moveLane(page, { kind: "succeeded", ticket: tickets.lane }, nowMs));
  changes.push(...moveCell(input, { kind: "succeeded", ticket: tickets.cell }, nowMs));
  return changes;
}

/** A client's fault, and an upstream's, each counted; then what it is evidence of. */
function tellFailure(input: GuardInput, failed: Failure, nowMs: number): Change[] {
  const { page } = input;
  if (ruleOf(failed).blame === "client") page.clientFault++;
  else {
    page.err++;
    noteAttempt(page.recent, null, nowMs);
  }
  return stepByFailure(testedBy(input), failed, nowMs);
}

/** One attempt is a test of the cell it was made for. */
function testedBy({ page, target, tickets, random }: GuardInput): Tested {
  return { page, random, tickets, cells: [{ target, ticket: tickets.cell }] };
}

/** What an attempt or a probe may tell of: its lane, the account, and cells. */
export interface Tested {
  readonly page: LanePage;
  readonly random: () => number;
  readonly tickets: Omit<Tickets, "cell">;
  readonly cells: readonly { readonly target: Target; readonly ticket: Ticket }[];
}

/** The table in `ir/failure.ts` decides what it is evidence about; everything else gets its test back. */
export function stepByFailure(tested: Tested, failed: Failure, nowMs: number): Change[] {
  const { page, random, tickets, cells } = tested;
  const { effect, scope } = ruleOf(failed);
  switch (effect) {
    case "none":
      return giveTestsBack(tested, nowMs);
    case "count":
      return [
        ...cells.flatMap(({ target, ticket }) =>
          moveCell(
            { page, target, random },
            { kind: "failed", ticket, hintMs: failed.retryAfterMs },
            nowMs,
            failed.kind,
          ),
        ),
        ...giveTestsOfHardOutsBack(tested, nowMs),
      ];
    case "wait":
    case "hard-out": {
      const put = { kind: "put-out", how: effect, failure: failed } as const;
      const changes =
        scope === "account"
          ? moveAccount(page.account, { ...put, ticket: tickets.account }, nowMs)
          : moveLane(page, { ...put, ticket: tickets.lane }, nowMs);
      return [...changes, ...giveTestsBack(tested, nowMs)];
    }
    default:
      return unreachable(effect);
  }
}

/** It tells nothing: every test it was is due again. */
export function giveTestsBack(tested: Tested, nowMs: number): Change[] {
  const { page, random, cells } = tested;
  return [
    ...cells.flatMap(({ target, ticket }) => moveCell({ page, target, random }, { kind: "neutral", ticket }, nowMs)),
    ...giveTestsOfHardOutsBack(tested, nowMs),
  ];
}

function giveTestsOfHardOutsBack({ page, tickets }: Tested, nowMs: number): Change[] {
  return [
    ...moveAccount(page.account, { kind: "neutral", ticket: tickets.account }, nowMs),
    ...moveLane(page, { kind: "neutral", ticket: tickets.lane }, nowMs),
  ];
}

export function moveCell(
  input: Pick<GuardInput, "page" | "target" | "random">,
  signal: Signal,
  nowMs: number,
  because = "probe",
): Change[] {
  const { page, target, random } = input;
  const before = cellOf(page, target);
  const after = stepCell(before, signal, nowMs, target.breaker, random);
  if (after === before) return [];
  page.cells.set(target.name, after);
  if (after.kind === before.kind || (after.kind === "open" && after.epoch === before.epoch)) return [];
  const forMs = after.kind === "open" ? after.untilMs - nowMs : null;
  return [
    {
      target: target.name,
      lane: page.lane.id,
      from: cellLabel(before, nowMs),
      to: cellLabel(after, nowMs),
      because,
      forMs,
    },
  ];
}

export function moveLane(page: LanePage, signal: StandingSignal, nowMs: number): Change[] {
  return moveStanding(page, [page], signal, nowMs);
}

/** One change for each lane of the account. */
export function moveAccount(account: AccountPage, signal: StandingSignal, nowMs: number): Change[] {
  return moveStanding(account, account.lanes, signal, nowMs);
}

function moveStanding(
  owner: { standing: Standing },
  lanes: readonly LanePage[],
  signal: StandingSignal,
  nowMs: number,
): Change[] {
  const before = owner.standing;
  const after = stepStanding(before, signal, nowMs);
  if (after === before) return [];
  if (after.epoch === before.epoch) {
    owner.standing = after;
    return [];
  }
  const from = lanes.map((page) => labelEverywhere(page, nowMs));
  owner.standing = after;
  // After a bad word each lane has to prove itself anew.
  if (after.kind === "out") for (const page of lanes) page.proven = false;
  const because = reason(before, signal);
  const forMs = after.kind === "out" ? after.untilMs - nowMs : null;
  return lanes.flatMap((page, index) => {
    const [was, to] = [from[index] ?? "unknown", labelEverywhere(page, nowMs)];
    // A wait that was over had left it under pressure already.
    if (was === to && to === "pressure") return [];
    const lasts = to === "pressure" ? pressedForMs(page, nowMs) : forMs;
    return [{ target: null, lane: page.lane.id, from: was, to, because, forMs: lasts }];
  });
}

function reason(before: Standing, signal: StandingSignal): string {
  if (signal.kind === "put-out") return signal.failure.kind;
  const isOverWait = before.kind === "out" && before.how === "wait" && signal.kind === "succeeded";
  return isOverWait ? "cooldown ended" : "probe";
}

/** Closes every cell of the lane that is not. What a closed one has counted stays: a small question answered says little of large ones. */
export function recoverCells(page: LanePage, nowMs: number): Change[] {
  const changes: Change[] = [];
  for (const [target, before] of page.cells) {
    if (before.kind === "closed") continue;
    page.cells.set(target, recoveredCell(before));
    changes.push({
      target,
      lane: page.lane.id,
      from: cellLabel(before, nowMs),
      to: "healthy",
      because: "probe",
      forMs: null,
    });
  }
  return changes;
}
