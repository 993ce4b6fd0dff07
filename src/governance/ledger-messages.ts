/**
 * What crosses between ledger clients (workers, and one day other machines) and the one ledger writer, as plain data.
 * Asynchronous, because the writer is another process: what it acknowledges is on disk.
 *
 * Three words: a *limit* is what must not be exceeded (money of a window, requests and tokens of a minute, slots). A
 * *lease* is a part of a limit that a client may use without a message. A *reservation* is the part of a lease that one
 * request uses.
 */
import type { LedgerWriterFigures } from "../ir/ledger-figures.ts";
import type { Usage } from "../ir/usage.ts";
import type { VirtualKey } from "./keys.ts";
import type { LeaseId, LedgerScope, Limit, MoneyLimit } from "./limit.ts";

/** ok: as reported. estimated: counted by us. truncated: broke when a part of it was done. ambiguous: the vendor may have worked. */
export type UsageState = "ok" | "estimated" | "truncated" | "aborted" | "ambiguous";

/** One settled exchange. `id` makes a repeated delivery harmless. */
export interface UsageRow {
  readonly id: string;
  readonly wallMs: number;
  readonly caller: string;
  readonly target: string;
  readonly lane: string | null;
  readonly usage: Usage | null;
  /** null: no price is known. */
  readonly costNanos: number | null;
  readonly state: UsageState;
}

/** A row on its way to the writer: the scopes it is charged to, and the leases that its request used. */
export interface Booking {
  readonly row: UsageRow;
  /** The first one is the caller's own. */
  readonly scopes: readonly LedgerScope[];
  /** Of money: what the row cost is no longer leased. */
  readonly leases: readonly LeaseId<MoneyLimit>[];
  /** Of the deployment whose prices made the cost. */
  readonly revision: string;
  /** What was set aside of the caps of its account; the row takes its place. */
  readonly hold?: AccountHold;
}

/** Bookings as they cross (`packed-bookings.ts`): what rows have in common stands there once. */
export interface PackedBookings {
  readonly common: readonly CommonPart[];
  readonly rows: readonly PackedRow[];
}

/** What a booking is made of beside its row's own figures. */
export interface CommonPart extends Pick<UsageRow, "caller" | "target" | "lane">, Omit<Booking, "row" | "hold"> {}

/** `common` is a place in that list. The last member is there only where something was set aside of an account. */
export type PackedRow = readonly [
  common: number,
  id: string,
  wallMs: number,
  costNanos: number | null,
  state: UsageRow["state"],
  usage: PackedUsage | null,
  hold?: AccountHold,
];

type Count = number | null;

/** In the order of `Usage`; the vendor's own word only where there is one. */
export type PackedUsage = PackedCounts | readonly [...PackedCounts, billed: NonNullable<Usage["billed"]>];
export type PackedCounts = readonly [
  freshInput: Count,
  cacheRead: Count,
  cacheWrite: Count,
  cacheWrite1h: Count,
  output: Count,
  reasoning: Count,
  audioInput: Count,
  audioOutput: Count,
];

/** What an account of ours is used for. */
export interface AccountUse {
  readonly requests: number;
  readonly tokens: number;
  readonly costNanos: number;
}

/** A part of the caps of an account that one attempt has set aside. */
export interface AccountHold {
  /** `provider/account` */
  readonly account: string;
  readonly use: AccountUse;
}

/** Nothing was set aside. `forMs`: until the caps have room again, as far as is known; null: they never will. */
export interface AccountFull {
  readonly kind: "full";
  readonly forMs: number | null;
}

export type AccountHeld = AccountFull | { readonly kind: "held"; readonly hold: AccountHold };

export interface LeaseRequest {
  readonly limit: Limit;
  /** Nano-dollars, requests, tokens or slots. */
  readonly amount: number;
  /** Amounts that would do as well, of lanes that cost less; where the amount does not fit, the largest that does is leased. */
  readonly lesser: readonly number[];
  /** Where none of them fits, all that is left is leased, but never less than this. */
  readonly least: number;
  /** Where others need the rest, no more than this is leased. */
  readonly kept: number;
  /** The client has another question about this limit open, so it needs nothing beyond the amount. */
  readonly exact: boolean;
  /** What the client has reserved of the limit for requests under way. */
  readonly reserved: number;
}

export interface Lease extends LeaseId {
  /** At least the least that was requested. */
  readonly amount: number;
  /** By the clock of the machine: from then on the window is another one. null: never. */
  readonly endsWallMs: number | null;
  /** What the limit is now, and what no client has leased of it after this. null: there is no limit (any more). */
  readonly max: number | null;
  readonly left: number;
  /** Until what is taken now is free again; null: it is not by itself. */
  readonly resetMs: number | null;
  /** Most of a budget is used, or more than all of a soft one: the share used, 0.85. null: no warning. */
  readonly warn: number | null;
}

