// What the client is told when nothing is left, and what the gateway does before it gives up: queue, wait, fallback, least bad.
import { describe, expect, test } from "bun:test";
import type { Lane, Target } from "../../src/ir/deployment.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said, VENDOR_WORDS } from "../harness/vendor-words.ts";
import { type Answer, answerInOrder, settle } from "../harness/virtual-effects.ts";

const INGRESSES = ["openai", "anthropic"] as const;

for (const words of VENDOR_WORDS) {
  for (const ingress of INGRESSES) {
    describe(`a ${ingress} client on ${words.protocol} lanes`, () => {
      test("one lane that could ever serve: its own status and hint", async () => {
        const lanes = [laneOf("first/a/one", words.protocol)];
        const core = createCore({
          deployment: deploymentOf({ lanes }),
          answer: refusing(words, "rate-limited", { "retry-after": "17" }),
        });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect([got.status, got.headers["retry-after"], got.headers["x-ringmain-error"]]).toEqual([
          429,
          "17",
          "rate_limited",
        ]);
        expect(see(ingress, got.text).error).not.toBeNull();

        // And while it waits, without asking the vendor again.
        await core.effects.run(7_000);
        const again = await core.ask({ protocol: ingress, body: question(ingress) });
        expect([again.status, again.headers["retry-after"], core.effects.calls.length]).toEqual([429, "10", 1]);
      });

      test("several lanes that are limited: 503 with the earliest recovery", async () => {
        const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
        const core = createCore({
          deployment: deploymentOf({ lanes }),
          answer: byProvider({
            first: refusing(words, "rate-limited", { "retry-after": "40" }),
            second: refusing(words, "rate-limited", { "retry-after": "9" }),
          }),
        });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect([got.status, got.headers["retry-after"], got.headers["x-ringmain-error"]]).toEqual([
          503,
          "9",
          "no_eligible_lane",
        ]);
        const told = JSON.parse(got.text).error.gateway;
        expect(JSON.stringify(told)).toContain("first/a/one");
      });

      test("several lanes out for credentials: an auth error in dialect, without a hint", async () => {
        const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
        const core = createCore({ deployment: deploymentOf({ lanes }), answer: refusing(words, "credential") });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect([got.status, got.headers["retry-after"], got.headers["x-ringmain-error"]]).toEqual([
          401,
          undefined,
          "credential",
        ]);
        expect(JSON.parse(got.text).error.type).toBe("authentication_error");
      });

      test("minimal detail tells nothing of lanes", async () => {
        const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
        const core = createCore({
          deployment: deploymentOf({ lanes, errorDetail: "minimal", responseHeaders: "minimal" }),
          answer: refusing(words, "server-error"),
        });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect(got.status).toBe(503);
        expect(got.text).not.toContain("first");
        expect(JSON.stringify(got.headers)).not.toContain("first");
      });
    });
  }
}

test("a hint of zero does not spin: one attempt a request", async () => {
  const lanes = [laneOf("first/a/one", "openai")];
  const core = createCore({
    deployment: deploymentOf({ lanes }),
    answer: refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "0" }),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect(got.status).toBe(429);
  expect(Number(got.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect(core.effects.calls).toHaveLength(1);
});

test("deadline: no new attempt starts after it", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { failover: { deadlineMs: 10_000 } })] }),
    answer: byProvider({ first: stream([{ do: "hang" }]), second: answering(OPENAI_WORDS) }),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
  expect([got.status, got.headers["x-ringmain-error"]]).toEqual([504, "deadline_exceeded"]);
  expect(core.effects.calls).toHaveLength(1);
});

// ---------------------------------------------------------------- queue

function narrow(max: number, answer: Answer) {
  const lanes = [laneOf("first/a/one", "openai", { slots: { group: "one", max } })];
  return createCore({ deployment: deploymentOf({ lanes }), answer });
}

