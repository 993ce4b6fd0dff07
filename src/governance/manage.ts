/** What an operator may do with keys, and see of usage and of what others did. Answers and changes; writing is the keeper's. */
import type { BudgetWindow, Governance } from "../ir/deployment.ts";
import { formatUsd, nanos } from "../std/money.ts";
import { applyDraft, type KeyDraft, readDraft, showBudget, showKey, usdOf } from "./key-document.ts";
import { groupsOf, mintKey, mintSecret, NO_LIMITS, showOnce, type VirtualKey } from "./keys.ts";
import type { ManageReply, ManageRequest } from "./store.ts";
import type { AuditRow, LedgerStore, UsageQuery, UsageSum } from "./stores/sqlite.ts";
import { periodOf } from "./windows.ts";

export interface Change {
  readonly keys: readonly VirtualKey[];
  readonly removed: readonly string[];
  readonly audit: readonly AuditRow[];
}

export const NO_CHANGE: Change = { keys: [], removed: [], audit: [] };

/** One after the other. */
export function joined(one: Change, other: Change): Change {
  return {
    keys: [...one.keys, ...other.keys],
    removed: [...one.removed, ...other.removed],
    audit: [...one.audit, ...other.audit],
  };
}

export interface ManagerOptions {
  readonly governance: Pick<Governance, "groups">;
  readonly store: Pick<LedgerStore, "sumOf" | "usage" | "audit">;
  readonly keys: () => ReadonlyMap<string, VirtualKey>;
  readonly standing: (scope: string, window: BudgetWindow) => { readonly spent: number; readonly leased: number };
  readonly wallMs: () => number;
  readonly randomId: (length: number) => string;
}

export interface Managed {
  readonly reply: ManageReply;
  /** To be on disk before the reply is given. */
  readonly change: Change;
}

/** Keys there may be. Each is in the memory of every worker. */
const KEYS_MAX = 100_000;
const PAGE_MAX = 1_000;
const PAGE_DEFAULT = 1_000;
const USAGE_ROWS_MAX = 10_000;
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long the old secret of a rotated key works unless it is said. */
const OVERLAP_SECS = 24 * 60 * 60;
const OVERLAP_SECS_MAX = 90 * 24 * 60 * 60;

export function createManager(options: ManagerOptions): (request: ManageRequest) => Managed {
  return (request) => {
    switch (request.action) {
      case "create":
        return create(options, request);
      case "list":
        return list(options, request);
      case "show":
        return withKey(options, request, (key) => answer(200, showKey(key, options.wallMs())));
      case "update":
        return update(options, request);
      case "disable":
        return switchTo(options, request, (key) => ({ ...key, enabled: false }));
      case "enable":
        return switchTo(options, request, (key) => ({ ...key, enabled: true }));
      case "rotate":
        return rotate(options, request);
      case "revoke":
        return switchTo(options, request, (key) => ({
          ...key,
          previous: null,
          revokedMs: key.revokedMs ?? options.wallMs(),
        }));
      case "delete":
        return remove(options, request);
      case "key-usage":
        return keyUsage(options, request);
      case "usage":
        return usage(options, request);
      case "audit":
        return audit(options, request);
    }
  };
}

function changed(
  options: ManagerOptions,
  request: ManageRequest,
  key: VirtualKey,
  reply: ManageReply,
  detail: object = {},
): Managed {
  return {
    reply,
    change: { keys: [key], removed: [], audit: [auditRow(request, key.id, detail, options.wallMs())] },
  };
}

function withKey(options: ManagerOptions, request: ManageRequest, act: (key: VirtualKey) => Managed): Managed {
  const key = request.id === null ? undefined : options.keys().get(request.id);
  return key === undefined ? answer(404, { error: "key not found" }) : act(key);
}
/** Null: fine. */
function unknownGroup(options: ManagerOptions, draft: KeyDraft): string | null {
  if (draft.group === undefined || draft.group === null) return null;
  return groupsOf(draft.group, options.governance.groups) === null
    ? `there is no group ${JSON.stringify(draft.group)} under governance.groups`
    : null;
}

