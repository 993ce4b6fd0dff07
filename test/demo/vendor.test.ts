// The simulated vendors: answers that the protocols' own readers understand, and every fault as a client would see it.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createChance } from "../../src/demo/chance.ts";
import { TEMPERS } from "../../src/demo/temper.ts";
import { createVendors } from "../../src/demo/vendor.ts";
import { ask, calls, KEYS, OUT_MS, PATHS, PROTOCOL_IDS, read, spoken, vendors, WELL_MS, whole } from "./talk.ts";

const MODES = PROTOCOL_IDS.flatMap((protocol) => [false, true].map((stream) => ({ protocol, stream })));

describe("answers", () => {
  test.each(MODES)(
    "$protocol, stream $stream: text about the question, the model asked for, usage",
    ({ protocol, stream }) => {
      const body = protocol === "openai" && stream ? { stream_options: { include_usage: true } } : {};
      const answer = ask(vendors(), { protocol, stream, body });
      const response = read(protocol, answer);
      expect(whole(answer).status).toBe(200);
      expect(spoken(response)).toContain("sky blue");
      expect(response.model).toBe("some-model");
      expect(response.choices[0]?.finish?.reason).toBe("stop");
      expect(response.usage?.freshInputTokens).toBeGreaterThan(0);
      expect(response.usage?.outputTokens).toBeGreaterThan(10);
    },
  );

  test.each(PROTOCOL_IDS)("%s: a stream comes word by word with pauses, and is the whole answer", (protocol) => {
    const streamed = ask(vendors(), { protocol, stream: true });
    const { pieces, firstByteMs } = whole(streamed);
    expect(firstByteMs).toBeGreaterThan(100);
    expect(pieces.filter(({ afterMs }) => afterMs > 0).length).toBeGreaterThan(20);
    expect(spoken(read(protocol, streamed))).toBe(spoken(read(protocol, ask(vendors(), { protocol }))));
  });

  test("without slowness nothing waits", () => {
    const answer = whole(ask(vendors({ slowness: 0 }), { protocol: "openai", stream: true }));
    expect(answer.firstByteMs + answer.pieces.reduce((sum, { afterMs }) => sum + afterMs, 0)).toBe(0);
  });

  test("the same seed makes the same vendors", () => {
    const run = (seed: number) => {
      const made = createVendors({ chance: createChance(seed), slowness: 1 });
      return Array.from({ length: 40 }, () => ask(made, { protocol: "openai", temper: "flaky" }));
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  test.each([
    ["What is 6 * 7?", "6 * 7 = 42"],
    ["what is 1 / 0 ?", "divided by zero"],
    ["Count to 5", "1, 2, 3, 4, 5."],
    ["Say hello", "Hello!"],
    ["<system-reminder>Today is 2026 - 11 - 21.</system-reminder>\nSay hello", "Hello!"],
    ["Give me three ideas for a garden", "1. "],
    ["Write a function that sorts", "```ts"],
  ])("%s", (question, wanted) => {
    expect(spoken(read("openai", ask(vendors(), { protocol: "openai", question })))).toContain(wanted);
  });

  test("the client's limit and its stop text end the answer", () => {
    const short = read("openai", ask(vendors(), { protocol: "openai", body: { max_tokens: 3 } }));
    expect(short.choices[0]?.finish?.reason).toBe("length");
    expect(spoken(short).length).toBe(12);
    const body = { stop_sequences: ["4, "] };
    const stopped = read("anthropic", ask(vendors(), { protocol: "anthropic", question: "Count to 9", body }));
    expect(stopped.choices[0]?.finish).toMatchObject({ reason: "stop-sequence", stopSequence: "4, " });
    expect(spoken(stopped)).toBe("1, 2, 3, ");
  });

  test("several answers where the protocol has them", () => {
    const response = read("openai", ask(vendors(), { protocol: "openai", body: { n: 2 }, question: "Tea?" }));
    expect(response.choices.map(({ index }) => index)).toEqual([0, 1]);
  });

  test("reasoning where it is asked for: signed in one protocol, only counted in the other", () => {
    const thinking = { thinking: { type: "enabled", budget_tokens: 1024 } };
    const shown = read("anthropic", ask(vendors(), { protocol: "anthropic", body: thinking }));
    expect(shown.choices[0]?.blocks[0]).toMatchObject({ type: "reasoning", signature: { issuer: "anthropic" } });
    const counted = read("openai", ask(vendors(), { protocol: "openai", body: { reasoning_effort: "high" } }));
    expect(counted.choices[0]?.blocks.map(({ type }) => type)).toEqual(["text"]);
    expect(counted.usage?.reasoningTokens).toBeGreaterThan(0);
  });

  test("structured output fits the schema", () => {
    const schema = { type: "object", properties: { count: { type: "integer" } }, required: ["count"] };
    const body = { response_format: { type: "json_schema", json_schema: { name: "tally", schema } } };
    const response = read("openai", ask(vendors(), { protocol: "openai", question: "How many of 12 eggs?", body }));
    expect(spoken(response)).toBe('{"count":12}');
  });

  test("tokens are counted where the protocol counts them", () => {
    const answer = vendors().answer(
      {
        method: "POST",
        path: `/steady${PATHS.anthropic}/count_tokens`,
        headers: KEYS.anthropic,
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(400) }] }),
      },
      WELL_MS,
    );
    expect(JSON.parse(whole(answer).text)).toEqual({ input_tokens: 104 });
  });
});

