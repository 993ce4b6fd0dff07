// Limits in the compiled gateway: what fits is served, with one worker and with two, and what does not is told what would.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Gateway, startGateway } from "../harness/binary.ts";
import { keepSecret } from "../harness/canaries.ts";
import { until } from "../harness/until.ts";

const ADMIN_TOKEN = "admin-canary4f9a-token";
const ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" };

/** 10 tokens in and 5 out, whatever is asked; held back while `isHeld`. */
const upstream: {
  port: number;
  isHeld: boolean;
  isRefusing: string | null;
  readonly asked: string[];
  open: (() => void)[];
  stop: () => void;
} = {
  port: 0,
  isRefusing: null,
  asked: [],
  isHeld: false,
  open: [],
  stop: () => undefined,
};

beforeAll(() => {
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { model } = (await request.json()) as { model: string };
      const key = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
      upstream.asked.push(key);
      if (key === upstream.isRefusing) return new Response("", { status: 503 });
      if (upstream.isHeld) await new Promise<void>((resolve) => void upstream.open.push(resolve));
      return Response.json({
        id: "chatcmpl-1",
        object: "chat.completion",
        created: 1,
        model,
        choices: [{ index: 0, message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
        usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
      });
    },
  });
  upstream.port = server.port ?? 0;
  upstream.stop = () => void server.stop(true);
});

afterAll(() => upstream.stop());

/** With rc.3's prices: a dollar for a thousand tokens, so that an answer costs $0.015. */
const config = (governance = "", more = "", workers = 1): string =>
  [
    'listen: "127.0.0.1:0"',
    `workers: ${workers}`,
    "drain_secs: 1",
    `admin: { token: "${ADMIN_TOKEN}" }`,
    `governance: { enabled: true, price_per_request_cents: 0, price_per_1k_tokens_cents: 100, ${governance} }`,
    `providers: { up: { protocol: openai, base_url: "http://127.0.0.1:${upstream.port}", allow_private: true } }`,
    "models:",
    "  m: { provider: up }",
    more,
  ].join("\n");

async function keyOf(gateway: Gateway, input: object): Promise<string> {
  const response = await fetch(`${gateway.url}/admin/keys`, {
    method: "POST",
    headers: ADMIN,
    body: JSON.stringify({ name: "k", ...input }),
  });
  expect(response.status).toBe(201);
  return keepSecret(((await response.json()) as { secret: string }).secret);
}

interface Told {
  readonly status: number;
  readonly code: string | null;
  readonly wait: string | null;
  readonly text: string;
}

/** On a connection of its own, so that any worker may have it. */
async function ask(gateway: Gateway, secret: string, over: { headers?: object; body?: object } = {}): Promise<Told> {
  const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      connection: "close",
      ...over.headers,
    },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }], ...over.body }),
  });
  const text = await answer.text();
  return {
    status: answer.status,
    code: answer.headers.get("x-ringmain-error"),
    wait: answer.headers.get("retry-after"),
    text,
  };
}

const served = (told: readonly Told[]): number => told.filter(({ status }) => status === 200).length;
const monthly = (limitUsd: number): object => ({ budgets: [{ window: "monthly", limit_usd: limitUsd }] });

