/**
 * Letting a request in: what it may cost and use is taken from every limit that holds for it, and when it is over, given
 * back but for what it really took. Which limits hold is said by the key, its groups, and the gates of the configuration.
 */
import type { BudgetWindow, Governance, Lane } from "../ir/deployment.ts";
import type { Facts } from "../ir/facts.ts";
import { type Failed, type Failure, failed, failure, ok, type Result } from "../ir/failure.ts";
import type { RateLimit, RateLimits } from "../ir/limits.ts";
import type { RequestParts } from "../ir/route.ts";
import { totalTokens } from "../ir/usage.ts";
import { boundsOf, dearestOf, fitToAffordable, hardCeiling, leastAmountOf } from "./affordable.ts";
import { createRecentAnswers, type Estimate, estimate, type RecentAnswers, withoutCost } from "./estimate.ts";
import type { GradingCost } from "./grading-cost.ts";
import type { Caller } from "./identify.ts";
import { type KeyLimits, keyLimitsOf, NO_KEY_LIMITS } from "./key-limits.ts";
import type { VirtualKey } from "./keys.ts";
import { createLaneHolds, type LaneHolds, NO_HOLDS } from "./lane-holds.ts";
import type { LedgerClient, Reservation, ReservationRequest, Reserved } from "./ledger-client.ts";
import type { Shortage, UsageRow } from "./ledger-messages.ts";
import { type CountLimit, type LeaseId, type LedgerScope, type MoneyLimit, moneyLimit, scopeOf } from "./limit.ts";
import { shortageFailure, tooDear, warningOf } from "./limit-words.ts";
import { ceilingOf, projectOf, sessionOf } from "./request-headers.ts";

export interface AdmitInput {
  readonly caller: Caller;
  /** Every lane that may be attempted. */
  readonly lanes: readonly Lane[];
  /** False: the lane could never serve this request, so that its price does not matter. Asked only where a limit holds. */
  readonly couldServe: (lane: Lane) => boolean;
  readonly facts: Facts;
  readonly headers: RequestParts["headers"];
  /** Answers asked for at once; looked at only where the most an answer can cost must be known. */
  readonly choices: () => number;
  /** Absent: answers are not graded. */
  readonly grading?: GradingCost | undefined;
}

export type Admitted =
  | { readonly kind: "admitted"; readonly pass: Pass }
  /** `limits`: the one of a minute that refused it; null: it was something else. */
  | { readonly kind: "refused"; readonly failure: Failure; readonly limits: RateLimits | null };

/** What an admitted request stands on until it is over. */
export interface Pass {
  /** Headers about limits of a minute; null: none holds for this caller. */
  limits(): RateLimits | null;
  /** Budgets that are nearly gone, and soft ones that are: `key monthly 85%`. */
  readonly warnings: readonly string[];
  /** The caller named a project, but its key has one. */
  readonly projectIgnored: boolean;
  /** False: too little is left of a budget for what this lane's answer may come to. */
  affords(lane: Lane): boolean;
  /** Sets aside what an attempt may use of its account; false: the account's caps leave too little. */
  holdAccount(lane: Lane): boolean | Promise<boolean>;
  /** After a false: until the caps have room again, as far as is known; null: they never will. */
  accountFullForMs(lane: Lane): number | null;
  /** The attempt came to nothing. */
  releaseAccount(lane: Lane): void;
  /** The request is over. `ran`: a vendor has seen it. The first call counts. */
  close(row: UsageRow, ran: boolean): void;
}

export interface Admission {
  admit(input: AdmitInput): Admitted | Promise<Admitted>;
}

export interface AdmissionPreview {
  /** What its budgets would say to a request now; nothing stays set aside, and no rate is used. */
  preview(input: AdmitInput): Promise<Preview>;
}

/** `refusal`: what the request would be told; null: it would be let in, for the lanes it can afford. */
export interface Preview extends Pick<Pass, "affords"> {
  readonly refusal: Failure | null;
}

interface AdmissionOptions {
  readonly governance: Governance;
  readonly ledger: Pick<LedgerClient, "reserve" | "holdAccount" | "releaseAccount" | "book">;
  readonly revision: string;
  readonly nowMs: () => number;
  /** Text without any secret of the deployment; absent: only what looks like one is known. */
  readonly masked?: (text: string) => string;
}

