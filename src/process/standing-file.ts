/**
 * The file of how lanes stand: made when there is something to keep, written in batches that nothing waits for. Where it
 * cannot be opened or written the operator is told once, and all is kept in memory.
 */
import { closeSync, existsSync, openSync } from "node:fs";
import type { KeptListing, KeptRow, Orders } from "../ir/standing.ts";
import type { StandingStore } from "../observability/stores/standing.ts";
import type { Effects } from "../std/effects.ts";

interface StandingFile {
  /** What is in it; null: there is none, or it cannot be read. `salt` is for a new one. */
  read(path: string, salt: string): Promise<Pick<StandingStore, "salt" | "rows" | "orders" | "listings"> | null>;
  /** Ids whose row, orders or listing are not what is in it. */
  touch(path: string | null, ids: readonly string[]): void;
  /** Writes what waits. Never rejects. */
  close(): Promise<void>;
}

interface FileOptions {
  readonly say: (level: "warning", line: string) => void;
  readonly setTimer: Effects["setTimer"];
  /** As they are at the moment of writing; null: to be removed. */
  readonly rowOf: (id: string) => KeptRow | null;
  readonly ordersOf: (id: string) => Orders | null;
  readonly listingOf: (id: string) => KeptListing | null;
  readonly salt: () => string;
}

const FLUSH_MS = 50;

export function createStandingFile({ say, setTimer, rowOf, ordersOf, listingOf, salt }: FileOptions): StandingFile {
  let store: StandingStore | null = null;
  let isTroubled = false;
  let place: string | null = null;
  let cancel: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();
  /** Bounded by the lanes, accounts and orders there are. */
  const dirty = new Set<string>();

  const troubled = (path: string, error: unknown): void => {
    if (isTroubled) return;
    isTroubled = true;
    const why = error instanceof Error ? error.message : "unknown error";
    say("warning", `How lanes stand cannot be kept in ${path} (${why}); it is kept in memory.`);
  };
  const open = async (path: string, newSalt: string): Promise<StandingStore | null> => {
    if (store !== null || isTroubled) return store;
    try {
      // Made by us, so that no other user may read it.
      closeSync(openSync(path, "a", 0o600));
      const { openStandingStore } = await import("../observability/stores/standing.ts");
      store = openStandingStore(path, newSalt);
    } catch (error) {
      troubled(path, error);
    }
    return store;
  };
  const flush = async (path: string): Promise<void> => {
    const opened = await open(path, salt());
    const ids = [...dirty];
    dirty.clear();
    try {
      const of = <T>(look: (id: string) => T): Map<string, T> => new Map(ids.map((id) => [id, look(id)]));
      opened?.write({ rows: of(rowOf), orders: of(ordersOf), listings: of(listingOf) });
    } catch (error) {
      troubled(path, error);
    }
  };

  return {
    read: async (path, newSalt) => (existsSync(path) ? open(path, newSalt) : null),
    touch(path, ids) {
      if (path === null || isTroubled) return;
      place = path;
      for (const id of ids) dirty.add(id);
      cancel ??= setTimer(FLUSH_MS, () => {
        cancel = null;
        writing = writing.then(() => flush(path));
      });
    },
    async close() {
      cancel?.();
      cancel = null;
      await writing;
      if (dirty.size > 0 && place !== null) await flush(place);
      store?.close();
      store = null;
    },
  };
}
