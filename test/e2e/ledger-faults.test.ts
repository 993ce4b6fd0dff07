// A disk that fails under the compiled gateway: what it says, whether load balancers are told, and that no row of an answered
// request is lost. A full disk is a limit of the size of files (`ulimit -f`, its signal ignored), which needs no root: a write
// beyond it fails as one on a full disk does, after a part of it.
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { binary, type Gateway, runCommand, startGateway } from "../harness/binary.ts";
import { keepSecret } from "../harness/canaries.ts";
import { until } from "../harness/until.ts";

const ADMIN = { authorization: "Bearer admin-canary4f9a-token", "content-type": "application/json" };
const CHAT = {
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
};

let folder = "";
let upstream: { readonly port: number; stop(): void };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-disk-"));
  const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => Response.json(CHAT) });
  upstream = { port: server.port ?? 0, stop: () => void server.stop(true) };
});
afterAll(async () => {
  upstream.stop();
  await rm(folder, { recursive: true, force: true });
});

const config = (dbPath: string): string => `listen: "127.0.0.1:0"
drain_secs: 1
admin: { token: "admin-canary4f9a-token" }
governance: { enabled: true, db_path: "${dbPath}" }
providers: { up: { protocol: openai, base_url: "http://127.0.0.1:${upstream.port}", allow_private: true } }
models: { m: { provider: up, prices: { input_per_million_usd: 10, output_per_million_usd: 100 } } }
`;

async function started(dbPath: string, fileBlocksMax?: number): Promise<{ gateway: Gateway; secret: string }> {
  const gateway = await startGateway({
    config: config(dbPath),
    ...(fileBlocksMax === undefined ? {} : { fileBlocksMax }),
  });
  const made = await fetch(`${gateway.url}/admin/keys`, { method: "POST", headers: ADMIN, body: '{"name":"k"}' });
  expect(made.status).toBe(201);
  const { secret } = (await made.json()) as { secret: string };
  return { gateway, secret: keepSecret(secret) };
}

/** The id under which an answered request stands in the ledger; null: it was refused. */
async function ask({ url }: Gateway, secret: string): Promise<string | null> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] }),
  });
  await answer.text();
  return answer.status === 200 ? answer.headers.get("x-ringmain-request-id") : null;
}

const said = (gateway: Gateway): string => `${gateway.stdout()}\n${gateway.stderr()}`;
const readiness = async ({ url }: Gateway): Promise<string> => {
  const answer = await fetch(`${url}/readyz`);
  return `${answer.status} ${(await answer.text()).trim()}`;
};
const degraded = async ({ url }: Gateway): Promise<string | undefined> =>
  /^ringmain_ledger_degraded (\d)$/m.exec(await (await fetch(`${url}/metrics`, { headers: ADMIN })).text())?.[1];

function idsIn(dbPath: string): Set<string> {
  const db = new Database(dbPath, { readonly: true });
  try {
    return new Set(
      db
        .query<{ id: string }, []>("SELECT id FROM usage")
        .all()
        .map(({ id }) => id),
    );
  } finally {
    db.close();
  }
}

/** Books what waits, as the operator's next start does. */
async function restarted(dbPath: string): Promise<Set<string>> {
  const { gateway } = await started(dbPath);
  expect(await gateway.stop()).toBe(0);
  return idsIn(dbPath);
}

const missing = (answered: readonly string[], ids: ReadonlySet<string>): string[] =>
  answered.filter((id) => !ids.has(id));

test("a second gateway on one ledger is refused, whatever name it has for it", async () => {
  const dbPath = join(folder, "one.db");
  const { gateway, secret } = await started(dbPath);
  await ask(gateway, secret);
  rmSync(`${dbPath}.lock`, { force: true });
  symlinkSync(dbPath, join(folder, "link.db"));
  linkSync(dbPath, join(folder, "second.db"));
  symlinkSync(folder, join(folder, "again"));
  for (const name of ["one.db", "link.db", "second.db", "again/one.db", "again/.//one.db"]) {
    const path = `${folder}/${name}`;
    const files = { "config.yaml": config(path) };
    const second = await runCommand(["serve", "--config", "config.yaml"], { files });
    expect([name, second.code, second.stderr]).toEqual([
      name,
      1,
      expect.stringContaining(`holds ${normalize(path)}. Stop it`),
    ]);
  }
  expect(await gateway.stop()).toBe(0);
}, 120_000);

/** Blocks of 512 bytes: the ledger and its log reach it within a few hundred rows. */
const BLOCKS_MAX = 700;

/** Asks until the ledger takes no more, and some more. */
async function filled(gateway: Gateway, secret: string): Promise<string[]> {
  const answered: string[] = [];
  await until(async () => {
    for (const id of await Promise.all(Array.from({ length: 20 }, () => ask(gateway, secret)))) {
      if (id !== null) answered.push(id);
    }
    return said(gateway).includes("The ledger cannot be written");
  });
  for (let more = 0; more < 5; more++) answered.push((await ask(gateway, secret)) ?? "refused");
  return answered;
}