test("a full lane makes the next request wait, first come first served, and nothing is lost", async () => {
  const gates: (() => void)[] = [];
  const core = narrow(
    1,
    () =>
      new Promise((resolve) =>
        gates.push(() =>
          resolve(new Response(OPENAI_WORDS.body(said()), { headers: { "content-type": "application/json" } })),
        ),
      ),
  );
  const asked = [1, 2, 3].map(() => core.start({ protocol: "openai", body: question("openai") }));
  const order: number[] = [];
  for (const [index, each] of asked.entries()) void each.answer.then(() => order.push(index));
  for (let turn = 0; turn < asked.length; turn++) {
    for (let wait = 0; wait < 5; wait++) await settle();
    expect(core.inflight()).toBe(1);
    expect(gates).toHaveLength(turn + 1);
    await core.effects.run(100);
    gates[turn]?.();
  }
  const answers = await core.until(Promise.all(asked.map((each) => each.answer)));
  expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
  expect(order).toEqual([0, 1, 2]);
  expect(core.records.map((record) => record.queuedMs)).toEqual([0, 100, 200]);
  expect(core.inflight()).toBe(0);
});

test("a request that waits too long is told so, and its place is free", async () => {
  const core = narrow(1, () => new Promise(() => undefined));
  const first = core.start({ protocol: "openai", body: question("openai") });
  await settle();
  const got = await core.ask({ protocol: "openai", body: question("openai") }, 40_000);
  expect([got.status, got.headers["x-ringmain-error"]]).toEqual([503, "no_eligible_lane"]);
  expect(core.effects.calls).toHaveLength(1);
  expect(core.records[0]?.queuedMs).toBeGreaterThan(0);
  first.leave();
  await core.until(first.answer);
  expect(core.inflight()).toBe(0);
});

test("a client that leaves while it waits is one record, and takes nobody's place", async () => {
  const gates: (() => void)[] = [];
  const core = narrow(
    1,
    () =>
      new Promise((resolve) =>
        gates.push(() =>
          resolve(new Response(OPENAI_WORDS.body(said()), { headers: { "content-type": "application/json" } })),
        ),
      ),
  );
  const [first, second, third] = [1, 2, 3].map(() => core.start({ protocol: "openai", body: question("openai") }));
  for (let wait = 0; wait < 5; wait++) await settle();
  second?.leave();
  expect((await core.until(second?.answer ?? Promise.reject(new Error("none")), 1_000)).status).toBe(499);
  gates[0]?.();
  await core.until(first?.answer ?? Promise.reject(new Error("none")), 1_000);
  for (let wait = 0; wait < 5; wait++) await settle();
  expect(gates).toHaveLength(2);
  gates[1]?.();
  expect((await core.until(third?.answer ?? Promise.reject(new Error("none")), 1_000)).status).toBe(200);
  expect(core.records.map((record) => record.outcome).toSorted()).toEqual(["answered", "answered", "client-gone"]);
  expect(core.inflight()).toBe(0);
  expect([...core.shared.waiting.values()].every((waiting) => waiting === 0)).toBe(true);
});

// ---------------------------------------------------------------- exhaustion policies

const TRIPPED = { baseCooldownMs: 15_000, maxCooldownMs: 120_000, trip: { mode: "consecutive", failures: 1 } } as const;

test("fallback pool: its lanes serve, the record says whose, and two pools that name each other end", async () => {
  const own = laneOf("first/a/one", "openai");
  const spare = laneOf("second/a/two", "openai");
  const targets = [
    poolOf("pool", [own], { onExhausted: { action: "fallback-pool", pool: "spare" } }),
    poolOf("spare", [spare], { onExhausted: { action: "fallback-pool", pool: "pool" } }),
  ];
  const served = createCore({
    deployment: deploymentOf({ lanes: [own, spare], targets }),
    answer: byProvider({ first: refusing(OPENAI_WORDS, "server-error"), second: answering(OPENAI_WORDS) }),
  });
  const got = await served.ask({ protocol: "openai", body: question("openai") });
  expect(got.status).toBe(200);
  expect(got.headers["x-ringmain-switch"]).toBe(`from=${own.id}; to=${spare.id}; reason=server-error; tier=unknown`);
  expect(served.records[0]).toMatchObject({ target: "pool", outcome: "answered" });

  const dead = createCore({
    deployment: deploymentOf({ lanes: [own, spare], targets }),
    answer: refusing(OPENAI_WORDS, "server-error"),
  });
  const refused = await dead.ask({ protocol: "openai", body: question("openai") });
  expect(refused.status).toBeGreaterThanOrEqual(500);
  expect(dead.effects.calls).toHaveLength(2);
});

