// A ledger writer and its clients in one process under a virtual clock: messages travel as JSON and arrive a moment later, as
// they do between processes; a client or the writer can die at any of those moments. The store is SQLite's unless given.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKeyRing, type KeyRing } from "../../src/governance/keys.ts";
import { createLedgerClient, type LedgerClient } from "../../src/governance/ledger-client.ts";
import type {
  Booking,
  CappedAccount,
  LeaseRequest,
  LedgerMessage,
  LedgerReply,
  ManageReply,
} from "../../src/governance/ledger-messages.ts";
import type { LedgerStore } from "../../src/governance/ledger-store.ts";
import { type LedgerWriter, openLedgerWriter } from "../../src/governance/ledger-writer.ts";
import type { Limit } from "../../src/governance/limit.ts";
import { openLedger } from "../../src/governance/stores/sqlite.ts";
import type { Governance } from "../../src/ir/deployment.ts";
import { createVirtualEffects, settle, type VirtualEffects } from "../harness/virtual-effects.ts";

export const GOVERNANCE: Governance = {
  dbPath: "",
  budget: "expected",
  unpriced: "allow",
  keepMs: 90 * 24 * 3_600_000,
  groups: {},
  gates: [],
  caps: [],
};

/** As a client asks that has nothing of the limit. */
export function leaseRequest(limit: Limit, amount: number): LeaseRequest {
  return { limit, amount, lesser: [], least: amount, kept: amount, exact: false, reserved: 0 };
}

export interface LedgerBench {
  readonly effects: VirtualEffects;
  readonly path: string;
  writer(): LedgerWriter;
  store(): LedgerStore;
  readonly said: string[];
  client(name: string): {
    readonly client: LedgerClient;
    readonly ring: KeyRing;
    readonly spooled: Booking[];
    readonly capped: CappedAccount[];
    die(): void;
    /** It reads nothing until what is returned is called. */
    hang(): () => void;
  };
  manage(action: string, id: string | null, input: unknown): Promise<ManageReply>;
  /** Lets virtual time run. */
  run(ms: number): Promise<void>;
  /** The writer is gone between two messages; the next one opens the same file. */
  killWriter(): void;
  startWriter(): Promise<void>;
  close(): void;
}

export async function ledgerBench(
  over: Partial<Governance> = {},
  storeOf: ((effects: VirtualEffects) => LedgerStore) | null = null,
): Promise<LedgerBench> {
  const folder = mkdtempSync(join(tmpdir(), "ringmain-ledger-"));
  const path = join(folder, "ledger.db");
  const effects = createVirtualEffects({ seed: 1, answer: () => Promise.reject(new Error("no network here")) });
  const governance: Governance = { ...GOVERNANCE, dbPath: path, ...over };
  /** One server for all writers of a bench, and the same data after a writer has died. */
  const given = storeOf?.(effects) ?? null;
  const said: string[] = [];
  let store: LedgerStore | null = null;
  let writer: LedgerWriter | null = null;
  /** Messages and timers of a writer that was killed go nowhere. */
  let life = 0;
  const live = new Map<string, (reply: LedgerReply) => void>();

  const startWriter = async (): Promise<void> => {
    life += 1;
    const mine = life;
    store = given ?? openSqlite(path);
    writer = await openLedgerWriter({
      store: given === null ? store : whileAlive(given, () => life === mine),
      governance,
      nowMs: effects.nowMs,
      wallMs: effects.wallMs,
      setTimer: (ms, fire) => effects.setTimer(ms, () => life === mine && fire()),
      randomId: effects.randomId,
      say: (level, line) => void said.push(`${level} ${line}`),
    });
    for (const [name, send] of live) writer.attach(name, (reply) => life === mine && send(reply));
  };
  await startWriter();

  const need = <T>(value: T | null): T => {
    if (value === null) throw new Error("there is no writer");
    return value;
  };
  return {
    effects,
    path,
    writer: () => need(writer),
    store: () => need(store),
    said,
    client(name) {
      const ring = createKeyRing();
      const spooled: Booking[] = [];
      const capped: CappedAccount[] = [];
      let isDead = false;
      let unread: LedgerReply[] | null = null;
      const client: LedgerClient = createLedgerClient({
        send(message) {
          if (isDead || writer === null) return false;
          const mine = life;
          const text = JSON.stringify(message);
          effects.setTimer(0, () => {
            const read: LedgerMessage = JSON.parse(text);
            if (life === mine) writer?.receive(name, read);
          });
          return true;
        },
        spool: (bookings) => void spooled.push(...bookings),
        onKeys: ({ keys, removed }) => ring.update(keys, removed),
        onCapped: (accounts) => void capped.push(...accounts),
        nowMs: effects.nowMs,
        wallMs: effects.wallMs,
        setTimer: effects.setTimer,
      });
      const receive = (reply: LedgerReply): void => {
        const mine = life;
        const text = JSON.stringify(reply);
        effects.setTimer(0, () => {
          const read: LedgerReply = JSON.parse(text);
          if (isDead || life !== mine) return;
          if (unread === null) client.receive(read);
          else unread.push(read);
        });
      };
      live.set(name, receive);
      const mine = life;
      writer?.attach(name, (reply) => life === mine && receive(reply));
      return {
        client,
        ring,
        spooled,
        capped,
        die() {
          isDead = true;
          live.delete(name);
          writer?.detach(name);
        },
        hang() {
          const mine: LedgerReply[] = [];
          unread = mine;
          return () => {
            unread = null;
            for (const reply of mine) client.receive(reply);
          };
        },
      };
    },
    manage: (action, id, input) => need(writer).manage({ action: action as "create", id, input, actor: "test" }),
    async run(ms) {
      for (let spent = 0; spent < ms; spent += 5) {
        await effects.run(Math.min(5, ms - spent));
        await settle();
      }
      await settle();
    },
    killWriter() {
      life += 1;
      writer = null;
      // The system closes the file, and with it the lock ends.
      if (given === null) void store?.close();
      store = null;
      live.clear();
    },
    startWriter,
    close() {
      life += 1;
      void store?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function openSqlite(path: string): LedgerStore {
  const opened = openLedger(path);
  if (opened.kind !== "open") throw new Error(opened.kind);
  return opened.store;
}

/** What a process that was killed has asked a server for takes place, but it never hears of it and asks for no more. */
function whileAlive(store: LedgerStore, isAlive: () => boolean): LedgerStore {
  const heard = async <T>(answer: () => Promise<T>): Promise<T> => {
    const value = isAlive() ? await answer() : null;
    return value === null || !isAlive() ? new Promise<T>(() => undefined) : value;
  };
  return {
    ...store,
    commit: (what) => heard(() => store.commit(what)),
    sumOf: (scope, startWallMs, endWallMs) => heard(() => store.sumOf(scope, startWallMs, endWallMs)),
  };
}
