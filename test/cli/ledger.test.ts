// `ringmain keys` and `ringmain usage` without a gateway: what is wrong with a ledger is told as it is, and keys have names.
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { scopeOf } from "../../src/governance/limit.ts";
import { openLedger } from "../../src/governance/stores/sqlite.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { newFolder, runProgram } from "./program.ts";

const config = (dbPath: string): string => `
listen: "127.0.0.1:9"
governance: { enabled: true, db_path: "${dbPath}", admin_token_env: ADMIN }
providers: { local: { protocol: openai, base_url: "http://127.0.0.1:9", allow_private: true } }
models: { m: { provider: local } }
`;

const run = async (...args: string[]) => {
  await using program = runProgram(args, { ADMIN: "admin-token-1" });
  return { code: await program.exited, out: program.out(), err: program.err() };
};

test("a damaged ledger is called that, and not a gateway that cannot be reached", async () => {
  await using folder = await newFolder();
  const dbPath = await folder.write(
    "broken.db",
    "this is no database, and it is longer than the head of one".repeat(50),
  );
  const file = await folder.write("config.yaml", config(dbPath));
  for (const command of [["keys", "list"], ["usage"]]) {
    const { code, err } = await run(...command, "--config", file);
    expect([code, err]).toEqual([1, expect.stringContaining("broken.db is damaged")]);
    expect(err).not.toContain("gateway");
  }
});

test("usage by key has the names of the keys", async () => {
  await using folder = await newFolder();
  const dbPath = join(folder.path, "ledger.db");
  const file = await folder.write("config.yaml", config(dbPath));
  const made = await run("keys", "create", "--name", "=alice, of team a", "--json", "--config", file);
  const { id }: { id: string } = JSON.parse(made.out);
  const opened = openLedger(dbPath);
  if (opened.kind !== "open") throw new Error("the ledger cannot be opened");
  const wallMs = Date.now();
  const row = {
    wallMs,
    caller: "k",
    target: "m",
    lane: null,
    usage: { ...UNKNOWN_USAGE, freshInputTokens: 10, outputTokens: 5 },
    costNanos: 2_000_000,
    state: "ok",
  } as const;
  const scopes = [scopeOf("key", id), scopeOf("key", "vk_gone")];
  const bookings = scopes.map((scope) => ({
    row: { ...row, id: scope.id },
    scopes: [scope],
    leases: [],
    revision: "r",
  }));
  await opened.store.commit({ bookings, leases: [], keys: [], removedKeys: [], audit: [], remembered: [], wallMs });
  await opened.store.close();
  const csv = await run("usage", "--by", "key", "--csv", "--config", file);
  expect(csv.out.trim().split("\n").toSorted()).toEqual(
    [
      "key,requests,tokens,cost_usd,unpriced_requests,name",
      `${id},1,15,0.002,0,"'=alice, of team a"`,
      "vk_gone,1,15,0.002,0,",
    ].toSorted(),
  );
  const table = await run("usage", "--by", "key", "--config", file);
  expect(table.out).toMatch(/^key +name +requests/);
  expect(table.out).toContain(`${id}  =alice, of team a  1`);
  const byDay = await run("usage", "--csv", "--config", file);
  expect(byDay.out).toStartWith("day,requests,tokens,cost_usd,unpriced_requests\n");
});

test("a key that cannot be read is said, and the others are listed", async () => {
  await using folder = await newFolder();
  const dbPath = join(folder.path, "ledger.db");
  const file = await folder.write("config.yaml", config(dbPath));
  const made = await run("keys", "create", "--name", "whole", "--json", "--config", file);
  const { id }: { id: string } = JSON.parse(made.out);
  const db = new Database(dbPath);
  db.run("INSERT INTO keys (id, hash, created_ms, document) VALUES ('vk_torn', 'h', 1, '{}')");
  db.close();
  const { code, out, err } = await run("keys", "list", "--json", "--config", file);
  expect([code, err]).toEqual([0, "The key vk_torn cannot be read from the ledger and lets no request in.\n"]);
  expect(out).toContain(id);
  expect(out).not.toContain("vk_torn");
});

test("no name of a key, project or label holds a token that the configuration knows", async () => {
  await using folder = await newFolder();
  const file = await folder.write("config.yaml", config(join(folder.path, "ledger.db")));
  const made = await run("keys", "create", "--name", "alice", "--json", "--config", file);
  const { id }: { id: string } = JSON.parse(made.out);
  const names = [
    "--name=admin-token-1",
    "--name=for admin-token-1",
    "--project=admin-token-1",
    "--label=admin-token-1=x",
  ];
  for (const said of names) {
    const [option = "", ...value] = said.split("=");
    for (const command of [
      ["create", "--name", "bob"],
      ["update", id],
    ]) {
      const named = option === "--name" && command[0] === "create" ? ["create"] : command;
      const { code, out, err } = await run("keys", ...named, option, value.join("="), "--config", file);
      expect([said, code, out]).toEqual([said, 1, ""]);
      expect(err).toContain("holds a token");
      expect(err).not.toContain("admin-token-1");
    }
  }
  const listed = await run("keys", "list", "--config", file);
  expect(listed.out).toContain("alice");
  expect(listed.out).not.toContain("bob");
});