test("least bad: a well lane that only the cap kept out comes before one whose breaker is open", async () => {
  const lanes = ["a/1/one", "b/1/two", "c/1/two"].map((id) => laneOf(id, "openai"));
  const pool = poolOf("pool", lanes, {
    select: "ordered",
    breaker: TRIPPED,
    failover: { cap: 0 },
    onExhausted: { action: "least-bad" },
  });
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [pool] }),
    answer: byProvider({
      a: refusing(OPENAI_WORDS, "server-error"),
      b: refusing(OPENAI_WORDS, "server-error"),
      c: answering(OPENAI_WORDS),
    }),
  });
  for (const asked of [["a/1/one", "b/1/two"], ["c/1/two"]]) {
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(core.records.at(-1)?.attempts.map(({ lane }) => lane)).toEqual(asked);
  }
});

test("least bad: a lane whose breaker is open is tried all the same", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
  for (const action of ["reject", "least-bad"] as const) {
    const core = createCore({
      deployment: deploymentOf({
        lanes,
        targets: [poolOf("pool", lanes, { breaker: TRIPPED, onExhausted: { action } })],
      }),
      answer: byProvider({
        first: answerInOrder([refusing(OPENAI_WORDS, "server-error"), answering(OPENAI_WORDS)]),
        second: answerInOrder([refusing(OPENAI_WORDS, "server-error"), answering(OPENAI_WORDS)]),
      }),
    });
    expect((await core.ask({ protocol: "openai", body: question("openai") })).status).toBe(503);
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect([action, got.status, core.effects.calls.length]).toEqual(
      action === "reject" ? [action, 503, 2] : [action, 200, 3],
    );
    expect(core.inflight()).toBe(0);
  }
});

const waiting = (lanes: readonly Lane[], maxMs: number, failover: Partial<Target["failover"]> = {}) =>
  deploymentOf({ lanes, targets: [poolOf("pool", lanes, { failover, onExhausted: { action: "wait", maxMs } })] });

test("wait: a request that finds every lane waiting waits for it, and so does the one that was refused", async () => {
  const lanes = [laneOf("first/a/one", "openai")];
  const coreWith = (maxMs: number) =>
    createCore({
      deployment: waiting(lanes, maxMs),
      answer: answerInOrder([
        refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "3" }),
        answering(OPENAI_WORDS),
        answering(OPENAI_WORDS),
      ]),
    });
  const patient = coreWith(5_000);
  const asked = patient.start({ protocol: "openai", body: question("openai") });
  await patient.effects.run(1_000);
  const got = await patient.ask({ protocol: "openai", body: question("openai") });
  expect((await patient.until(asked.answer)).status).toBe(200);
  expect(got.status).toBe(200);
  expect(patient.effects.calls.map(({ atMs }) => atMs)).toEqual([0, 3_000, 3_000]);
  expect(patient.records.map(({ outcome, queuedMs }) => [outcome, queuedMs]).toSorted()).toEqual([
    ["answered", 2_000],
    ["answered", 3_000],
  ]);

  const hasty = coreWith(1_000);
  expect((await hasty.ask({ protocol: "openai", body: question("openai") })).status).toBe(429);
  expect((await hasty.ask({ protocol: "openai", body: question("openai") })).status).toBe(429);
  expect(hasty.effects.calls).toHaveLength(1);
});

const hinted = (status: number, seconds: number | null): Answer =>
  json(status, '{"error":{"message":"Later.","type":"busy"}}', seconds === null ? {} : { "retry-after": `${seconds}` });

