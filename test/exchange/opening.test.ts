// Opening: a stream whose answer has not begun in time gets its headers and signs of life, and another lane may still serve.
import { describe, expect, test } from "bun:test";
import type { Answer as Answered, ByteSource } from "../../src/exchange/contract.ts";
import type { Deployment } from "../../src/ir/deployment.ts";
import { ok } from "../../src/ir/failure.ts";
import { concatBytes } from "../../src/std/bytes.ts";
import { eventData, question, see } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, json, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS, type VendorWords, wordsOf } from "../harness/vendor-words.ts";
import { type Answer, answerNever } from "../harness/virtual-effects.ts";

const OPEN_MS = 15_000;
const ID = "req_";
const COMMENT = ": keep-alive\n\n";
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';
const KEEP_ALIVE = { anthropic: PING, openai: COMMENT, responses: COMMENT, cohere: COMMENT, gemini: COMMENT } as const;
type Client = keyof typeof KEEP_ALIVE;
const CLIENTS: readonly Client[] = ["anthropic", "openai", "responses", "cohere", "gemini"];

const bytes = (text: string | Uint8Array): BodyStep => ({ do: "bytes", bytes: text });

interface Given {
  readonly protocol: string;
  readonly first: Answer;
  readonly second?: Answer;
  readonly over?: Partial<Deployment>;
  readonly target?: TargetOver;
}

/** A pool of one or two lanes of one protocol. */
function coreOf({ protocol, first, second, over, target }: Given): Core {
  const lanes = [laneOf("first/a/one", protocol), ...(second === undefined ? [] : [laneOf("second/a/two", protocol)])];
  const pool = poolOf("pool", lanes, { failover: { deadlineMs: 600_000 }, ...target });
  return createCore({
    deployment: { ...deploymentOf({ lanes, targets: [pool] }), streamOpenAfterMs: OPEN_MS, ...over },
    answer: byProvider({ first, second: second ?? answerNever }),
  });
}

function startStream(core: Core, client: string): Promise<Answered> {
  return core.start({ protocol: client, body: question(client, { stream: true }) }).answer;
}

function sourceOf({ body }: Answered): ByteSource {
  if (body instanceof Uint8Array) throw new Error("the answer is whole");
  return body;
}

/** Reads as a client does, one piece after the other. */
async function piecesOf(core: Core, source: ByteSource): Promise<string[]> {
  const pieces: string[] = [];
  for (;;) {
    const piece = await core.until(source.next());
    if (piece === null) return pieces;
    pieces.push(new TextDecoder().decode(piece));
  }
}

/** After `ms` of virtual time. */
function later(core: () => Core, ms: number): BodyStep {
  return { do: "wait", until: () => new Promise<void>((resolve) => void core().effects.setTimer(ms, resolve)) };
}

