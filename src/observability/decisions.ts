/** The newest records, kept in memory so that "why did this request go there" has an answer minutes later. */
import { createRing } from "../std/bounded.ts";
import type { ExchangeRecord } from "./record.ts";
import type { Sink } from "./sinks.ts";

export interface Decisions {
  readonly sink: Sink;
  /** Newest first, at most `max`. */
  list(max: number): readonly ExchangeRecord[];
  /** null: never seen, or pushed out by newer ones. */
  find(id: string): ExchangeRecord | null;
}

/** `recordsMax` 0 keeps nothing. */
export function createDecisions(recordsMax: number): Decisions {
  const ring = recordsMax === 0 ? null : createRing<ExchangeRecord>(recordsMax);
  const all = (): readonly ExchangeRecord[] => ring?.list() ?? [];
  return {
    sink: {
      name: "decisions",
      record: (record) => ring?.push(record),
      transition: () => undefined,
    },
    list: (max) => all().slice(0, Math.max(0, max)),
    // A walk through the ring: looked up by people, so not worth an index on every request.
    find: (id) => all().find((record) => record.id === id) ?? null,
  };
}
