/**
 * The gateway under load while its processes are killed, one after the other: what the vendor finished must be in the ledger
 * but for what one batch holds, sums must be those of their rows, and nothing may be booked twice.
 */
import { Database } from "bun:sqlite";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, startGateway } from "./binary.ts";

export interface KillLoop {
  readonly kills: number;
  /** Answers the vendor finished and the client got whole. */
  readonly answered: number;
  readonly rows: number;
  /** Answers without a row. */
  readonly lost: number;
  readonly integrity: string;
  /** Nano-dollars: of the rows, and of the sums by the hour. */
  readonly rowNanos: number;
  readonly sumNanos: number;
}

/** 10 tokens in at $10 and 5 out at $100 a million: nano-dollars of every answer. */
export const ANSWER_NANOS = 10 * 10_000 + 5 * 100_000;

const ADMIN = { authorization: "Bearer admin-token-of-tests", "content-type": "application/json" };
const CLIENTS = 8;
/** Answers between two kills. */
const ANSWERS_BETWEEN = 40;

export interface KillLoopInput {
  readonly kills: number;
  readonly workers: number;
  /** Both: in turn, a worker first. */
  readonly who: "worker" | "supervisor" | "both";
}

/** Rows a killed worker may have held: what came within the time a batch waits, with eight clients. */
const ROWS_A_KILL_MAX = 60;

/** What is wrong with the ledger after such a loop, as sentences. */
export function faultsOf(result: KillLoop, who: KillLoopInput["who"]): string[] {
  const { kills, rows, lost, integrity, rowNanos, sumNanos } = result;
  const workerKills = who === "supervisor" ? 0 : who === "worker" ? kills : Math.ceil(kills / 2);
  return [
    ...(integrity === "ok" ? [] : [`the database is not whole: ${integrity}`]),
    ...(rowNanos === sumNanos ? [] : [`rows cost ${rowNanos}, their sums say ${sumNanos}`]),
    ...(rowNanos === rows * ANSWER_NANOS ? [] : [`${rows} rows cost ${rowNanos}`]),
    ...(lost <= workerKills * ROWS_A_KILL_MAX ? [] : [`${lost} answers have no row`]),
  ];
}

export async function killLoop({ kills, workers, who }: KillLoopInput): Promise<KillLoop> {
  const folder = await mkdtemp(join(tmpdir(), "ringmain-kill-"));
  const dbPath = join(folder, "ledger.db");
  const upstream = startUpstream();
  const config = [
    'listen: "127.0.0.1:0"',
    "drain_secs: 3",
    `workers: ${workers}`,
    'admin: { token: "admin-token-of-tests" }',
    `governance: { enabled: true, db_path: "${dbPath}" }`,
    "log: { level: error }",
    `providers: { up: { protocol: openai, base_url: "http://127.0.0.1:${upstream.port}", allow_private: true } }`,
    "models: { m: { provider: up, prices: { input_per_million_usd: 10, output_per_million_usd: 100 } } }",
  ].join("\n");
  let gateway = await startGateway({ config });
  const secret = await createKey(gateway);
  const answered = new Set<string>();
  const load = startLoad(() => gateway, secret, answered);
  const old: Gateway[] = [];
  try {
    for (let kill = 0; kill < kills; kill++) {
      await load.until(answered.size + ANSWERS_BETWEEN);
      if (who === "worker" || (who === "both" && kill % 2 === 0)) await killWorker(gateway);
      else {
        old.push(gateway);
        gateway.signal("SIGKILL");
        gateway = await restart(config);
      }
    }
    await load.until(answered.size + ANSWERS_BETWEEN);
    await load.stop();
    // Workers without a supervisor drain and spool; what they spooled is booked within some seconds.
    await Promise.all(old.map((each) => each.exited));
    await restartOnce(gateway, config).then((last) => {
      gateway = last;
    });
  } finally {
    await load.stop();
    await gateway.stop();
    for (const each of old) await rm(each.folder, { recursive: true, force: true });
    upstream.stop();
  }
  const result = look(dbPath, answered, kills);
  await rm(folder, { recursive: true, force: true });
  return result;
}

async function restartOnce(gateway: Gateway, config: string): Promise<Gateway> {
  await gateway.stop();
  return await restart(config);
}

/** The system takes the lock back when the process is gone, which is a moment after it was killed. */
async function restart(config: string): Promise<Gateway> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await startGateway({ config });
    } catch (error) {
      if (attempt >= 20) throw error;
    }
  }
}

async function createKey(gateway: Gateway): Promise<string> {
  const made = await fetch(`${gateway.url}/admin/keys`, {
    method: "POST",
    headers: ADMIN,
    body: JSON.stringify({ name: "load", budgets: [{ window: "monthly", limit_usd: 1_000 }] }),
  });
  const body: unknown = await made.json();
  const secret = typeof body === "object" && body !== null && "secret" in body ? body.secret : null;
  if (typeof secret !== "string") throw new Error(`no key was made: ${JSON.stringify(body)}`);
  return secret;
}

async function killWorker(gateway: Gateway): Promise<void> {
  const children = (await readFile(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8")).trim().split(" ");
  const [first] = children;
  if (first !== undefined && first !== "") process.kill(Number(first), "SIGKILL");
}

interface Load {
  /** Resolves once so many answers have come, in all. */
  until(answers: number): Promise<void>;
  stop(): Promise<void>;
}

function startLoad(gateway: () => Gateway, secret: string, answered: Set<string>): Load {
  let isOver = false;
  const waiting = new Set<() => void>();
  const client = async (): Promise<void> => {
    while (!isOver) {
      try {
        const response = await fetch(`${gateway().url}/v1/chat/completions`, {
          method: "POST",
          headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
          body: '{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}',
          signal: AbortSignal.timeout(10_000),
        });
        await response.text();
        const id = response.headers.get("x-ringmain-request-id");
        if (response.status === 200 && id !== null) answered.add(id);
      } catch {
        // Whoever it asked was killed just then, and may not be back yet.
        await Bun.sleep(5);
      }
      for (const look of waiting) look();
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    until: (answers) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (answered.size < answers) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      isOver = true;
      await Promise.all(clients);
    },
  };
}

function startUpstream(): { readonly port: number; stop(): void } {
  const answer = JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  });
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      await request.text();
      return new Response(answer, { headers: { "content-type": "application/json" } });
    },
  });
  return { port: server.port ?? 0, stop: () => void server.stop(true) };
}

function look(dbPath: string, answered: ReadonlySet<string>, kills: number): KillLoop {
  const db = new Database(dbPath, { readonly: true });
  try {
    const ids = new Set(
      db
        .query<{ id: string }, []>("SELECT id FROM usage")
        .all()
        .map(({ id }) => id),
    );
    const one = (sql: string): number => db.query<{ n: number | null }, []>(sql).get()?.n ?? 0;
    return {
      kills,
      answered: answered.size,
      rows: ids.size,
      lost: [...answered].filter((id) => !ids.has(id)).length,
      integrity: db.query<{ integrity_check: string }, []>("PRAGMA integrity_check").get()?.integrity_check ?? "",
      rowNanos: one("SELECT sum(cost) AS n FROM usage"),
      sumNanos: one("SELECT sum(cost) AS n FROM hourly WHERE scope LIKE 'key:%'"),
    };
  } finally {
    db.close();
  }
}
