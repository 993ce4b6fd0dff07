/**
 * Where the ledger keeps what must survive: the contract of a store. SQLite implements it in `stores/sqlite.ts`; a database
 * server can. One writer calls it. A call may answer late, and a later call may answer first; nothing rests on the order but
 * that a call sees what every commit that was answered before has written. Each call ends within a bound of the store's own,
 * and rejects with an error that has a `code` where the store cannot be reached or written. The message of an error of
 * `commit` and `stand` tells the operator what is wrong with which place and what to do; it quotes no data.
 */
import type { VirtualKey } from "./keys.ts";
import type { Booking, RememberedAnswer } from "./ledger-messages.ts";
import type { LeaseId, LedgerScope, MoneyLimit } from "./limit.ts";

export interface LedgerStore {
  /** What a writer begins with. */
  load(): Promise<StoredLedger>;
  /** One transaction: all of it is durable when the promise resolves, or none of it is. Leases are written before rows. */
  commit(commit: Commit): Promise<Committed>;
  /** Rejects where a commit could not be kept, also while there is nothing to write. */
  stand(): Promise<void>;
  /** Rows of a scope from one first moment of an hour to before another; without an end all that follow. */
  sumOf(scope: LedgerScope, startWallMs: number, endWallMs?: number | null): Promise<UsageSum>;
  usage(query: UsageQuery): Promise<readonly UsageGroup[]>;
  /** Newest first. */
  audit(query: { readonly beforeSeq: number | null; readonly rowsMax: number }): Promise<readonly AuditEntry[]>;
  /** The answer kept under this key that ends after the first moment and not after the second; null: there is none. */
  remembered(key: string, afterMs: number, untilMs: number): Promise<StoredAnswer | null>;
  /** Removes single rows from before, a bounded number at a time, and answers that expired; resolves to how many. */
  prune(beforeMs: number, wallMs: number): Promise<number>;
  /** What is wrong with it; null: all is right. */
  check(): Promise<string | null>;
  /** A whole and consistent copy, in place of the last one. A store that its operator backs up resolves at once. */
  backup(): Promise<void>;
  close(): Promise<void>;
}

export interface StoredLedger {
  readonly keys: readonly VirtualKey[];
  readonly leases: readonly StoredLease[];
  /** The latest wall clock of all commits; 0: there was none. */
  readonly wallMs: number;
  /** Sentences for the operator: what the store holds and cannot read. */
  readonly problems: readonly string[];
}

export interface StoredLease extends LeaseId<MoneyLimit> {
  readonly holder: string;
  /** Less than zero: its holder spent more than it had leased. */
  readonly nanos: number;
}

export interface Commit {
  /** A row whose id is known already changes nothing. */
  readonly bookings: readonly Booking[];
  /** Each as it is from now on; 0 nanos: gone. */
  readonly leases: readonly LeaseWrite[];
  readonly keys: readonly VirtualKey[];
  readonly removedKeys: readonly string[];
  readonly audit: readonly AuditRow[];
  readonly remembered: readonly RememberedRow[];
  /** The latest wall clock seen: windows never go back, even over a restart. */
  readonly wallMs: number;
}

export interface LeaseWrite extends StoredLease {
  /**
   * Written only where, with every other lease of this commit and before its rows, what is spent and leased of the limit stays
   * within the guard: another writer may have given away what this one believes to be left. null: written in any case.
   */
  readonly guard: LeaseGuard | null;
}

export interface LeaseGuard {
  readonly max: number;
  /** Money spent from the start to the end counts; null: there is no end. */
  readonly startWallMs: number;
  readonly endWallMs: number | null;
}

export interface Committed {
  /** Ids of the rows that were not known before. */
  readonly added: ReadonlySet<string>;
  /** Leases that their guard has kept from being written. */
  readonly refused: readonly LeaseWrite[];
}

export interface AuditRow {
  readonly wallMs: number;
  readonly actor: string;
  readonly action: string;
  readonly keyId: string | null;
  /** JSON; never a secret or a hash. */
  readonly detail: string;
}

export interface AuditEntry extends AuditRow {
  /** Later entries have larger numbers. */
  readonly seq: number;
}

export interface StoredAnswer {
  readonly fingerprint: string;
  readonly answer: RememberedAnswer;
}

export interface RememberedRow extends StoredAnswer {
  readonly key: string;
  readonly expiresMs: number;
}

export interface UsageSum {
  readonly requests: number;
  readonly costNanos: number;
  readonly tokens: number;
  /** Requests among them whose cost is not known. */
  readonly unpriced: number;
}

export interface UsageQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly by: "key" | "target" | "lane" | "hour" | "day" | "state";
  /** Rows of this scope alone; null: all. */
  readonly scope: LedgerScope | null;
  readonly rowsMax: number;
}

export interface UsageGroup extends UsageSum {
  /** A name of the grouping; of keys the id of the scope, `key:vk_1`. */
  readonly group: string;
  /** The scope, where rows are grouped by key and its name can be read. */
  readonly scope: LedgerScope | null;
}