describe("tools", () => {
  const SCHEMA = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const tool = (name: string) => ({
    openai: { type: "function", function: { name, description: "the weather in a city", parameters: SCHEMA } },
    anthropic: { name, description: "the weather in a city", input_schema: SCHEMA },
  });
  const question = "What is the weather in Paris?";

  test.each(MODES)("$protocol, stream $stream: a tool that is offered is called", ({ protocol, stream }) => {
    const body = { tools: [tool("get_weather")[protocol]] };
    const response = read(protocol, ask(vendors(), { protocol, stream, question, body }));
    expect(calls(response).map(({ name, arguments: text }) => [name, JSON.parse(text)])).toEqual([
      ["get_weather", { city: "Paris" }],
    ]);
    expect(response.choices[0]?.finish?.reason).toBe("tool-calls");
  });

  test.each([
    {
      protocol: "openai" as const,
      messages: [
        { role: "user", content: question },
        {
          role: "assistant",
          content: null,
          tool_calls: [{ id: "call_1", type: "function", function: { name: "get_weather", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "call_1", content: "18 degrees and rain" },
      ],
    },
    {
      protocol: "anthropic" as const,
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "get_weather", input: {} }] },
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "18 degrees and rain" }],
        },
      ],
    },
  ])("$protocol: its result is in the next answer", ({ protocol, messages }) => {
    const body = { messages, tools: [tool("get_weather")[protocol]] };
    const response = read(protocol, ask(vendors(), { protocol, body }));
    expect(calls(response)).toEqual([]);
    expect(spoken(response)).toContain("18 degrees and rain");
  });

  test.each([
    ["none", 0],
    ["required", 1],
    [{ type: "function", function: { name: "b" } }, 1],
  ])("tool choice %p", (tool_choice, wanted) => {
    const body = { tools: [tool("a").openai, tool("b").openai], tool_choice };
    expect(calls(read("openai", ask(vendors(), { protocol: "openai", body }))).length).toBe(wanted);
  });

  test("of a whole toolbox only a tool that the question names is called", () => {
    const tools = ["read_file", "write_file", "run_command", "list_files", "fetch_page"].map(
      (name) => tool(name).openai,
    );
    const asked = (text: string) =>
      calls(read("openai", ask(vendors(), { protocol: "openai", question: text, body: { tools } })));
    expect(asked("Please run the command and list the files")).toEqual([]);
    expect(asked("Use list_files now").map(({ name }) => name)).toEqual(["list_files"]);
  });
});

