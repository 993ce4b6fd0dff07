// Keys, budgets and the ledger in the compiled gateway: what a client is told, what is on disk, and what a kill costs.

import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, runCommand, startGateway } from "../harness/binary.ts";
import { keepSecret } from "../harness/canaries.ts";
import { ANSWER_NANOS, killLoop } from "../harness/kill-loop.ts";
import { startBroker } from "../harness/mqtt-broker.ts";
import { until } from "../harness/until.ts";

const ADMIN_TOKEN = "admin-canary4f9a-token";
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };

let folder = "";
let upstream: { readonly port: number; stop(): void };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ringmain-governance-"));
  upstream = startUpstream();
});

afterAll(async () => {
  upstream.stop();
  await rm(folder, { recursive: true, force: true });
});

/** 10 tokens in, 5 out, whatever is asked; never more than one millisecond. */
function startUpstream(): { readonly port: number; stop(): void } {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      await request.text();
      return Response.json({
        id: "chatcmpl-1",
        object: "chat.completion",
        created: 1,
        model: "m",
        choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      });
    },
  });
  return { port: server.port ?? 0, stop: () => void server.stop(true) };
}

const config = (governance: string, more = ""): string =>
  [
    'listen: "127.0.0.1:0"',
    "drain_secs: 2",
    `admin: { token: "${ADMIN_TOKEN}" }`,
    `governance: { enabled: true, ${governance} }`,
    `providers: { up: { protocol: openai, base_url: "http://127.0.0.1:${upstream.port}", allow_private: true } }`,
    "models:",
    "  m: { provider: up, prices: { input_per_million_usd: 10, output_per_million_usd: 100 }, capabilities: { max_output_tokens: 50 } }",
    "  free: { provider: up, upstream_model: nobody-knows-its-price }",
    more,
  ].join("\n");

