/**
 * A key as text: as it is stored, and as an operator writes it. Every field of an operator's document is checked before
 * any is used. An unknown field is refused, because its author believes that it is read.
 */
import type { Budget, Limits } from "../ir/deployment.ts";
import { parseJson } from "../std/json.ts";
import { formatUsd, nanos, readUsd } from "../std/money.ts";
import { redact } from "../std/redact.ts";
import { WireError } from "../std/wire-error.ts";
import { NO_LIMITS, type VirtualKey } from "./keys.ts";
import { WINDOWS } from "./limit.ts";

/** What may be said of a key when it is made or changed; undefined: not said. */
export interface KeyDraft {
  readonly name?: string;
  readonly allowedTargets?: readonly string[] | null;
  readonly group?: string | null;
  readonly aliases?: boolean | null;
  readonly debug?: boolean | null;
  readonly project?: string | null;
  readonly labels?: Readonly<Record<string, string>>;
  readonly expiresMs?: number | null;
  readonly enabled?: boolean;
  readonly requestsPerMinute?: number | null;
  readonly tokensPerMinute?: number | null;
  readonly maxConcurrent?: number | null;
  readonly budgets?: readonly Budget[];
}

type ReadDraft =
  | { readonly kind: "draft"; readonly draft: KeyDraft }
  | { readonly kind: "bad"; readonly status: 400 | 422; readonly why: string };

const NAME_CHARS_MAX = 200;
const LABELS_MAX = 64;
const LABEL_CHARS_MAX = 256;
const TARGETS_MAX = 1_000;
const BUDGETS_MAX = 16;
const COUNT_MAX = 1_000_000_000;
const USD_MAX = 1_000_000;
const CENTS_MAX = USD_MAX * 100;
const NANOS_PER_CENT = 10_000_000;
/** The year 9999. */
const MS_MAX = 253_402_300_799_000;

/** rc.3's words for its one budget. */
const PERIODS = ["total", "daily", "monthly"] as const;

/** What is wrong with a field; 422 is rc.3's answer to a wrong type. */
class Bad extends Error {
  readonly status: 400 | 422;