/** Why there is no lease. */
export type Shortage =
  | {
      readonly kind: "exceeded";
      readonly limit: Limit;
      readonly max: number;
      /** Less than was requested. */
      readonly left: number;
      /** Reserved for requests under way, beside what is left. */
      readonly setAside: number;
      /** Until there may be enough; null: not by itself. */
      readonly resetMs: number | null;
      /** The request fits once those under way have ended, if they use none of what is set aside. */
      readonly isLeased: boolean;
    }
  /** The ledger cannot be written or reached, so that what is left is not known. */
  | { readonly kind: "unavailable"; readonly resetMs: number };

/** What is free of a lease again; less than zero: more was spent than was leased. */
export interface ReturnedLease extends LeaseId {
  readonly amount: number;
}

/** From a client to the writer. `ask` is the client's own number for the answer. */
export type LedgerMessage =
  /** `returned`: what the client had free of these limits; it comes back before the question is decided. */
  | {
      readonly type: "lease";
      readonly ask: number;
      readonly requests: readonly LeaseRequest[];
      readonly returned: readonly ReturnedLease[];
    }
  | {
      readonly type: "hold-account";
      readonly ask: number;
      readonly account: string;
      readonly amount: AccountUse;
      readonly least: AccountUse;
    }
  /** An attempt that came to nothing. */
  | { readonly type: "release-account"; readonly hold: AccountHold }
  /** All that was free of a limit, and what is reserved of it for requests under way. */
  | {
      readonly type: "lease-recalled";
      readonly recall: number;
      readonly returned: readonly ReturnedLease[];
      readonly reserved: number;
    }
  | { readonly type: "book"; readonly batch: number; readonly bookings: PackedBookings }
  | { readonly type: "return"; readonly leases: readonly ReturnedLease[] }
  | { readonly type: "manage"; readonly ask: number; readonly request: ManageRequest }
  | { readonly type: "figures"; readonly ask: number }
  | { readonly type: "recall"; readonly ask: number; readonly key: string; readonly fingerprint: string }
  | { readonly type: "remember"; readonly key: string; readonly answer: RememberedAnswer | null };

/** From the writer to a client. */
export type LedgerReply =
  | { readonly type: "leased"; readonly ask: number; readonly leases: readonly Lease[] }
  | { readonly type: "short"; readonly ask: number; readonly shortage: Shortage }
  /** Before a question about this limit is refused, every client gives back what is free of it. */
  | { readonly type: "recall-lease"; readonly recall: number; readonly limit: Limit }
  /** null: the caps of the account leave too little. */
  | { readonly type: "account-held"; readonly ask: number; readonly held: AccountHeld }
  /** Every row of the batch is on disk. */
  | { readonly type: "booked"; readonly batch: number }
  /** Keys that are new or changed; removed ones by id. Sent without a question. */
  | { readonly type: "keys"; readonly keys: readonly VirtualKey[]; readonly removed: readonly string[] }
  /** Accounts of ours that have reached a cap. Sent without a question. */
  | { readonly type: "capped"; readonly capped: readonly CappedAccount[] }
  /** Whether rows reach the disk. Sent without a question, each time it changes. */
  | { readonly type: "standing"; readonly isWritable: boolean }
  | { readonly type: "managed"; readonly ask: number; readonly reply: ManageReply }
  | { readonly type: "figured"; readonly ask: number; readonly figures: LedgerWriterFigures }
  | { readonly type: "recalled"; readonly ask: number; readonly recalled: IdempotencyVerdict };

/** An account of ours that has reached a cap of its operator. */
export interface CappedAccount {
  /** `provider/account` */
  readonly account: string;
  /** By the clock of the machine; null: the cap has no window that ends. */
  readonly untilWallMs: number | null;
  /** It ranks behind others; absent: it is out. */
  readonly isSoft?: true;
}

/** What an operator asks of keys and usage, read from JSON and not checked yet. */
export interface ManageRequest {
  readonly action: ManageAction;
  /** Of a key; null where the action has none. */
  readonly id: string | null;
  /** The body or the query as it came; null: none. */
  readonly input: unknown;
  /** Who asks, for the audit: `admin`, `cli`. */
  readonly actor: string;
}

export type ManageAction =
  | "create"
  | "list"
  | "show"
  | "update"
  | "disable"
  | "enable"
  | "rotate"
  | "revoke"
  | "delete"
  | "key-usage"
  | "usage"
  | "audit";

export interface ManageReply {
  readonly status: number;
  readonly body: object;
}

export interface RememberedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, because messages are JSON. */
  readonly body: string;
}

/** What becomes of a request with an idempotency key. */
export type IdempotencyVerdict =
  /** The first one with this key: it runs, and its answer is remembered. */
  | { readonly kind: "run" }
  | { readonly kind: "replay"; readonly answer: RememberedAnswer }
  /** The same request is being answered right now. */
  | { readonly kind: "running" }
  /** The same key, but another request. */
  | { readonly kind: "mismatch" };