for (const workers of [1, 2]) {
  describe(`with ${workers} workers`, () => {
    test("a burst on a cold key is served as far as its limit goes", async () => {
      const gateway = await startGateway({ config: config("", "", workers) });
      try {
        const limits = [
          { limit: { rpm_limit: 1_000 }, count: 30, fits: 30 },
          { limit: { max_concurrent: 100 }, count: 60, fits: 60 },
          { limit: { tpm_limit: 1_000_000 }, count: 30, fits: 30 },
          { limit: { rpm_limit: 20 }, count: 30, fits: 20 },
          // Nothing is known of the model's answers: 4,096 tokens are set aside for each, until others need them.
          { limit: { tpm_limit: 10_000 }, count: 30, fits: 30 },
        ];
        for (const { limit, count, fits } of limits) {
          const secret = await keyOf(gateway, limit);
          const told = await Promise.all(Array.from({ length: count }, () => ask(gateway, secret)));
          expect([limit, served(told)]).toEqual([limit, fits]);
          for (const { status, wait } of told) {
            if (status !== 200) expect([status, Number(wait) >= 1 && Number(wait) <= 60]).toEqual([429, true]);
          }
        }
      } finally {
        await gateway.stop();
      }
    }, 60_000);

    test("one call after the other is served while it fits: of keys, groups and gates", async () => {
      const budget = (limit: number) => `budgets: [ { window: monthly, limit_usd: ${limit} } ]`;
      const gateway = await startGateway({
        config: config(
          `groups: { four: { ${budget(0.06)} }, three: { ${budget(0.05)} } }, gates: [ { scope: session, limit_usd: 0.06 }, { scope: project, limit_usd: 0.05 } ]`,
          "",
          workers,
        ),
      });
      try {
        const rows: readonly [key: object, headers: object, fits: number][] = [
          [monthly(0.06), {}, 4],
          [monthly(0.05), {}, 3],
          [{ group: "four" }, {}, 4],
          [{ group: "three" }, {}, 3],
          [{}, { "x-session-id": "s" }, 4],
          [{}, { "x-ringmain-project": "p" }, 3],
        ];
        for (const [key, headers, fits] of rows) {
          const secret = await keyOf(gateway, key);
          const told: Told[] = [];
          for (let each = 0; each < 6; each++) told.push(await ask(gateway, secret, { headers }));
          expect([key, headers, served(told)]).toEqual([key, headers, fits]);
          const last = told.at(-1);
          expect([last?.status, last?.code]).toEqual([429, "budget_exceeded"]);
          // Nothing is under way, and of the second kind half a cent is left.
          expect(last?.text).not.toContain("under way");
          expect(last?.text).toContain(fits === 4 ? "is used up" : "$0.005 is left");
        }
      } finally {
        await gateway.stop();
      }
    }, 60_000);
  });
}

describe("caps of an account", () => {
  const files = (caps: string, workers: number) =>
    config("", "", workers).replace(
      "allow_private: true }",
      `allow_private: true, accounts: [ { id: a, api_key: key-of-a, pinned: true, caps: [ ${caps} ] }, { id: b, api_key: key-of-b } ] }`,
    );

  for (const workers of [1, 2]) {
    test(`with ${workers} workers: two of ten at once are its own where its cap is two, and the others are served elsewhere`, async () => {
      for (const caps of [
        "{ window: daily, unit: requests, limit: 2 }",
        "{ window: daily, unit: tokens, limit: 30 }",
      ]) {
        const gateway = await startGateway({ config: files(caps, workers) });
        try {
          const secret = await keyOf(gateway, {});
          // What answers usually have is known then, and one of the two is used.
          expect((await ask(gateway, secret)).status).toBe(200);
          upstream.asked.splice(0);
          const told = await Promise.all(Array.from({ length: 10 }, () => ask(gateway, secret)));
          expect([caps, served(told)]).toEqual([caps, 10]);
          expect([caps, upstream.asked.filter((key) => key === "key-of-a").length]).toEqual([caps, 1]);
          upstream.asked.splice(0);
          expect(served([await ask(gateway, secret), await ask(gateway, secret)])).toBe(2);
          expect(upstream.asked).toEqual(["key-of-b", "key-of-b"]);
        } finally {
          await gateway.stop();
        }
      }
    }, 60_000);
  }

  for (const workers of [1, 2]) {
    test(`with ${workers} workers: where nothing is under way, what is left is too little until the window ends, and that is said`, async () => {
      const alone = "{ window: monthly, unit: tokens, limit: 30 }";
      const gateway = await startGateway({
        config: files(alone, workers).replace(", { id: b, api_key: key-of-b }", ""),
      });
      try {
        const secret = await keyOf(gateway, {});
        let told = await ask(gateway, secret);
        // Until its row is on disk the first one counts as under way, and another second may help.
        for (let each = 0; each < 200 && (told.status === 200 || told.wait === "1"); each++) {
          told = await ask(gateway, secret);
        }
        // Once its rows reach the cap the account is out, and its failure is the one that is told.
        expect([402, 503]).toContain(told.status);
        // Months end at midnight, so a run right before it has less than a minute left, once a month.
        expect(told.wait === null || Number(told.wait) > 60 ? "" : told.text).toBe("");
      } finally {
        await gateway.stop();
      }
    }, 60_000);
  }

  test("a soft one ranks it behind others, and takes it out only at its limit", async () => {
    const gateway = await startGateway({ config: files("{ window: daily, unit: requests, limit: 4, soft: 0.5 }", 1) });
    try {
      const secret = await keyOf(gateway, {});
      upstream.asked.splice(0);
      for (let each = 0; each < 30 && !upstream.asked.includes("key-of-b"); each++)
        expect((await ask(gateway, secret)).status).toBe(200);
      // Two reach the soft part; a row is on disk a moment after its answer.
      const before = upstream.asked.filter((key) => key === "key-of-a").length;
      expect(before).toBeGreaterThanOrEqual(2);
      expect(before).toBeLessThanOrEqual(4);
      upstream.asked.splice(0);
      upstream.isRefusing = "key-of-b";
      const told: Told[] = [];
      for (let each = 0; each < 6; each++) told.push(await ask(gateway, secret));
      // Behind the other one it still serves, up to its limit.
      expect(upstream.asked.filter((key) => key === "key-of-a").length).toBe(4 - before);
      expect(served(told)).toBe(4 - before);
    } finally {
      upstream.isRefusing = null;
      await gateway.stop();
    }
  }, 60_000);
});

