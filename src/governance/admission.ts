/**
 * Letting a request in: what it may cost and use is taken from every limit that holds for it, and when it is over, given
 * back but for what it really took. Which limits hold is said by the key, its groups, and the gates of the configuration.
 */
import type { BudgetWindow, Governance, Lane } from "../ir/deployment.ts";
import type { Facts } from "../ir/facts.ts";
import { type Failure, failure } from "../ir/failure.ts";
import type { RequestParts } from "../ir/route.ts";
import { totalTokens } from "../ir/usage.ts";
import { kindOf, moneyAmount, rateAmount, windowsOf } from "./amounts.ts";
import { ceilingOf, projectOf, sessionOf } from "./asked.ts";
import { accountScope } from "./caps.ts";
import { createRecentAnswers, type Estimate, estimate, type RecentAnswers } from "./estimate.ts";
import type { Caller } from "./identify.ts";
import { groupsOf, type VirtualKey } from "./keys.ts";
import { shortageFailure, tooDear, warningOf } from "./limit-words.ts";
import type { Part, Spender, Taken } from "./spender.ts";
import type { Shortage, UsageRow, Want } from "./store.ts";

export interface AdmitInput {
  readonly caller: Caller;
  /** Every lane that may be attempted. */
  readonly lanes: readonly Lane[];
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
  /** The request is over. `ran`: a vendor has seen it. The first call counts. */
  close(row: UsageRow, ran: boolean): void;
}

export interface RateLimits {
  readonly requests: RateLimit | null;
  readonly tokens: RateLimit | null;
}

export interface RateLimit {
  readonly limit: number;
  readonly left: number;
  readonly resetMs: number;
}

export interface Admission {
  admit(input: AdmitInput): Admitted | Promise<Admitted>;
}

export interface AdmissionOptions {
  readonly governance: Governance;
  readonly spender: Pick<Spender, "take" | "book">;
  readonly revision: string;
  readonly nowMs: () => number;
}

/** What holds for every request of a key. */
interface Plan {
  readonly scopes: readonly string[];
  readonly money: readonly { readonly scope: string; readonly window: BudgetWindow }[];
  readonly requests: readonly string[];
  readonly tokens: readonly string[];
  readonly slots: readonly string[];
}

interface State {
  readonly options: AdmissionOptions;
  /** null: the key's group is not configured (any more). */
  readonly plans: WeakMap<VirtualKey, Plan | null>;
  readonly answers: RecentAnswers;
  readonly sessionWindows: readonly BudgetWindow[];
  readonly projectWindows: readonly BudgetWindow[];
  readonly requestGates: Governance["gates"];
}

export function createAdmission(options: AdmissionOptions): Admission {
  const { governance } = options;
  const state: State = {
    options,
    plans: new WeakMap(),
    answers: createRecentAnswers(),
    sessionWindows: gateWindows(governance, "session"),
    projectWindows: gateWindows(governance, "project"),
    requestGates: governance.gates.filter((gate) => gate.scope === "request"),
  };
  return { admit: (input) => admit(state, input) };
}

function admit(state: State, input: AdmitInput): Admitted | Promise<Admitted> {
  const { governance, spender } = state.options;
  const { caller, headers, lanes } = input;
  const { key } = caller;
  const plan = key === null ? NO_PLAN : planFor(state, key);
  if (plan === null) return refusal("forbidden", "The group of this key is not configured any more.");
  if (governance.unpriced === "reject" && lanes.length > 0 && lanes.every((lane) => lane.prices === null)) {
    return refusal(
      "forbidden",
      "The price of the requested model is not known, and only models with a price are served.",
    );
  }
  const project = projectOf(headers, key);
  if (project.kind === "bad") return refusal("invalid-request", project.why);
  const session = state.sessionWindows.length === 0 ? null : sessionOf(headers, caller);
  const ceiling = ceilingOf(headers);
  if (typeof ceiling === "string") return refusal("invalid-request", ceiling);

  const money = [...plan.money];
  const scopes = plan.scopes.length === 0 ? [`caller:${caller.label}`] : [...plan.scopes];
  if (project.name !== null) addScope(`project:${project.name}`, state.projectWindows, scopes, money);
  if (session !== null) addScope(session, state.sessionWindows, scopes, money);

  const isCounted = money.length + plan.tokens.length + state.requestGates.length > 0 || ceiling !== null;
  const need = isCounted
    ? estimate({ lanes, facts: input.facts, choices: input.choices, budget: governance.budget, answers: state.answers })
    : NOTHING;
  if (typeof need === "string") return refusal("invalid-request", need);
  const warnings: string[] = [];
  const dear = tooDear(need.nanos, ceiling, state.requestGates, warnings);
  if (dear !== null) return { kind: "refused", failure: dear, limits: null };

  const wants: Want[] = [
    ...plan.requests.map((amount) => ({ amount, need: 1 })),
    ...plan.slots.map((amount) => ({ amount, need: 1 })),
    ...plan.tokens.map((amount) => ({ amount, need: need.tokens })),
    ...money.map(({ scope, window }) => ({ amount: moneyAmount(window, scope), need: need.nanos })),
  ];
  const made = { scopes, warnings, projectIgnored: project.ignored, lanes };
  const taken = spender.take(wants);
  return taken instanceof Promise ? taken.then((each) => decided(state, each, made)) : decided(state, taken, made);
}