describe("a stream whose answer has not begun", () => {
  for (const client of CLIENTS) {
    for (const egress of ["anthropic", "openai"] as const) {
      test(`gets ${client}'s headers and keep-alives, and then the answer of a ${egress} lane`, async () => {
        const words = wordsOf(egress);
        const frames = words.frames(said());
        const core: Core = coreOf({
          protocol: egress,
          first: stream([later(() => core, 40_000), ...frames.map(bytes)]),
        });
        const answer = await core.until(startStream(core, client));
        expect(core.effects.nowMs()).toBe(OPEN_MS);
        expect(answer.status).toBe(200);
        expect(answer.headers).toMatchObject({ "x-ringmain-opened": "true", "content-type": "text/event-stream" });
        expect(answer.headers["x-ringmain-request-id"]).toStartWith(ID);
        expect(JSON.stringify(answer.headers)).not.toContain("first");
        const pieces = await piecesOf(core, sourceOf(answer));
        const kept = KEEP_ALIVE[client];
        expect(pieces.slice(0, 2)).toEqual([kept, kept]);
        expect(pieces[2]).not.toBe(kept);
        const answerText = pieces.slice(2).join("");
        if (client === egress) expect(answerText).toBe(frames.join(""));
        expect(see(client, answerText)).toMatchObject({ text: "Hello, wörld.", error: null });
        expect(core.records).toHaveLength(1);
        expect(core.records[0]).toMatchObject({ openedMs: OPEN_MS, status: 200, outcome: "answered" });
        expect(core.exchange.running()).toMatchObject({ exchanges: 0, streams: 0 });
        expect(core.bugs).toEqual([]);
      });
    }
  }

  const SILENT: readonly { readonly name: string; readonly first: (words: VendorWords) => Answer }[] = [
    { name: "sends no headers", first: () => answerNever },
    { name: "sends headers and nothing else", first: () => stream([{ do: "hang" }]) },
    {
      name: "is silent after its handshake",
      first: (words) => stream([...words.frames(said()).slice(0, words.handshakeFrames).map(bytes), { do: "hang" }]),
    },
    { name: "sends comments", first: () => stream([bytes(": still here\n\n"), { do: "hang" }]) },
    { name: "sends frames that say nothing", first: (words) => stream([bytes(words.idleFrame), { do: "hang" }]) },
  ];
  for (const words of VENDOR_WORDS) {
    for (const { name, first } of SILENT) {
      test(`is another lane's where a ${words.protocol} lane ${name}`, async () => {
        const core = coreOf({ protocol: words.protocol, first: first(words), second: answering(words) });
        const answer = await core.until(startStream(core, "openai"));
        expect(answer.headers["x-ringmain-opened"]).toBe("true");
        const text = (await piecesOf(core, sourceOf(answer))).join("");
        expect(see("openai", text)).toMatchObject({ text: "Hello, wörld.", error: null, endings: ["[DONE]"] });
        expect(core.records[0]?.attempts.map((attempt) => attempt.outcome.toString())).toEqual(["timeout", "answered"]);
        expect(core.effects.timersPending()).toBe(0);
      });
    }
  }
});

describe("when all lanes fail after the opening", () => {
  const ENDED: Readonly<Record<Client, (data: readonly string[]) => unknown>> = {
    anthropic: ([only]) => only,
    openai: ([only]) => only,
    responses: (data) => data.at(-1),
    cohere: (data) => data.at(-2),
    gemini: ([only]) => only,
  };
  const busy = json(503, '{"error":{"message":"Busy.","type":"server_error","code":null}}', { "retry-after": "30" });
  const late =
    (core: () => Core, answer: Answer): Answer =>
    (call) =>
      new Promise((resolve) => void core().effects.setTimer(20_000, () => resolve(answer(call))));
  for (const client of CLIENTS) {
    for (const detail of ["full", "minimal"] as const) {
      test(`${client} is told in its stream, once (details: ${detail})`, async () => {
        const core: Core = coreOf({
          protocol: "openai",
          first: (call) => late(() => core, busy)(call),
          second: (call) => late(() => core, busy)(call),
          over: { errorDetail: detail },
        });
        const answer = await core.until(startStream(core, client));
        const data = eventData((await piecesOf(core, sourceOf(answer))).join("").replaceAll(PING, ""));
        const ending = JSON.stringify(ENDED[client](data));
        expect(ending).toContain("retry_after_ms");
        expect(ending.includes("gateway")).toBe(detail === "full");
        expect(ending.includes("first/a/one")).toBe(detail === "full");
        expect(see(client, data.map((each) => `data: ${each}\n\n`).join("")).error).not.toBeNull();
        expect(core.records).toHaveLength(1);
        expect(core.records[0]).toMatchObject({ status: 200, outcome: "refused", failure: "no-eligible-lane" });
        expect(core.records[0]?.attempts).toHaveLength(2);
        expect(core.bugs).toEqual([]);
      });
    }
  }

  test("bedrock's client has headers alone and then an exception", async () => {
    const core: Core = coreOf({ protocol: "openai", first: (call) => late(() => core, busy)(call) });
    const answer = await core.until(
      core.start({
        protocol: "bedrock",
        body: { messages: [{ role: "user", content: [{ text: "Hi." }] }], model: "pool", stream: true },
      }).answer,
    );
    expect(answer.headers["content-type"]).toBe("application/vnd.amazon.eventstream");
    const pieces = await piecesOf(core, sourceOf(answer));
    expect(pieces).toHaveLength(1);
    expect(pieces[0]).toContain("serviceUnavailableException");
  });
});

