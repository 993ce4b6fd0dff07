// A keeper and its spenders in one process under a virtual clock: messages travel as JSON and arrive a moment later, as they
// do between processes; a spender or the keeper can die at any of those moments.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Capped } from "../../src/governance/caps.ts";
import { createKeeper, type Keeper } from "../../src/governance/keeper.ts";
import { createKeyRing, type KeyRing } from "../../src/governance/keys.ts";
import { createSpender, type Spender } from "../../src/governance/spender.ts";
import type { Entry, LedgerMessage, LedgerReply, ManageReply } from "../../src/governance/store.ts";
import { type Lock, takeLock } from "../../src/governance/stores/lock.ts";
import { type LedgerStore, openLedger } from "../../src/governance/stores/sqlite.ts";
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

export interface LedgerBench {
  readonly effects: VirtualEffects;
  readonly path: string;
  keeper(): Keeper;
  store(): LedgerStore;
  readonly said: string[];
  spender(name: string): {
    readonly spender: Spender;
    readonly ring: KeyRing;
    readonly spooled: Entry[];
    readonly capped: Capped[];
    die(): void;
  };
  manage(action: string, id: string | null, input: unknown): Promise<ManageReply>;
  /** Lets virtual time run. */
  run(ms: number): Promise<void>;
  /** The keeper is gone between two messages; the next one opens the same file. */
  killKeeper(): void;
  startKeeper(): void;
  close(): void;
}

export function ledgerBench(over: Partial<Governance> = {}): LedgerBench {
  const folder = mkdtempSync(join(tmpdir(), "ringmain-ledger-"));
  const path = join(folder, "ledger.db");
  const effects = createVirtualEffects({ seed: 1, answer: () => Promise.reject(new Error("no network here")) });
  const governance: Governance = { ...GOVERNANCE, dbPath: path, ...over };
  const said: string[] = [];
  let lock: Lock | null = null;
  let store: LedgerStore | null = null;
  let keeper: Keeper | null = null;
  /** Messages and timers of a keeper that was killed go nowhere. */
  let life = 0;
  const live = new Map<string, (reply: LedgerReply) => void>();

  const startKeeper = (): void => {
    life += 1;
    const mine = life;
    lock = takeLock(path);
    if (lock === null) throw new Error("locked");
    const opened = openLedger(path);
    if (opened.kind !== "open") throw new Error(opened.kind);
    store = opened.store;
    keeper = createKeeper({
      store: opened.store,
      governance,
      nowMs: effects.nowMs,
      wallMs: effects.wallMs,
      setTimer: (ms, fire) => effects.setTimer(ms, () => life === mine && fire()),
      randomId: effects.randomId,
      say: (level, line) => void said.push(`${level} ${line}`),
    });
    for (const [name, send] of live) keeper.attach(name, send);
  };
  startKeeper();

  const need = <T>(value: T | null): T => {
    if (value === null) throw new Error("there is no keeper");
    return value;
  };
  return {
    effects,
    path,
    keeper: () => need(keeper),
    store: () => need(store),
    said,
    spender(name) {
      const ring = createKeyRing();
      const spooled: Entry[] = [];
      const capped: Capped[] = [];
      let isDead = false;
      const spender: Spender = createSpender({
        send(message) {
          if (isDead || keeper === null) return false;
          const mine = life;
          const text = JSON.stringify(message);
          effects.setTimer(0, () => {
            const read: LedgerMessage = JSON.parse(text);
            if (life === mine) keeper?.receive(name, read);
          });
          return true;
        },
        spool: (entries) => void spooled.push(...entries),
        onKeys: ({ keys, removed }) => ring.update(keys, removed),
        onCapped: (told) => void capped.push(...told),
        nowMs: effects.nowMs,
        wallMs: effects.wallMs,
        setTimer: effects.setTimer,
      });
      const receive = (reply: LedgerReply): void => {
        const mine = life;
        const text = JSON.stringify(reply);
        effects.setTimer(0, () => {
          const read: LedgerReply = JSON.parse(text);
          if (!isDead && life === mine) spender.receive(read);
        });
      };
      live.set(name, receive);
      keeper?.attach(name, receive);
      return {
        spender,
        ring,
        spooled,
        capped,
        die() {
          isDead = true;
          live.delete(name);
          keeper?.detach(name);
        },
      };
    },
    manage: (action, id, input) => need(keeper).manage({ action: action as "create", id, input, actor: "test" }),
    async run(ms) {
      for (let spent = 0; spent < ms; spent += 5) {
        await effects.run(Math.min(5, ms - spent));
        await settle();
      }
      await settle();
    },
    killKeeper() {
      life += 1;
      keeper = null;
      // The system takes the lock back, and closes the file without a last word.
      lock?.release();
      store = null;
      live.clear();
    },
    startKeeper,
    close() {
      life += 1;
      store?.close();
      lock?.release();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
