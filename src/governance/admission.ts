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
import { amountsOf, fitToAffordable, hardCeiling, lesserOf } from "./affordable.ts";
import {
  createRecentAnswers,
  type Estimate,
  estimate,
  leastOf,
  mostOf,
  type RecentAnswers,
  withoutCost,
} from "./estimate.ts";
import type { Caller } from "./identify.ts";
import { groupsOf, type VirtualKey } from "./keys.ts";
import { createLaneHolds } from "./lane-holds.ts";
import type { LedgerClient, Reservation, ReservationRequest, Reserved } from "./ledger-client.ts";
import type { Shortage, UsageRow } from "./ledger-messages.ts";
import {
  type CountLimit,
  countLimit,
  type LeaseId,
  type LedgerScope,
  type MoneyLimit,
  moneyLimit,
  scopeOf,
  windowsOf,
} from "./limit.ts";
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

/** What holds for every request of a key. */
interface KeyLimits {
  readonly scopes: readonly LedgerScope[];
  readonly money: readonly MoneyLimit[];
  readonly requests: readonly CountLimit[];
  readonly tokens: readonly CountLimit[];
  readonly slots: readonly CountLimit[];
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
  return shortageFailure(shortage, { need: leastOf(amountsOf([...estimated.lanes.values()])), estimated, isStrict });
}

/** Whom a request is charged to and what it must reserve, or why it is refused without asking what is left. */
function chargedOf(state: AdmissionState, input: AdmitInput): Result<Charged> {
  const { caller, headers, lanes, facts, choices } = input;
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

  const money = [...limits.money];
  const scopes = limits.scopes.length === 0 ? [scopeOf("caller", caller.label)] : [...limits.scopes];
  const addGates = (scope: LedgerScope, windows: readonly BudgetWindow[]): void => {
    scopes.push(scope);
    for (const window of windows) money.push(moneyLimit(window, scope));
  };
  if (project.value.name !== null) addGates(scopeOf("project", project.value.name), state.projectWindows);
  if (session !== null) addGates(session, state.sessionWindows);

  const isCounted = money.length + limits.tokens.length + state.requestGates.length > 0 || ceiling.value !== null;
  // Caps are no promise to the caller, and refuse nothing for want of a bound.
  const budget = isCounted ? governance.budget : "expected";
  const estimated =
    isCounted || state.capped.size > 0
      ? estimate({ lanes: lanes.filter(input.couldServe), facts, choices, budget, answers: state.answers })
      : ok(NOTHING);
  if (!estimated.ok) return estimated;
  const needs = [...estimated.value.lanes.values()];
  const warnings: string[] = [];
  const costs = { cheapest: leastOf(amountsOf(needs)).nanos, dearest: mostOf(amountsOf(needs)).nanos };
  const dear = tooDear({ ...costs, estimated: estimated.value }, ceiling.value, state.requestGates, warnings);
  if (dear !== null) return failed(dear);
  const ceilingNanos = hardCeiling(ceiling.value, state.requestGates);
  // A lane above the ceiling is not asked; of the others any may be.
  const affordable = needs.filter(({ amount }) => amount.nanos <= ceilingNanos);
  const { nanos, tokens } = mostOf(amountsOf(affordable));
  const lesser = lesserOf(amountsOf(affordable));
  const least = leastOf(affordable.map((need) => need.least));
  const kept = Math.max(0, ...affordable.map(({ keptTokens }) => keptTokens));

  const requests: ReservationRequest[] = [
    ...limits.requests.map((limit) => ({ limit, amount: 1 })),
    ...limits.slots.map((limit) => ({ limit, amount: 1 })),
    ...limits.tokens.map((limit) => ({ limit, amount: tokens, lesser: lesser.tokens, least: least.tokens, kept })),
    ...money.map((limit) => ({ limit, amount: nanos, lesser: lesser.nanos, least: least.nanos })),
  ];
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

function decided(state: AdmissionState, reserved: Reserved, charged: Charged): Admitted {
  if (reserved.kind === "short") {
    return { kind: "refused", failure: refusalOf(state, reserved, charged), limits: limitsAt(reserved.shortage) };
  }
  const { options, answers } = state;
  const { reservations } = reserved;
  const unaffordable = fitToAffordable(charged, reservations);
  const leases: LeaseId<MoneyLimit>[] = [];
  for (const { lease, warn } of reservations) {
    const { limit, period } = lease;
    if (limit.kind !== "usd") continue;
    leases.push({ limit, period });
    if (warn !== null) charged.warnings.push(warningOf(limit, warn));
  }
  let isClosed = false;
  const holds = createLaneHolds(state.capped, options.ledger, charged.estimated);
  return {
    kind: "admitted",
    pass: {
      warnings: charged.warnings,
      projectIgnored: charged.projectIgnored,
      limits: () => limitsOf(reservations, options.nowMs()),
      affords: ({ id }) => !unaffordable.has(id),
      holdAccount: holds.hold,
      accountFullForMs: holds.fullForMs,
      releaseAccount: holds.release,
      close(row, ran) {
        if (isClosed) return;
        isClosed = true;
        const hold = holds.close(row);
        for (const reservation of reservations) reservation.release(usedOf(reservation, row, ran));
        if (row.lane !== null && row.state === "ok") answers.add(row.lane, row.usage, charged.inputTokensEstimate);
        const scopes = [...charged.scopes, ...accountOf(state, row.lane, charged.lanes)];
        const booking = { row, scopes, leases, revision: options.revision };
        options.ledger.book(hold === null ? booking : { ...booking, hold });
      },
    },
  };
}

/** The account that was used, where it has caps to be held against. */
function accountOf({ capped }: AdmissionState, laneId: string | null, lanes: readonly Lane[]): readonly LedgerScope[] {
  if (capped.size === 0 || laneId === null) return [];
  const lane = lanes.find(({ id }) => id === laneId);
  const scope = lane === undefined ? undefined : capped.get(`${lane.provider}/${lane.account}`);
  return scope === undefined ? [] : [scope];
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
const NO_KEY_LIMITS: KeyLimits = { scopes: [], money: [], requests: [], tokens: [], slots: [] };

/** Null: its group is not configured (any more), so that it is not known which limits hold. */
function keyLimitsOf(key: VirtualKey, governance: Governance): KeyLimits | null {
  const groups = groupsOf(key.group, governance.groups);
  if (groups === null) return null;
  const all = [
    { scope: scopeOf("key", key.id), limits: key.limits },
    ...groups.map(({ name, limits }) => ({ scope: scopeOf("group", name), limits })),
  ];
  const having = (kind: CountLimit["kind"], max: (limits: VirtualKey["limits"]) => number | null) =>
    all.filter(({ limits }) => max(limits) !== null).map(({ scope }) => countLimit(kind, scope));
  return {
    scopes: all.map(({ scope }) => scope),
    money: all.flatMap(({ scope, limits }) => windowsOf(limits).map((window) => moneyLimit(window, scope))),
    requests: having("requests", (limits) => limits.requestsPerMinute),
    tokens: having("tokens", (limits) => limits.tokensPerMinute),
    slots: having("slots", (limits) => limits.maxConcurrent),
  };
}

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
