// Who pays for what, whatever becomes of a request: each is reserved once, settled once, and booked in one row or none.
import { describe, expect, test } from "bun:test";
import { createAdmission } from "../../src/governance/admission.ts";
import { createIdempotency } from "../../src/governance/idempotency.ts";
import { NO_LIMITS } from "../../src/governance/keys.ts";
import type { LedgerClient, Reservation, ReservationRequest } from "../../src/governance/ledger-client.ts";
import type { Booking, UsageRow } from "../../src/governance/ledger-messages.ts";
import type { Limit } from "../../src/governance/limit.ts";
import type { Lane } from "../../src/ir/deployment.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { GOVERNANCE } from "../governance/ledger-bench.ts";
import { virtualKey } from "../harness/builders.ts";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, type Ask, type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, json, stream, transportError } from "../harness/scripted-answers.ts";
import { ALL_WORDS, bytesSaid, OPENAI_WORDS, said, USAGE } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const KEY = virtualKey({
  id: "vk_payer",
  name: "payer",
  limits: {
    ...NO_LIMITS,
    requestsPerMinute: 60,
    budgets: [{ window: "monthly", limitNanos: 1e12, mode: "hard", warnAt: null }],
  },
});
const CALLER = { ...ANONYMOUS, label: KEY.name, key: KEY };

/** The second one costs ten times as much. */
const DEAR = { ...PRICES, input: 30_000_000_000, output: 150_000_000_000, cacheRead: 3_000_000_000 };
const CHEAP_LANE = laneOf("first/a/one", "openai", { prices: PRICES });
const DEAR_LANE = laneOf("second/a/two", "openai", { prices: DEAR });

/** Lets everything in, and keeps an account of it. */
function createTill() {
  const requested: (readonly ReservationRequest[])[] = [];
  const released: { readonly limit: Limit; readonly used: number[] }[] = [];
  const bookings: Booking[] = [];
  const ledger: Pick<LedgerClient, "reserve" | "holdAccount" | "releaseAccount" | "book"> = {
    holdAccount: () => Promise.resolve({ kind: "full", forMs: null }),
    releaseAccount: () => undefined,
    reserve(requests) {
      requested.push(requests);
      const reservations = requests.map(({ limit, amount }): Reservation => {
        const used: number[] = [];
        released.push({ limit, used });
        return {
          lease: { limit, period: "" },
          amount,
          max: null,
          left: () => 0,
          resetAtMs: null,
          warn: null,
          shrink: () => undefined,
          release: (what) => void used.push(what),
        };
      });
      return { kind: "reserved", reservations };
    },
    book: (booking) => void bookings.push(booking),
  };
  return { ledger, requested, released, bookings };
}

function start(answer: Answer, lanes: readonly Lane[] = [CHEAP_LANE, DEAR_LANE]) {
  const till = createTill();
  const admission = createAdmission({ governance: GOVERNANCE, ledger: till.ledger, revision: "r", nowMs: () => 0 });
  const remembering = createIdempotency({
    ttlMs: () => 60_000,
    wallMs: () => 1,
    find: async () => null,
    put: () => undefined,
  });
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer,
    metered: true,
    admission,
    idempotency: {
      bytesMax: 100_000,
      recall: async (key, fingerprint) => remembering.recall("w", key, fingerprint),
      remember: remembering.remember,
    },
  });
  return { core, till };
}

const chat = (over: { stream?: boolean; headers?: Record<string, string> } = {}): Ask => ({
  protocol: "openai",
  caller: CALLER,
  headers: over.headers ?? {},
  body: { ...question("openai", { stream: over.stream ?? false }), max_tokens: 50 },
});

/** What the vendor's own usage costs on the cheap lane: nano-dollars. */
const WHOLE_NANOS = USAGE.fresh * 3_000 + USAGE.cacheRead * 300 + USAGE.output * 15_000;
const ESTIMATED_INPUT = (core: Core): number => (core.records[0]?.answer.usage?.freshInputTokens ?? 0) * 3_000;

interface Told {
  readonly rows: readonly Pick<UsageRow, "lane" | "costNanos" | "state">[];
  readonly calls: number;
  readonly bugs: number;
}

function told({ core, till }: ReturnType<typeof start>): Told {
  // Every reservation is released exactly once, whatever happened.
  for (const { used } of till.released) expect(used).toHaveLength(1);
  for (const { used } of till.released) expect(used[0]).toBeGreaterThanOrEqual(0);
  const money = till.released.filter(({ limit }) => limit.kind === "usd");
  const paid = till.bookings.map(({ row }) => row.costNanos ?? 0);
  expect(money.map(({ used }) => used[0] ?? Number.NaN).toSorted()).toEqual(paid.toSorted());
  const rows = till.bookings.map(({ row: { lane, costNanos, state } }) => ({ lane, costNanos, state }));
  return { rows, calls: core.effects.calls.length, bugs: core.bugs.length };
}