test("a full disk: not ready, told in words and in a metric, and the next start books what was answered", async () => {
  const dbPath = join(folder, "full.db");
  const { gateway, secret } = await started(dbPath, BLOCKS_MAX);
  const answered = await filled(gateway, secret);
  await until(async () => (await readiness(gateway)) === "503 the ledger cannot be written");
  expect(await degraded(gateway)).toBe("1");
  expect(said(gateway)).toContain(dbPath);
  expect(await gateway.stop()).toBe(3);
  expect(said(gateway)).toMatch(/\d+ rows could not be written to \S+full\.db and wait in \S+full\.db\.spool\//);
  expect(said(gateway)).not.toMatch(/\n\s+at |panic|SQLiteError:/);
  expect(missing(answered, await restarted(dbPath))).toEqual([]);
}, 120_000);

test("a full disk that takes no spool either: the rows stand in the log, ready to be booked", async () => {
  const dbPath = join(folder, "fuller.db");
  const { gateway, secret } = await started(dbPath, BLOCKS_MAX);
  const answered = await filled(gateway, secret);
  writeFileSync(`${dbPath}.spool`, "no folder can be made here");
  expect(await gateway.stop()).toBe(3);
  const file = /put what stands after "unwritten row: " into (\S+\.jsonl),/.exec(said(gateway))?.[1] ?? "";
  const lines = [...said(gateway).matchAll(/unwritten row: (.*)/g)].map(([, line]) => `${line}\n`);
  rmSync(`${dbPath}.spool`);
  mkdirSync(`${dbPath}.spool`);
  writeFileSync(file, lines.join(""));
  expect(missing(answered, await restarted(dbPath))).toEqual([]);
}, 120_000);

test("a ledger removed while it is in use, without a request: not ready; its copy and its spool hold every row", async () => {
  const dbPath = join(folder, "gone.db");
  const { gateway, secret } = await started(dbPath);
  const answered: string[] = [];
  for (let each = 0; each < 5; each++) answered.push((await ask(gateway, secret)) ?? "refused");
  for (const name of readdirSync(folder))
    if (name.startsWith("gone.db")) rmSync(join(folder, name), { recursive: true });
  await until(async () => (await readiness(gateway)) === "503 the ledger cannot be written");
  for (let each = 0; each < 5; each++) answered.push((await ask(gateway, secret)) ?? "refused");
  expect(await degraded(gateway)).toBe("1");
  expect(await gateway.stop()).toBe(3);
  expect(said(gateway)).toContain(
    `${dbPath} was removed or replaced while it was in use; all it held is in ${dbPath}.rescued`,
  );
  renameSync(`${dbPath}.rescued`, dbPath);
  expect(missing(answered, await restarted(dbPath))).toEqual([]);
}, 120_000);

test("a ledger written over while it is in use: said, not ready, and rows wait for the copy to be put in its place", async () => {
  const dbPath = join(folder, "bad.db");
  const first = await started(dbPath);
  await ask(first.gateway, first.secret);
  expect(await first.gateway.stop()).toBe(0);
  const good = readFileSync(dbPath);
  const { gateway, secret } = await started(dbPath);
  writeFileSync(dbPath, new Uint8Array(good.length).fill(0x2a), { flag: "r+" });
  await until(async () => (await readiness(gateway)) === "503 the ledger cannot be written");
  const answered: string[] = [];
  for (let each = 0; each < 5; each++) answered.push((await ask(gateway, secret)) ?? "refused");
  expect(await gateway.stop()).toBe(3);
  expect(said(gateway)).toContain(`${dbPath} is damaged; stop the gateway, put its copy ${dbPath}.backup in its place`);
  const refused = await runCommand(["serve", "--config", "config.yaml"], { files: { "config.yaml": config(dbPath) } });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`${dbPath} is damaged`)]);
  for (const end of ["-wal", "-shm"]) rmSync(`${dbPath}${end}`, { force: true });
  writeFileSync(dbPath, good);
  expect(missing(answered, await restarted(dbPath))).toEqual([]);
}, 120_000);

test("complaints that find no room on a disk do not end the gateway", async () => {
  const path = join(folder, "plain.yaml");
  writeFileSync(path, config(join(folder, "plain.db")));
  const program = ["/bin/sh", "-c", 'exec "$@" 2>/dev/full', "sh", await binary(), "serve", "--config", path];
  const child = Bun.spawn(program, { env: { PATH: process.env["PATH"] ?? "" }, stdin: "ignore", stdout: "pipe" });
  const greeted = child.stdout.getReader().read();
  expect(new TextDecoder().decode((await greeted).value)).toContain("Ringmain serves");
  // It says that nothing was reloaded, and then that it ends.
  child.kill("SIGHUP");
  child.kill("SIGTERM");
  expect([await child.exited, child.signalCode]).toEqual([0, null]);
}, 60_000);
