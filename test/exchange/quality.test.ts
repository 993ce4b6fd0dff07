// The quality gate: an answer is held until it is whole and graded. Below the threshold nothing of it reaches the client,
// another lane is asked, and the best may be served where that is allowed.
import { describe, expect, test } from "bun:test";
import type { Deployment } from "../../src/ir/deployment.ts";
import type { QualitySettings } from "../../src/ir/quality.ts";
import { DEFAULT_EVALUATORS } from "../../src/ir/quality.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, type Said, said, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const quality = (over: Partial<QualitySettings> = {}): QualitySettings => ({
  threshold: 0.72,
  attempts: 3,
  onBelow: "next",
  evaluators: DEFAULT_EVALUATORS,
  ...over,
});

const REFUSES = { pieces: ["I'm sorry, ", "I can't help with that."] };
/** Scores 0.6 by its unfinished code. */
const UNCLOSED = { pieces: ["Here:\n```ts\n", "const a = 1;"] };
const GOOD = { pieces: ["Paris is the capital ", "of France."] };
const SECRETS = ["sorry", "const a"];

interface Given {
  readonly answers?: readonly Answer[];
  readonly words?: VendorWords;
  readonly gate?: QualitySettings | null;
  readonly target?: TargetOver;
  readonly deployment?: Partial<Deployment>;
}

/** A pool of three lanes in their order. */
function coreOf({ answers, words = OPENAI_WORDS, gate = quality(), target = {}, deployment = {} }: Given = {}) {
  const lanes = ["first", "second", "third"].map((name) =>
    laneOf(`${name}/a/${name}`, words.protocol, { prices: PRICES }),
  );
  const [first, second, third] = answers ?? [
    answering(words, REFUSES),
    answering(words, GOOD),
    answering(words, UNCLOSED),
  ];
  const none: Answer = () => {
    throw new Error("this lane is not asked");
  };
  return createCore({
    deployment: {
      ...deploymentOf({ lanes, targets: [poolOf("pool", lanes, { select: "ordered", quality: gate, ...target })] }),
      ...deployment,
    },
    answer: byProvider({ first: first ?? none, second: second ?? none, third: third ?? none }),
    metered: true,
  });
}

const outcomes = (core: ReturnType<typeof coreOf>) =>
  core.records[0]?.attempts.map(({ lane, outcome }) => [lane.split("/")[0], outcome]);

const rows = VENDOR_WORDS.flatMap((words) =>
  (["openai", "anthropic", "responses", "gemini", "cohere"] as const).flatMap((ingress) =>
    [false, true].map((isStream) => [ingress, words.protocol, isStream, words] as const),
  ),
);

describe("an answer below the threshold", () => {
  test.each(rows)(
    "for a %s client from %s (streamed: %p) gives way to the next",
    async (ingress, _, isStream, words) => {
      const core = coreOf({ words });
      const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: isStream }) });
      expect(got.status).toBe(200);
      expect(see(ingress, got.text).text).toBe("Paris is the capital of France.");
      for (const secret of SECRETS) expect(got.text).not.toContain(secret);
      expect(outcomes(core)).toEqual([
        ["first", "low-quality"],
        ["second", "answered"],
      ]);
      expect(got.headers).toMatchObject({
        "x-ringmain-quality": "score=0.8; threshold=0.72",
        "x-ringmain-switch": "from=first/a/first; to=second/a/second; reason=low-quality; tier=unknown",
      });
      expect(got.headers["x-ringmain-buffered"]).toBe(isStream ? "quality" : undefined);
      expect(got.headers["x-ringmain-degraded"]).toBeUndefined();
      // The vendor has answered, and bills it: both answers are charged.
      expect(core.records[0]?.attempts[0]?.billed).toMatchObject({ isWhole: true, usage: { outputTokens: 7 } });
      expect(core.rows[0]).toMatchObject({ state: "ok", usage: { outputTokens: 14 } });
      expect(core.records[0]?.attempts.map(({ grade }) => grade?.score)).toEqual([0.1, 0.8]);
      expect([core.rows.length, core.inflight(), core.bugs]).toEqual([1, 0, []]);
    },
  );

  test.each(rows.filter(([, , isStream]) => isStream))(
    "leaves the next one's bytes as they are (%s, %s)",
    async (ingress, _, isStream, words) => {
      const ask = { protocol: ingress, body: question(ingress, { stream: isStream }) };
      const plain = coreOf({ words, gate: null, answers: [answering(words, GOOD)] });
      const gated = coreOf({ words, answers: [answering(words, GOOD)] });
      const [first, second] = [await plain.ask(ask), await gated.ask(ask)];
      expect(withoutIds(second.text)).toBe(withoutIds(first.text));
    },
  );

  test("takes a lane's place for another that fails: the failure does not come first", async () => {
    const core = coreOf({ answers: [answering(OPENAI_WORDS, REFUSES), refusing(OPENAI_WORDS, "rejected")] });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    // A caller's fault ends the request with the caller's error.
    expect([got.status, core.records[0]?.failure]).toEqual([400, "rejected"]);
  });
});

/** Random ids and times differ between two gateways. */
const withoutIds = (text: string) =>
  text.replaceAll(/"(?:id|item_id|responseId)":"[^"]*"/g, "").replaceAll(/\d{10,}/g, "");

