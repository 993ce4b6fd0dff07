/** What an operator may do with keys, and see of usage and of what others did. Answers and changes; the writer writes them. */
import type { BudgetWindow, Governance } from "../ir/deployment.ts";
import { applyDraft, type KeyDraft, readDraft, showKey } from "./key-document.ts";
import { groupsOf, mintKey, mintSecret, NO_LIMITS, showOnce, type VirtualKey } from "./keys.ts";
import type { ManageAction, ManageReply, ManageRequest } from "./ledger-messages.ts";
import type { AuditRow, LedgerStore } from "./ledger-store.ts";
import type { LedgerScope } from "./limit.ts";

/** What a request changes; nothing of it holds before it is on disk. */
export interface KeyChange {
  readonly keys: readonly VirtualKey[];
  readonly removed: readonly string[];
  readonly audit: readonly AuditRow[];
}

export const NO_CHANGE: KeyChange = { keys: [], removed: [], audit: [] };

export interface ManagerOptions {
  readonly governance: Pick<Governance, "groups">;
  readonly store: Pick<LedgerStore, "sumOf" | "usage" | "audit">;
  readonly keys: Pick<ReadonlyMap<string, VirtualKey>, "get" | "size" | "values">;
  /** In the window of now. `spent` null: only the store knows. */
  readonly used: (
    scope: LedgerScope,
    window: BudgetWindow,
  ) => { readonly spent: number | null; readonly leased: number };
  readonly wallMs: number;
  readonly randomId: (length: number) => string;
}

interface ManageResult {
  readonly reply: ManageReply;
  /** To be on disk before the reply is given. */
  readonly change: KeyChange;
}

type LookAction = "list" | "show" | "key-usage" | "usage" | "audit";
type ChangeAction = Exclude<ManageAction, LookAction>;

/** Keys there may be. Each is in the memory of every worker. */
const KEYS_MAX = 100_000;
/** How long the old secret of a rotated key works unless it is said. */
const OVERLAP_SECS = 24 * 60 * 60;
const OVERLAP_SECS_MAX = 90 * 24 * 60 * 60;

export function isKeyChange(action: ManageAction): action is ChangeAction {
  return !LOOKS.has(action);
}

const LOOKS: ReadonlySet<ManageAction> = new Set<LookAction>(["list", "show", "key-usage", "usage", "audit"]);

/** One after the other, each upon what those before it have changed. Replies are in the order of the requests. */
export function changeKeys(
  options: ManagerOptions,
  requests: readonly ManageRequest[],
): { readonly change: KeyChange; readonly replies: readonly ManageResult[] } {
  if (requests.length === 0) return { change: NO_CHANGE, replies: [] };
  const staged = new Map<string, VirtualKey | null>();
  const keys: ManagerOptions["keys"] = {
    get(id) {
      const now = staged.get(id);
      return now === undefined ? options.keys.get(id) : (now ?? undefined);
    },
    get size() {
      return options.keys.size + staged.size;
    },
    values: () => options.keys.values(),
  };
  const replies: ManageResult[] = [];
  for (const request of requests) {
    const result = changeKey({ ...options, keys }, request);
    for (const key of result.change.keys) staged.set(key.id, key);
    for (const id of result.change.removed) staged.set(id, null);
    replies.push(result);
  }
  const audit = replies.flatMap(({ change }) => change.audit);
  if (audit.length === 0) return { change: NO_CHANGE, replies };
  const removed = [...staged].flatMap(([id, key]) => (key === null ? [id] : []));
  return { change: { keys: [...staged.values()].filter((key) => key !== null), removed, audit }, replies };
}

function changeKey(options: ManagerOptions, request: ManageRequest): ManageResult {
  switch (request.action) {
    case "create":
      return create(options, request);
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
        revokedMs: key.revokedMs ?? options.wallMs,
      }));
    case "delete":
      return remove(options, request);
    case "list":
    case "show":
    case "key-usage":
    case "usage":
    case "audit":
      throw new Error("this changes no key");
  }
}