  constructor(status: 400 | 422, message: string) {
    super(message);
    this.status = status;
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** Field names are those of rc.3, and others in its manner. `isNew`: a name must be given. */
export function readDraft(input: unknown, { isNew }: { readonly isNew: boolean }): ReadDraft {
  try {
    const fields = objectOf(input, "the body");
    for (const field of Object.keys(fields)) {
      if (!Object.hasOwn(FIELDS, field)) throw new Bad(422, `unknown field ${JSON.stringify(field.slice(0, 100))}`);
    }
    if (isNew && fields["name"] === undefined) throw new Bad(422, "name is required");
    const draft: { -readonly [K in keyof KeyDraft]: KeyDraft[K] } = {};
    for (const [field, read] of Object.entries(FIELDS)) {
      if (fields[field] !== undefined) Object.assign(draft, read(fields[field], field));
    }
    const old = budgetOfOld(fields);
    if (old !== null) {
      if (draft.budgets !== undefined)
        throw new Bad(400, "max_budget_cents and budgets say the same thing; send one of them");
      draft.budgets = old;
    }
    return { kind: "draft", draft };
  } catch (error) {
    if (error instanceof Bad) return { kind: "bad", status: error.status, why: error.message };
    throw error;
  }
}

const FIELDS: Readonly<Record<string, (value: unknown, field: string) => Partial<KeyDraft>>> = {
  name: (value, field) => ({ name: textOf(value, field, NAME_CHARS_MAX) }),
  allowed_pools: (value, field) => ({ allowedTargets: value === null ? null : textsOf(value, field) }),
  group: (value, field) => ({ group: value === null ? null : textOf(value, field, NAME_CHARS_MAX) }),
  aliases: (value, field) => ({ aliases: value === null ? null : switchOf(value, field) }),
  debug: (value, field) => ({ debug: value === null ? null : booleanOf(value, field) }),
  project: (value, field) => ({ project: value === null ? null : projectOf(value, field) }),
  labels: (value, field) => ({ labels: labelsOf(value, field) }),
  expires_at: (value, field) => ({ expiresMs: value === null ? null : momentOf(value, field) }),
  enabled: (value, field) => ({ enabled: booleanOf(value, field) }),
  rpm_limit: (value, field) => ({ requestsPerMinute: countOf(value, field) }),
  tpm_limit: (value, field) => ({ tokensPerMinute: countOf(value, field) }),
  max_concurrent: (value, field) => ({ maxConcurrent: countOf(value, field) }),
  budgets: (value, field) => ({ budgets: budgetsOf(value, field) }),
  max_budget_cents: () => ({}),
  budget_period: () => ({}),
};

/** What a draft makes of a key that exists, or of a new one. */
export function applyDraft(key: VirtualKey, draft: KeyDraft): VirtualKey {
  const given = <T>(value: T | undefined, old: T): T => (value === undefined ? old : value);
  return {
    ...key,
    name: given(draft.name, key.name),
    allowedTargets: given(draft.allowedTargets, key.allowedTargets),
    group: given(draft.group, key.group),
    aliases: given(draft.aliases, key.aliases ?? null),
    ...(draft.debug === undefined ? {} : { debug: draft.debug }),
    project: given(draft.project, key.project),
    labels: given(draft.labels, key.labels),
    expiresMs: given(draft.expiresMs, key.expiresMs),
    enabled: given(draft.enabled, key.enabled),
    limits: {
      requestsPerMinute: given(draft.requestsPerMinute, key.limits.requestsPerMinute),
      tokensPerMinute: given(draft.tokensPerMinute, key.limits.tokensPerMinute),
      maxConcurrent: given(draft.maxConcurrent, key.limits.maxConcurrent),
      budgets: given(draft.budgets, key.limits.budgets),
    },
  };
}

/** rc.3's fields, then ours. Never a hash. */
export function showKey(key: VirtualKey, wallMs: number): object {
  const cents = key.limits.budgets.find((budget) => budget.mode === "hard" && isPeriod(budget.window));
  return {
    id: key.id,
    name: key.name,
    allowed_pools: key.allowedTargets,
    // A part of a cent is told as it is: rounded down, a small budget would look like none.
    max_budget_cents: cents === undefined ? null : cents.limitNanos / NANOS_PER_CENT,
    budget_period: cents?.window ?? "total",
    rpm_limit: key.limits.requestsPerMinute,
    tpm_limit: key.limits.tokensPerMinute,
    enabled: key.enabled,
    created_at: Math.floor(key.createdMs / 1000),
    max_concurrent: key.limits.maxConcurrent,
    budgets: key.limits.budgets.map(showBudget),
    group: key.group,
    aliases: key.aliases == null ? null : key.aliases ? "on" : "off",
    debug: key.debug ?? null,
    project: key.project,
    labels: key.labels,
    expires_at: isoOf(key.expiresMs),
    revoked_at: isoOf(key.revokedMs),
    previous_secret_until: key.previous !== null && wallMs < key.previous.untilMs ? isoOf(key.previous.untilMs) : null,
  };
}

export function showBudget(budget: Budget): object {
  return {
    window: budget.window,
    limit_usd: usdOf(budget.limitNanos),
    mode: budget.mode,
    ...(budget.warnAt === null ? {} : { warn_at: budget.warnAt }),
  };
}

/** Dollars as a number whose shortest spelling is exact. */
export function usdOf(amount: number): number {
  return Number(formatUsd(nanos(amount)).replace("$", ""));
}

/** A key as `JSON.stringify` wrote it; null: another program wrote into the file. */
export function readStoredKey(document: string): VirtualKey | null {
  try {
    const fields = objectOf(parseJson(document), "key");
    const limits = objectOf(fields["limits"], "limits");
    const previous = fields["previous"] === null ? null : objectOf(fields["previous"], "previous");
    return {
      id: textOf(fields["id"], "id", NAME_CHARS_MAX),
      name: textOf(fields["name"], "name", NAME_CHARS_MAX),
      hash: hashOf(fields["hash"]),
      previous: previous === null ? null : { hash: hashOf(previous["hash"]), untilMs: msOf(previous["untilMs"]) },
      enabled: booleanOf(fields["enabled"], "enabled"),
      createdMs: msOf(fields["createdMs"]),
      expiresMs: fields["expiresMs"] === null ? null : msOf(fields["expiresMs"]),
      revokedMs: fields["revokedMs"] === null ? null : msOf(fields["revokedMs"]),
      allowedTargets: fields["allowedTargets"] === null ? null : textsOf(fields["allowedTargets"], "allowedTargets"),
      group: fields["group"] === null ? null : textOf(fields["group"], "group", NAME_CHARS_MAX),
      ...(fields["aliases"] == null ? {} : { aliases: booleanOf(fields["aliases"], "aliases") }),
      ...(fields["debug"] == null ? {} : { debug: booleanOf(fields["debug"], "debug") }),
      project: fields["project"] === null ? null : textOf(fields["project"], "project", NAME_CHARS_MAX),
      labels: labelsOf(fields["labels"], "labels"),
      limits: {
        ...NO_LIMITS,
        requestsPerMinute: countOf(limits["requestsPerMinute"], "requestsPerMinute"),
        tokensPerMinute: countOf(limits["tokensPerMinute"], "tokensPerMinute"),
        maxConcurrent: countOf(limits["maxConcurrent"], "maxConcurrent"),
        budgets: storedBudgets(limits["budgets"]),
      } satisfies Limits,
    };
  } catch (error) {
    if (error instanceof Bad || error instanceof WireError) return null;
    throw error;
  }
}

// ---------------------------------------------------------------- single values

function budgetOfOld(fields: Fields): readonly Budget[] | null {
  const cents = fields["max_budget_cents"];
  const period = fields["budget_period"] ?? "total";
  if (!isPeriod(period)) throw new Bad(400, `budget_period must be one of ${PERIODS.join(", ")}`);
  if (cents === undefined) return null;
  if (cents === null) return [];
  if (typeof cents !== "number" || !Number.isInteger(cents))
    throw new Bad(422, "max_budget_cents must be a whole number");
  if (cents < 0 || cents > CENTS_MAX) throw new Bad(400, `max_budget_cents must be from 0 to ${CENTS_MAX}`);
  return [{ window: period, limitNanos: cents * NANOS_PER_CENT, mode: "hard", warnAt: null }];
}

const isPeriod = (value: unknown): value is (typeof PERIODS)[number] => PERIODS.some((each) => each === value);

function budgetsOf(value: unknown, field: string): readonly Budget[] {
  if (!Array.isArray(value)) throw new Bad(422, `${field} must be a list`);
  if (value.length > BUDGETS_MAX) throw new Bad(400, `${field} must have at most ${BUDGETS_MAX} entries`);
  return value.map((each: unknown, at) => budgetOf(each, `${field}[${at}]`));
}

function budgetOf(value: unknown, field: string): Budget {
  const fields = objectOf(value, field);
  for (const name of Object.keys(fields)) {
    if (!["window", "limit_usd", "mode", "warn_at"].includes(name)) {
      throw new Bad(422, `unknown field ${JSON.stringify(`${field}.${name.slice(0, 100)}`)}`);
    }
  }
  const window = WINDOWS.find((each) => each === fields["window"]);
  if (window === undefined) throw new Bad(400, `${field}.window must be one of ${WINDOWS.join(", ")}`);
  const usd = fields["limit_usd"];
  const limitNanos = typeof usd === "number" && usd >= 0 && usd <= USD_MAX ? readUsd(usd) : null;
  if (limitNanos === null) throw new Bad(400, `${field}.limit_usd must be dollars from 0 to ${USD_MAX}`);
  const mode = fields["mode"] ?? "hard";
  if (mode !== "hard" && mode !== "soft") throw new Bad(400, `${field}.mode must be hard or soft`);
  const warnAt = fields["warn_at"] ?? null;
  if (warnAt !== null && !(typeof warnAt === "number" && warnAt >= 0 && warnAt <= 1)) {
    throw new Bad(400, `${field}.warn_at must be from 0 to 1`);
  }
  return { window, limitNanos, mode, warnAt };
}

function storedBudgets(value: unknown): readonly Budget[] {
  if (!Array.isArray(value)) throw new Bad(422, "budgets must be a list");
  return value.map((each: unknown) => {
    const fields = objectOf(each, "budget");
    const window = WINDOWS.find((known) => known === fields["window"]);
    const { limitNanos, mode, warnAt } = fields;
    if (window === undefined || typeof limitNanos !== "number" || (mode !== "hard" && mode !== "soft")) {
      throw new Bad(422, "not a budget");
    }
    return { window, limitNanos, mode, warnAt: typeof warnAt === "number" ? warnAt : null };
  });
}

function objectOf(value: unknown, field: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Bad(422, `${field} must be an object`);
  return value as Fields; // an object that was parsed from JSON
}

/** Control characters, and the two that end a line unexpectedly. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** No control characters: it stands in logs and headers. */
function textOf(value: unknown, field: string, charsMax: number): string {
  if (typeof value !== "string") throw new Bad(422, `${field} must be text`);
  const text = value.trim();
  if (text === "" || !text.isWellFormed() || text.length > charsMax || CONTROL.test(text)) {
    throw new Bad(400, `${field} must be 1 to ${charsMax} characters, none of them a control character`);
  }
  return notSecret(text, field);
}

/** Names are listed, logged and kept: a key pasted into one would be. */
function notSecret(text: string, field: string): string {
  if (redact(text) !== text) throw new Bad(422, `${field} looks like a secret, which may stand in no name`);
  return text;
}

/** What a project may be called, here and in a client's header. */
export const PROJECT_NAME = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$/;

function projectOf(value: unknown, field: string): string {
  if (typeof value !== "string") throw new Bad(422, `${field} must be text`);
  if (!PROJECT_NAME.test(value)) {
    throw new Bad(400, `${field} must be 1 to 100 letters, digits and . _ : / - and begin with a letter or digit`);
  }
  return notSecret(value, field);
}

function textsOf(value: unknown, field: string): readonly string[] {
  if (!Array.isArray(value)) throw new Bad(422, `${field} must be a list of names`);
  if (value.length > TARGETS_MAX) throw new Bad(400, `${field} must have at most ${TARGETS_MAX} entries`);
  return value.map((each: unknown, at) => textOf(each, `${field}[${at}]`, NAME_CHARS_MAX));
}

function labelsOf(value: unknown, field: string): Readonly<Record<string, string>> {
  const entries = Object.entries(objectOf(value, field));
  if (entries.length > LABELS_MAX) throw new Bad(400, `${field} must have at most ${LABELS_MAX} entries`);
  return Object.fromEntries(
    entries.map(([name, text]) => {
      if (name === "__proto__") throw new Bad(400, `${field} has a name that cannot be used`);
      return [
        textOf(name, `a name in ${field}`, LABEL_CHARS_MAX),
        textOf(text, `${field}.${name.slice(0, 50)}`, LABEL_CHARS_MAX),
      ];
    }),
  );
}

/** Null is no limit; zero refuses everything. */
function countOf(value: unknown, field: string): number | null {
  if (value === null) return null;
  if (typeof value !== "number" || !Number.isInteger(value)) throw new Bad(422, `${field} must be a whole number`);
  if (value < 0 || value > COUNT_MAX) throw new Bad(400, `${field} must be from 0 to ${COUNT_MAX}`);
  return value;
}

function booleanOf(value: unknown, field: string): boolean {
  if (typeof value !== "boolean") throw new Bad(422, `${field} must be true or false`);
  return value;
}

function switchOf(value: unknown, field: string): boolean {
  if (value !== "on" && value !== "off") throw new Bad(422, `${field} must be "on" or "off"`);
  return value === "on";
}

/** ISO 8601, or seconds since 1970 as rc.3 writes times. */
function momentOf(value: unknown, field: string): number {
  const ms =
    typeof value === "number"
      ? value * 1000
      : typeof value === "string" && ISO.test(value)
        ? Date.parse(value)
        : Number.NaN;
  if (!Number.isFinite(ms) || ms <= 0 || ms > MS_MAX)
    throw new Bad(400, `${field} must be a time such as 2030-01-31T00:00:00Z`);
  return Math.floor(ms);
}

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function hashOf(value: unknown): string {
  if (typeof value !== "string" || !/^[0-9a-f]{64}$/.test(value)) throw new Bad(422, "not a hash");
  return value;
}

function msOf(value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) throw new Bad(422, "not a time");
  return value;
}

function isoOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
