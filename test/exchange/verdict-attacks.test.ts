// An operator's verdicts at their worst: they throw, never end, ask too much or too late. Each exchange still ends in one
// record and one settlement, and leaves no slot, timer or request behind.
import { describe, expect, test } from "bun:test";
import { HELD_WHOLE_BYTES_MAX } from "../../src/exchange/answer/before-commit.ts";
import {
  type AnswerVerdict,
  type RequestVerdict,
  SUB_CALLS_MAX,
  type SubRequest,
  VERDICT_MS_MAX,
  type VerdictContext,
  type Verdicts,
} from "../../src/exchange/verdict-contract.ts";
import { ok } from "../../src/ir/failure.ts";
import { question, see } from "../harness/client-words.ts";
import { type Core, type CoreInput, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";
import { settle } from "../harness/virtual-effects.ts";

const ASK: SubRequest = { target: "small", protocol: null, body: question("openai") };
const HOLDS = ["until-meaningful", "until-end"] as const;
const SILENT = stream([{ do: "hang" }], { headers: { "content-type": "application/json" } });

const onAnswer = (...verdicts: readonly AnswerVerdict[]): Verdicts => ({ onRequest: [], onAnswer: () => verdicts });
const onRequest = (...verdicts: readonly RequestVerdict[]): Verdicts => ({ onRequest: verdicts, onAnswer: () => [] });

function coreOf(verdicts: Verdicts, over: Partial<CoreInput> = {}): Core {
  const [first, second, small] = [
    laneOf("first/a/one", "openai", { prices: PRICES, slots: { group: "first", max: 1 } }),
    laneOf("second/a/two", "openai", { prices: PRICES }),
    laneOf("judge/a/small", "openai", { prices: PRICES }),
  ];
  return createCore({
    deployment: deploymentOf({
      lanes: [first, second, small],
      targets: [poolOf("pool", [first, second]), poolOf("small", [small])],
    }),
    answer: byProvider({
      first: answering(OPENAI_WORDS),
      second: answering(OPENAI_WORDS),
      judge: answering(OPENAI_WORDS),
    }),
    verdicts,
    metered: true,
    ...over,
  });
}

/** One record, one settlement, and nothing that goes on. */
async function expectAllEnded(core: Core): Promise<void> {
  expect([core.inflight(), core.effects.timersPending()]).toEqual([0, 0]);
  const calls = core.effects.calls.length;
  await core.effects.run(2 * VERDICT_MS_MAX);
  expect({
    records: core.records.length,
    rows: core.rows.length,
    inflight: core.inflight(),
    timers: core.effects.timersPending(),
    callsAfter: core.effects.calls.length - calls,
  }).toEqual({ records: 1, rows: 1, inflight: 0, timers: 0, callsAfter: 0 });
}

const asked = (core: Core, isStream = true) =>
  core.ask({ protocol: "openai", body: question("openai", { stream: isStream }) });

describe.each(HOLDS)("a verdict on the answer that throws (%s)", (hold) => {
  const bug = (): never => {
    throw new Error("a bug");
  };
  test.each([
    ["at once", bug],
    ["later", async () => bug()],
    [
      "with a request of its own under way",
      (_answer: unknown, { ask }: VerdictContext) => {
        void ask(ASK);
        return bug();
      },
    ],
    [
      "later, with a request of its own under way",
      async (_answer: unknown, { ask }: VerdictContext) => {
        void ask(ASK);
        return bug();
      },
    ],
  ])("%s is a bug of one exchange", async (_when, judge) => {
    for (const isStream of [false, true]) {
      const answer = byProvider({ first: answering(OPENAI_WORDS), second: answering(OPENAI_WORDS), judge: SILENT });
      const core = coreOf(onAnswer({ hold, judge }), { answer });
      const got = await asked(core, isStream);
      expect([got.status, core.bugs.length]).toEqual([500, 1]);
      await expectAllEnded(core);
    }
  });

  test("in its place after one that takes its time", async () => {
    const core = coreOf(onAnswer({ hold, judge: async () => null }, { hold, judge: bug }));
    expect([(await asked(core)).status, core.bugs.length]).toEqual([500, 1]);
    await expectAllEnded(core);
  });
});

test.each([true, false])("the list of verdicts cannot be made (%p): no slot is taken for it", async (isStream) => {
  const core = coreOf({
    onRequest: [],
    onAnswer() {
      throw new Error("a bug");
    },
  });
  expect([(await asked(core, isStream)).status, core.bugs.length]).toEqual([500, 1]);
  await expectAllEnded(core);
});

test.each([
  [
    "at once",
    () => {
      throw new Error("a bug");
    },
  ],
  ["later", () => Promise.reject(new Error("a bug"))],
])("a verdict on the request that throws %s is a bug of one exchange", async (_when, verdict) => {
  const core = coreOf(onRequest(verdict));
  expect([(await asked(core)).status, core.effects.calls.length, core.bugs.length]).toEqual([500, 0, 1]);
  await expectAllEnded(core);
});

describe("a gateway that stops does not wait", () => {
  const never = () => new Promise<never>(() => undefined);
  test.each([
    ["a verdict on the request", onRequest(never)],
    ["a verdict on the first words", onAnswer({ hold: "until-meaningful", judge: never })],
    ["a verdict on the whole answer", onAnswer({ hold: "until-end", judge: never })],
    [
      "a request of a verdict's own",
      onRequest(async (draft, { ask }) => {
        await ask(ASK);
        return ok(draft);
      }),
    ],
  ])("for %s", async (_what, verdicts) => {
    const answer = byProvider({ first: answering(OPENAI_WORDS), judge: SILENT });
    const core = coreOf(verdicts, { answer });
    const { answer: got } = core.start({ protocol: "openai", body: question("openai", { stream: true }) });
    for (let turn = 0; turn < 20; turn++) await settle();
    core.exchange.stop();
    const { status } = await core.until(got, 0);
    expect([status, core.bugs]).toEqual([503, []]);
    await expectAllEnded(core);
  });
});

describe("an answer that breaks while it is held", () => {
  const frames = OPENAI_WORDS.frames(said({ pieces: ["Never ", "seen."] }));
  const ENDS: readonly (readonly BodyStep[])[] = [[], [{ do: "reset" }]];
  const cuts = frames.map((_frame, index) => index);
  test.each(cuts)("after %d frames is never seen, and another lane serves", async (count) => {
    for (const end of ENDS) {
      const steps = frames.slice(0, count).map((bytes): BodyStep => ({ do: "bytes", bytes }));
      const judged: number[] = [];
      const core = coreOf(
        onAnswer({
          hold: "until-end",
          judge({ bytes }) {
            judged.push(bytes.length);
            return null;
          },
        }),
        { answer: byProvider({ first: stream([...steps, ...end]), second: answering(OPENAI_WORDS) }) },
      );
      const got = await asked(core);
      const isWhole = see("openai", got.text).text === "Never seen.";
      expect(see("openai", got.text)).toMatchObject({ endings: ["[DONE]"], error: null });
      expect(got.text.includes("Never")).toBe(isWhole);
      expect(judged).toHaveLength(1);
      await expectAllEnded(core);
    }
  });
});

describe("a request of a verdict's own", () => {
  test.each([
    ["known at once", () => null],
    ["known later", async () => null],
  ])("comes to nothing after its verdict was %s", async (_when, judge) => {
    let late: VerdictContext["ask"] | null = null;
    const core = coreOf(
      onAnswer({
        hold: "until-end",
        judge(_answer, { ask }) {
          late = ask;
          return judge();
        },
      }),
    );
    expect((await asked(core)).status).toBe(200);
    const told = await core.until(late === null ? Promise.resolve(null) : askLate(late), 0);
    expect(told).toEqual("client-gone");
    expect([core.effects.calls.length, core.records[0]?.attempts.length]).toEqual([1, 1]);
    await expectAllEnded(core);
  });

  test("for the very lane whose only slot its exchange holds is given up, not waited for without end", async () => {
    const kinds: string[] = [];
    const core = coreOf(
      onAnswer({
        hold: "until-meaningful",
        async judge(_answer, { ask }) {
          const told = await ask({ ...ASK, target: "one" });
          kinds.push(told.ok ? "ok" : told.failure.kind);
          return null;
        },
      }),
    );
    const got = await core.ask({ protocol: "openai", body: question("openai", { model: "one" }) }, 2 * VERDICT_MS_MAX);
    expect([got.status, kinds]).toEqual([200, ["no-eligible-lane"]]);
    await expectAllEnded(core);
  });

  test("is one of a bounded number", async () => {
    const kinds: string[] = [];
    const core = coreOf(
      onRequest(async (draft, { ask }) => {
        const all = await Promise.all(Array.from({ length: 4 * SUB_CALLS_MAX }, () => ask(ASK)));
        kinds.push(...all.map((told) => (told.ok ? "ok" : told.failure.kind)));
        return ok(draft);
      }),
    );
    expect([(await asked(core)).status, core.bugs]).toEqual([200, []]);
    expect(kinds.filter((kind) => kind === "ok")).toHaveLength(SUB_CALLS_MAX);
    expect(new Set(kinds.slice(SUB_CALLS_MAX))).toEqual(new Set(["invalid-request"]));
    expect(core.records[0]?.attempts.length).toBe(SUB_CALLS_MAX + 1);
    expect(core.records[0]?.attempts.at(-1)?.lane).toBe("first/a/one");
    await expectAllEnded(core);
  });

  test("has an answer no larger than what may be held", async () => {
    const kinds: string[] = [];
    const huge = OPENAI_WORDS.body(said({ pieces: ["x".repeat(HELD_WHOLE_BYTES_MAX)] }));
    const core = coreOf(
      onRequest(async (draft, { ask }) => {
        const told = await ask(ASK);
        kinds.push(told.ok ? "ok" : told.failure.kind);
        return ok(draft);
      }),
      {
        answer: byProvider({
          first: answering(OPENAI_WORDS),
          judge: stream([{ do: "bytes", bytes: huge }], { headers: { "content-type": "application/json" } }),
        }),
      },
    );
    expect((await asked(core)).status).toBe(200);
    expect(kinds).toEqual(["answer-refused"]);
    await expectAllEnded(core);
  });
});

async function askLate(ask: VerdictContext["ask"]): Promise<string> {
  const told = await ask(ASK);
  return told.ok ? "ok" : told.failure.kind;
}
