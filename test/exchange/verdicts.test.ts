// An operator's own verdicts: on requests before lanes are looked at, on answers before any of them reaches the client, and
// the requests of their own that they make. The gateway's own verdicts stand in the same lists and have tests elsewhere.
import { describe, expect, test } from "bun:test";
import { GRACE_MS, HELD_WHOLE_BYTES_MAX } from "../../src/exchange/answer/before-commit.ts";
import {
  type AnswerVerdict,
  type RequestVerdict,
  VERDICT_MS_MAX,
  type Verdicts,
} from "../../src/exchange/verdict-contract.ts";
import { failed, failure, ok } from "../../src/ir/failure.ts";
import { concatBytes } from "../../src/std/bytes.ts";
import { question, see } from "../harness/client-words.ts";
import { type CoreInput, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, json, stream, streamed } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const SECRET = "the secret word";
const REFUSED = failure("answer-refused", "The answer tells a secret.");

/** Refuses what holds the secret, after a turn of waiting. */
const keepsSecret: AnswerVerdict = {
  hold: "until-end",
  async judge({ bytes }) {
    await Promise.resolve();
    return new TextDecoder().decode(concatBytes(bytes)).includes(SECRET) ? REFUSED : null;
  },
};

const onAnswer = (...verdicts: readonly AnswerVerdict[]): Verdicts => ({ onRequest: [], onAnswer: () => verdicts });
const onRequest = (...verdicts: readonly RequestVerdict[]): Verdicts => ({ onRequest: verdicts, onAnswer: () => [] });

const SILENT = stream([{ do: "hang" }], { headers: { "content-type": "application/json" } });

/** The secret in the last piece, so that nothing but the whole answer shows it. */
const TELLS = { pieces: ["Well, ", "this is ", SECRET] };

function coreOf(verdicts: Verdicts, over: Partial<CoreInput> = {}, words: VendorWords = OPENAI_WORDS) {
  const { protocol } = words;
  const lanes = [
    laneOf("first/a/one", protocol, { prices: PRICES }),
    laneOf("second/a/two", protocol, { prices: PRICES }),
    laneOf("judge/a/small", "openai", { prices: PRICES }),
  ];
  const [first, second, small] = lanes;
  if (first === undefined || second === undefined || small === undefined) throw new Error("three lanes are made");
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", [first, second]), poolOf("small", [small])] }),
    answer: byProvider({
      first: answering(words, TELLS),
      second: answering(words, { pieces: ["Nothing to tell."] }),
      judge: answering(OPENAI_WORDS, { pieces: ["refuse"] }),
    }),
    verdicts,
    metered: true,
    ...over,
  });
}