describe("wait: a lane that refused is asked a second time after its hint", () => {
  const one = [laneOf("first/a/one", "openai")];
  const two = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];

  test.each<[string, readonly Answer[], string, number[]]>([
    ["429 with a hint", [hinted(429, 3), answering(OPENAI_WORDS)], "200 answered", [0, 3_000]],
    ["503 with a hint", [hinted(503, 3), answering(OPENAI_WORDS)], "200 answered", [0, 3_000]],
    [
      "refused again: never a third time",
      [hinted(429, 1), hinted(429, 1), answering(OPENAI_WORDS)],
      "429 failed",
      [0, 1_000],
    ],
    ["429 without a hint", [hinted(429, null), answering(OPENAI_WORDS)], "429 failed", [0]],
    ["another status with a hint", [hinted(500, 3), answering(OPENAI_WORDS)], "500 failed", [0]],
    ["529 with a hint", [hinted(529, 3), answering(OPENAI_WORDS)], "529 failed", [0]],
    ["a hint beyond max_ms", [hinted(429, 11), answering(OPENAI_WORDS)], "429 failed", [0]],
    ["no answer that can be read", [json(200, "{"), answering(OPENAI_WORDS)], "502 failed", [0]],
    [
      "an overload inside a 200, which may have worked",
      [
        json(200, '{"error":{"message":"Overloaded","type":"overloaded_error","code":429}}', { "retry-after": "3" }),
        answering(OPENAI_WORDS),
      ],
      "",
      [0],
    ],
  ])("%s", async (_name, answers, expected, moments) => {
    const core = createCore({ deployment: waiting(one, 10_000), answer: answerInOrder([...answers]) });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    if (expected !== "") expect(`${got.status} ${core.records[0]?.outcome}`).toBe(expected);
    expect(core.effects.calls.map(({ atMs }) => atMs)).toEqual(moments);
    expect(core.records[0]?.queuedMs).toBe(moments.at(-1) ?? -1);
    expect(core.records[0]?.attempts.map(({ startedMs }) => startedMs)).toEqual(moments);
    expect(core.inflight()).toBe(0);
  });

  test.each([0.1, 0.3, 123.456, 987.7])("at a moment between two milliseconds (%p)", async (startMs) => {
    const core = createCore({
      deployment: waiting(one, 10_000),
      answer: answerInOrder([hinted(429, 1), answering(OPENAI_WORDS)]),
    });
    await core.effects.run(startMs);
    expect((await core.ask({ protocol: "openai", body: question("openai") })).status).toBe(200);
  });

  test("a stream is waited for in the same way", async () => {
    const core = createCore({
      deployment: waiting(one, 10_000),
      answer: answerInOrder([hinted(429, 2), answering(OPENAI_WORDS)]),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect([got.status, see("openai", got.text).text]).toEqual([200, "Hello, wörld."]);
  });

  test.each([
    ["one call", 1, 2],
    ["several, of which some may be done", 97, 1],
  ])("an embedding that is %s", async (_name, texts, attempts) => {
    const lanes = [laneOf("first/a/one", "cohere")];
    const core = createCore({ deployment: waiting(lanes, 10_000), answer: hinted(429, 2) });
    const input = Array.from({ length: texts }, () => "a");
    const got = await core.ask({ protocol: "openai", operation: "embed", body: { model: "pool", input } });
    expect([got.status, core.records[0]?.attempts.length]).toEqual([429, attempts]);
  });

  test("not where the failover deadline comes first", async () => {
    const core = createCore({
      deployment: waiting(one, 60_000, { deadlineMs: 5_000 }),
      answer: answerInOrder([hinted(429, 6), answering(OPENAI_WORDS)]),
    });
    expect((await core.ask({ protocol: "openai", body: question("openai") })).status).toBe(429);
    expect(core.effects.calls).toHaveLength(1);
  });

  test("of several the one that is back first, then the other while max_ms lasts", async () => {
    const core = createCore({
      deployment: waiting(two, 10_000),
      answer: byProvider({
        first: answerInOrder([hinted(429, 4), answering(OPENAI_WORDS)]),
        second: answerInOrder([hinted(429, 1), hinted(429, 30)]),
      }),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(got.status).toBe(200);
    expect(core.records[0]?.attempts.map(({ lane, startedMs }) => [lane, startedMs])).toEqual([
      ["first/a/one", 0],
      ["second/a/two", 0],
      ["second/a/two", 1_000],
      ["first/a/one", 4_000],
    ]);
    expect(core.records[0]?.queuedMs).toBe(4_000);
  });

  test("the cap counts lanes, so no other one is let in by the wait", async () => {
    const core = createCore({
      deployment: waiting(two, 10_000, { cap: 0 }),
      answer: byProvider({
        first: answerInOrder([hinted(429, 2), answering(OPENAI_WORDS)]),
        second: answering(OPENAI_WORDS),
      }),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(got.status).toBe(200);
    expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual(["first/a/one", "first/a/one"]);
  });

  test("a lane beside it that can never serve ends no wait", async () => {
    const blind = laneOf("second/a/two", "openai", { capabilities: { tools: false } });
    const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
    const core = createCore({
      deployment: waiting([...one, blind], 10_000),
      answer: byProvider({ first: answerInOrder([hinted(429, 2), answering(OPENAI_WORDS)]) }),
    });
    const got = await core.ask({ protocol: "openai", body: { ...question("openai"), tools } });
    expect(got.status).toBe(200);
  });
});

test("wait: a client that leaves meanwhile is gone at once", async () => {
  const core = createCore({
    deployment: waiting([laneOf("first/a/one", "openai")], 60_000),
    answer: refusing(OPENAI_WORDS, "rate-limited", { "retry-after": "30" }),
  });
  const asked = [1, 2].map(() => core.start({ protocol: "openai", body: question("openai") }));
  for (let turn = 0; turn < 20; turn++) await settle();
  for (const each of asked) each.leave();
  for (const each of asked) await core.until(each.answer, 500);
  expect(core.records.map((record) => record.outcome)).toEqual(["client-gone", "client-gone"]);
  expect(core.effects.timersPending()).toBe(0);
  expect(core.inflight()).toBe(0);
});

test("a tripped lane is tested by one request at a time, and its success lets the others in", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai", { sortKey: 9 })];
  let healthy = false;
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { breaker: TRIPPED })] }),
    answer: byProvider({
      first: (call) => (healthy ? answering(OPENAI_WORDS)(call) : refusing(OPENAI_WORDS, "server-error")(call)),
      second: answering(OPENAI_WORDS),
    }),
  });
  await core.ask({ protocol: "openai", body: question("openai") });
  expect(core.effects.calls).toHaveLength(2);
  await core.ask({ protocol: "openai", body: question("openai") });
  expect(core.effects.calls.map((call) => new URL(call.url).hostname)).toEqual([
    "first.invalid",
    "second.invalid",
    "second.invalid",
  ]);
  healthy = true;
  await core.effects.run(60_000);
  for (let request = 0; request < 11; request++)
    expect((await core.ask({ protocol: "openai", body: question("openai") })).status).toBe(200);
  expect(core.effects.calls.slice(3).filter((call) => call.url.includes("first")).length).toBeGreaterThan(5);
  expect(core.changes.map(({ from, to }) => [from, to])).not.toEqual([]);
});