describe("faults", () => {
  const TROUBLE = [
    { temper: "limited", chance: 0, wallMs: WELL_MS, status: 429 },
    { temper: "failing", chance: 0.5, wallMs: OUT_MS, status: 500 },
    { temper: "flaky", chance: 0.05, wallMs: WELL_MS, status: 429 },
    { temper: "flaky", chance: 0.2, wallMs: WELL_MS, status: 500 },
  ];
  const REFUSED = PROTOCOL_IDS.flatMap((protocol) => TROUBLE.map((trouble) => ({ protocol, ...trouble })));

  test.each(REFUSED)(
    "$protocol $temper at $chance: $status in the vendor's own words",
    ({ protocol, status, chance, ...input }) => {
      for (const stream of [false, true]) {
        const answer = whole(ask(vendors({ chance }), { protocol, stream, ...input }));
        expect(answer.status).toBe(status);
        expect(answer.headers["content-type"]).toBe("application/json");
        expect(answer.headers["retry-after"]).toBe(status === 429 ? "5" : undefined);
        expect(JSON.parse(answer.text)).toMatchObject({ error: { type: expect.any(String) } });
      }
    },
  );

  test.each([
    { temper: "resetting", chance: 0 },
    { temper: "flaky", chance: 0.4 },
  ])("$temper at $chance: not a byte and a broken connection", ({ temper, chance }) => {
    expect(ask(vendors({ chance }), { protocol: "openai", temper }).kind).toBe("reset");
  });

  test.each(MODES)(
    "overloaded, $protocol, stream $stream: the status says yes and the body no",
    ({ protocol, stream }) => {
      for (const [temper, chance] of [
        ["overloaded", 0],
        ["flaky", 0.5],
      ] as const) {
        const answer = whole(ask(vendors({ chance }), { protocol, stream, temper }));
        expect(answer.status).toBe(200);
        expect(answer.text).toContain('"Overloaded"');
        expect(() => spoken(read(protocol, answer))).toThrow();
      }
    },
  );

  test.each(MODES)("cutting, $protocol, stream $stream: begins well and breaks", ({ protocol, stream }) => {
    const answer = whole(ask(vendors({ chance: 0 }), { protocol, stream, temper: "cutting" }));
    const good = whole(ask(vendors({ chance: 0 }), { protocol, stream }));
    expect(answer.ending).toBe("reset");
    expect(answer.text.length).toBeGreaterThan(0);
    expect(good.text.startsWith(answer.text)).toBe(true);
    expect(good.text.length).toBeGreaterThan(answer.text.length);
  });

  test("slow: the same answer, seconds later", () => {
    const slow = whole(ask(vendors({ chance: 0 }), { protocol: "openai", temper: "slow" }));
    expect(slow.firstByteMs).toBe(6_000);
    expect(slow.text).toBe(whole(ask(vendors({ chance: 0 }), { protocol: "openai" })).text);
  });

  test("every temper answers well when chance is kind, and says what it does", () => {
    for (const [temper, { says }] of Object.entries(TEMPERS)) {
      const answer = ask(vendors({ chance: 0.99 }), { protocol: "anthropic", temper });
      expect(spoken(read("anthropic", answer))).toContain("sky blue");
      expect(says.length).toBeGreaterThan(10);
    }
  });
});

describe("refusals", () => {
  const good = { method: "POST", path: `/steady${PATHS.openai}`, headers: KEYS.openai, body: "{}" };
  test.each([
    ["an unknown temper", { ...good, path: `/nobody${PATHS.openai}` }, 404],
    ["an unknown path", { ...good, path: "/steady/v2/else" }, 404],
    ["another method", { ...good, method: "GET" }, 405],
    ["no key", { ...good, headers: {} }, 401],
    ["a key of somebody else", { ...good, headers: { authorization: "Bearer test-key-1" } }, 401],
    ["no JSON", { ...good, body: "{" }, 400],
    ["no object", { ...good, body: "[]" }, 400],
    ["no messages", { ...good, body: '{"model": "m"}' }, 400],
  ])("%s", (_name, call, status) => {
    const answer = whole(vendors().answer(call, WELL_MS));
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message: expect.any(String) } });
  });

  test("whatever comes is answered", () => {
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((value) => `{"model":"m","messages":${value}}`),
    );
    const path = fc.constantFrom(...Object.values(PATHS));
    fc.assert(
      fc.property(body, path, fc.constantFrom(...Object.keys(TEMPERS)), (text, end, temper) => {
        const call = { ...good, headers: { ...KEYS.openai, ...KEYS.anthropic }, path: `/${temper}${end}`, body: text };
        const answer = createVendors({ chance: createChance(3), slowness: 1 }).answer(call, OUT_MS);
        expect(["answer", "reset"]).toContain(answer.kind);
      }),
      { numRuns: 300 },
    );
  });
});
