/**
 * What the ledger counts against, as values: a scope that usage is charged to, a limit of a scope, and a lease on a limit.
 * Their ids are keys of Maps and the names in a store; only the two readers below turn such a name into a value again.
 */
import type { BudgetWindow, Limits } from "../ir/deployment.ts";

type ScopeKind = "key" | "group" | "project" | "session" | "account" | "caller";

/** What usage is charged to. `id`: `key:vk_1`, `group:team-a`, `account:provider/account`. */
export interface LedgerScope {
  readonly kind: ScopeKind;
  readonly name: string;
  readonly id: string;
}

export type Limit = MoneyLimit | CountLimit;

/** Nano-dollars in a window. `id`: `usd monthly key:vk_1`. */
export interface MoneyLimit {
  readonly kind: "usd";
  readonly window: BudgetWindow;
  readonly scope: LedgerScope;
  readonly id: string;
}

/** Requests and tokens of a minute, and requests at once. `id`: `requests - key:vk_1`. */
export interface CountLimit {
  readonly kind: "requests" | "tokens" | "slots";
  readonly window: null;
  readonly scope: LedgerScope;
  readonly id: string;
}

/** Which lease: one of June is not one of July. `period` is "" for limits without windows. */
export interface LeaseId<L extends Limit = Limit> {
  readonly limit: L;
  readonly period: string;
}

export function scopeOf(kind: ScopeKind, name: string): LedgerScope {
  return { kind, name, id: `${kind}:${name}` };
}

export function moneyLimit(window: BudgetWindow, scope: LedgerScope): MoneyLimit {
  return { kind: "usd", window, scope, id: idOf({ kind: "usd", window, scope }) };
}

export function countLimit(kind: CountLimit["kind"], scope: LedgerScope): CountLimit {
  return { kind, window: null, scope, id: idOf({ kind, window: null, scope }) };
}

/** These names stand in databases: they never change. */
function idOf({ kind, window, scope }: Omit<MoneyLimit, "id"> | Omit<CountLimit, "id">): string {
  return `${kind} ${window ?? "-"} ${scope.id}`;
}

export function leaseKey({ limit, period }: LeaseId): string {
  return `${limit.id}\n${period}`;
}

/** Windows that limits have budgets for, each once. */
export function windowsOf(limits: Limits | null): readonly BudgetWindow[] {
  return [...new Set((limits?.budgets ?? []).map((budget) => budget.window))];
}

// ---------------------------------------------------------------- for stores, which keep names

/** Null: the name is not one of ours. */
export function readLimitId(id: string): Limit | null {
  const [, kind, window, scopeId] = LIMIT_ID.exec(id) ?? [];
  const scope = readScopeId(scopeId ?? "");
  if (scope === null) return null;
  if (kind === "requests" || kind === "tokens" || kind === "slots") return countLimit(kind, scope);
  const known = WINDOWS.find((each) => each === window);
  return kind !== "usd" || known === undefined ? null : moneyLimit(known, scope);
}

/** Null: the name is not one of ours. */
export function readScopeId(id: string): LedgerScope | null {
  const [, word, name] = SCOPE_ID.exec(id) ?? [];
  const kind = SCOPE_KINDS.find((each) => each === word);
  return kind === undefined || name === undefined ? null : scopeOf(kind, name);
}

const LIMIT_ID = /^(usd|requests|tokens|slots) (\S+) (.+)$/s;
const SCOPE_ID = /^([a-z]+):(.*)$/s;
export const WINDOWS = [
  "minute",
  "hourly",
  "daily",
  "weekly",
  "monthly",
  "total",
] as const satisfies readonly BudgetWindow[];
const SCOPE_KINDS = ["key", "group", "project", "session", "account", "caller"] as const satisfies readonly ScopeKind[];
