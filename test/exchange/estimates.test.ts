// What came without usage is estimated from its text and not from the number of its chunks: whole, streamed and
// abandoned, relayed and translated, for every protocol. A client whose dialect demands a number is told the estimate.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES, poolOf } from "../harness/deployments.ts";
import { type BodyStep, byProvider, json, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS, WEATHER_PARIS, wordsOf } from "../harness/vendor-words.ts";

/** About 2,000 tokens, in two pieces. */
const PIECES = ["word ".repeat(800), "word ".repeat(800)];
const CLIENTS = ["openai", "anthropic", "responses", "gemini", "cohere"] as const;
/** Every count of every dialect, taken out of the answer. */
const COUNTS = /"(prompt_tokens|completion_tokens|total_tokens|input_tokens|output_tokens|\w+TokenCount)":\s*\d+/g;
const hollow = (text: string): string => text.replace(COUNTS, '"$1":null');
const isNear = (tokens: number | null | undefined, wanted: number): boolean =>
  tokens != null && tokens > wanted * 0.65 && tokens < wanted * 1.35;

describe.each([...VENDOR_WORDS])("$protocol", (words) => {
  const { protocol } = words;
  const frames = words.frames(said({ pieces: PIECES }), { usage: true }).map(hollow);
  const lanes = [laneOf("p/a/m", protocol, { prices: PRICES })];

  test.each([...CLIENTS].flatMap((client) => [false, true].map((streamed) => [client, streamed] as const)))(
    "for %s, streamed %p",
    async (client, streamed) => {
      const core = createCore({
        deployment: deploymentOf({ lanes }),
        answer: streamed
          ? stream(frames.map((bytes): BodyStep => ({ do: "bytes", bytes })))
          : json(200, hollow(words.body(said({ pieces: PIECES })))),
      });
      const got = await core.ask({ protocol: client, body: question(client, { stream: streamed }) });
      expect(got.status).toBe(200);
      const answer = core.records[0]?.answer;
      expect(answer?.usageEstimated).toBe(true);
      expect(isNear(answer?.usage?.outputTokens, 2000)).toBe(true);
      if (client !== "anthropic" || protocol === "anthropic") return;
      const told = [...got.text.matchAll(/"output_tokens":(\d+)/g)].at(-1)?.[1];
      expect(Number(told)).toBe(answer?.usage?.outputTokens ?? -1);
    },
  );

  test.each([...CLIENTS])("a stream that breaks, for %s", async (client) => {
    const begun = words.handshakeFrames + 1;
    const core = createCore({
      deployment: deploymentOf({ lanes }),
      answer: stream([...frames.slice(0, begun).map((bytes): BodyStep => ({ do: "bytes", bytes })), { do: "reset" }]),
    });
    const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
    expect(see(client, got.text).error).not.toBeNull();
    expect(core.records[0]?.outcome).toBe("cut");
    expect(isNear(core.records[0]?.answer.usage?.outputTokens, 1000)).toBe(true);
  });

  test("arguments of calls count", async () => {
    const tools = [{ ...WEATHER_PARIS, arguments: JSON.stringify({ city: "word ".repeat(800) }) }];
    const core = createCore({
      deployment: deploymentOf({ lanes }),
      answer: stream(
        words.frames(said({ pieces: [], tools })).map((bytes): BodyStep => ({ do: "bytes", bytes: hollow(bytes) })),
      ),
    });
    await core.ask({ protocol, body: question(protocol, { stream: true }) });
    expect(isNear(core.records[0]?.answer.usage?.outputTokens, 1000)).toBe(true);
  });
});

test("usage told by an answer that fails unseen is the attempt's own", async () => {
  const data = (value: object): BodyStep => ({ do: "bytes", bytes: `data: ${JSON.stringify(value)}\n\n` });
  const usage = { prompt_tokens: 1000, completion_tokens: 0, total_tokens: 1000 };
  const broken = [
    { id: "c", model: "m", choices: [{ index: 0, delta: { role: "assistant" }, finish_reason: null }], usage },
    { id: "c", model: "m", choices: [{ index: 0, delta: {}, finish_reason: "network_error" }] },
  ];
  for (const client of CLIENTS) {
    const lanes = [laneOf("first/a/one", "openai", { prices: PRICES }), laneOf("second/a/two", "openai")];
    const core = createCore({
      deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
      answer: byProvider({
        first: stream(broken.map(data)),
        second: stream(
          wordsOf("openai")
            .frames(said())
            .map((bytes): BodyStep => ({ do: "bytes", bytes })),
        ),
      }),
    });
    await core.ask({ protocol: client, body: question(client, { stream: true, model: "pool" }) });
    expect(core.records[0]?.attempts[0]?.billed?.usage).toMatchObject({ freshInputTokens: 1000 });
    expect(core.records[0]?.attempts[0]?.billed?.costNanos ?? 0).toBeGreaterThan(0);
  }
});
