// A ledger's file under other names, and what happens to it while it is in use: who may open it, what is said, what is kept.
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Commit, LedgerStore } from "../../../src/governance/ledger-store.ts";
import { scopeOf } from "../../../src/governance/limit.ts";
import { openLedger } from "../../../src/governance/stores/sqlite.ts";
import { UNKNOWN_USAGE } from "../../../src/ir/usage.ts";
import { codeOf } from "../../../src/std/describe-error.ts";

let folder: string;
let open: LedgerStore[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringmain-place-"));
  open = [];
});
afterEach(async () => {
  for (const store of open) await store.close().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
});

const at = (...names: string[]): string => join(folder, ...names);

function opened(path: string): LedgerStore {
  const ledger = openLedger(path);
  if (ledger.kind !== "open") throw new Error(ledger.kind === "refused" ? ledger.why : ledger.kind);
  open.push(ledger.store);
  return ledger.store;
}

const rowOf = (id: string): Commit => ({
  bookings: [
    {
      row: {
        id,
        wallMs: 1,
        caller: "k",
        target: "t",
        lane: null,
        usage: UNKNOWN_USAGE,
        costNanos: 1,
        state: "ok",
      },
      scopes: [scopeOf("key", "vk_1")],
      leases: [],
      revision: "r",
    },
  ],
  leases: [],
  keys: [],
  removedKeys: [],
  audit: [],
  remembered: [],
  wallMs: 1,
});

/** Code and message of what a commit and a look reject with; "kept": nothing. */
async function refusalOf(store: LedgerStore): Promise<{ code: string; message: string }> {
  const codes: string[] = [];
  let message = "";
  for (const act of [() => store.stand(), () => store.commit(rowOf("later"))]) {
    try {
      await act();
      codes.push("kept");
    } catch (error) {
      codes.push(codeOf(error) ?? "no code");
      message = error instanceof Error ? error.message : "";
    }
  }
  const [first = "", second = ""] = codes;
  return { code: first === second ? first : codes.join(), message };
}

describe("a ledger in use is refused", () => {
  const NAMES: Record<string, () => string> = {
    "under its own name": () => at("a", "ledger.db"),
    "after a lock file beside it is removed": () => {
      rmSync(at("a", "ledger.db.lock"), { force: true });
      return at("a", "ledger.db");
    },
    "through a link to the file": () => {
      symlinkSync(at("a", "ledger.db"), at("link.db"));
      return at("link.db");
    },
    "through a link to the folder": () => {
      symlinkSync(at("a"), at("b"));
      return at("b", "ledger.db");
    },
    "through a second name of the file": () => {
      linkSync(at("a", "ledger.db"), at("second.db"));
      return at("second.db");
    },
    "by a longer way": () => `${folder}/a/.././a//ledger.db`,
  };
  for (const [name, path] of Object.entries(NAMES)) {
    for (const isOld of [false, true]) {
      test(`${name}, ${isOld ? "opened again" : "just made"}`, async () => {
        mkdirSync(at("a"));
        let store = opened(at("a", "ledger.db"));
        if (isOld) {
          await store.commit(rowOf("before"));
          await store.close();
          store = opened(at("a", "ledger.db"));
        }
        expect(openLedger(path()).kind).toBe("held");
        await store.commit(rowOf("one"));
        await store.close();
        opened(at("a", "ledger.db"));
      });
    }
  }
});

describe("a ledger that is", () => {
  const rowsOf = (path: string): number => {
    const db = new Database(path, { readonly: true });
    try {
      return db.query<{ n: number }, []>("SELECT count(*) AS n FROM usage").get()?.n ?? 0;
    } finally {
      db.close();
    }
  };
  const GONE: Record<string, () => void> = {
    removed: () => rmSync(at("ledger.db")),
    "removed with all beside it": () => {
      for (const end of ["", "-wal", "-shm"]) rmSync(at(`ledger.db${end}`), { force: true });
    },
    "robbed of its log": () => rmSync(at("ledger.db-wal")),
    replaced: () => {
      copyFileSync(at("ledger.db"), at("other.db"));
      renameSync(at("other.db"), at("ledger.db"));
    },
    moved: () => renameSync(at("ledger.db"), at("other.db")),
  };
  for (const [name, happens] of Object.entries(GONE)) {
    test(`${name} takes no row, and all it held is in a copy`, async () => {
      const store = opened(at("ledger.db"));
      await store.commit(rowOf("one"));
      await store.commit(rowOf("two"));
      happens();
      const copy = at("ledger.db.rescued");
      expect(await refusalOf(store)).toEqual({
        code: "LEDGER_GONE",
        message: `${at("ledger.db")} was removed or replaced while it was in use; all it held is in ${copy}: stop the gateway, put that in its place, and start again`,
      });
      expect(rowsOf(copy)).toBe(2);
      expect(existsSync(at("ledger.db.rescued-2"))).toBe(false);
    });
  }

  test("moved away and back goes on", async () => {
    const store = opened(at("ledger.db"));
    await store.commit(rowOf("one"));
    renameSync(at("ledger.db"), at("other.db"));
    expect((await refusalOf(store)).code).toBe("LEDGER_GONE");
    renameSync(at("other.db"), at("ledger.db"));
    expect((await refusalOf(store)).code).toBe("kept");
  });

  test("read and touched by others goes on", async () => {
    const store = opened(at("ledger.db"));
    await store.commit(rowOf("one"));
    utimesSync(at("ledger.db"), 1, 1);
    expect((await refusalOf(store)).code).toBe("kept");
  });

  const DAMAGES: Record<string, (size: number) => void> = {
    "written over from its beginning": (size) => overwrite(0, size),
    "written over behind its first page": (size) => overwrite(4_096, size - 4_096),
    "cut to nothing": () => truncateSync(at("ledger.db"), 0),
    "cut in the middle": (size) => truncateSync(at("ledger.db"), Math.floor(size / 2)),
  };
  for (const [name, happens] of Object.entries(DAMAGES)) {
    test(`${name} takes no row, and says what to do`, async () => {
      const first = opened(at("ledger.db"));
      for (let row = 0; row < 200; row++) await first.commit(rowOf(`row-${row}`));
      await first.close();
      const store = opened(at("ledger.db"));
      happens(Bun.file(at("ledger.db")).size);
      const { code, message } = await refusalOf(store);
      expect(code).toMatch(/^SQLITE_(?:CORRUPT|NOTADB|IOERR)/);
      expect(message).toContain(at("ledger.db"));
      expect(message).toContain(code.startsWith("SQLITE_IOERR") ? "look at its disk" : "put its copy");
    });
  }

  /** Not closed: the system would take back a lock that this process holds on the file. */
  function overwrite(from: number, bytes: number): void {
    writeSync(openSync(at("ledger.db"), "r+"), new Uint8Array(bytes).fill(0x2a), 0, bytes, from);
  }
});
