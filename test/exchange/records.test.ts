// Whatever happens, one exchange is one record and one settlement, and every slot is given back.
import { describe, expect, test } from "bun:test";
import { failure } from "../../src/ir/failure.ts";
import { question, see } from "../harness/client-words.ts";
import { ANONYMOUS, createCore, routeOf } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said, USAGE, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";
import { type Answer, answerNever, settle } from "../harness/virtual-effects.ts";

const INGRESSES = ["openai", "anthropic"] as const;
const bytes = (text: string): BodyStep => ({ do: "bytes", bytes: text });

function single(words: VendorWords, answer: Answer) {
  const lanes = [laneOf("first/a/one", words.protocol, { prices: PRICES })];
  return createCore({ deployment: deploymentOf({ lanes }), answer, metered: true });
}

for (const words of VENDOR_WORDS) {
  for (const ingress of INGRESSES) {
    describe(`a ${ingress} client on a ${words.protocol} lane`, () => {
      for (const isStream of [false, true]) {
        test(`${isStream ? "a stream" : "a whole answer"} is booked with the vendor's usage, once`, async () => {
          const core = single(words, answering(words));
          const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: isStream }) });
          expect(got.status).toBe(200);
          expect(core.records).toHaveLength(1);
          const [record] = core.records;
          expect(record).toMatchObject({
            ingress,
            operation: "chat",
            target: "pool",
            asked: "pool",
            stream: isStream,
            caller: "anonymous",
            status: 200,
            outcome: "answered",
            failure: null,
            answer: { usageEstimated: false },
          });
          expect(record?.answer.usage).toMatchObject({
            freshInputTokens: USAGE.fresh,
            cacheReadTokens: USAGE.cacheRead,
            outputTokens: USAGE.output,
          });
          // 12 fresh at 3 dollars, 3 cached at 0.3, 7 out at 15 per million, in nano-dollars. Cohere says that it charges
          // nothing for the cached ones, and is taken at its word.
          const cached = words.protocol === "cohere" ? 0 : 3 * 300;
          expect(record?.answer.costNanos).toBe(12 * 3_000 + cached + 7 * 15_000);
          expect(record?.answerBytes).toBe(got.bytes.length);
          expect(core.rows.map((row) => [row.id === record?.id, row.state])).toEqual([[true, "ok"]]);
          expect(record?.attempts).toHaveLength(1);
          expect(record?.attempts[0]).toMatchObject({
            lane: "first/a/one",
            egress: words.protocol,
            way: words.protocol === ingress ? "relay" : "translate",
            outcome: "answered",
            ambiguous: false,
            status: 200,
            reportedModel: words.namesModel === false ? null : "test-model-2026-01-01",
          });
          expect(core.inflight()).toBe(0);
          expect(core.effects.timersPending()).toBe(0);
        });
      }

      test("a client that leaves before the head is one record, moves no cell, and stops the upstream", async () => {
        const core = single(words, answerNever);
        const asked = core.start({ protocol: ingress, body: question(ingress) });
        await settle();
        expect(core.effects.calls).toHaveLength(1);
        expect(core.inflight()).toBe(1);
        asked.leave();
        await core.until(asked.answer, 1_000);
        expect(core.effects.calls[0]?.init.signal.aborted).toBe(true);
        expect(core.records.map((record) => [record.outcome, record.failure])).toEqual([
          ["client-gone", "client-gone"],
        ]);
        expect(core.records[0]?.attempts.map((attempt) => attempt.outcome.toString())).toEqual(["abandoned"]);
        expect(core.inflight()).toBe(0);
        expect(core.changes).toEqual([]);
        expect(core.effects.timersPending()).toBe(0);
      });

      test("a client that leaves before the commit of a stream is one record, and stops the upstream", async () => {
        const watch = { aborted: false, sent: 0 };
        const handshake = words.frames(said()).slice(0, words.handshakeFrames).map(bytes);
        const core = single(words, stream([...handshake, { do: "hang" }], { watch }));
        const asked = core.start({ protocol: ingress, body: question(ingress, { stream: true }) });
        for (let turn = 0; turn < 20; turn++) await settle();
        asked.leave();
        await core.until(asked.answer, 1_000);
        expect(watch.aborted).toBe(true);
        expect(core.records.map((record) => record.outcome)).toEqual(["client-gone"]);
        expect(core.inflight()).toBe(0);
      });

      test("a client that leaves in the middle of a stream is one record with what was seen, and stops the upstream", async () => {
        const watch = { aborted: false, sent: 0 };
        const frames = words
          .frames(said())
          .slice(0, words.handshakeFrames + 2)
          .map(bytes);
        const core = single(words, stream([...frames, { do: "hang" }], { watch }));
        const asked = core.start({ protocol: ingress, body: question(ingress, { stream: true }) });
        const answer = await core.until(asked.answer, 1_000);
        const { body } = answer;
        if (body instanceof Uint8Array) throw new Error("a stream was expected");
        expect(await core.until(body.next(), 1_000)).not.toBeNull();
        const waiting = body.next();
        await settle();
        asked.leave();
        body.cancel();
        body.cancel();
        await core.until(waiting, 1_000);
        expect(await core.until(body.next(), 1_000)).toBeNull();
        expect(watch.aborted).toBe(true);
        expect(core.records.map((record) => record.outcome)).toEqual(["client-gone"]);
        expect(core.rows.map((row) => row.state)).toEqual(["aborted"]);
        expect(core.records[0]?.attempts.map((attempt) => attempt.outcome.toString())).toEqual(["abandoned"]);
        expect(core.inflight()).toBe(0);
        expect(core.changes).toEqual([]);
      });

      test("a client that leaves after the ending was read has its whole answer booked", async () => {
        const core = single(words, answering(words));
        const asked = core.start({ protocol: ingress, body: question(ingress, { stream: true }) });
        const answer = await core.until(asked.answer, 1_000);
        await core.until(core.read(answer));
        if (!(answer.body instanceof Uint8Array)) answer.body.cancel();
        expect(core.records.map((record) => record.outcome)).toEqual(["answered"]);
        expect(core.inflight()).toBe(0);
      });
    });
  }
}