describe("what else is waited for opens too", () => {
  test("a slot", async () => {
    const words = wordsOf("openai");
    const lane = laneOf("first/a/one", "openai", {
      slots: { group: "g", max: 1 },
      queue: { max: 5, maxWaitMs: 60_000 },
    });
    const core: Core = createCore({
      deployment: {
        ...deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
        streamOpenAfterMs: OPEN_MS,
      },
      answer: byProvider({ first: (call) => (core.effects.calls.length === 1 ? held(call) : answering(words)(call)) }),
    });
    const held = stream([later(() => core, 20_000), ...words.frames(said()).map(bytes)]);
    const before = startStream(core, "openai");
    const waiting = core.until(startStream(core, "openai"));
    const reading = core.until(before).then((answer) => piecesOf(core, sourceOf(answer)));
    const answer = await waiting;
    expect(answer.headers["x-ringmain-opened"]).toBe("true");
    const text = (await piecesOf(core, sourceOf(answer))).join("");
    await reading;
    expect(see("openai", text)).toMatchObject({ text: "Hello, wörld.", error: null });
    expect(core.records.at(-1)?.queuedMs).toBeGreaterThan(OPEN_MS);
  });

  test("on_exhausted: wait", async () => {
    const words = wordsOf("openai");
    const core: Core = coreOf({
      protocol: "openai",
      first: (call) =>
        core.effects.calls.length === 1 ? json(429, "{}", { "retry-after": "20" })(call) : answering(words)(call),
      target: { onExhausted: { action: "wait", maxMs: 60_000 } },
    });
    const answer = await core.until(startStream(core, "openai"));
    expect(answer.headers["x-ringmain-opened"]).toBe("true");
    expect(see("openai", (await piecesOf(core, sourceOf(answer))).join(""))).toMatchObject({ text: "Hello, wörld." });
  });

  test("a verdict of an operator on the request", async () => {
    const core: Core = createCore({
      deployment: {
        ...deploymentOf({
          lanes: [laneOf("first/a/one", "openai")],
          targets: [poolOf("pool", [laneOf("first/a/one", "openai")])],
        }),
        streamOpenAfterMs: OPEN_MS,
      },
      answer: byProvider({ first: answering(wordsOf("openai")) }),
      verdicts: {
        onRequest: [(draft) => new Promise((resolve) => void core.effects.setTimer(20_000, () => resolve(ok(draft))))],
        onAnswer: () => [],
      },
    });
    const answer = await core.until(startStream(core, "openai"));
    expect(answer.headers["x-ringmain-opened"]).toBe("true");
    expect(see("openai", (await piecesOf(core, sourceOf(answer))).join(""))).toMatchObject({ text: "Hello, wörld." });
  });
});