describe("a verdict on the whole answer", () => {
  const rows = VENDOR_WORDS.flatMap((words) =>
    (["openai", "anthropic"] as const).flatMap((ingress) =>
      [false, true].map((isStream) => [ingress, words.protocol, isStream, words] as const),
    ),
  );
  test.each(rows)(
    "fails a %s client's answer from %s (streamed: %p) before the commit",
    async (ingress, egress, isStream, words) => {
      const core = coreOf(onAnswer(keepsSecret), {}, words);
      const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: isStream }) });
      expect(got.status).toBe(200);
      expect(got.text).toContain("Nothing to tell.");
      expect(got.text).not.toContain(SECRET);
      const [record] = core.records;
      expect(record?.attempts.map(({ lane, outcome, ambiguous }) => [lane, outcome, ambiguous])).toEqual([
        ["first/a/one", "answer-refused", false],
        ["second/a/two", "answered", false],
      ]);
      // The vendor has answered, and bills it.
      expect(record?.attempts[0]?.billed).toMatchObject({ isWhole: true, usage: { outputTokens: 7 } });
      expect(core.rows).toHaveLength(1);
      expect(core.rows[0]).toMatchObject({ lane: "second/a/two", state: "ok", usage: { outputTokens: 14 } });
      expect(core.shared.health.facts(laneOf("first/a/one", egress), 0).err).toBe(1);
      expect([core.inflight(), core.bugs]).toEqual([0, []]);
    },
  );

  test.each([false, true])("lets a sound answer pass unchanged (streamed: %p)", async (isStream) => {
    const passes = onAnswer({ hold: "until-end", judge: () => null });
    const body = question("openai", { stream: isStream });
    const [judged, plain] = [coreOf(passes, { metered: false }), coreOf(onAnswer(), { metered: false })];
    const got = await judged.ask({ protocol: "openai", body });
    expect(got.bytes).toEqual((await plain.ask({ protocol: "openai", body })).bytes);
    expect(judged.records.map(({ attempts }) => attempts.length)).toEqual([1]);
  });

  test("sees nothing reach the client while the answer is held", async () => {
    let wasAnswered = false;
    const held: boolean[] = [];
    const core = coreOf(
      onAnswer({
        hold: "until-end",
        judge() {
          held.push(wasAnswered);
          return null;
        },
      }),
    );
    const { answer } = core.start({ protocol: "openai", body: question("openai", { stream: true }) });
    answer.then(() => {
      wasAnswered = true;
    });
    await core.until(answer);
    expect(held).toEqual([false]);
  });

  test("comes after the gateway's own: an answer of another model is not shown to it", async () => {
    const seen: string[] = [];
    const verdicts = onAnswer({
      hold: "until-end",
      judge({ lane }) {
        seen.push(lane.id);
        return null;
      },
    });
    const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
    const pool = poolOf("pool", lanes, { identity: "strict" });
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [pool] }),
      answer: byProvider({
        first: answering(OPENAI_WORDS, { model: "cheaper-model" }),
        second: answering(OPENAI_WORDS, { model: "upstream-two" }),
      }),
      verdicts,
    });
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(core.records[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["wrong-model", "answered"]);
    expect(seen).toEqual(["second/a/two"]);
  });

  test("that fails every lane fails the request, and a single lane with its own words", async () => {
    const core = coreOf(onAnswer({ hold: "until-end", judge: () => REFUSED }));
    const ask = (model: string) => core.ask({ protocol: "openai", body: question("openai", { model, stream: true }) });
    const several = await ask("pool");
    expect([several.status, several.headers["x-ringmain-error"]]).toEqual([503, "no_eligible_lane"]);
    expect(core.rows[0]).toMatchObject({ state: "truncated", usage: { outputTokens: 14 } });
    const single = await ask("small");
    expect([single.status, single.headers["x-ringmain-error"]]).toEqual([502, "answer_refused"]);
  });
});

test.each([false, true])("the gateway's own verdict holds for completions too (streamed: %p)", async (isStream) => {
  const lanes = [laneOf("first/a/one", "openai"), laneOf("second/a/two", "openai")];
  const answerOf = (model: string): Answer => {
    const chunk = { object: "text_completion", model, choices: [{ index: 0, text: "Yes.", finish_reason: "stop" }] };
    const body = JSON.stringify(chunk);
    const frames = [`data: ${body}\n\n`, "data: [DONE]\n\n"].map((bytes): BodyStep => ({ do: "bytes", bytes }));
    return isStream ? stream(frames) : json(200, body);
  };
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { identity: "strict" })] }),
    answer: byProvider({ first: answerOf("cheaper-model"), second: answerOf("upstream-two") }),
  });
  await core.ask({
    protocol: "openai",
    operation: "complete",
    body: { model: "pool", prompt: "Well?", stream: isStream },
  });
  expect(core.records[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["wrong-model", "answered"]);
});