interface AdmissionState {
  readonly options: AdmissionOptions;
  /** null: the key's group is not configured (any more). */
  readonly keyLimits: WeakMap<VirtualKey, KeyLimits | null>;
  readonly answers: RecentAnswers;
  readonly sessionWindows: readonly BudgetWindow[];
  readonly projectWindows: readonly BudgetWindow[];
  readonly requestGates: Governance["gates"];
  /** Accounts that have caps, by `provider/account`. */
  readonly capped: ReadonlyMap<string, LedgerScope>;
}

export function createAdmission(options: AdmissionOptions): Admission & AdmissionPreview {
  const { governance } = options;
  const state: AdmissionState = {
    options,
    keyLimits: new WeakMap(),
    answers: createRecentAnswers(),
    sessionWindows: gateWindows(governance, "session"),
    projectWindows: gateWindows(governance, "project"),
    requestGates: governance.gates.filter((gate) => gate.scope === "request"),
    capped: new Map(governance.caps.map(({ account }) => [account, scopeOf("account", account)])),
  };
  return { admit: (input) => admit(state, input), preview: (input) => preview(state, input) };
}

/** What is known of a request before its reservations are. */
interface Charged {
  readonly scopes: readonly LedgerScope[];
  readonly requests: readonly ReservationRequest[];
  readonly warnings: string[];
  readonly projectIgnored: boolean;
  readonly lanes: readonly Lane[];
  readonly estimated: Estimate;
  /** No lane may cost more. */
  readonly ceilingNanos: number;
  readonly inputTokensEstimate: number;
}

function admit(state: AdmissionState, input: AdmitInput): Admitted | Promise<Admitted> {
  const charged = chargedOf(state, input);
  if (!charged.ok) return { kind: "refused", failure: charged.failure, limits: null };
  const { value } = charged;
  const reserved = state.options.ledger.reserve(value.requests);
  return reserved instanceof Promise
    ? reserved.then((each) => decided(state, each, value))
    : decided(state, reserved, value);
}

async function preview(state: AdmissionState, input: AdmitInput): Promise<Preview> {
  const charged = chargedOf(state, input);
  if (!charged.ok) return refusedPreview(charged.failure);
  const { value } = charged;
  const requests = value.requests.filter(({ limit }) => limit.kind === "usd" || limit.kind === "tokens");
  const reserved = await state.options.ledger.reserve(requests);
  if (reserved.kind === "short") return refusedPreview(refusalOf(state, reserved, value));
  const unaffordable = fitToAffordable(value, reserved.reservations);
  for (const reservation of reserved.reservations) reservation.release(0);
  return { affords: ({ id }) => !unaffordable.has(id), refusal: null };
}

function refusedPreview(refusal: Failure): Preview {
  return { affords: () => refusal.kind !== "budget-exceeded" && refusal.kind !== "limit-exceeded", refusal };
}

type Short = Extract<Reserved, { kind: "short" }>;

function refusalOf({ options }: AdmissionState, { shortage }: Short, { estimated }: Charged): Failure {
  const isStrict = options.governance.budget === "strict";
  return shortageFailure(shortage, { need: leastAmountOf(estimated.lanes), estimated, isStrict });
}