describe("what never opens", () => {
  const words = wordsOf("openai");
  const slow = (core: () => Core): Answer => stream([later(core, 40_000), ...words.frames(said()).map(bytes)]);

  test("a whole answer", async () => {
    const core: Core = coreOf({
      protocol: "openai",
      first: (call) =>
        new Promise((resolve) => void core.effects.setTimer(40_000, () => resolve(answering(words)(call)))),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(core.effects.nowMs()).toBeGreaterThanOrEqual(40_000);
    expect(got.headers["x-ringmain-opened"]).toBeUndefined();
    expect(core.records[0]?.openedMs).toBeNull();
  });

  test("a stream where it is turned off", async () => {
    const core: Core = coreOf({
      protocol: "openai",
      first: (call) => slow(() => core)(call),
      over: { streamOpenAfterMs: 0 },
    });
    const answer = await core.until(startStream(core, "openai"));
    expect(core.effects.nowMs()).toBeGreaterThanOrEqual(40_000);
    expect(answer.headers["x-ringmain-lane"]).toBe("first/a/one");
  });

  test("a stream that is refused or answered in time; its timer is gone", async () => {
    const core = coreOf({ protocol: "openai", first: answering(words) });
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    const none = await core.ask({ protocol: "openai", body: question("openai", { stream: true, model: "none" }) });
    expect([got.status, none.status]).toEqual([200, 404]);
    await core.effects.run(5_000);
    expect(core.effects.timersPending()).toBe(0);
  });
});

describe("the end of an opened stream", () => {
  for (const gone of ["before", "after"] as const) {
    test(`a client that leaves ${gone} the answer begins ends it at once`, async () => {
      const watch = { aborted: false, sent: 0 };
      const words = wordsOf("openai");
      const begun = words.frames(said()).slice(0, 2).map(bytes);
      const core: Core = coreOf({
        protocol: "openai",
        first: (call) =>
          stream(gone === "before" ? [{ do: "hang" }] : [later(() => core, 20_000), ...begun, { do: "hang" }], {
            watch,
          })(call),
      });
      const source = sourceOf(await core.until(startStream(core, "openai")));
      await core.until(source.next());
      if (gone === "after") while (core.records.length === 0 && (await firstText(core, source)) === null);
      source.cancel();
      source.cancel();
      await core.effects.run(10);
      expect(watch.aborted).toBe(true);
      expect(core.records).toHaveLength(1);
      expect(core.records[0]).toMatchObject({ outcome: "client-gone", status: 200, openedMs: OPEN_MS });
      expect(core.inflight()).toBe(0);
      expect(core.exchange.running()).toMatchObject({ exchanges: 0, streams: 0 });
    });
  }

  async function firstText(core: Core, source: ByteSource): Promise<string | null> {
    const text = new TextDecoder().decode((await core.until(source.next())) ?? undefined);
    return text.includes("Hel") ? text : null;
  }

  test("a gateway that stops says so in it", async () => {
    const core = coreOf({ protocol: "openai", first: answerNever });
    const source = sourceOf(await core.until(startStream(core, "anthropic")));
    core.exchange.stop();
    const text = (await piecesOf(core, source)).join("");
    expect(eventData(text.replaceAll(PING, "")).map((data) => JSON.parse(data).error.type)).toEqual([
      "overloaded_error",
    ]);
    expect(core.records[0]).toMatchObject({ status: 200, failure: "shutting-down" });
  });

  test("a bug is told in it", async () => {
    const core: Core = createCore({
      deployment: {
        ...deploymentOf({
          lanes: [laneOf("first/a/one", "openai")],
          targets: [poolOf("pool", [laneOf("first/a/one", "openai")])],
        }),
        streamOpenAfterMs: OPEN_MS,
      },
      answer: answerNever,
      tamper: {
        world: (world) => ({
          ...world,
          send: () =>
            new Promise((_resolve, reject) => void world.effects.setTimer(20_000, () => reject(new Error("planted")))),
        }),
      },
    });
    const text = (await piecesOf(core, sourceOf(await core.until(startStream(core, "openai"))))).join("");
    expect(JSON.parse(eventData(text)[0] ?? "").error.code).toBe("server_error");
    expect(core.bugs).toHaveLength(1);
    expect(core.records).toHaveLength(1);
  });

  test("what is remembered of it holds no keep-alive", async () => {
    const kept: string[] = [];
    const words = wordsOf("openai");
    const core: Core = createCore({
      deployment: {
        ...deploymentOf({
          lanes: [laneOf("first/a/one", "openai")],
          targets: [poolOf("pool", [laneOf("first/a/one", "openai")])],
        }),
        streamOpenAfterMs: OPEN_MS,
      },
      answer: byProvider({
        first: (call) => stream([later(() => core, 40_000), ...words.frames(said()).map(bytes)])(call),
      }),
      idempotency: {
        bytesMax: 1_000_000,
        recall: () => Promise.resolve({ kind: "run" }),
        remember: (_key, answer) => void kept.push(answer === null ? "none" : atob(answer.body)),
      },
    });
    const asked = core.start({
      protocol: "openai",
      body: question("openai", { stream: true }),
      headers: { "idempotency-key": "k" },
    });
    await piecesOf(core, sourceOf(await core.until(asked.answer)));
    expect(kept.join("")).toBe(
      Buffer.from(concatBytes(words.frames(said()).map((frame) => new TextEncoder().encode(frame)))).toString("latin1"),
    );
  });
});