// ---------------------------------------------------------------- capability and size

test("a request nothing configured can take is 400, one whose only able lane is out is 503", async () => {
  const image = {
    messages: [{ role: "user", content: [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }] }],
  };
  const blind = laneOf("first/a/one", "openai", { capabilities: { input: ["text"] } });
  const none = createCore({ deployment: deploymentOf({ lanes: [blind] }), answer: answering(OPENAI_WORDS) });
  const refused = await none.ask({ protocol: "openai", body: { model: "pool", ...image } });
  expect([refused.status, refused.headers["x-ringmain-error"]]).toEqual([400, "no_capable_lane"]);
  expect(see("openai", refused.text).error).toContain("image");

  const seeing = laneOf("second/a/two", "openai", { capabilities: { input: ["text", "image"] } });
  const both = createCore({
    deployment: deploymentOf({ lanes: [blind, seeing] }),
    answer: byProvider({ second: answering(OPENAI_WORDS) }),
  });
  const served = await both.ask({ protocol: "openai", body: { model: "pool", ...image } });
  expect(served.status).toBe(200);
  expect(both.records[0]?.attempts.map((attempt) => attempt.lane)).toEqual(["second/a/two"]);
});

test("a lane that names no credential and needs none is asked without one", async () => {
  const lanes = [laneOf("first/a/one", "openai", { credential: null })];
  const core = createCore({ deployment: deploymentOf({ lanes }), answer: answering(OPENAI_WORDS) });
  await core.ask({ protocol: "openai", body: question("openai") });
  expect(Object.keys(core.effects.calls[0]?.init.headers ?? {})).not.toContain("authorization");
});