describe("a pool of a dear and a cheap model", () => {
  const pool = [
    "  dear: { provider: up, prices: { input_per_million_usd: 1, output_per_million_usd: 1000 } }",
    "  cheap: { provider: up, prices: { input_per_million_usd: 1, output_per_million_usd: 10 } }",
    "pools: { both: { members: [ { target: dear }, { target: cheap } ] } }",
  ].join("\n");
  const body = { model: "both", max_tokens: 100 };

  test.each([1, 2])(
    "with %p workers: a model that the budget does not hold is left out for it",
    async (workers) => {
      const gateway = await startGateway({ config: config("", pool, workers) });
      try {
        const small = await keyOf(gateway, monthly(0.05));
        const told: Told[] = [];
        for (let each = 0; each < 6; each++) told.push(await ask(gateway, small, { body }));
        expect(told.map(({ status, text }) => [status, (JSON.parse(text) as { model?: string }).model])).toEqual(
          Array(6).fill([200, "cheap"]),
        );
        // Records reach the supervisor in batches.
        await until(async () => {
          const decisions = await fetch(`${gateway.url}/admin/decisions`, { headers: ADMIN });
          return (await decisions.text()).includes('"budget"');
        });
        const none = await ask(gateway, await keyOf(gateway, monthly(0.00001)), { body });
        expect([none.status, none.code]).toEqual([429, "budget_exceeded"]);
        const ceiling = { "x-ringmain-max-usd": "0.01" };
        const capped = await ask(gateway, await keyOf(gateway, {}), { body, headers: ceiling });
        expect([capped.status, capped.text]).toEqual([200, expect.stringContaining("cheap")]);
        const models = new Set<string>();
        const rich = await keyOf(gateway, monthly(5));
        for (let each = 0; each < 4; each++)
          models.add((JSON.parse((await ask(gateway, rich, { body })).text) as { model: string }).model);
        expect([...models].toSorted()).toEqual(["cheap", "dear"]);
      } finally {
        await gateway.stop();
      }
    },
    60_000,
  );
});

describe("a burst for a pool of a dear and a cheap model", () => {
  const pool = [
    "  dear: { provider: up, prices: { input_per_million_usd: 1, output_per_million_usd: 1000 } }",
    "  cheap: { provider: up, prices: { input_per_million_usd: 1, output_per_million_usd: 10 } }",
    "  cheap-blind: { provider: up, prices: { input_per_million_usd: 1, output_per_million_usd: 10 }, capabilities: { tools: false } }",
    "pools:",
    "  both: { members: [ { target: dear }, { target: cheap } ] }",
    "  unable: { members: [ { target: dear }, { target: cheap-blind } ] }",
  ].join("\n");

  test.each([1, 2])(
    "with %p workers: the cheap one serves it, and an unable one's price counts for nothing",
    async (workers) => {
      const gateway = await startGateway({ config: config("", pool, workers) });
      try {
        const body = { model: "both", max_tokens: 100 };
        const secret = await keyOf(gateway, monthly(0.05));
        const told = await Promise.all(Array.from({ length: 20 }, () => ask(gateway, secret, { body })));
        expect(told.map(({ status }) => status)).toEqual(Array(20).fill(200));
        const explained = async (key: string | null, headers: object = {}): Promise<string> => {
          const asked = { target: "both", protocol: "openai", request: { ...body, messages: [] }, headers, key };
          const init = { method: "POST", headers: ADMIN, body: JSON.stringify(asked) };
          return (await fetch(`${gateway.url}/admin/explain`, init)).text();
        };
        await fetch(`${gateway.url}/admin/keys`, {
          method: "POST",
          headers: ADMIN,
          body: JSON.stringify({ name: "poor", ...monthly(0.05) }),
        });
        const skipped = { lane: "up/default/dear", because: "budget" };
        expect(JSON.parse(await explained("poor"))).toMatchObject({ left_out: [skipped], refusal: null });
        expect(JSON.parse(await explained(null, { "x-ringmain-max-usd": "0.01" }))).toMatchObject({
          left_out: [skipped],
        });
        expect(JSON.parse(await explained(null))).toMatchObject({ left_out: [], refusal: null });
        expect(await explained("stranger")).toContain("There is no such key.");
        const none = JSON.parse(await explained("poor", { "x-ringmain-max-usd": "0.000001" }));
        expect(none).toMatchObject({ order: [], refusal: { code: "budget_exceeded" } });
        const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
        const unable = await ask(gateway, await keyOf(gateway, monthly(0.05)), {
          body: { ...body, model: "unable", tools },
        });
        expect([unable.status, unable.code]).toEqual([429, "budget_exceeded"]);
        expect(JSON.parse(unable.text)).toMatchObject({ error: { type: "insufficient_quota" } });
        expect(unable.text).toMatch(/may cost \$0\.1.*\$0\.05 is left/);
      } finally {
        await gateway.stop();
      }
    },
    60_000,
  );
});