const REFUSALS: readonly {
  readonly name: string;
  readonly body: string | object;
  readonly headers?: Record<string, string>;
  readonly status: number;
  readonly code: string;
}[] = [
  { name: "no JSON", body: "hello", status: 400, code: "invalid_request" },
  { name: "an empty body", body: "", status: 400, code: "invalid_request" },
  { name: "an array", body: [], status: 400, code: "invalid_request" },
  { name: "no model", body: { messages: [] }, status: 400, code: "invalid_request" },
  { name: "an empty model", body: { model: "", messages: [] }, status: 400, code: "invalid_request" },
  { name: "a model that is a number", body: { model: 4, messages: [] }, status: 400, code: "invalid_request" },
  { name: "an unknown model", body: { model: "nobody", messages: [] }, status: 404, code: "unknown_model" },
  {
    name: "a prototype's name as model",
    body: { model: "__proto__", messages: [] },
    status: 404,
    code: "unknown_model",
  },
  { name: "constructor as model", body: { model: "constructor", messages: [] }, status: 404, code: "unknown_model" },
  {
    name: "text",
    body: question("openai"),
    headers: { "content-type": "text/plain" },
    status: 415,
    code: "unsupported_body",
  },
  {
    name: "gzip",
    body: question("openai"),
    headers: { "content-encoding": "gzip" },
    status: 415,
    code: "unsupported_body",
  },
  {
    name: "another charset",
    body: question("openai"),
    headers: { "content-type": "application/json; charset=utf-16" },
    status: 415,
    code: "unsupported_body",
  },
  {
    name: "an unknown translation mode",
    body: question("openai"),
    headers: { "x-ringmain-translation": "loose" },
    status: 400,
    code: "invalid_request",
  },
  { name: "100,000 brackets", body: "[".repeat(100_000), status: 400, code: "invalid_request" },
  { name: "bytes that are no UTF-8", body: '{"model":"\u0000"', status: 400, code: "invalid_request" },
];