test("a credential that cannot be read is never sent empty: another lane serves", async () => {
  const lanes = [
    laneOf("first/a/one", "openai", { credential: { kind: "file", path: "gone" } }),
    laneOf("second/a/two", "openai"),
  ];
  const core = createCore({
    deployment: deploymentOf({ lanes }),
    answer: byProvider({ second: answering(OPENAI_WORDS) }),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect(got.status).toBe(200);
  expect(core.records[0]?.attempts.map((attempt) => attempt.outcome.toString())).toEqual(["credential", "answered"]);
});

test("targets by place: provider/model and provider/account/model reach those lanes and no others", async () => {
  const lanes = [
    laneOf("alpha/a/shared", "openai"),
    laneOf("alpha/b/shared", "openai"),
    laneOf("beta/a/shared", "openai"),
  ];
  for (const [asked, hosts] of [
    ["beta/shared", ["beta"]],
    ["alpha/b/shared", ["alpha"]],
  ] as const) {
    const core = createCore({ deployment: deploymentOf({ lanes }), answer: refusing(OPENAI_WORDS, "server-error") });
    await core.ask({ protocol: "openai", body: question("openai", { model: asked }) });
    expect(core.effects.calls.map((call) => new URL(call.url).hostname.replace(".invalid", ""))).toEqual([...hosts]);
    expect(core.records[0]?.target).toBe("shared");
  }
});

test("an empty choice list inside a 200 is no answer", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
  const core = createCore({
    deployment: deploymentOf({ lanes }),
    answer: byProvider({
      first: json(200, '{"id":"x","object":"chat.completion","choices":[]}'),
      second: answering(OPENAI_WORDS),
    }),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect(see("openai", got.text).text).toBe("Hello, wörld.");
  expect(core.records[0]?.attempts[0]?.outcome).toBe("malformed");
});

test("a redirect is never handed on, whatever its body says: 502 in dialect", async () => {
  for (const words of VENDOR_WORDS) {
    for (const body of ["", "<a href='https://elsewhere.invalid/'>moved</a>", '{"moved":true}']) {
      const core = createCore({
        deployment: deploymentOf({ lanes: [laneOf("first/a/one", words.protocol)] }),
        answer: json(307, body, { location: "https://elsewhere.invalid/" }),
      });
      const got = await core.ask({ protocol: words.protocol, body: question(words.protocol) });
      expect([got.status, got.headers["x-ringmain-error"], got.headers["location"]]).toEqual([
        502,
        "redirect",
        undefined,
      ]);
      expect(see(words.protocol, got.text).error).not.toBeNull();
    }
  }
});

test.each(["reject", "wait"] as const)(
  "a request that waited for nothing has no wait in its record (%s)",
  async (action) => {
    const lanes = [laneOf("first/a/one", "openai")];
    let ticks = 0;
    const core = createCore({
      deployment: deploymentOf({
        lanes,
        targets: [poolOf("pool", lanes, { onExhausted: action === "wait" ? { action, maxMs: 5 } : { action } })],
      }),
      answer: refusing(OPENAI_WORDS, "server-error"),
      // Like a real clock: it goes on between two looks.
      tamper: {
        world: (world) => ({
          ...world,
          effects: { ...world.effects, nowMs: () => world.effects.nowMs() + ticks++ / 1_000 },
        }),
      },
    });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect([got.status, ticks > 0, core.records[0]?.queuedMs]).toEqual([500, true, 0]);
  },
);
