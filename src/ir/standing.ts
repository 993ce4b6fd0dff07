/**
 * What outlives a process of how lanes and accounts stand: what vendors said against them, and what the operator ordered.
 * Plain data for messages and a file. Moments are wall clock. Types only.
 */
import type { ListedFacts } from "./capability.ts";
import type { Failure } from "./failure.ts";
import type { QuotaFact } from "./quota.ts";

/** What stands against one lane or account. */
export interface StandingRow {
  /** A lane's id, or `provider/account`. */
  readonly id: string;
  /** null: it neither waits nor is hard out. */
  readonly out: StandingOut | null;
  readonly quotas: readonly StandingQuota[];
  /** Open breakers of a lane, by target. */
  readonly cells: Readonly<Record<string, StandingCell>>;
}

export interface StandingOut {
  readonly how: "wait" | "hard-out";
  readonly failure: Failure;
  readonly untilWallMs: number;
  readonly lengthMs: number;
  readonly times: number;
}

export interface StandingQuota {
  readonly fact: QuotaFact;
  readonly untilWallMs: number;
  readonly isLow: boolean;
}

export interface StandingCell {
  readonly streak: number;
  readonly openings: number;
  readonly untilWallMs: number;
}

/** A row with the salted digest of the credential it was said to; null: there is none. */
export interface KeptRow extends StandingRow {
  readonly credential: string | null;
}

/** What the lists of one account's vendor said of its models so far. */
export interface KeptListing {
  /** The salted digest of the credential that was sent; null: none was. */
  readonly credential: string | null;
  /** When it was asked last, whatever it said. */
  readonly askedWallMs: number;
  /** Names of models as the vendor is asked for them: those that a list held. */
  readonly held: readonly string[];
  /** Those of them that a complete list lacks, and since when; wall clock. */
  readonly missing: Readonly<Record<string, number>>;
  /** What the lists say of the models that are watched; absent: nothing. */
  readonly facts?: Readonly<Record<string, ListedFacts>>;
}

/** What a vendor gave of its models. */
export interface GivenList {
  readonly names: ReadonlySet<string>;
  /** By name, of those of which it says more; absent: of none. */
  readonly facts?: ReadonlyMap<string, ListedFacts>;
  readonly isComplete: boolean;
}

/** What a worker begins with. */
export interface KeptStanding {
  readonly salt: string;
  readonly rows: readonly KeptRow[];
}

/** What the operator ordered of a lane or account; null: the configuration's word holds. */
export interface Orders {
  readonly parked: boolean | null;
  readonly pinned: boolean | null;
  readonly sortKey: number | null;
}

/** The orders for one lane, or for one account and all its lanes. */
export interface KeptOrders extends Orders {
  readonly id: string;
}

/** An order by the operator, for a lane's id or `provider/account`. */
export interface StandingOrder {
  readonly kind: "lanes" | "accounts";
  readonly id: string;
  readonly action: "park" | "unpark" | "pin" | "order" | "reset";
  /** `pin`: true or false; `order`: the sort key; null gives the word back to the configuration. */
  readonly value: boolean | number | null;
}

export type OrderReply =
  | { readonly kind: "done"; readonly orders: Orders }
  | { readonly kind: "unknown" | "conflict" | "invalid"; readonly why: string };