for (const protocol of INGRESSES) {
  for (const row of REFUSALS) {
    test(`${protocol}: ${row.name} is refused in the client's dialect, recorded once, and sent nowhere`, async () => {
      const core = single(OPENAI_WORDS, answering(OPENAI_WORDS));
      const got = await core.ask({ protocol, body: row.body, headers: row.headers ?? {} });
      expect([got.status, got.headers["x-ringmain-error"]]).toEqual([row.status, row.code]);
      expect(see(protocol, got.text).error).not.toBeNull();
      expect(got.headers["content-type"]).toBe("application/json");
      expect(core.effects.calls).toEqual([]);
      expect(core.records.map((record) => record.outcome)).toEqual(["refused"]);
      expect(core.rows).toHaveLength(1);
      expect(core.bugs).toEqual([]);
    });
  }
}

test("a name nobody configured never becomes a label", async () => {
  const core = single(OPENAI_WORDS, answering(OPENAI_WORDS));
  await core.ask({ protocol: "openai", body: question("openai", { model: "x".repeat(400) }) });
  expect(core.records[0]?.target).toBe("unresolved");
  expect(core.records[0]?.asked?.length).toBe(120);
});

const BUGS: readonly {
  readonly name: string;
  readonly answer: Answer;
  readonly tamper: NonNullable<Parameters<typeof createCore>[0]["tamper"]>;
}[] = [
  {
    name: "sending throws",
    answer: answerNever,
    tamper: {
      world: (world) => ({
        ...world,
        send: () => {
          throw new Error("planted: test-key-canary");
        },
      }),
    },
  },
  {
    name: "sending rejects",
    answer: answerNever,
    tamper: { world: (world) => ({ ...world, send: () => Promise.reject(new Error("planted: test-key-canary")) }) },
  },
  {
    name: "a secret cannot be had",
    answer: answerNever,
    tamper: {
      world: (world) => ({
        ...world,
        secretOf: () => {
          throw new Error("planted: test-key-canary");
        },
      }),
    },
  },
  {
    name: "looking at the health of a lane throws",
    answer: answerNever,
    tamper: {
      health: (health) => ({
        ...health,
        condition: () => {
          throw new Error("planted: test-key-canary");
        },
      }),
    },
  },
];

for (const { name, answer, tamper } of BUGS) {
  test(`a bug (${name}) ends one exchange with an honest 500, one record, and nothing held`, async () => {
    const lanes = [laneOf("first/a/one", "openai")];
    const core = createCore({ deployment: deploymentOf({ lanes }), answer, tamper });
    const got = await core.ask({ protocol: "openai", body: question("openai") }, 5_000);
    expect(got.status).toBe(500);
    expect(got.headers["x-ringmain-error"]).toBe("internal");
    expect(got.text).not.toContain("planted");
    expect(core.bugs).toHaveLength(1);
    expect(core.records.map((record) => [record.outcome, record.failure])).toEqual([["refused", "internal"]]);
    expect(core.inflight()).toBe(0);
  });
}

test("a bug in a reader in the middle of a stream still ends the stream, once, with everything given back", async () => {
  const lanes = [laneOf("first/a/one", "anthropic")];
  const core = createCore({
    deployment: deploymentOf({ lanes }),
    answer: answering({ ...OPENAI_WORDS, ...VENDOR_WORDS.find((words) => words.protocol === "anthropic") }),
    tamper: { world: (world) => ({ ...world, protocolOf: (id) => faulty(world.protocolOf(id)) }) },
  });
  const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) }, 5_000);
  expect(core.bugs).toHaveLength(1);
  expect(core.records).toHaveLength(1);
  expect(core.inflight()).toBe(0);
  expect(see("openai", got.text).endings).toHaveLength(1);
});

/** A protocol whose stream reader breaks at the sixth frame: after the commit. */
function faulty<T extends { readonly payload: { createStreamReader(): { push(frame: never): unknown } } }>(
  protocol: T,
): T {
  const createStreamReader = () => {
    const reader = protocol.payload.createStreamReader();
    let frames = 0;
    return new Proxy(reader, {
      get(target, name, receiver) {
        if (name !== "push") return Reflect.get(target, name, receiver);
        return (frame: never) => {
          frames++;
          if (frames === 6) throw new TypeError("planted in the middle of a stream");
          return target.push(frame);
        };
      },
    });
  };
  return { ...protocol, payload: { ...protocol.payload, createStreamReader } };
}