describe("where no answer is good enough", () => {
  const BAD = [answering(OPENAI_WORDS, REFUSES), answering(OPENAI_WORDS, UNCLOSED), answering(OPENAI_WORDS, REFUSES)];

  test.each([false, true])("the client is refused and sees nothing of them (streamed: %p)", async (isStream) => {
    const core = coreOf({ answers: BAD });
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: isStream }) });
    expect(got.status).toBe(503);
    expect(got.headers).toMatchObject({ "x-ringmain-error": "no_suitable_model_available", "retry-after": "1" });
    for (const secret of SECRETS) expect(got.text).not.toContain(secret);
    const { error } = JSON.parse(got.text);
    expect(error.code).toBe("no_suitable_model_available");
    expect(error.gateway.tried.map(({ failure }: { failure: string }) => failure)).toEqual(
      Array(3).fill("low-quality"),
    );
    expect(core.rows[0]?.usage?.outputTokens).toBe(21);
  });

  test.each([false, true])(
    "the best of them is served where that is allowed, and marked (streamed: %p)",
    async (isStream) => {
      const core = coreOf({ answers: BAD, gate: quality({ onBelow: "return-best" }) });
      const got = await core.ask({ protocol: "openai", body: question("openai", { stream: isStream }) });
      expect(got.status).toBe(200);
      expect(see("openai", got.text).text).toBe(UNCLOSED.pieces.join(""));
      expect(got.headers).toMatchObject({
        "x-ringmain-quality": "score=0.6; threshold=0.72",
        "x-ringmain-degraded": "quality",
        "x-ringmain-lane": "second/a/second",
        "x-ringmain-attempts": "3",
      });
      expect(outcomes(core)).toEqual([
        ["first", "low-quality"],
        ["third", "low-quality"],
        ["second", "answered"],
      ]);
      // Three answers, each charged once.
      expect(core.rows[0]).toMatchObject({ lane: "second/a/second", usage: { outputTokens: 21 } });
      expect([core.records.length, core.inflight(), core.effects.timersPending(), core.bugs]).toEqual([1, 0, 0, []]);
    },
  );

  test("of equals the first is the best", async () => {
    const core = coreOf({
      answers: Array(3).fill(answering(OPENAI_WORDS, REFUSES)),
      gate: quality({ onBelow: "return-best" }),
    });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(got.headers["x-ringmain-lane"]).toBe("first/a/first");
  });

  test("what failed in between does not hide the best", async () => {
    const answers = [
      answering(OPENAI_WORDS, UNCLOSED),
      refusing(OPENAI_WORDS, "server-error"),
      refusing(OPENAI_WORDS, "overloaded"),
    ];
    const core = coreOf({ answers, gate: quality({ onBelow: "return-best" }) });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, "first/a/first"]);
  });

  test.each([1, 2, 3])("no more than %p answers are graded", async (attempts) => {
    const core = coreOf({ answers: BAD, gate: quality({ attempts }) });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect([got.status, outcomes(core)?.length]).toEqual([503, attempts]);
    expect(JSON.parse(got.text).error.code).toBe("no_suitable_model_available");
  });

  test("lanes that fail otherwise do not count as graded", async () => {
    const answers = [
      refusing(OPENAI_WORDS, "overloaded"),
      answering(OPENAI_WORDS, REFUSES),
      answering(OPENAI_WORDS, GOOD),
    ];
    const core = coreOf({ answers, gate: quality({ attempts: 2 }) });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, "third/a/third"]);
  });
});

describe("a gated stream", () => {
  const slow = (ms: number, words: Partial<Said>): Answer => {
    const until = () => new Promise((done) => void late?.(ms, () => done(null)));
    const frames = OPENAI_WORDS.frames(said(words), { usage: true });
    return stream([{ do: "wait", until }, ...frames.map((bytes): BodyStep => ({ do: "bytes", bytes }))]);
  };
  let late: ((ms: number, then: () => void) => unknown) | null = null;
  const slowCore = (first: Answer, second: Answer) => {
    const core = coreOf({ answers: [first, second], deployment: { streamOpenAfterMs: 15_000 } });
    late = core.effects.setTimer;
    return core;
  };

  test("is opened while its answers are awaited, kept alive, and says that it is buffered", async () => {
    const core = slowCore(slow(20_000, REFUSES), slow(20_000, GOOD));
    const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
    expect(got.headers).toMatchObject({ "x-ringmain-opened": "true", "x-ringmain-buffered": "quality" });
    expect(got.text.split(": keep-alive\n\n").length - 1).toBeGreaterThanOrEqual(2);
    expect(see("openai", got.text).text).toBe("Paris is the capital of France.");
    expect(got.text).not.toContain("sorry");
  });

  test("that nobody waits for any more ends its attempt, and no other begins", async () => {
    const core = slowCore(slow(20_000, REFUSES), slow(1, GOOD));
    const asked = core.start({ protocol: "openai", body: question("openai", { stream: true }) });
    await core.effects.run(5_000);
    asked.leave();
    await core.until(asked.answer);
    expect(outcomes(core)).toEqual([["first", "abandoned"]]);
    await core.effects.run(20_000);
    expect([core.rows.length, core.inflight(), core.effects.timersPending()]).toEqual([1, 0, 0]);
  });
});

describe("what is not graded", () => {
  test("answers of a target without a gate", async () => {
    const core = coreOf({ gate: null });
    const got = await core.ask({ protocol: "openai", body: question("openai") });
    expect(got.text).toContain("sorry");
    expect(Object.keys(got.headers).filter((name) => /quality|buffered|degraded/.test(name))).toEqual([]);
  });

  test("a count", async () => {
    const core = coreOf({ words: OPENAI_WORDS });
    const got = await core.ask({ protocol: "anthropic", operation: "count", body: question("anthropic") });
    expect([got.status, got.headers["x-ringmain-quality"]]).toEqual([200, undefined]);
  });
});
