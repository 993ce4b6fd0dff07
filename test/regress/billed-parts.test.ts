// Embeddings that need several calls came to nothing when the last call failed, and what the vendor had answered and billed
// before was booked nowhere.
import { expect, test } from "bun:test";
import { totalOf } from "../../src/ir/record.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { type Ask, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { bodyText, byProvider } from "../harness/scripted-answers.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const TEXTS = Array.from({ length: 960 }, (_, at) => String(at));
const ASK: Ask = { protocol: "openai", operation: "embed", body: { model: "pool", input: TEXTS } };
/** Cohere takes 96 texts a call. */
const CALLS = 10;

const vectors: Answer = (call) => {
  const body: { texts: string[] } = JSON.parse(bodyText(call));
  const meta = { billed_units: { input_tokens: body.texts.length } };
  return Response.json({ id: "i", embeddings: { float: body.texts.map(() => [0.5]) }, texts: body.texts, meta });
};

function failingAt(last: number, answer: Answer = vectors): Answer {
  let calls = 0;
  return (call) => {
    calls += 1;
    return calls === last ? Response.json({ message: "out of order" }, { status: 500 }) : answer(call);
  };
}

const lane = (id: string) => laneOf(id, "cohere", { prices: PRICES });

test("what was answered before the last call failed is booked, and flagged", async () => {
  const lanes = [lane("first/a/one")];
  const deployment = deploymentOf({ lanes, targets: [poolOf("pool", lanes)] });
  const core = createCore({ deployment, answer: failingAt(CALLS) });
  const got = await core.ask(ASK);
  expect(got.status).toBeGreaterThanOrEqual(500);
  const tokens = 9 * 96;
  expect(core.records[0]).toMatchObject({
    outcome: "failed",
    answer: { usage: null, costNanos: null },
    attempts: [{ billed: { usage: { freshInputTokens: tokens }, costNanos: tokens * 3_000 } }],
  });
  expect(core.records.map(totalOf)).toMatchObject([
    {
      usage: { freshInputTokens: tokens, outputTokens: 0 },
      usageEstimated: true,
      costNanos: tokens * 3_000,
    },
  ]);
  expect(core.rows[0]).toMatchObject({ state: "truncated", costNanos: tokens * 3_000, lane: "first/a/one" });
});

test("a lane that serves after it adds its own, each under its name", async () => {
  const lanes = [lane("first/a/one"), lane("second/a/two")];
  const deployment = deploymentOf({ lanes, targets: [poolOf("pool", lanes)] });
  const core = createCore({ deployment, answer: byProvider({ first: failingAt(CALLS), second: vectors }) });
  const got = await core.ask(ASK);
  expect(got.status).toBe(200);
  expect(core.records[0]).toMatchObject({
    outcome: "answered",
    answer: { usage: { freshInputTokens: 960 }, costNanos: 960 * 3_000 },
  });
  expect(core.records.map(totalOf)).toMatchObject([
    { usage: { freshInputTokens: 9 * 96 + 960 }, costNanos: (9 * 96 + 960) * 3_000 },
  ]);
  expect(core.rows[0]).toMatchObject({ state: "estimated" });
  const metrics = createMetrics(deployment);
  for (const record of core.records) metrics.sink.record(record);
  const { counters } = metrics.snapshot();
  const told = JSON.stringify(counters["ringmain_cost_usd_total"]);
  expect(told).toContain(String(9 * 96 * 3_000));
  expect(told).toContain(String(960 * 3_000));
});

test("the answers of all calls together have one bound", async () => {
  const lanes = [lane("first/a/one")];
  const deployment = deploymentOf({ lanes, targets: [poolOf("pool", lanes)] });
  let chunks = 0;
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  const large: Answer = () => {
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          chunks += 1;
          controller.enqueue(chunk);
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": "application/json" } });
  };
  const core = createCore({ deployment, answer: large });
  const got = await core.ask(ASK);
  expect(got.status).toBeGreaterThanOrEqual(500);
  expect(core.records[0]?.failure).toBe("malformed");
  // 64 MiB, and what was under way of the calls side by side.
  expect(chunks).toBeLessThanOrEqual(64 + 4);
  expect(core.effects.calls.length).toBeLessThanOrEqual(4);
});

test("a bug in one call ends the others and is told", async () => {
  const lanes = [lane("first/a/one")];
  const deployment = deploymentOf({ lanes, targets: [poolOf("pool", lanes)] });
  const signals: AbortSignal[] = [];
  let calls = 0;
  const core = createCore({
    deployment,
    answer: (call) => {
      signals.push(call.init.signal);
      return new Promise<Response>(() => undefined);
    },
    tamper: {
      world: (world) => ({
        ...world,
        send: (request) => {
          calls += 1;
          if (calls === 3) throw new Error("a bug");
          return world.send(request);
        },
      }),
    },
  });
  const got = await core.ask(ASK);
  expect(got.status).toBe(500);
  expect(core.bugs).toHaveLength(1);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  expect(core.inflight()).toBe(0);
  expect(core.effects.timersPending()).toBe(0);
});