function decided({ options, answers }: State, taken: Taken, made: Made): Admitted {
  if (taken.kind === "short") {
    return { kind: "refused", failure: shortageFailure(taken.shortage), limits: limitOf(taken.shortage) };
  }
  const { parts } = taken;
  for (const part of parts) if (part.warn !== null) made.warnings.push(warningOf(part.hold.amount, part.warn));
  let isClosed = false;
  return {
    kind: "admitted",
    pass: {
      warnings: made.warnings,
      projectIgnored: made.projectIgnored,
      limits: () => limitsOf(parts, options.nowMs()),
      close(row, ran) {
        if (isClosed) return;
        isClosed = true;
        for (const part of parts) part.settle(usedOf(part, row, ran));
        if (row.lane !== null && row.state === "ok") answers.add(row.lane, row.usage);
        options.spender.book({
          row,
          scopes: [...made.scopes, ...accountOf(row.lane, made.lanes, options.governance)],
          holds: parts.filter(({ hold }) => hold.amount.startsWith("usd ")).map(({ hold }) => hold),
          revision: options.revision,
        });
      },
    },
  };
}

/** What is known of a request when it is let in. */
interface Made {
  readonly scopes: readonly string[];
  readonly warnings: string[];
  readonly projectIgnored: boolean;
  readonly lanes: readonly Lane[];
}

/** The account that was used, where it has caps to be held against. */
function accountOf(laneId: string | null, lanes: readonly Lane[], { caps }: Governance): string[] {
  if (caps.length === 0 || laneId === null) return [];
  const lane = lanes.find(({ id }) => id === laneId);
  const account = lane === undefined ? "" : `${lane.provider}/${lane.account}`;
  return caps.some((cap) => cap.account === account) ? [accountScope(account)] : [];
}

function refusal(kind: Failure["kind"], message: string): Admitted {
  return { kind: "refused", failure: failure(kind, message), limits: null };
}

function planFor({ plans, options }: State, key: VirtualKey): Plan | null {
  const known = plans.get(key);
  if (known !== undefined) return known;
  const plan = planOf(key, options.governance);
  plans.set(key, plan);
  return plan;
}

const NOTHING: Estimate = { nanos: 0, tokens: 0 };
const NO_PLAN: Plan = { scopes: [], money: [], requests: [], tokens: [], slots: [] };

/** Null: its group is not configured (any more), so that nobody knows which limits hold. */
function planOf(key: VirtualKey, governance: Governance): Plan | null {
  const groups = groupsOf(key.group, governance.groups);
  if (groups === null) return null;
  const all = [
    { scope: `key:${key.id}`, limits: key.limits },
    ...groups.map(({ name, limits }) => ({ scope: `group:${name}`, limits })),
  ];
  const having = (kind: "requests" | "tokens" | "slots", limit: (limits: VirtualKey["limits"]) => number | null) =>
    all.filter(({ limits }) => limit(limits) !== null).map(({ scope }) => rateAmount(kind, scope));
  return {
    scopes: all.map(({ scope }) => scope),
    money: all.flatMap(({ scope, limits }) => windowsOf(limits).map((window) => ({ scope, window }))),
    requests: having("requests", (limits) => limits.requestsPerMinute),
    tokens: having("tokens", (limits) => limits.tokensPerMinute),
    slots: having("slots", (limits) => limits.maxConcurrent),
  };
}

function gateWindows(governance: Governance, scope: "session" | "project"): readonly BudgetWindow[] {
  return [...new Set(governance.gates.filter((gate) => gate.scope === scope).map((gate) => gate.window))];
}

function addScope(
  scope: string,
  windows: readonly BudgetWindow[],
  scopes: string[],
  money: Plan["money"][number][],
): void {
  scopes.push(scope);
  for (const window of windows) money.push({ scope, window });
}

// ---------------------------------------------------------------- when it is over

function usedOf({ hold, amount }: Part, row: UsageRow, ran: boolean): number {
  switch (kindOf(hold.amount)) {
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

function limitsOf(parts: readonly Part[], nowMs: number): RateLimits | null {
  const requests = tightest(parts, "requests ", nowMs);
  const tokens = tightest(parts, "tokens ", nowMs);
  return requests === null && tokens === null ? null : { requests, tokens };
}

/** What a refused caller is told of the minute that is used up. */
function limitOf({ amount, limit, left, resetMs, unavailable }: Shortage): RateLimits | null {
  if (unavailable) return null;
  const told: RateLimit = { limit, left, resetMs: resetMs ?? 0 };
  switch (kindOf(amount)) {
    case "requests":
      return { requests: told, tokens: null };
    case "tokens":
      return { requests: null, tokens: told };
    case "usd":
    case "slots":
      return null;
  }
}

/** Of several limits the one that is felt first. */
function tightest(parts: readonly Part[], prefix: string, nowMs: number): RateLimit | null {
  let found: RateLimit | null = null;
  for (const part of parts) {
    if (!part.hold.amount.startsWith(prefix) || part.limit === null) continue;
    const left = Math.floor(part.left());
    if (found === null || left < found.left) {
      found = { limit: part.limit, left, resetMs: part.resetAtMs === null ? 0 : Math.max(0, part.resetAtMs - nowMs) };
    }
  }
  return found;
}