export const NO_KEY: ManageReply = { status: 404, body: { error: "key not found" } };

function changed(
  options: ManagerOptions,
  request: ManageRequest,
  key: VirtualKey,
  reply: ManageReply,
  detail: object = {},
): ManageResult {
  return {
    reply,
    change: { keys: [key], removed: [], audit: [auditRow(request, key.id, detail, options.wallMs)] },
  };
}

function withKey(
  options: ManagerOptions,
  request: ManageRequest,
  act: (key: VirtualKey) => ManageResult,
): ManageResult {
  const key = request.id === null ? undefined : options.keys.get(request.id);
  return key === undefined ? { reply: NO_KEY, change: NO_CHANGE } : act(key);
}

/** Null: fine. */
function unknownGroup(options: ManagerOptions, draft: KeyDraft): string | null {
  if (draft.group === undefined || draft.group === null) return null;
  return groupsOf(draft.group, options.governance.groups) === null
    ? `there is no group ${JSON.stringify(draft.group)} under governance.groups`
    : null;
}

function create(options: ManagerOptions, request: ManageRequest): ManageResult {
  const read = readDraft(request.input, { isNew: true });
  if (read.kind === "bad") return answer(read.status, { error: read.why });
  const why = unknownGroup(options, read.draft);
  if (why !== null) return answer(400, { error: why });
  if (options.keys.size >= KEYS_MAX) return answer(409, { error: `there are ${KEYS_MAX} keys already; delete some` });
  const minted = mintKey(options.randomId);
  const now = options.wallMs;
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

function update(options: ManagerOptions, request: ManageRequest): ManageResult {
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
      { status: 200, body: showKey(next, options.wallMs) },
      { fields: Object.keys(read.draft) },
    );
  });
}

function rotate(options: ManagerOptions, request: ManageRequest): ManageResult {
  return withKey(options, request, (key) => {
    const overlap = overlapOf(request.input);
    if (overlap === null) {
      return answer(400, { error: `overlap_secs must be a whole number from 0 to ${OVERLAP_SECS_MAX}` });
    }
    if (key.revokedMs !== null) return answer(409, { error: "the key is revoked; create another one" });
    const { secret, hash } = mintSecret(options.randomId);
    const now = options.wallMs;
    const next = { ...key, hash, previous: overlap === 0 ? null : { hash: key.hash, untilMs: now + overlap * 1000 } };
    const body = { ...showKey(next, now), secret: showOnce(secret) };
    return changed(options, request, next, { status: 200, body }, { overlap_secs: overlap });
  });
}

function switchTo(
  options: ManagerOptions,
  request: ManageRequest,
  next: (key: VirtualKey) => VirtualKey,
): ManageResult {
  return withKey(options, request, (key) => {
    const now = next(key);
    return changed(options, request, now, { status: 200, body: showKey(now, options.wallMs) });
  });
}

function remove(options: ManagerOptions, request: ManageRequest): ManageResult {
  return withKey(options, request, (key) => ({
    reply: { status: 200, body: { deleted: key.id } },
    change: { keys: [], removed: [key.id], audit: [auditRow(request, key.id, { name: key.name }, options.wallMs)] },
  }));
}

function answer(status: number, body: object): ManageResult {
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

/** Null: not a number of seconds there may be. */
function overlapOf(input: unknown): number | null {
  if (input === null || input === undefined) return OVERLAP_SECS;
  if (typeof input !== "object" || Array.isArray(input)) return null;
  const given: unknown = "overlap_secs" in input ? input.overlap_secs : OVERLAP_SECS;
  if (Object.keys(input).some((name) => name !== "overlap_secs")) return null;
  return typeof given === "number" && Number.isInteger(given) && given >= 0 && given <= OVERLAP_SECS_MAX ? given : null;
}