describe("what is held is bounded and can be cancelled", () => {
  const big = (): BodyStep[] => {
    const [head = "", ...rest] = OPENAI_WORDS.frames(said({ pieces: ["x".repeat(64 * 1024)] }));
    const piece = rest.find((frame) => frame.includes("xxxx")) ?? "";
    const pieces = Math.ceil(HELD_WHOLE_BYTES_MAX / piece.length) + 1;
    return [head, ...Array.from({ length: pieces }, () => piece)].map((bytes) => ({ do: "bytes", bytes }));
  };

  test("a stream too large to hold fails over, and its upstream is closed", async () => {
    const watch = { aborted: false, sent: 0 };
    const core = coreOf(onAnswer(keepsSecret), {
      answer: byProvider({
        first: stream(big(), { watch }),
        second: answering(OPENAI_WORDS, { pieces: ["Nothing to tell."] }),
      }),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect(see("openai", got.text).text).toBe("Nothing to tell.");
    expect(core.records[0]?.attempts.map(({ outcome }) => outcome)).toEqual(["answer-refused", "answered"]);
    expect(watch.aborted).toBe(true);
  });

  test("an upstream that stays open after its last word is waited for no longer than elsewhere", async () => {
    const frames = OPENAI_WORDS.frames(said({ pieces: ["Nothing to tell."] })).filter(
      (frame) => !frame.includes("[DONE]"),
    );
    const steps = frames.map((bytes): BodyStep => ({ do: "bytes", bytes }));
    const core = coreOf(onAnswer(keepsSecret), { answer: byProvider({ first: stream([...steps, { do: "hang" }]) }) });
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect(see("openai", got.text)).toMatchObject({ text: "Nothing to tell.", endings: ["[DONE]"] });
    expect(core.records[0]).toMatchObject({ outcome: "answered", durationMs: GRACE_MS });
    expect([core.inflight(), core.effects.timersPending()]).toEqual([0, 0]);
  });

  test("a client that leaves while its answer is judged ends the exchange at once", async () => {
    let isJudging = (): void => undefined;
    const judging = new Promise<void>((resolve) => {
      isJudging = resolve;
    });
    const never: AnswerVerdict = {
      hold: "until-end",
      judge() {
        isJudging();
        return new Promise(() => undefined);
      },
    };
    const core = coreOf(onAnswer(never));
    const asked = core.start({ protocol: "openai", body: question("openai", { stream: true }) });
    await core.until(judging);
    asked.leave();
    await core.until(asked.answer);
    expect(core.records.map(({ outcome, attempts }) => [outcome, attempts.map((each) => each.outcome)])).toEqual([
      ["client-gone", ["abandoned"]],
    ]);
    expect([core.inflight(), core.effects.timersPending(), core.bugs]).toEqual([0, 0, []]);
  });

  test("a verdict that never comes is given up after its time, and another lane serves", async () => {
    let times = 0;
    const late: AnswerVerdict = {
      hold: "until-meaningful",
      judge: () => (times++ === 0 ? new Promise(() => undefined) : null),
    };
    const core = coreOf(onAnswer(late));
    const got = await core.ask({ protocol: "openai", body: question("openai") }, 2 * VERDICT_MS_MAX);
    expect(got.status).toBe(200);
    const [first] = core.records[0]?.attempts ?? [];
    expect([first?.outcome, first?.durationMs]).toEqual(["answer-refused", VERDICT_MS_MAX]);
    expect(first?.billed).toBeUndefined(); // it was not held to its end
  });

  test("a verdict that throws is a bug of one exchange, which leaves nothing behind", async () => {
    const broken: AnswerVerdict = { hold: "until-end", judge: () => Promise.reject(new Error("a bug")) };
    const core = coreOf(onAnswer(broken));
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect([got.status, core.bugs.length, core.inflight(), core.effects.timersPending()]).toEqual([500, 1, 0, 0]);
    expect(core.rows).toHaveLength(1);
  });
});

test("a verdict that is known at once starts no timer", async () => {
  const timers: number[] = [];
  const core = coreOf(
    { onRequest: [(draft) => ok(draft)], onAnswer: () => [{ hold: "until-meaningful", judge: () => null }] },
    {
      tamper: {
        world: (world) => ({
          ...world,
          effects: {
            ...world.effects,
            setTimer(ms, fire) {
              timers.push(ms);
              return world.effects.setTimer(ms, fire);
            },
          },
        }),
      },
    },
  );
  await core.ask({ protocol: "openai", body: question("openai") });
  expect(timers).not.toContain(VERDICT_MS_MAX);
});

describe("a verdict on the request", () => {
  test.each<[string, RequestVerdict]>([
    ["at once", () => failed(failure("forbidden", "Not today."))],
    ["later", async () => failed(failure("forbidden", "Not today."))],
  ])("refuses it %s, and no lane is asked", async (_when, verdict) => {
    const core = coreOf(onRequest(verdict));
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect([got.status, got.text.includes("Not today."), core.effects.calls.length]).toEqual([403, true, 0]);
    expect(core.records.map(({ target, failure: kind }) => [target, kind])).toEqual([["pool", "forbidden"]]);
  });

  test("sends it elsewhere, by what it says", async () => {
    const small: RequestVerdict = (draft) =>
      ok({ ...draft, target: poolOf("small", [laneOf("judge/a/small", "openai")]) });
    const core = coreOf(onRequest(small));
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(core.records[0]).toMatchObject({ target: "small", asked: "pool", attempts: [{ lane: "judge/a/small" }] });
  });

  test("may be stricter than the target with translations, never laxer", async () => {
    const off: RequestVerdict = (draft) => ok({ ...draft, translation: "off" });
    const core = coreOf(onRequest(off));
    const got = await core.ask({ protocol: "anthropic", body: question("anthropic") });
    expect([got.status, core.effects.calls.length]).toEqual([503, 0]);
  });

  test("is asked about no request that the caller may not make", async () => {
    const asked: string[] = [];
    const core = coreOf(
      onRequest((draft) => {
        asked.push(draft.facts.target);
        return ok(draft);
      }),
    );
    await core.ask({ protocol: "openai", body: question("openai", { model: "no-such-model" }) });
    await core.ask({ protocol: "openai", body: question("openai") });
    expect(asked).toEqual(["pool"]);
  });

  test("that is not there in time ends the request; a client that leaves ends the wait", async () => {
    const core = coreOf(onRequest(() => new Promise(() => undefined)));
    const got = await core.ask({ protocol: "openai", body: question("openai") }, 2 * VERDICT_MS_MAX);
    expect(got.status).toBe(504);
    const asked = core.start({ protocol: "openai", body: question("openai") });
    asked.leave();
    expect((await core.until(asked.answer)).status).toBe(499);
    expect(core.effects.timersPending()).toBe(0);
  });
});

describe("a sub-call", () => {
  /** Asks a small model what it thinks of the answer, and does as it says. */
  const asksJudge: AnswerVerdict = {
    hold: "until-end",
    async judge({ lane }, { ask }) {
      if (lane.id === "second/a/two") return null;
      const body = question("openai", { model: "whatever", text: "Is it sound?" });
      const told = await ask({ target: "small", protocol: null, body });
      if (!told.ok) return told.failure;
      return JSON.stringify(told.value.body).includes("refuse") ? REFUSED : null;
    },
  };

  test("stands in the record of its exchange with both attempts, and settles once", async () => {
    const core = coreOf(onAnswer(asksJudge));
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect(see("openai", got.text).text).toBe("Nothing to tell.");
    expect(core.records).toHaveLength(1);
    const [record] = core.records;
    expect(record?.attempts.map(({ lane, outcome, billed }) => [lane, outcome, billed?.usage.outputTokens])).toEqual([
      ["judge/a/small", "answered", 7],
      ["first/a/one", "answer-refused", 7],
      ["second/a/two", "answered", undefined],
    ]);
    expect(record).toMatchObject({ target: "pool", offered: ["first/a/one", "second/a/two"] });
    expect(core.rows).toHaveLength(1);
    const [row] = core.rows;
    expect(row).toMatchObject({ lane: "second/a/two", state: "ok", usage: { outputTokens: 21 } });
    const billed = record?.attempts.map((attempt) => attempt.billed?.costNanos ?? 0) ?? [];
    const own = record?.answer.costNanos ?? 0;
    expect([own > 0, row?.costNanos]).toEqual([true, billed.reduce((sum, cost) => sum + cost, own)]);
    expect([core.inflight(), core.bugs]).toEqual([0, []]);
  });

  test("may come before the request is sent anywhere", async () => {
    const verdict: RequestVerdict = async (draft, { ask }) => {
      const told = await ask({ target: "small", protocol: "anthropic", body: question("anthropic") });
      return told.ok ? ok(draft) : told;
    };
    const core = coreOf(onRequest(verdict));
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(got.status).toBe(200);
    expect(core.records.map(({ attempts }) => attempts.map(({ lane, way }) => [lane, way]))).toEqual([
      [
        ["judge/a/small", "translate"],
        ["first/a/one", "relay"],
      ],
    ]);
    expect(core.rows).toHaveLength(1);
  });

  test("is not judged by the operator's verdicts: that would have no end", async () => {
    let judged = 0;
    const core = coreOf(
      onAnswer({
        hold: "until-end",
        async judge(_answer, { ask }) {
          judged += 1;
          await ask({ target: "pool", protocol: null, body: question("openai") });
          return null;
        },
      }),
    );
    await core.ask({ protocol: "openai", body: question("openai") });
    expect([judged, core.records[0]?.attempts.length]).toEqual([1, 2]);
  });

  test.each([
    ["an unknown target", { target: "nowhere", protocol: null, body: question("openai") }, "unknown-model"],
    ["an unknown protocol", { target: "small", protocol: "morse", body: question("openai") }, "invalid-request"],
    ["a stream", { target: "small", protocol: null, body: question("openai", { stream: true }) }, "invalid-request"],
  ])("cannot be made for %s", async (_name, request, kind) => {
    const kinds: string[] = [];
    const core = coreOf(
      onRequest(async (draft, { ask }) => {
        const told = await ask(request);
        kinds.push(told.ok ? "ok" : told.failure.kind);
        return ok(draft);
      }),
    );
    await core.ask({ protocol: "openai", body: question("openai") });
    expect([kinds, core.records[0]?.attempts.length]).toEqual([[kind], 1]);
  });

  test("ends with its exchange when the client leaves, and is charged in its record", async () => {
    const core = coreOf(
      onRequest(async (draft, { ask }) => {
        await ask({ target: "small", protocol: null, body: question("openai") });
        return ok(draft);
      }),
      { answer: byProvider({ judge: SILENT, first: streamed(OPENAI_WORDS) }) },
    );
    const asked = core.start({ protocol: "openai", body: question("openai") });
    await core.effects.run(1_000);
    asked.leave();
    expect((await core.until(asked.answer)).status).toBe(499);
    expect(core.records.map(({ attempts }) => attempts.map(({ outcome }) => outcome))).toEqual([["abandoned"]]);
    expect([core.inflight(), core.effects.timersPending(), core.effects.calls.length]).toEqual([0, 0, 1]);
  });

  test("does not outlive a verdict that is late or does not wait for it", async () => {
    const body = question("openai");
    const answer = byProvider({ judge: SILENT, first: answering(OPENAI_WORDS) });
    const lateVerdict = onAnswer({
      hold: "until-meaningful",
      async judge(_answer, { ask }) {
        await ask({ target: "small", protocol: null, body });
        return null;
      },
    });
    const late = coreOf(lateVerdict, { answer });
    await late.ask({ protocol: "openai", body: question("openai", { model: "first/a/one" }) });
    expect(late.records[0]?.attempts.map(({ lane, outcome }) => [lane, outcome.toString()])).toEqual([
      ["judge/a/small", "abandoned"],
      ["first/a/one", "answer-refused"],
    ]);
    const forgets = onRequest((draft, { ask }) => {
      void ask({ target: "small", protocol: null, body });
      return ok(draft);
    });
    const hasty = coreOf(forgets, { answer });
    await hasty.ask({ protocol: "openai", body });
    expect(hasty.records[0]?.attempts.map(({ lane, outcome }) => [lane, outcome.toString()])).toEqual([
      ["judge/a/small", "abandoned"],
      ["first/a/one", "answered"],
    ]);
    for (const core of [late, hasty]) expect([core.inflight(), core.effects.timersPending()]).toEqual([0, 0]);
  });
});