/** Whom a request is charged to and what it must reserve, or why it is refused without asking what is left. */
function chargedOf(state: AdmissionState, input: AdmitInput): Result<Charged> {
  const { caller, headers, lanes, facts, choices, grading } = input;
  const { governance } = state.options;
  const { key } = caller;
  const limits = key === null ? NO_KEY_LIMITS : keyLimitsFor(state, key);
  if (limits === null) return refusal("forbidden", "The group of this key is not configured any more.");
  if (governance.unpriced === "reject" && lanes.length > 0 && lanes.every((lane) => lane.prices === null)) {
    return refusal(
      "forbidden",
      "The price of the requested model is not known, and only models with a price are served.",
    );
  }
  const project = projectOf(headers, key, state.options.masked);
  if (!project.ok) return project;
  const session = state.sessionWindows.length === 0 ? null : sessionOf(headers, caller);
  const ceiling = ceilingOf(headers);
  if (!ceiling.ok) return ceiling;

  const { scopes, money } = chargedTo(state, { caller, limits, project: project.value.name, session });
  const isCounted = money.length + limits.tokens.length + state.requestGates.length > 0 || ceiling.value !== null;
  // Caps are no promise to the caller, and refuse nothing for want of a bound.
  const budget = isCounted ? governance.budget : "expected";
  const estimated =
    isCounted || state.capped.size > 0
      ? estimate({ lanes: lanes.filter(input.couldServe), facts, choices, budget, grading, answers: state.answers })
      : ok(NOTHING);
  if (!estimated.ok) return estimated;
  const needs = estimated.value.lanes;
  const warnings: string[] = [];
  const costs = { cheapest: leastAmountOf(needs).nanos, dearest: dearestOf(needs), estimated: estimated.value };
  const dear = tooDear(costs, ceiling.value, state.requestGates, warnings);
  if (dear !== null) return failed(dear);
  const ceilingNanos = hardCeiling(ceiling.value, state.requestGates);
  // A lane above the ceiling is not asked; of the others any may be.
  const { nanos, tokens, lesser, least, keptTokens } = boundsOf(needs, ceilingNanos);

  const requests: ReservationRequest[] = [];
  for (const limit of limits.requests) requests.push({ limit, amount: 1 });
  for (const limit of limits.slots) requests.push({ limit, amount: 1 });
  for (const limit of limits.tokens) {
    requests.push({ limit, amount: tokens, lesser: lesser.tokens, least: least.tokens, kept: keptTokens });
  }
  for (const limit of money) requests.push({ limit, amount: nanos, lesser: lesser.nanos, least: least.nanos });
  return ok({
    scopes,
    requests,
    warnings,
    projectIgnored: project.value.ignored,
    lanes,
    estimated: estimated.value,
    ceilingNanos,
    inputTokensEstimate: facts.inputTokensEstimate,
  });
}

interface ChargedTo {
  readonly scopes: readonly LedgerScope[];
  readonly money: readonly MoneyLimit[];
}

/** The key's own lists, unless the request belongs to a project or a session too. */
function chargedTo(
  state: AdmissionState,
  request: {
    readonly caller: Caller;
    readonly limits: KeyLimits;
    readonly project: string | null;
    readonly session: LedgerScope | null;
  },
): ChargedTo {
  const { caller, limits, project, session } = request;
  const own = limits.scopes.length === 0 ? [scopeOf("caller", caller.label)] : limits.scopes;
  if (project === null && session === null) return { scopes: own, money: limits.money };
  const scopes = [...own];
  const money = [...limits.money];
  const addGates = (scope: LedgerScope, windows: readonly BudgetWindow[]): void => {
    scopes.push(scope);
    for (const window of windows) money.push(moneyLimit(window, scope));
  };
  if (project !== null) addGates(scopeOf("project", project), state.projectWindows);
  if (session !== null) addGates(session, state.sessionWindows);
  return { scopes, money };
}

function decided(state: AdmissionState, reserved: Reserved, charged: Charged): Admitted {
  if (reserved.kind === "short") {
    return { kind: "refused", failure: refusalOf(state, reserved, charged), limits: limitsAt(reserved.shortage) };
  }
  return { kind: "admitted", pass: new AdmittedPass(state, charged, reserved.reservations) };
}

/** A class, because every request has one. */
class AdmittedPass implements Pass {
  readonly warnings: readonly string[];
  readonly projectIgnored: boolean;
  readonly #state: AdmissionState;
  readonly #charged: Charged;
  readonly #reservations: readonly Reservation[];
  readonly #unaffordable: ReadonlySet<string>;
  readonly #leases: readonly LeaseId<MoneyLimit>[];
  readonly #holds: LaneHolds;
  #isClosed = false;

  constructor(state: AdmissionState, charged: Charged, reservations: readonly Reservation[]) {
    this.#state = state;
    this.#charged = charged;
    this.#reservations = reservations;
    this.#unaffordable = fitToAffordable(charged, reservations);
    this.#leases = leasesOf(reservations, charged.warnings);
    const { capped, options } = state;
    this.#holds = capped.size === 0 ? NO_HOLDS : createLaneHolds(capped, options.ledger, charged.estimated);
    this.warnings = charged.warnings;
    this.projectIgnored = charged.projectIgnored;
  }