const usageChunk = (usage: object): string =>
  `data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
const TEXT_CHUNK =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}]}\n\n';
const LAST_CHUNK =
  'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const DONE = "data: [DONE]\n\n";
const bytes = (...frames: string[]): BodyStep[] => frames.map((each) => ({ do: "bytes", bytes: each }));
const reporting = (...usages: object[]): Answer =>
  stream(bytes(TEXT_CHUNK, LAST_CHUNK, ...usages.map(usageChunk), DONE));

const CHEAP = CHEAP_LANE.id;
const DEARER = DEAR_LANE.id;

interface Row {
  readonly what: string;
  readonly answer: Answer;
  readonly asks?: readonly Ask[];
  readonly expected: Told;
}

const TABLE: readonly Row[] = [
  {
    what: "an answer: what the vendor reported",
    answer: answering(OPENAI_WORDS),
    expected: { rows: [{ lane: CHEAP, costNanos: WHOLE_NANOS, state: "ok" }], calls: 1, bugs: 0 },
  },
  {
    what: "a stream: the same",
    answer: answering(OPENAI_WORDS),
    asks: [chat({ stream: true })],
    expected: { rows: [{ lane: CHEAP, costNanos: WHOLE_NANOS, state: "ok" }], calls: 1, bugs: 0 },
  },
  {
    what: "a stream that reports its usage twice: once, the last one",
    answer: reporting(
      { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 },
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    ),
    asks: [chat({ stream: true })],
    expected: { rows: [{ lane: CHEAP, costNanos: 10 * 3_000 + 5 * 15_000, state: "ok" }], calls: 1, bugs: 0 },
  },
  {
    what: "the first lane fails, the dearer one answers: reserved once, at the price of who answered",
    answer: byProvider({ first: json(500, "{}"), second: answering(OPENAI_WORDS) }),
    expected: { rows: [{ lane: DEARER, costNanos: WHOLE_NANOS * 10, state: "ok" }], calls: 2, bugs: 0 },
  },
  {
    what: "an attempt nobody knows the end of, then an answer: only the answer is paid for",
    answer: byProvider({ first: transportError("ECONNRESET"), second: answering(OPENAI_WORDS) }),
    expected: { rows: [{ lane: DEARER, costNanos: WHOLE_NANOS * 10, state: "ok" }], calls: 2, bugs: 0 },
  },
  {
    what: "every lane fails: nothing, which is not an unknown price",
    answer: json(500, "{}"),
    expected: { rows: [{ lane: DEARER, costNanos: 0, state: "ok" }], calls: 2, bugs: 0 },
  },
  {
    what: "nobody knows whether any of them worked: nothing, and the row says so",
    answer: transportError("ECONNRESET"),
    expected: { rows: [{ lane: DEARER, costNanos: 0, state: "ambiguous" }], calls: 2, bugs: 0 },
  },
  {
    what: "the same asked twice under one name: paid once",
    answer: answering(OPENAI_WORDS),
    asks: [chat({ headers: { "idempotency-key": "k" } }), chat({ headers: { "idempotency-key": "k" } })],
    expected: { rows: [{ lane: CHEAP, costNanos: WHOLE_NANOS, state: "ok" }], calls: 1, bugs: 0 },
  },
  {
    what: "a model that does not exist: not reserved, not booked",
    answer: answering(OPENAI_WORDS),
    asks: [{ ...chat(), body: { ...question("openai", { model: "nobody" }) } }],
    expected: { rows: [], calls: 0, bugs: 0 },
  },
  {
    what: "an embedding whose usage nobody told: by its text",
    answer: json(200, '{"object":"list","data":[{"object":"embedding","index":0,"embedding":[1]}],"model":"m"}'),
    asks: [{ protocol: "openai", operation: "embed", caller: CALLER, body: { model: "pool", input: "x".repeat(400) } }],
    expected: { rows: [{ lane: CHEAP, costNanos: expect.any(Number), state: "estimated" }], calls: 1, bugs: 0 },
  },
  {
    what: "a picture whose usage nobody told: not known, which is not nothing",
    answer: json(200, '{"created":1,"data":[{"url":"https://x.invalid/1"}]}'),
    asks: [
      {
        protocol: "openai",
        operation: "image",
        path: "/v1/images/generations",
        caller: CALLER,
        body: { model: "pool", prompt: "a cat" },
      },
    ],
    expected: { rows: [{ lane: CHEAP, costNanos: null, state: "estimated" }], calls: 1, bugs: 0 },
  },
  {
    what: "a moderation: free, which is not an unknown price",
    answer: json(200, '{"id":"modr-1","model":"m","results":[{"flagged":false}]}'),
    asks: [{ protocol: "openai", operation: "moderate", caller: CALLER, body: { model: "pool", input: "x" } }],
    expected: { rows: [{ lane: CHEAP, costNanos: 0, state: "estimated" }], calls: 1, bugs: 0 },
  },
];

describe("who pays", () => {
  for (const { what, answer, asks = [chat()], expected } of TABLE) {
    test(what, async () => {
      const on = start(answer);
      for (const ask of asks) await on.core.ask(ask);
      expect(told(on)).toEqual(expected);
      expect(on.till.requested).toHaveLength(expected.rows.length);
    });
  }

  for (const isStream of [false, true]) {
    test(`a client that leaves before ${isStream ? "a stream begins" : "an answer"} pays for the prompt`, async () => {
      const on = start(() => new Promise(() => undefined));
      const asked = on.core.start(chat({ stream: isStream }));
      await on.core.effects.run(50);
      asked.leave();
      await on.core.until(asked.answer);
      const cost = ESTIMATED_INPUT(on.core);
      expect(cost).toBeGreaterThan(0);
      expect(told(on)).toEqual({ rows: [{ lane: CHEAP, costNanos: cost, state: "aborted" }], calls: 1, bugs: 0 });
    });
  }

  test("a client that leaves while its request waits for a lane pays nothing", async () => {
    const busy = laneOf("first/a/one", "openai", { prices: PRICES, slots: { group: "first/a/one", max: 1 } });
    const on = start(stream([{ do: "hang" }]), [busy]);
    const first = on.core.start(chat({ stream: true }));
    await on.core.effects.run(50);
    const second = on.core.start(chat({ stream: true }));
    await on.core.effects.run(50);
    second.leave();
    await on.core.until(second.answer);
    expect(on.till.bookings.map(({ row }) => row.costNanos)).toEqual([0]);
    expect(on.core.effects.calls).toHaveLength(1);
    first.leave();
    await on.core.until(first.answer);
    expect(told(on).rows.map(({ state }) => state)).toEqual(["aborted", "aborted"]);
  });

  test("a stream that breaks: its prompt and what came of the answer", async () => {
    const on = start(stream([...bytes(TEXT_CHUNK, TEXT_CHUNK), { do: "reset" }]));
    const { text } = await on.core.ask(chat({ stream: true }));
    const came = text.split('"hi"').length - 1;
    expect(came).toBeGreaterThan(0);
    const cost = ESTIMATED_INPUT(on.core) + came * 15_000;
    expect(told(on)).toEqual({ rows: [{ lane: CHEAP, costNanos: cost, state: "truncated" }], calls: 1, bugs: 0 });
  });
});

describe("a stream that its client leaves is paid for by every piece that came, in whatever protocol", () => {
  for (const words of ALL_WORDS) {
    test(words.protocol, async () => {
      const usage = { ...USAGE, output: 0, reasoning: 0 };
      const saying = (last: string) => words.frames(said({ pieces: ["One ", "two ", "three ", last], usage }));
      const whole = saying("four.");
      const other = saying("five.");
      // Up to the last piece: all that follows would say how much there was.
      const frames = whole.slice(0, whole.findIndex((frame, at) => frame !== other[at]) + 1);
      const steps = frames.map((frame): BodyStep => ({ do: "bytes", bytes: bytesSaid(words, frame) }));
      const lane = laneOf("first/a/one", words.protocol, { prices: PRICES });
      const { contentType } = PROTOCOLS[words.protocol].carrier.framing;
      const on = start(
        async (call) => {
          const answer = await stream([...steps, { do: "hang" }])(call);
          return new Response(answer.body, { status: 200, headers: { "content-type": contentType } });
        },
        [lane],
      );
      const asked = on.core.start({
        protocol: words.protocol,
        caller: CALLER,
        body: question(words.protocol, { stream: true }),
      });
      const answer = await on.core.until(asked.answer);
      await on.core.effects.run(50);
      if (answer.body instanceof Uint8Array) throw new Error("that is no stream");
      for (let read = 0; read < 3; read++) await answer.body.next();
      answer.body.cancel();
      await on.core.effects.run(50);
      const [entry] = on.till.bookings;
      expect(entry?.row.state).toBe("aborted");
      expect(entry?.row.usage?.outputTokens).toBeGreaterThanOrEqual(3);
      expect(entry?.row.usage?.outputTokens).toBeLessThanOrEqual(6);
    });
  }
});

describe("what no vendor means: never a bug, never less than nothing", () => {
  const good = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const odd: readonly unknown[] = [-1, 0.5, 1e12, 1e300, "7", null, {}, Number.MAX_SAFE_INTEGER, -0];
  const blocks: readonly object[] = odd.flatMap((value) => [
    { ...good, prompt_tokens: value },
    { ...good, completion_tokens: value },
    { ...good, prompt_tokens_details: { cached_tokens: value } },
    { ...good, completion_tokens_details: { reasoning_tokens: value } },
  ]);
  for (const isStream of [false, true]) {
    test(isStream ? "in a stream" : "in an answer", async () => {
      for (const usage of blocks) {
        const body = { ...JSON.parse(OPENAI_WORDS.body(said())), usage };
        const on = start(isStream ? reporting(usage) : json(200, JSON.stringify(body)));
        const got = await on.core.ask(chat({ stream: isStream }));
        expect([JSON.stringify(usage), got.status]).toEqual([JSON.stringify(usage), 200]);
        const { rows, bugs } = told(on);
        expect([JSON.stringify(usage), bugs, rows.length]).toEqual([JSON.stringify(usage), 0, 1]);
        const cost = rows[0]?.costNanos ?? null;
        if (cost !== null) expect(Number.isSafeInteger(cost)).toBe(true);
      }
    });
  }
});