function create(options: ManagerOptions, request: ManageRequest): Managed {
  const read = readDraft(request.input, { isNew: true });
  if (read.kind === "bad") return answer(read.status, { error: read.why });
  const why = unknownGroup(options, read.draft);
  if (why !== null) return answer(400, { error: why });
  if (options.keys().size >= KEYS_MAX) return answer(409, { error: `there are ${KEYS_MAX} keys already; delete some` });
  const minted = mintKey(options.randomId);
  const now = options.wallMs();
  const blank: VirtualKey = {
    id: minted.id,
    name: "",
    hash: minted.hash,
    previous: null,
    enabled: true,
    createdMs: now,
    expiresMs: null,
    revokedMs: null,
    allowedTargets: null,
    group: null,
    project: null,
    labels: {},
    limits: NO_LIMITS,
  };
  const key = applyDraft(blank, read.draft);
  // The one time the secret is shown.
  const body = { ...showKey(key, now), secret: showOnce(minted.secret) };
  return changed(options, request, key, { status: 201, body }, { name: key.name });
}

function update(options: ManagerOptions, request: ManageRequest): Managed {
  return withKey(options, request, (key) => {
    const read = readDraft(request.input, { isNew: false });
    if (read.kind === "bad") return answer(read.status, { error: read.why });
    const why = unknownGroup(options, read.draft);
    if (why !== null) return answer(400, { error: why });
    const next = applyDraft(key, read.draft);
    return changed(
      options,
      request,
      next,
      { status: 200, body: showKey(next, options.wallMs()) },
      { fields: Object.keys(read.draft) },
    );
  });
}

function rotate(options: ManagerOptions, request: ManageRequest): Managed {
  return withKey(options, request, (key) => {
    const overlap = overlapOf(request.input);
    if (overlap === null) {
      return answer(400, { error: `overlap_secs must be a whole number from 0 to ${OVERLAP_SECS_MAX}` });
    }
    if (key.revokedMs !== null) return answer(409, { error: "the key is revoked; create another one" });
    const { secret, hash } = mintSecret(options.randomId);
    const now = options.wallMs();
    const next = { ...key, hash, previous: overlap === 0 ? null : { hash: key.hash, untilMs: now + overlap * 1000 } };
    const body = { ...showKey(next, now), secret: showOnce(secret) };
    return changed(options, request, next, { status: 200, body }, { overlap_secs: overlap });
  });
}

function switchTo(options: ManagerOptions, request: ManageRequest, next: (key: VirtualKey) => VirtualKey): Managed {
  return withKey(options, request, (key) => {
    const now = next(key);
    return changed(options, request, now, { status: 200, body: showKey(now, options.wallMs()) });
  });
}

function remove(options: ManagerOptions, request: ManageRequest): Managed {
  return withKey(options, request, (key) => ({
    reply: { status: 200, body: { deleted: key.id } },
    change: { keys: [], removed: [key.id], audit: [auditRow(request, key.id, { name: key.name }, options.wallMs())] },
  }));
}

