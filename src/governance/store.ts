/**
 * The ledger's contract: what crosses between those who spend (workers, and one day other machines) and the one who writes.
 * Async, because the writer lives in another process: what it acknowledges is on disk. Plain data, whatever carries it.
 *
 * The writer owns every amount that must not be spent twice (money of a window, requests and tokens of a minute, slots).
 * A spender holds a lease on a part of it: room it may use without asking. A request that finds room costs no message.
 */
import type { Usage } from "../ir/usage.ts";
import type { Capped } from "./caps.ts";
import type { VirtualKey } from "./keys.ts";

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

/** A row on its way to the writer: whom it is charged to, and which leases stood for it while it ran. */
export interface Entry {
  readonly row: UsageRow;
  /** `key:vk_1`, `group:team-a`, `project:x`, `session:…`; the first one is the caller's own. */
  readonly scopes: readonly string[];
  readonly holds: readonly HoldName[];
  /** Of the deployment whose prices made the cost. */
  readonly revision: string;
}

/** Which amount, and of which window: money of June is not money of July. `period` is "" for amounts without windows. */
export interface HoldName {
  /** `usd monthly key:vk_1`, `requests - key:vk_1`, `tokens - group:team-a`, `slots - key:vk_1`: see amounts.ts. */
  readonly amount: string;
  readonly period: string;
}

export interface Want {
  readonly amount: string;
  /** At least this much, or nothing at all. Nano-dollars, requests, tokens or slots. */
  readonly need: number;
  /** What its spender has of it already and keeps for the same request. */
  readonly pledged?: number;
}

export interface Grant extends HoldName {
  /** At least what was needed. */
  readonly granted: number;
  /** Wall clock: from then on it is another window's. null: never. */
  readonly endsWallMs: number | null;
  /** What the limit is, and what nobody holds of it after this grant. null: there is no limit (any more). */
  readonly limit: number | null;
  readonly left: number;
  /** Until what is taken now is free again; null: it is not by itself. */
  readonly resetMs: number | null;
  /** Most of a budget is gone, or more than all of a soft one: the share used, 0.85. null: nothing to say. */
  readonly warn: number | null;
}

export interface Shortage {
  readonly amount: string;
  readonly limit: number;
  /** Less than was needed. */
  readonly left: number;
  /** Until there may be enough; null: not by itself. */
  readonly resetMs: number | null;
  /** Enough of the budget is not spent yet, but set aside for requests under way. */
  readonly setAside: boolean;
  /** The writer cannot write: nobody knows whether there is enough. */
  readonly unavailable: boolean;
}

export interface Returned extends HoldName {
  readonly given: number;
}

/** From a spender to the writer. `ask` is the spender's own number for the answer. */
export type LedgerMessage =
  | { readonly type: "lease"; readonly ask: number; readonly wants: readonly Want[] }
  | { readonly type: "book"; readonly batch: number; readonly entries: readonly Entry[] }
  | { readonly type: "return"; readonly returns: readonly Returned[] }
  | { readonly type: "manage"; readonly ask: number; readonly request: ManageRequest }
  | { readonly type: "figures"; readonly ask: number }
  | { readonly type: "recall"; readonly ask: number; readonly key: string; readonly fingerprint: string }
  | { readonly type: "remember"; readonly key: string; readonly answer: RememberedAnswer | null };

/** From the writer to a spender. */
export type LedgerReply =
  | { readonly type: "granted"; readonly ask: number; readonly grants: readonly Grant[] }
  | { readonly type: "short"; readonly ask: number; readonly shortage: Shortage }
  /** On disk, every one of them. */
  | { readonly type: "booked"; readonly batch: number }
  /** Keys that are new or changed; removed ones by id. Told without being asked. */
  | { readonly type: "keys"; readonly keys: readonly VirtualKey[]; readonly removed: readonly string[] }
  /** Accounts of ours that have reached a cap. Told without being asked. */
  | { readonly type: "capped"; readonly capped: readonly Capped[] }
  | { readonly type: "managed"; readonly ask: number; readonly reply: ManageReply }
  | { readonly type: "figured"; readonly ask: number; readonly figures: KeeperFigures }
  | { readonly type: "recalled"; readonly ask: number; readonly recalled: Recalled };

/** What an operator asks of keys and usage, already read from JSON but not yet believed. */
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

export type Recalled =
  /** Nobody has asked this before: run it, and tell what came of it. */
  | { readonly kind: "run" }
  | { readonly kind: "replay"; readonly answer: RememberedAnswer }
  /** The same is being answered right now. */
  | { readonly kind: "running" }
  /** The same key, but another request. */
  | { readonly kind: "mismatch" };

/** What those who spend have counted. */
export interface SpenderFigures {
  /** Rows that are not known to be on disk. */
  readonly unwrittenRows: number;
  /** Age of the oldest of them; 0: there is none. */
  readonly oldestMs: number;
  readonly refusals: readonly { readonly limit: string; readonly owner: string; readonly count: number }[];
  /** By the key's own group; "": it has none. Of rows whose price is known. */
  readonly spent: readonly { readonly group: string; readonly nanos: number }[];
}

/** What the one who writes has counted. */
export interface KeeperFigures {
  readonly commits: number;
  readonly failedCommits: number;
  /** The disk refuses. */
  readonly isDegraded: boolean;
  readonly waitingRows: number;
  readonly leases: readonly { readonly kind: "usd" | "slots"; readonly count: number }[];
  readonly leasedNanos: number;
}