async function admin(
  gateway: Gateway,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Answer }> {
  const response = await fetch(`${gateway.url}/admin${path}`, {
    method,
    headers: ADMIN,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

type Answer = Readonly<Record<string, unknown>>;

async function keyOf(gateway: Gateway, input: object): Promise<{ id: string; secret: string }> {
  const { status, body } = await admin(gateway, "POST", "/keys", { name: "k", ...input });
  expect(status).toBe(201);
  return { id: String(body["id"]), secret: keepSecret(String(body["secret"])) };
}

function ask(
  gateway: Gateway,
  secret: string,
  over: { model?: string; headers?: object; path?: string; body?: object } = {},
) {
  const body = over.body ?? { model: over.model ?? "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] };
  return fetch(`${gateway.url}${over.path ?? "/v1/chat/completions"}`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json", ...over.headers },
    body: JSON.stringify(body),
  });
}

describe("keys", () => {
  test("are the only way in, are shown once, and end as they are told to", async () => {
    const gateway = await startGateway({ config: config("") });
    try {
      expect((await ask(gateway, "anything")).status).toBe(401);
      const { id, secret } = await keyOf(gateway, { allowed_pools: ["m"] });
      expect(secret).toMatch(/^sk-rm-[0-9A-Za-z]{32}$/);
      expect((await ask(gateway, secret)).status).toBe(200);
      expect((await ask(gateway, secret, { model: "free" })).status).toBe(403);
      const listed = await admin(gateway, "GET", "/keys");
      expect(JSON.stringify(listed.body)).not.toContain(secret);
      expect(JSON.stringify(listed.body)).not.toMatch(/[0-9a-f]{64}/);

      const rotated = await admin(gateway, "POST", `/keys/${id}/rotate`, { overlap_secs: 3_600 });
      const fresh = String(rotated.body["secret"]);
      expect([(await ask(gateway, fresh)).status, (await ask(gateway, secret)).status]).toEqual([200, 200]);
      const again = await admin(gateway, "POST", `/keys/${id}/rotate`, { overlap_secs: 0 });
      const last = String(again.body["secret"]);
      expect([(await ask(gateway, fresh)).status, (await ask(gateway, last)).status]).toEqual([401, 200]);
      await admin(gateway, "POST", `/keys/${id}/disable`);
      expect((await ask(gateway, last)).status).toBe(401);
      await admin(gateway, "POST", `/keys/${id}/enable`);
      await admin(gateway, "PATCH", `/keys/${id}`, { allowed_pools: [] });
      expect((await ask(gateway, last)).status).toBe(403);
      await admin(gateway, "PATCH", `/keys/${id}`, { allowed_pools: null, expires_at: "2020-01-01T00:00:00Z" });
      expect((await ask(gateway, last)).status).toBe(401);
      expect(await admin(gateway, "DELETE", `/keys/${id}`)).toMatchObject({ status: 200, body: { deleted: id } });
      expect((await admin(gateway, "GET", `/keys/${id}`)).status).toBe(404);
      const { body } = await admin(gateway, "GET", "/audit");
      const actions = (body["entries"] as Answer[]).map((entry) => entry["action"]);
      expect(actions).toEqual(["delete", "update", "update", "enable", "disable", "rotate", "rotate", "create"]);
      expect((await fetch(`${gateway.url}/admin/keys`)).status).toBe(401);
    } finally {
      await gateway.stop();
    }
  }, 60_000);

  test("limits name themselves and when they end, in the client's dialect; gates hold", async () => {
    const gateway = await startGateway({
      config: config(
        "gates: [ { scope: session, limit_usd: 0.001 }, { scope: project, limit_usd: 0.002 }, { scope: request, limit_usd: 0.5 } ], groups: { team: { rpm_limit: 3 }, sub: { parent: team } }",
      ),
    });
    try {
      const grouped = await keyOf(gateway, { group: "sub" });
      const first = await ask(gateway, grouped.secret);
      expect(first.headers.get("x-ratelimit-remaining-requests")).toBe("2");
      await ask(gateway, grouped.secret);
      await ask(gateway, grouped.secret);
      const limited = await ask(gateway, grouped.secret);
      expect([limited.status, limited.headers.get("x-ringmain-error")]).toEqual([429, "limit_exceeded"]);
      expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(30);
      expect(await limited.text()).toContain('3 requests a minute of the group \\"team\\"');

      const message = { model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] };
      const limitedToo = await keyOf(gateway, { rpm_limit: 9, tpm_limit: 100_000 });
      const native = await ask(gateway, limitedToo.secret, { path: "/v1/messages", body: message });
      expect([native.status, native.headers.get("anthropic-ratelimit-requests-remaining")]).toEqual([200, "8"]);
      expect(Date.parse(native.headers.get("anthropic-ratelimit-tokens-reset") ?? "")).toBeGreaterThan(0);
      expect(native.headers.get("x-ratelimit-limit-requests")).toBeNull();

      const { secret } = await keyOf(gateway, {});
      const capped = await ask(gateway, secret, { headers: { "x-ringmain-max-usd": "0.0000001" } });
      expect([capped.status, await capped.text()]).toEqual([429, expect.stringContaining("insufficient_quota")]);
      expect((await ask(gateway, secret, { headers: { "x-ringmain-max-usd": "1" } })).status).toBe(200);
      const session = { headers: { "x-session-id": "one" } };
      expect((await ask(gateway, secret, session)).status).toBe(200);
      const over = await ask(gateway, secret, session);
      expect([over.status, await over.text()]).toEqual([429, expect.stringContaining("this session")]);
      expect((await ask(gateway, secret, { headers: { "x-session-id": "two" } })).status).toBe(200);
      const project = { headers: { "x-ringmain-project": "alpha" } };
      const statuses = [];
      for (let each = 0; each < 5; each++) statuses.push((await ask(gateway, secret, project)).status);
      expect(statuses).toContain(429);
      const owned = await keyOf(gateway, { project: "beta" });
      const ignored = await ask(gateway, owned.secret, project);
      expect([ignored.status, ignored.headers.get("x-ringmain-project-ignored")]).toEqual([200, "true"]);
      const budgeted = await keyOf(gateway, { budgets: [{ window: "monthly", limit_usd: 0 }] });
      const spent = await ask(gateway, budgeted.secret, {
        path: "/v1/messages",
        body: { model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] },
      });
      expect(spent.status).toBe(429);
      expect(await spent.json()).toMatchObject({
        type: "error",
        error: { type: "rate_limit_error", details: { error_code: "insufficient_quota" } },
      });
    } finally {
      await gateway.stop();
    }
  }, 60_000);
});

describe("what can be seen of it", () => {
  test.each([1, 2])(
    "with %p workers: metrics of the ledger, and a call on a display when a budget burns",
    async (workers) => {
      const broker = await startBroker({ login: { username: "ringmain", password: "broker-canary4f9a" } });
      const clock = `{ type: awtrix, name: desk, url: "${broker.url}", username: ringmain, password: "broker-canary4f9a", prefix: clock, layouts: [alerts], update_secs: 1, alerts: { burn_pct: 40 } }`;
      const gateway = await startGateway({
        config: config("groups: { team: { rpm_limit: 9 } }", `workers: ${workers}\ndisplays: [ ${clock} ]`),
      });
      try {
        // One answer costs $0.0006.
        const { secret } = await keyOf(gateway, {
          name: "burning",
          group: "team",
          budgets: [{ window: "daily", limit_usd: 0.0011 }],
        });
        const first = await ask(gateway, secret);
        expect([first.status, await first.text()]).toEqual([200, expect.stringContaining("hi")]);
        const call = await broker.saw(({ topic }) => topic === "clock/notify");
        expect(call.payload).toContain("burning");
        expect(call.payload).not.toContain(secret);
        expect((await ask(gateway, secret)).status).toBe(429);
        let metrics = "";
        await until(async () => {
          metrics = await (await fetch(`${gateway.url}/metrics`, { headers: ADMIN })).text();
          return metrics.includes('refusals_total{limit="budget_daily",owner="key"} 1');
        });
        expect(metrics).toContain('ringmain_limit_refusals_total{limit="budget_daily",owner="key"} 1');
        expect(metrics).toContain('ringmain_group_spend_usd_total{group="team"} 0.0006');
        expect(metrics).toMatch(/ringmain_ledger_commits_total\{outcome="written"\} [1-9]/);
        expect(metrics).toContain("ringmain_ledger_degraded 0");
        expect(metrics).toMatch(/ringmain_ledger_leases\{kind="usd"\} \d/);
      } finally {
        await gateway.stop();
        await broker.close();
      }
    },
    60_000,
  );
});

describe("five hundred at once against a budget for fifty", () => {
  // Strict: an input of at most its bytes at $10, and 5 tokens out at $100 a million.
  const bytes = JSON.stringify({ model: "m", max_tokens: 5, messages: [{ role: "user", content: "hi" }] }).length;
  const worst = bytes * 10_000 + 5 * 100_000;
  for (const workers of [1, 2]) {
    test(`strict, ${workers} workers: not one over`, async () => {
      const dbPath = join(folder, `strict-${workers}.db`);
      const gateway = await startGateway({
        config: config(`db_path: "${dbPath}", budget: strict, unpriced: reject`, `workers: ${workers}`),
      });
      let admitted = 0;
      const limit = 50 * worst;
      try {
        const { secret } = await keyOf(gateway, { budgets: [{ window: "monthly", limit_usd: limit / 1e9 }] });
        const statuses = await Promise.all(
          Array.from({ length: 500 }, async () => {
            const answer = await ask(gateway, secret);
            await answer.text();
            return answer.status;
          }),
        );
        admitted = statuses.filter((status) => status === 200).length;
        expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([]);
        // What was set aside and not spent lets later ones in: at least the fifty, and never beyond the budget.
        expect(admitted).toBeGreaterThanOrEqual(48);
        for (let more = 0; more < 500; more++) {
          const answer = await ask(gateway, secret);
          await answer.text();
          if (answer.status !== 200) break;
          admitted += 1;
        }
      } finally {
        await gateway.stop();
      }
      const db = new Database(dbPath, { readonly: true });
      const { n } = db.query<{ n: number }, []>("SELECT sum(cost) AS n FROM usage").get() ?? { n: 0 };
      db.close();
      expect(n).toBe(admitted * ANSWER_NANOS);
      expect(n).toBeLessThanOrEqual(limit);
    }, 120_000);
  }
});

describe("the ledger", () => {
  test("survives kill -9 of workers and of the supervisor", async () => {
    const both = await killLoop({ kills: 2, workers: 1, who: "both" });
    expect(both.integrity).toBe("ok");
    expect(both.rowNanos).toBe(both.sumNanos);
    expect(both.rowNanos).toBe(both.rows * ANSWER_NANOS);
    // One killed worker holds at most the rows of one batch.
    expect(both.lost).toBeLessThanOrEqual(60);
    const supervisor = await killLoop({ kills: 2, workers: 2, who: "supervisor" });
    expect(supervisor).toMatchObject({ integrity: "ok", lost: 0, sumNanos: supervisor.rowNanos });
  }, 240_000);

  test("is one gateway's, and an rc.3 database is left alone", async () => {
    const dbPath = join(folder, "held.db");
    const gateway = await startGateway({ config: config(`db_path: "${dbPath}"`) });
    const second = await runCommand(["serve", "--config", "config.yaml"], {
      files: { "config.yaml": config(`db_path: "${dbPath}"`) },
    });
    expect([second.code, second.stderr]).toEqual([1, expect.stringContaining("another gateway")]);
    await gateway.stop();

    const oldFolder = await mkdtemp(join(folder, "rc3-"));
    const oldPath = join(oldFolder, "busbar-governance.db");
    const old = new Database(oldPath, { create: true });
    old.run(`CREATE TABLE virtual_keys (id TEXT PRIMARY KEY, key_hash TEXT UNIQUE, name TEXT, allowed_pools TEXT,
      max_budget_cents INTEGER, budget_period TEXT DEFAULT 'total', rpm_limit INTEGER, tpm_limit INTEGER, enabled INTEGER DEFAULT 1, created_at INTEGER)`);
    old.run(
      "CREATE TABLE usage_counters (key_id TEXT, window_start INTEGER, spend_cents INTEGER, tokens INTEGER, requests INTEGER, PRIMARY KEY (key_id, window_start))",
    );
    const secret = `sk-bb-${"0123456789abcdef".repeat(2)}`;
    const hash = new Bun.CryptoHasher("sha256").update(secret).digest("hex");
    const insert = old.prepare("INSERT INTO virtual_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.run("vk_all", hash, "old one", "[]", 100, "total", null, null, 1, 1_700_000_000);
    insert.run("vk_some", "a".repeat(64), "commas", "m, free", null, "total", 5, null, 0, 1_700_000_001);
    old.prepare("INSERT INTO usage_counters VALUES (?, ?, ?, ?, ?)").run("vk_all", 0, 99, 1_000, 3);
    old.close();
    const before = await readFile(oldPath);

    const files = { "config.yaml": config(`db_path: "${oldPath}"`) };
    const refused = await runCommand(["serve", "--config", "config.yaml"], { files });
    expect(refused.code).toBe(1);
    const line = /ringmain (keys import .*)/.exec(refused.stderr)?.[1]?.split(" ") ?? [];
    expect(line.slice(0, 3)).toEqual(["keys", "import", oldPath]);
    const imported = await runCommand(line);
    expect([imported.code, imported.stdout]).toEqual([0, expect.stringContaining("2 keys and 1 balances")]);
    expect(await readFile(oldPath)).toEqual(before);
    // Without a path of its own in the configuration, rc.3 used this name; it is found beside ours.
    const unnamed = await runCommand(["serve", "--config", "config.yaml"], {
      files: { "config.yaml": config(`db_path: "${join(oldFolder, "ringmain.db")}"`) },
    });
    expect([unnamed.code, unnamed.stderr]).toEqual([1, expect.stringContaining(`keys import ${oldPath} `)]);

    const served = await startGateway({ config: config(`db_path: "${line[3]}"`) });
    try {
      expect((await ask(served, secret)).status).toBe(200);
      const { body } = await admin(served, "GET", "/keys");
      expect(body["keys"]).toMatchObject([
        { id: "vk_all", allowed_pools: null, max_budget_cents: 100, enabled: true },
        { id: "vk_some", allowed_pools: ["m", "free"], rpm_limit: 5, enabled: false },
      ]);
      expect((await admin(served, "GET", "/keys/vk_all/usage")).body).toMatchObject({ spend_cents: 99 });
    } finally {
      await served.stop();
    }
  }, 60_000);

  test("commands work on it with and without a gateway; no secret is anywhere but in its one answer", async () => {
    const dbPath = join(folder, "cli.db");
    const files = { "config.yaml": config(`db_path: "${dbPath}"`) };
    const run = (...args: string[]) => runCommand([...args, "--config", "config.yaml"], { files });
    const made = await run(
      "keys",
      "create",
      "--name",
      "from the terminal",
      "--budget",
      "monthly=100,daily=10:soft",
      "--label",
      "team=x",
    );
    expect(made.code).toBe(0);
    const secret = /sk-rm-[0-9A-Za-z]{32}/.exec(made.stdout)?.[0] ?? "";
    const id = /vk_[0-9A-Za-z]{16}/.exec(made.stdout)?.[0] ?? "";
    const listed = await run("keys", "list");
    expect(listed.stdout).toContain("$100 monthly, $10 daily");
    expect((await run("keys", "create", "--name", "x", "--group", "nobody")).code).toBe(1);
    expect((await run("keys", "nonsense")).code).toBe(2);

    const gateway = await startGateway({ config: config(`db_path: "${dbPath}"`) });
    const env = { RINGMAIN_ADMIN_TOKEN: ADMIN_TOKEN };
    const live = (...args: string[]) => runCommand([...args, "--url", gateway.url], { env });
    const said: string[] = [];
    try {
      for (let each = 0; each < 3; each++) expect((await ask(gateway, secret)).status).toBe(200);
      const refusals = [
        await ask(gateway, `${secret}x`),
        await ask(gateway, secret, { model: "nope" }),
        await ask(gateway, secret, { headers: { "x-ringmain-max-usd": "0" } }),
      ];
      for (const refusal of refusals) said.push(await refusal.text(), JSON.stringify([...refusal.headers]));
      for (const path of [
        "/stats",
        "/metrics",
        "/admin/keys",
        "/admin/audit",
        "/admin/usage",
        "/admin/openapi.json",
        "/admin/decisions",
      ]) {
        said.push(await (await fetch(`${gateway.url}${path}`, { headers: ADMIN })).text());
      }
      expect((await live("keys", "disable", id)).code).toBe(0);
      expect((await ask(gateway, secret)).status).toBe(401);
      // Rows are on disk a moment after their answers.
      let csv = "";
      for (let asked = 0; asked < 50 && !csv.includes(`${id},3,45,0.0018,0`); asked++)
        csv = (await live("usage", "--by", "key", "--csv")).stdout;
      expect(csv).toContain(`${id},3,45,0.0018,0`);
      expect((await live("usage")).stdout).toContain("█");
      expect(JSON.parse((await live("usage", "--json", "--by", "target")).stdout)).toMatchObject({
        rows: [{ target: "m", requests: 3 }],
      });
      said.push(csv, (await live("keys", "list")).stdout, (await live("keys", "show", id)).stdout);
      said.push(await readFile(`/proc/${gateway.pid}/cmdline`, "latin1"));
    } finally {
      await gateway.stop();
    }
    said.push(gateway.stdout(), gateway.stderr());
    for (const name of await readdir(folder)) {
      if (name.startsWith("cli.db")) said.push(await readFile(join(folder, name), "latin1"));
    }
    for (const text of said) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain("canary4f9a");
    }
  }, 120_000);
});
