// Requests that wait for a lane because their client or the target says so: woken by what changes, never longer than allowed,
// and told honestly when nothing came.
import { describe, expect, test } from "bun:test";
import type { Lane } from "../../src/ir/deployment.ts";
import { asObject, at, parseJson } from "../../src/std/json.ts";
import { question, see } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, VENDOR_WORDS } from "../harness/vendor-words.ts";
import { type Answer, answerInOrder, answerNever } from "../harness/virtual-effects.ts";

const limited = (seconds: number): Answer => refusing(OPENAI_WORDS, "rate-limited", { "retry-after": `${seconds}` });
const two = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];

const ask = (core: Core, wait: string | null, over: { protocol?: string; stream?: boolean; model?: string } = {}) => {
  const protocol = over.protocol ?? "openai";
  const headers: Record<string, string> = wait === null ? {} : { "x-router-max-wait-ms": wait };
  const { stream: isStream, model } = over;
  return core.start({
    protocol,
    headers,
    body: question(protocol, {
      ...(isStream === undefined ? {} : { stream: isStream }),
      ...(model === undefined ? {} : { model }),
    }),
  });
};

/** Both lanes are out: the first for four seconds, the second for thirty. */
async function bothOut(over: TargetOver = {}, lanes: readonly Lane[] = two): Promise<Core> {
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, over)] }),
    answer: byProvider({
      first: answerInOrder([limited(4), answering(OPENAI_WORDS)]),
      second: answerInOrder([limited(30), answering(OPENAI_WORDS)]),
    }),
  });
  await core.until(ask(core, "0").answer);
  return core;
}

describe("x-router-max-wait-ms", () => {
  const clients = VENDOR_WORDS.map(({ protocol }) => protocol).flatMap((protocol) =>
    [false, true].map((isStream) => [protocol, isStream] as const),
  );
  test.each(clients)(
    "is heeded for %s clients (streamed: %p): served at the instant of the cooldown's end",
    async (protocol, isStream) => {
      const core = await bothOut();
      const asked = ask(core, "5000", { protocol, stream: isStream });
      const got = await core.read(await core.until(asked.answer));
      expect(got.status).toBe(200);
      expect(see(protocol, got.text).text).toBe("Hello, wörld.");
      expect(core.effects.calls.map(({ atMs }) => atMs)).toEqual([0, 0, 4_000]);
      expect(core.records.at(-1)?.queuedMs).toBe(4_000);
    },
  );

  const bounds: readonly (readonly [string, TargetOver, string | null, number])[] = [
    ["the client's, where the target rejects", {}, "5000", 200],
    ["too short", {}, "3999", 503],
    ["none", {}, "0", 503],
    ["not asked for", {}, null, 503],
    ["the target's own", { onExhausted: { action: "wait", maxMs: 5_000 } }, null, 200],
    ["the client's, shorter than the target's", { onExhausted: { action: "wait", maxMs: 5_000 } }, "1000", 503],
    ["none, where the target would wait", { onExhausted: { action: "wait", maxMs: 5_000 } }, "0", 503],
    ["the client's, longer than the target's", { onExhausted: { action: "wait", maxMs: 1_000 } }, "5000", 200],
    ["cut by the deadline", { failover: { deadlineMs: 3_000 } }, "60000", 503],
  ];
  test.each(bounds)("%s", async (_name, over, wait, status) => {
    const core = await bothOut(over);
    const got = await core.until(ask(core, wait).answer);
    expect(got.status).toBe(status);
    // What cannot come in time is not waited for.
    expect(core.records.at(-1)?.queuedMs).toBe(status === 200 ? 4_000 : 0);
    expect(core.effects.timersPending()).toBe(0);
    expect(core.shared.waiters.size).toBe(0);
  });

  test("counts the wait for a slot as well", async () => {
    const lane = laneOf("first/a/one", "openai", { slots: { group: "g", max: 1 } });
    const core = createCore({
      deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
      answer: answerNever,
    });
    const holder = ask(core, null);
    await core.effects.run(1);
    for (const [wait, waited] of [
      ["700", 700],
      ["0", 0],
    ] as const) {
      expect((await core.until(ask(core, wait).answer)).status).toBe(503);
      expect(core.records.at(-1)?.queuedMs).toBe(waited);
    }
    holder.leave();
    await core.until(holder.answer);
  });

  test("goes through the fallback pool first, and then waits for lanes of both", async () => {
    const [first, second] = two;
    if (first === undefined || second === undefined) throw new Error("two lanes are made");
    const core = createCore({
      deployment: deploymentOf({
        lanes: two,
        targets: [
          poolOf("pool", [first], { onExhausted: { action: "fallback-pool", pool: "other" } }),
          poolOf("other", [second]),
        ],
      }),
      answer: byProvider({
        first: answerInOrder([limited(2), limited(60)]),
        second: answerInOrder([limited(3), answering(OPENAI_WORDS)]),
      }),
    });
    const got = await core.until(ask(core, "10000").answer);
    expect(got.status).toBe(200);
    expect(core.records[0]?.attempts.map(({ lane, startedMs }) => [lane, startedMs])).toEqual([
      ["first/a/one", 0],
      ["second/a/two", 0],
      ["first/a/one", 2_000],
      ["second/a/two", 3_000],
    ]);
  });

  test("asks a vendor no more often than there is a reason to: nothing is polled", async () => {
    const core = await bothOut();
    const asked = ask(core, "60000");
    await core.effects.run(3_999);
    expect(core.effects.calls).toHaveLength(2);
    expect(core.effects.timersPending()).toBe(1);
    asked.leave();
    await core.until(asked.answer, 500);
    expect(core.effects.timersPending()).toBe(0);
    expect(core.shared.waiters.size).toBe(0);
  });
});