describe("a key that has spent nothing", () => {
  test("serves its first call without max_tokens, however long an answer might be", async () => {
    const gateway = await startGateway({ config: config() });
    try {
      expect((await ask(gateway, await keyOf(gateway, monthly(2)))).status).toBe(200);
      const counted = await keyOf(gateway, { tpm_limit: 1_000 });
      expect((await ask(gateway, counted)).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  }, 60_000);

  test("is told what a call may cost, what is left and what would fit, and to wait only where that helps", async () => {
    const gateway = await startGateway({ config: config("budget: strict, unpriced: reject") });
    try {
      const secret = await keyOf(gateway, { budgets: [{ window: "total", limit_usd: 2 }] });
      const dear = await ask(gateway, secret, { body: { max_tokens: 3_000 } });
      expect([dear.status, dear.code, dear.wait]).toEqual([429, "budget_exceeded", null]);
      expect(dear.text).toMatch(/may cost up to \$3\.\d+, which a strict budget sets aside/);
      expect(dear.text).toContain("Of the total budget of $2.00 of this key $2.00 is left.");
      const fits = Number(/an answer of at most (\d+) tokens fits/.exec(dear.text)?.[1]);
      expect((await ask(gateway, secret, { body: { max_tokens: fits } })).status).toBe(200);
    } finally {
      await gateway.stop();
    }
  }, 60_000);

  const oneMoney = monthly(1);
  const oneTokens = { tpm_limit: 1_000 };
  /** Less than an answer under way keeps. */
  const fewTokens = { tpm_limit: 250 };
  test.each([
    ["money", oneMoney, 1, 700, 500, /\$0\.\d+ is left.*at most \d+ tokens fits/],
    ["money", oneMoney, 2, 700, 500, /\$0\.\d+ is left.*at most \d+ tokens fits/],
    ["money, all of it", oneMoney, 1, null, null, /\$0\.00 is left/],
    ["tokens", oneTokens, 1, 700, 500, /[1-9]\d* are left.*at most \d+ tokens fits/],
    ["tokens", oneTokens, 2, 700, 500, /[1-9]\d* are left.*at most \d+ tokens fits/],
    ["tokens, all of them", fewTokens, 1, null, null, / 0 are left/],
    ["tokens, all of them", fewTokens, 2, null, null, / 0 are left/],
  ] as const)(
    "is told of %s of requests under way, and only while there are some",
    async (_, limit, workers, wants, next, says) => {
      const gateway = await startGateway({ config: config("", "", workers) });
      const asking = (tokens: number | null) => ({ body: tokens === null ? {} : { max_tokens: tokens } });
      try {
        const secret = await keyOf(gateway, limit);
        upstream.isHeld = true;
        const first = ask(gateway, secret, asking(wants));
        await until(() => upstream.open.length > 0);
        const second = await ask(gateway, secret, asking(next));
        expect([second.status, second.code]).toEqual([429, "limit_exceeded"]);
        expect(second.text).toMatch(/set aside for requests under way\. Send it again when they have ended\./);
        expect(second.text).toMatch(says);
        // It is refused for what others hold, not for its own length, and no minute has to pass.
        expect(second.text).not.toMatch(/is reached|used up|prompt alone/);
        expect([Number(second.wait) >= 1, Number(second.wait) <= 5]).toEqual([true, true]);
        upstream.isHeld = false;
        for (const answer of upstream.open.splice(0)) answer();
        expect((await first).status).toBe(200);
        expect((await ask(gateway, secret, asking(next))).status).toBe(200);
      } finally {
        upstream.isHeld = false;
        for (const answer of upstream.open.splice(0)) answer();
        await gateway.stop();
      }
    },
    60_000,
  );
});
