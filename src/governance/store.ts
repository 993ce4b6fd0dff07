/**
 * The ledger's contract, async because the writer may live in another process: what is acknowledged here is durable.
 * Message types are the ones a lease holder and a writer exchange, whatever carries them.
 */
import type { Usage } from "../ir/usage.ts";

/** ok: as reported. estimated: counted by us. truncated: broke after the commit. ambiguous: the vendor may have worked. */
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

export type LedgerMessage =
  | { readonly type: "append"; readonly rows: readonly UsageRow[] }
  | { readonly type: "totals"; readonly caller: string };

export type LedgerReply =
  | { readonly type: "appended"; readonly count: number }
  | { readonly type: "totals"; readonly requests: number; readonly costNanos: number; readonly tokens: number };

export interface Ledger {
  /** Resolves once the rows are as durable as the store makes anything. */
  append(rows: readonly UsageRow[]): Promise<void>;
  totals(caller: string): Promise<{ readonly requests: number; readonly costNanos: number; readonly tokens: number }>;
}
