/** What an operator sees of keys, usage and the audit. Changes nothing; `manage.ts` holds what does. */
import type { BudgetWindow } from "../ir/deployment.ts";
import { formatUsd, nanos } from "../std/money.ts";
import { showBudget, showKey, usdOf } from "./key-document.ts";
import type { VirtualKey } from "./keys.ts";
import type { ManageReply, ManageRequest } from "./ledger-messages.ts";
import type { LedgerStore, UsageGroup, UsageQuery, UsageSum } from "./ledger-store.ts";
import { type LedgerScope, scopeOf } from "./limit.ts";
import { type ManagerOptions, NO_KEY } from "./manage.ts";
import { type Period, periodOf } from "./windows.ts";

const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 1_000;
const USAGE_ROWS_MAX = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What the store and the keys say; changes nothing. */
export async function look(options: ManagerOptions, request: ManageRequest): Promise<ManageReply> {
  const key = request.id === null ? undefined : options.keys.get(request.id);
  switch (request.action) {
    case "list":
      return list(options, request);
    case "show":
      return key === undefined ? NO_KEY : { status: 200, body: showKey(key, options.wallMs) };
    case "key-usage":
      return key === undefined ? NO_KEY : keyUsage(options, key);
    case "usage":
      return usage(options, request);
    case "audit":
      return audit(options, request);
    default:
      throw new Error("this changes a key");
  }
}

function list(options: ManagerOptions, request: ManageRequest): ManageReply {
  const query = queryOf(request.input);
  const limit = countIn(query["limit"], PAGE_DEFAULT, PAGE_MAX);
  if (limit === null) return reply(400, { error: `limit must be from 1 to ${PAGE_MAX}` });
  const all = [...options.keys.values()].toSorted((one, other) =>
    one.createdMs !== other.createdMs ? one.createdMs - other.createdMs : one.id < other.id ? -1 : 1,
  );
  const from = placeAfter(all, query["after"]);
  if (from === null) return reply(400, { error: "after must be the next of the page before" });
  const page = all.slice(from, from + limit);
  const more = from + limit < all.length;
  const now = options.wallMs;
  const last = page.at(-1);
  return reply(200, {
    keys: page.map((key) => showKey(key, now)),
    next: more && last !== undefined ? `${last.createdMs}.${last.id}` : null,
  });
}

/** The key it names may be gone by now, but its place is not. Null: it is none. */
function placeAfter(all: readonly VirtualKey[], after: string | undefined): number | null {
  if (after === undefined) return 0;
  const [, made, id] = /^(\d{1,15}(?:\.\d{1,9})?)\.(.{1,200})$/.exec(after) ?? [];
  if (made === undefined || id === undefined) {
    const at = all.findIndex((key) => key.id === after);
    return at < 0 ? null : at + 1;
  }
  const place = all.findIndex((key) => key.createdMs > Number(made) || (key.createdMs === Number(made) && key.id > id));
  return place < 0 ? all.length : place;
}

async function keyUsage({ store, used, wallMs }: ManagerOptions, key: VirtualKey): Promise<ManageReply> {
  const scope = scopeOf("key", key.id);
  const [first] = key.limits.budgets;
  const window = first?.window ?? "total";
  const { startWallMs, endWallMs } = periodOf(window, wallMs);
  const sum = await store.sumOf(scope, startWallMs, endWallMs);
  const budgets = key.limits.budgets.map(async (budget) => {
    const { spent, leased } = used(scope, budget.window);
    const period = periodOf(budget.window, wallMs);
    return {
      ...showBudget(budget),
      spent_usd: usdOf(spent ?? (await spentIn(store, scope, budget.window, period))),
      reserved_usd: usdOf(leased),
      resets_at: period.endWallMs === null ? null : new Date(period.endWallMs).toISOString(),
    };
  });
  return reply(200, {
    id: key.id,
    spend_cents: Math.floor(sum.costNanos / 10_000_000),
    tokens: sum.tokens,
    requests: sum.requests,
    spend_usd: formatUsd(nanos(sum.costNanos)).slice(1),
    unpriced_requests: sum.unpriced,
    window,
    budgets: await Promise.all(budgets),
  });
}