  limits(): RateLimits | null {
    return limitsOf(this.#reservations, this.#state.options.nowMs());
  }

  affords({ id }: Lane): boolean {
    return !this.#unaffordable.has(id);
  }

  holdAccount(lane: Lane): boolean | Promise<boolean> {
    return this.#holds.hold(lane);
  }

  accountFullForMs(lane: Lane): number | null {
    return this.#holds.fullForMs(lane);
  }

  releaseAccount(lane: Lane): void {
    this.#holds.release(lane);
  }

  close(row: UsageRow, ran: boolean): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { answers, options } = this.#state;
    const { inputTokensEstimate, lanes, scopes: own } = this.#charged;
    const hold = this.#holds.close(row);
    for (const reservation of this.#reservations) reservation.release(usedOf(reservation, row, ran));
    if (row.lane !== null && row.state === "ok") answers.add(row.lane, row.usage, inputTokensEstimate);
    const account = accountOf(this.#state, row.lane, lanes);
    const scopes = account === null ? own : [...own, account];
    const booking = { row, scopes, leases: this.#leases, revision: options.revision };
    options.ledger.book(hold === null ? booking : { ...booking, hold });
  }
}

/** Of money; and what is to be told of budgets that are nearly gone. */
function leasesOf(reservations: readonly Reservation[], warnings: string[]): readonly LeaseId<MoneyLimit>[] {
  const leases: LeaseId<MoneyLimit>[] = [];
  for (const { lease, warn } of reservations) {
    const { limit } = lease;
    if (limit.kind !== "usd") continue;
    leases.push({ limit, period: lease.period });
    if (warn !== null) warnings.push(warningOf(limit, warn));
  }
  return leases;
}

/** The account that was used, where it has caps to be held against. */
function accountOf({ capped }: AdmissionState, laneId: string | null, lanes: readonly Lane[]): LedgerScope | null {
  if (capped.size === 0 || laneId === null) return null;
  const lane = lanes.find(({ id }) => id === laneId);
  return lane === undefined ? null : (capped.get(`${lane.provider}/${lane.account}`) ?? null);
}

function refusal(kind: Failure["kind"], message: string): Failed {
  return failed(failure(kind, message));
}

function keyLimitsFor({ keyLimits, options }: AdmissionState, key: VirtualKey): KeyLimits | null {
  const known = keyLimits.get(key);
  if (known !== undefined) return known;
  const limits = keyLimitsOf(key, options.governance);
  keyLimits.set(key, limits);
  return limits;
}

/** No limit rests on it. */
const NOTHING = withoutCost([], 0);

function gateWindows(governance: Governance, scope: "session" | "project"): readonly BudgetWindow[] {
  return [...new Set(governance.gates.filter((gate) => gate.scope === scope).map((gate) => gate.window))];
}

// ---------------------------------------------------------------- when it is over

function usedOf({ lease, amount }: Reservation, row: UsageRow, ran: boolean): number {
  switch (lease.limit.kind) {
    case "usd":
      return row.costNanos ?? 0;
    case "requests":
      // One that no vendor has seen is given back.
      return ran ? amount : 0;
    case "tokens":
      if (!ran) return 0;
      return row.usage === null ? amount : (totalTokens(row.usage) ?? amount);
    case "slots":
      return 0;
  }
}

function limitsOf(reservations: readonly Reservation[], nowMs: number): RateLimits | null {
  const requests = tightest(reservations, "requests", nowMs);
  const tokens = tightest(reservations, "tokens", nowMs);
  return requests === null && tokens === null ? null : { requests, tokens };
}

/** What a refused caller hears of the minute that is used up. */
function limitsAt(shortage: Shortage): RateLimits | null {
  if (shortage.kind === "unavailable") return null;
  const { limit, max, left, resetMs } = shortage;
  const used: RateLimit = { limit: max, left, resetMs: resetMs ?? 0 };
  switch (limit.kind) {
    case "requests":
      return { requests: used, tokens: null };
    case "tokens":
      return { requests: null, tokens: used };
    case "usd":
    case "slots":
      return null;
  }
}

/** Of several limits the one that is felt first. */
function tightest(reservations: readonly Reservation[], kind: CountLimit["kind"], nowMs: number): RateLimit | null {
  let found: RateLimit | null = null;
  for (const reservation of reservations) {
    const { lease, max, resetAtMs } = reservation;
    if (lease.limit.kind !== kind || max === null) continue;
    const left = Math.floor(reservation.left());
    if (found === null || left < found.left) {
      found = { limit: max, left, resetMs: resetAtMs === null ? 0 : Math.max(0, resetAtMs - nowMs) };
    }
  }
  return found;
}