function list(options: ManagerOptions, request: ManageRequest): Managed {
  const query = queryOf(request.input);
  const limit = countIn(query["limit"], PAGE_DEFAULT, PAGE_MAX);
  if (limit === null) return answer(400, { error: `limit must be from 1 to ${PAGE_MAX}` });
  const all = [...options.keys().values()].toSorted((one, other) =>
    one.createdMs !== other.createdMs ? one.createdMs - other.createdMs : one.id < other.id ? -1 : 1,
  );
  const from = placeAfter(all, query["after"]);
  if (from === null) return answer(400, { error: "after must be the next of the page before" });
  const page = all.slice(from, from + limit);
  const more = from + limit < all.length;
  const now = options.wallMs();
  const last = page.at(-1);
  return answer(200, {
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

function keyUsage(options: ManagerOptions, request: ManageRequest): Managed {
  return withKey(options, request, (key) => {
    const scope = `key:${key.id}`;
    const now = options.wallMs();
    const [first] = key.limits.budgets;
    const window = first?.window ?? "total";
    const sum = options.store.sumOf(scope, periodOf(window, now).startWallMs);
    const budgets = key.limits.budgets.map((budget) => {
      const { spent, leased } = options.standing(scope, budget.window);
      const { endWallMs } = periodOf(budget.window, now);
      return {
        ...showBudget(budget),
        spent_usd: usdOf(spent),
        reserved_usd: usdOf(leased),
        resets_at: endWallMs === null ? null : new Date(endWallMs).toISOString(),
      };
    });
    return answer(200, {
      id: key.id,
      spend_cents: Math.floor(sum.costNanos / 10_000_000),
      tokens: sum.tokens,
      requests: sum.requests,
      spend_usd: formatUsd(nanos(sum.costNanos)).slice(1),
      unpriced_requests: sum.unpriced,
      window,
      budgets,
    });
  });
}

function usage(options: ManagerOptions, request: ManageRequest): Managed {
  const query = usageQueryOf(queryOf(request.input), options.wallMs());
  if (typeof query === "string") return answer(400, { error: query });
  const nameOf = (group: string): object => {
    const name = query.by === "key" ? options.keys().get(group.replace(/^key:/, ""))?.name : undefined;
    return name === undefined ? {} : { name };
  };
  const rows = options.store
    .usage(query)
    .map((row) => ({ [query.by]: row.group, ...nameOf(row.group), ...showSum(row) }));
  const range = { from: new Date(query.fromMs).toISOString(), to: new Date(query.toMs).toISOString() };
  return answer(200, { ...range, by: query.by, rows });
}

function audit(options: ManagerOptions, request: ManageRequest): Managed {
  const query = queryOf(request.input);
  const limit = countIn(query["limit"], 100, PAGE_MAX);
  const before = query["before"] === undefined ? null : countIn(query["before"], 1, Number.MAX_SAFE_INTEGER);
  if (limit === null) return answer(400, { error: `limit must be from 1 to ${PAGE_MAX}` });
  if (query["before"] !== undefined && before === null)
    return answer(400, { error: "before must be the number of an entry" });
  const rows = options.store.audit({ beforeSeq: before, rowsMax: limit });
  return answer(200, {
    entries: rows.map(({ seq, wallMs: at, actor, action, keyId, detail }) => ({
      seq,
      at: new Date(at).toISOString(),
      actor,
      action,
      key: keyId,
      detail: JSON.parse(detail),
    })),
  });
}

function answer(status: number, body: object): Managed {
  return { reply: { status, body }, change: NO_CHANGE };
}

function auditRow(request: ManageRequest, keyId: string, detail: object, wallMs: number): AuditRow {
  return {
    wallMs: Math.floor(wallMs),
    actor: request.actor,
    action: request.action,
    keyId,
    detail: JSON.stringify(detail),
  };
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

/** Null: not a number of seconds there may be. */
function overlapOf(input: unknown): number | null {
  if (input === null || input === undefined) return OVERLAP_SECS;
  if (typeof input !== "object" || Array.isArray(input)) return null;
  const given: unknown = "overlap_secs" in input ? input.overlap_secs : OVERLAP_SECS;
  if (Object.keys(input).some((name) => name !== "overlap_secs")) return null;
  return typeof given === "number" && Number.isInteger(given) && given >= 0 && given <= OVERLAP_SECS_MAX ? given : null;
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
  return { by, fromMs, toMs, key: key === undefined ? null : `key:${key}`, rowsMax: USAGE_ROWS_MAX };
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