test("a refusal by the server (no route, too large, no credential) is one record in the path's dialect", () => {
  const core = single(OPENAI_WORDS, answerNever);
  const parts = { method: "POST", path: "/v1/messages", query: "", headers: {}, params: {} };
  const route = routeOf(core.protocols, "anthropic", "chat");
  const rows = [
    {
      answer: core.exchange.refuse({
        route: null,
        parts: { ...parts, path: "/nowhere" },
        failure: failure("unknown-route", "There is no such path."),
        receivedMs: 0,
      }),
      status: 404,
      protocol: "openai",
    },
    {
      answer: core.exchange.refuse({
        route,
        parts,
        failure: failure("body-too-large", "The body is too large."),
        receivedMs: 0,
      }),
      status: 413,
      protocol: "anthropic",
    },
    {
      answer: core.exchange.refuse({
        route,
        parts,
        failure: failure("unauthenticated", "No valid credential was given."),
        receivedMs: 0,
      }),
      status: 401,
      protocol: "anthropic",
    },
    {
      answer: core.exchange.refuse({
        route,
        parts,
        failure: failure("body-timeout", "The body did not arrive in time."),
        receivedMs: 0,
      }),
      status: 408,
      protocol: "anthropic",
    },
  ];
  for (const { answer, status, protocol } of rows) {
    expect(answer.status).toBe(status);
    expect(
      see(protocol, new TextDecoder().decode(answer.body instanceof Uint8Array ? answer.body : new Uint8Array())).error,
    ).not.toBeNull();
  }
  expect(core.records).toHaveLength(rows.length);
  expect(core.records.every((record) => record.outcome === "refused")).toBe(true);
});

test("a restricted caller is told the same of a forbidden name and of one that does not exist", async () => {
  const core = single(OPENAI_WORDS, answering(OPENAI_WORDS));
  const caller = { ...ANONYMOUS, label: "team", allowedTargets: ["one"] };
  const forbidden = await core.ask({ protocol: "openai", body: question("openai", { model: "pool" }), caller });
  const unknown = await core.ask({ protocol: "openai", body: question("openai", { model: "nobody" }), caller });
  const fine = await core.ask({ protocol: "openai", body: question("openai", { model: "one" }), caller });
  expect([forbidden.status, unknown.status, fine.status]).toEqual([403, 403, 200]);
  expect(unknown.text.replaceAll(/req_\w+/g, "")).toBe(forbidden.text.replaceAll(/req_\w+/g, ""));
  expect(core.records).toHaveLength(3);
});

test("a failed attempt that was rescued is ambiguous only when the vendor may have worked on it", async () => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
  const pool = poolOf("pool", lanes, { failover: { deadlineMs: 600_000 } });
  const rows: readonly [Answer, boolean][] = [
    [refusing(OPENAI_WORDS, "overloaded"), false],
    [stream([{ do: "reset" }]), true],
    [() => Promise.reject(Object.assign(new Error("refused"), { code: "ConnectionRefused" })), false],
    [() => Promise.reject(Object.assign(new Error("reset"), { code: "ECONNRESET" })), true],
    [answerNever, true],
  ];
  for (const [first, ambiguous] of rows) {
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [pool] }),
      answer: byProvider({ first, second: answering(OPENAI_WORDS) }),
    });
    await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect(core.records[0]?.attempts.map((attempt) => attempt.ambiguous)).toEqual([ambiguous, false]);
  }
});

test("an attempt's first byte is when there was something to send, not when the answer ended", async () => {
  const frames = OPENAI_WORDS.frames(said()).map(bytes);
  let goOn = (): void => undefined;
  const wait = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const core = single(
    OPENAI_WORDS,
    stream([...frames.slice(0, 2), { do: "wait", until: () => wait }, ...frames.slice(2)]),
  );
  const answer = await core.until(
    core.start({ protocol: "openai", body: question("openai", { stream: true }) }).answer,
  );
  const reading = core.read(answer);
  await core.effects.run(5_000);
  goOn();
  await core.until(reading);
  const [attempt] = core.records[0]?.attempts ?? [];
  expect([attempt?.firstByteMs, attempt?.durationMs]).toEqual([0, 5_000]);
});