/** No store sums up the rows of a minute. */
export async function spentIn(
  store: Pick<LedgerStore, "sumOf">,
  scope: LedgerScope,
  window: BudgetWindow,
  { startWallMs, endWallMs }: Period,
): Promise<number> {
  return window === "minute" ? 0 : (await store.sumOf(scope, startWallMs, endWallMs)).costNanos;
}

async function usage({ store, keys, wallMs }: ManagerOptions, request: ManageRequest): Promise<ManageReply> {
  const query = usageQueryOf(queryOf(request.input), wallMs);
  if (typeof query === "string") return reply(400, { error: query });
  const nameOf = ({ scope }: UsageGroup): object => {
    const name = scope?.kind === "key" ? keys.get(scope.name)?.name : undefined;
    return name === undefined ? {} : { name };
  };
  const groups = await store.usage(query);
  const rows = groups.map((each) => ({ [query.by]: each.group, ...nameOf(each), ...showSum(each) }));
  const range = { from: new Date(query.fromMs).toISOString(), to: new Date(query.toMs).toISOString() };
  return reply(200, { ...range, by: query.by, rows });
}

async function audit({ store }: ManagerOptions, request: ManageRequest): Promise<ManageReply> {
  const query = queryOf(request.input);
  const limit = countIn(query["limit"], 100, PAGE_MAX);
  const before = query["before"] === undefined ? null : countIn(query["before"], 1, Number.MAX_SAFE_INTEGER);
  if (limit === null) return reply(400, { error: `limit must be from 1 to ${PAGE_MAX}` });
  if (query["before"] !== undefined && before === null)
    return reply(400, { error: "before must be the number of an entry" });
  const entries = await store.audit({ beforeSeq: before, rowsMax: limit });
  return reply(200, {
    entries: entries.map(({ seq, wallMs: at, actor, action, keyId, detail }) => ({
      seq,
      at: new Date(at).toISOString(),
      actor,
      action,
      key: keyId,
      detail: JSON.parse(detail),
    })),
  });
}

function reply(status: number, body: object): ManageReply {
  return { status, body };
}

type Query = Readonly<Record<string, string>>;

/** A query arrives as words by name; anything else is none. */
function queryOf(input: unknown): Query {
  if (typeof input !== "object" || input === null) return {};
  return Object.fromEntries(
    Object.entries(input).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}

/** Null: not a whole number from one to the most there may be. */
function countIn(text: string | undefined, without: number, max: number): number | null {
  if (text === undefined) return without;
  const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return count >= 1 && count <= max ? count : null;
}

const GROUPINGS = ["key", "target", "lane", "hour", "day", "state"] as const satisfies readonly UsageQuery["by"][];

/** The last week by the day, unless told. A sentence where a word means nothing. */
function usageQueryOf(query: Query, wallMs: number): UsageQuery | string {
  const by = GROUPINGS.find((each) => each === (query["by"] ?? "day"));
  if (by === undefined) return `by must be one of ${GROUPINGS.join(", ")}`;
  const toMs = momentOf(query["to"], wallMs + 1);
  const fromMs = momentOf(query["from"], (toMs ?? wallMs) - 7 * DAY_MS);
  if (toMs === null || fromMs === null) return "from and to must be times such as 2026-01-31T00:00:00Z";
  const key = query["key"];
  return { by, fromMs, toMs, scope: key === undefined ? null : scopeOf("key", key), rowsMax: USAGE_ROWS_MAX };
}

function momentOf(text: string | undefined, without: number): number | null {
  if (text === undefined) return without;
  const ms = /^\d{4}-\d{2}-\d{2}(T[\d:.]{5,16}(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

function showSum(sum: UsageSum): object {
  return {
    requests: sum.requests,
    tokens: sum.tokens,
    cost_usd: formatUsd(nanos(sum.costNanos)).slice(1),
    unpriced_requests: sum.unpriced,
  };
}