describe("a request that waits", () => {
  test("is woken when a lane is taken back into service before its time", async () => {
    const core = await bothOut();
    const asked = ask(core, "20000");
    await core.effects.run(1_000);
    core.shared.onChanges(core.shared.health.reset("second/a/two", core.effects.nowMs()));
    expect((await core.until(asked.answer)).status).toBe(200);
    expect(core.effects.calls.map(({ atMs }) => atMs)).toEqual([0, 0, 1_000]);
  });

  test.each([
    ["succeeds", 200, 200, 3],
    ["fails", 401, 401, 2],
  ] as const)("is woken by the end of another request's test, which %s", async (_name, tested, status, calls) => {
    let release = (): void => undefined;
    const slow: Answer = () =>
      new Promise((resolve) => {
        release = () => resolve(tested === 200 ? Response.json(OK) : new Response("{}", { status: tested }));
      });
    const core = createCore({
      deployment: deploymentOf({ lanes: two.slice(0, 1) }),
      answer: answerInOrder([refusing(OPENAI_WORDS, "credential"), slow, answering(OPENAI_WORDS)]),
    });
    await core.until(ask(core, "0", { model: "one" }).answer);
    await core.effects.run(1_800_000);
    const tester = ask(core, "0", { model: "one" });
    await core.effects.run(1);
    const waiting = ask(core, "60000", { model: "one" });
    await core.effects.run(1);
    release();
    await core.until(tester.answer);
    expect((await core.until(waiting.answer)).status).toBe(status);
    expect(core.effects.calls).toHaveLength(calls);
  });

  test("in the queue for a slot is served by another lane that is back sooner", async () => {
    const full = laneOf("first/a/one", "openai", { slots: { group: "g", max: 1 } });
    const out = laneOf("second/a/two", "openai");
    const core = createCore({
      deployment: deploymentOf({ lanes: [full, out], targets: [poolOf("pool", [out, full])] }),
      answer: byProvider({ first: answerNever, second: answerInOrder([limited(2), answering(OPENAI_WORDS)]) }),
    });
    const holder = ask(core, null);
    await core.effects.run(1);
    const asked = ask(core, null);
    expect((await core.until(asked.answer)).status).toBe(200);
    expect(core.records.find(({ outcome }) => outcome === "answered")?.queuedMs).toBe(1_999);
    holder.leave();
    await core.until(holder.answer);
  });

  test("does not wait for what no time mends", async () => {
    const core = createCore({
      deployment: deploymentOf({ lanes: two, targets: [poolOf("pool", two)] }),
      answer: refusing(OPENAI_WORDS, "credential"),
    });
    expect((await core.until(ask(core, "60000").answer)).status).toBe(401);
    expect(core.effects.nowMs()).toBe(0);
    const wrong = createCore({
      deployment: deploymentOf({ lanes: two, targets: [poolOf("pool", two)] }),
      answer: json(400, '{"error":{"message":"Not so.","type":"invalid_request_error"}}'),
    });
    expect((await wrong.until(ask(wrong, "60000").answer)).status).toBe(400);
    expect(wrong.effects.calls).toHaveLength(1);
  });
});

const OK = {
  id: "x",
  object: "chat.completion",
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi." }, finish_reason: "stop" }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
};

describe("when nothing came", () => {
  const protocols = VENDOR_WORDS.map(({ protocol }) => protocol);
  test.each(protocols)("a %s client is told the code, the wait and who was asked", async (protocol) => {
    const core = await bothOut();
    const got = await core.read(await core.until(ask(core, "1000", { protocol }).answer));
    expect([got.status, got.headers["x-ringmain-error"], got.headers["retry-after"]]).toEqual([
      503,
      "no_suitable_model_available",
      "4",
    ]);
    const body = asObject(parseJson(got.text)) ?? {};
    const error = asObject(body["error"]) ?? body;
    expect(error["retry_after_ms"]).toBe(4_000);
    expect(at(error["gateway"], "skipped")).toEqual([
      { lane: "first/a/one", because: "waiting", recoversInMs: 4_000 },
      { lane: "second/a/two", because: "waiting", recoversInMs: 30_000 },
    ]);
  });

  test.each(protocols)("so is one whose stream is open already: %s", async (protocol) => {
    const lanes = two.map((lane) => ({ ...lane, slots: { group: lane.id, max: 1 } }));
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)], streamOpenAfterMs: 500 }),
      answer: stream([{ do: "hang" }]),
    });
    const holders = [ask(core, null), ask(core, null)];
    await core.effects.run(1);
    const asked = await core.until(ask(core, "1000", { protocol, stream: true }).answer);
    expect(asked.headers["x-ringmain-opened"]).toBe("true");
    const got = await core.until(core.read(asked));
    expect(got.status).toBe(200);
    expect(got.text).toContain("retry_after_ms");
    expect(see(protocol, got.text).error).toContain("cannot be served right now");
    for (const holder of holders) holder.leave();
    await core.until(Promise.all(holders.map((each) => each.answer)));
  });

  test("without a wait it is the refusal that it was", async () => {
    const core = await bothOut();
    const got = await core.until(ask(core, null).answer);
    expect(got.headers["x-ringmain-error"]).toBe("no_eligible_lane");
  });
});
