/** Chunks into events: the vendor's way, the compatible vendors' ways, and streams that break. */

import { describe, expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { judged } from "../../harness/judged.ts";

const frame = (data: unknown, event: string | null = null): Frame => {
  return { event, data: typeof data === "string" ? data : JSON.stringify(data) };
};
const delta = (members: JsonObject, choice: JsonObject = {}, chunk: JsonObject = {}): Frame => {
  const choices = [{ index: 0, delta: members, finish_reason: null, ...choice }];
  return frame({ id: "s1", object: "chat.completion.chunk", created: 1_700_000_000, model: "m", choices, ...chunk });
};
const calls = (...tool_calls: readonly JsonObject[]) => delta({ tool_calls });
const finish = (word: string, chunk: JsonObject = {}) => delta({}, { finish_reason: word }, chunk);
const DONE = frame("[DONE]");

function read(...frames: readonly Frame[]): IrEvent[] {
  const reader = openai.payload.createStreamReader();
  return judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]);
}

/** One short word per event, enough to see order, blocks and texts. */
function shorten(event: IrEvent): string {
  switch (event.type) {
    case "block-start": {
      const { content } = event;
      const name = content.type === "tool-call" ? ` ${content.id} ${content.name}` : "";
      return `+${event.block} ${content.type}${name}${event.choice === 0 ? "" : ` of ${event.choice}`}`;
    }
    case "text-delta":
    case "arguments-delta":
      return `${event.block} ${event.text}`;
    case "block-end":
      return `-${event.block}`;
    case "finish":
      return `finish ${event.finish.reason}${event.choice === 0 ? "" : ` of ${event.choice}`}`;
    case "failed":
      return `failed ${event.failure.kind}`;
    case "loss":
      return `loss ${event.loss.field}`;
    default:
      return event.type;
  }
}

const shown = (...frames: readonly Frame[]) => read(...frames).map(shorten);

describe("the vendor's stream", () => {
  test("text", () => {
    expect(
      shown(
        delta({ role: "assistant", content: "", refusal: null }),
        delta({ content: "Hel" }),
        delta({ content: "lo" }),
        finish("stop"),
        frame({ id: "s1", choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } }),
        DONE,
      ),
    ).toEqual(["start", "+0 text", "0 Hel", "0 lo", "usage", "-0", "finish stop", "end"]);
  });

  test("the first chunk's names are on the start", () => {
    const first = delta(
      { role: "assistant" },
      {},
      { service_tier: "default", system_fingerprint: "fp", obfuscation: "x" },
    );
    expect(read(first)[0]).toEqual({
      type: "start",
      sourceProtocol: "openai",
      id: "s1",
      model: "m",
      createdMs: 1_700_000_000_000,
      serviceTier: "default",
      extras: {},
      spelling: { system_fingerprint: "fp" },
    });
  });

  test("refusal, several choices and log probabilities", () => {
    const logprobs = { content: [{ token: "a" }] };
    const events = read(
      delta({ content: "a" }, { logprobs }),
      delta({ refusal: "No" }, { index: 1 }),
      finish("stop"),
      delta({}, { index: 1, finish_reason: "stop" }),
      DONE,
    );
    expect(events.map(shorten)).toEqual([
      "start",
      "+0 text",
      "0 a",
      "+1 refusal of 1",
      "1 No",
      "-0",
      "finish stop",
      "-1",
      "finish refusal of 1",
      "end",
    ]);
    expect(events[2]).toMatchObject({ logprobs });
  });

  test("citations and audio", () => {
    const annotation = { type: "url_citation", url_citation: { url: "https://a.invalid", title: "A" } };
    const events = read(
      delta({ content: "See" }),
      delta({ annotations: [annotation] }),
      delta({ audio: { id: "a", data: "AA" } }),
      delta({ audio: { data: "BB" } }),
      finish("stop"),
      DONE,
    );
    expect(events.map(shorten)).toEqual([
      "start",
      "+0 text",
      "0 See",
      "citation",
      "-0",
      "+1 opaque",
      "opaque-delta",
      "-1",
      "finish stop",
      "end",
    ]);
    expect(events[3]).toMatchObject({ citation: { kind: "url", url: "https://a.invalid", raw: annotation } });
  });
});

describe("tool calls", () => {
  const first = { index: 0, id: "c1", type: "function", function: { name: "f", arguments: "" } };
  const second = { index: 1, id: "c2", type: "function", function: { name: "g", arguments: "" } };
  const piece = (index: number, text: string) => ({ index, function: { arguments: text } });
  const one = (text: string) => ["start", "+0 tool-call c1 f", `0 ${text}`, "-0", "finish tool-calls", "end"];
  const rows: [string, readonly Frame[], string[]][] = [
    [
      "in pieces",
      [calls(first), calls(piece(0, '{"a"')), calls(piece(0, ":1}")), finish("tool_calls"), DONE],
      ["start", "+0 tool-call c1 f", '0 {"a"', "0 :1}", "-0", "finish tool-calls", "end"],
    ],
    [
      "interleaved",
      [calls(first, second), calls(piece(1, "B")), calls(piece(0, "A")), finish("tool_calls"), DONE],
      ["start", "+0 tool-call c1 f", "+1 tool-call c2 g", "1 B", "0 A", "-0", "-1", "finish tool-calls", "end"],
    ],
    [
      "after text, which closes",
      [delta({ content: "I look." }), calls(first), finish("tool_calls"), DONE],
      ["start", "+0 text", "0 I look.", "-0", "+1 tool-call c1 f", "-1", "finish tool-calls", "end"],
    ],
    ["ended with stop", [calls(first), calls(piece(0, "{}")), finish("stop"), DONE], one("{}")],
    [
      "arguments only at the end",
      [calls(first), delta({ tool_calls: [piece(0, "{}")] }, { finish_reason: "tool_calls" }), DONE],
      one("{}"),
    ],
    [
      "the name comes late",
      [
        calls({ index: 0, id: "c1" }),
        calls(piece(0, "{")),
        calls({ index: 0, function: { name: "f", arguments: "}" } }),
        finish("tool_calls"),
        DONE,
      ],
      one("{}"),
    ],
    [
      "id and name repeated on every piece",
      [calls(first), calls({ ...first, function: { name: "f", arguments: "{}" } }), finish("tool_calls"), DONE],
      one("{}"),
    ],
    [
      "no index, known by id",
      [
        calls({ id: "c1", function: { name: "f", arguments: "A" } }),
        calls({ id: "c2", function: { name: "g", arguments: "B" } }),
        calls({ id: "c1", function: { arguments: "a" } }),
        finish("tool_calls"),
        DONE,
      ],
      ["start", "+0 tool-call c1 f", "0 A", "+1 tool-call c2 g", "1 B", "0 a", "-0", "-1", "finish tool-calls", "end"],
    ],
    [
      "no index and no id goes on with the last",
      [calls({ id: "c1", function: { name: "f" } }), calls({ function: { arguments: "{}" } }), finish("stop"), DONE],
      one("{}"),
    ],
    [
      "every call numbered 0",
      [
        calls({ ...first, function: { name: "f", arguments: "A" } }),
        calls({ ...second, index: 0 }),
        finish("stop"),
        DONE,
      ],
      ["start", "+0 tool-call c1 f", "0 A", "+1 tool-call c2 g", "-0", "-1", "finish tool-calls", "end"],
    ],
    [
      "arguments as an object",
      [calls({ index: 0, id: "c1", function: { name: "f", arguments: { a: 1 } } }), finish("stop"), DONE],
      one('{"a":1}'),
    ],
    [
      "a call without a name",
      [calls({ index: 0, id: "c1", function: { arguments: "{}" } }), finish("stop"), DONE],
      ["start", "loss choices[0].delta.tool_calls", "finish stop", "end"],
    ],
  ];
  test.each(rows)("%s", (_, frames, expected) => {
    expect(shown(...frames)).toEqual(expected);
  });

  test("a call without an id gets one, the same every time", () => {
    const frames = [calls({ index: 0, function: { name: "f", arguments: "{}" } }), finish("stop"), DONE];
    const [made] = read(...frames).filter(({ type }) => type === "block-start");
    expect(made).toMatchObject({ content: { id: expect.stringMatching(/^call_[0-9a-v]{22}$/), name: "f" } });
    expect(read(...frames)).toEqual(read(...frames));
  });

  test("the older form", () => {
    const events = read(
      delta({ function_call: { name: "f", arguments: "" } }),
      delta({ function_call: { arguments: "{}" } }),
      finish("function_call"),
      DONE,
    );
    expect(events.map(({ type }) => type)).toEqual([
      "start",
      "block-start",
      "arguments-delta",
      "block-end",
      "finish",
      "end",
    ]);
  });

  test("a flood of calls is bounded", () => {
    const flood = Array.from({ length: 1000 }, (_, index) => calls({ ...first, index, id: `c${index}` }));
    const events = read(...flood, finish("tool_calls"), DONE);
    expect(events.filter(({ type }) => type === "block-start")).toHaveLength(128);
    expect(events.filter(({ type }) => type === "loss")).toHaveLength(1);
  });
});

describe("compatible vendors", () => {
  const rows: [string, readonly Frame[], string[]][] = [
    [
      "reasoning, then text",
      [
        delta({ reasoning_content: "Hm" }),
        delta({ reasoning_content: "?", content: null }),
        delta({ content: "Hi" }),
        finish("stop"),
        DONE,
      ],
      ["start", "+0 reasoning", "0 Hm", "0 ?", "-0", "+1 text", "1 Hi", "-1", "finish stop", "end"],
    ],
    [
      "OpenRouter: both names, details that repeat them, the finish twice",
      [
        delta({ content: "", reasoning: "Hm", reasoning_details: [{}] }),
        delta({ content: "Hi" }),
        finish("stop"),
        finish("stop", { usage: { prompt_tokens: 1 } }),
        DONE,
      ],
      [
        "start",
        "+0 reasoning",
        "0 Hm",

        "-0",
        "+1 text",
        "1 Hi",
        "usage",
        "-1",
        "finish stop",
        "end",
      ],
    ],
    [
      "Mistral's parts",
      [
        delta({ content: [{ type: "thinking", thinking: [{ type: "text", text: "Hm" }] }] }),
        delta({ content: [{ type: "text", text: "Hi" }] }),
        finish("stop"),
        DONE,
      ],
      ["start", "+0 reasoning", "0 Hm", "-0", "+1 text", "1 Hi", "-1", "finish stop", "end"],
    ],
    [
      "Azure opens with a chunk about the prompt",
      [
        frame({ id: "", model: "", choices: [], prompt_filter_results: [] }),
        delta({ content: "Hi" }),
        finish("stop"),
        DONE,
      ],
      ["start", "+0 text", "0 Hi", "-0", "finish stop", "end"],
    ],
    [
      "usage null on every chunk",
      [delta({ content: "Hi" }, {}, { usage: null }), finish("stop"), DONE],
      ["start", "+0 text", "0 Hi", "-0", "finish stop", "end"],
    ],
    [
      "no end marker",
      [delta({ content: "Hi" }), finish("stop")],
      ["start", "+0 text", "0 Hi", "-0", "finish stop", "end"],
    ],
    ["no finish, but an end marker", [delta({ content: "Hi" }), DONE], ["start", "+0 text", "0 Hi", "-0", "end"]],
    [
      "an unknown chunk",
      [delta({ content: "Hi" }), frame({ ping: 1 }), frame({ ping: 2 }), finish("stop"), DONE],
      ["start", "+0 text", "0 Hi", "loss chunk", "-0", "finish stop", "end"],
    ],
  ];
  test.each(rows)("%s", (_, frames, expected) => {
    expect(shown(...frames)).toEqual(expected);
  });
});

describe("trouble", () => {
  const rows: [string, readonly Frame[], string[]][] = [
    ["cut short", [delta({ content: "Hi" })], ["start", "+0 text", "0 Hi", "failed malformed"]],
    ["nothing at all", [], ["failed malformed"]],
    ["only the end marker", [DONE], ["failed malformed"]],
    ["not JSON", [delta({ content: "Hi" }), frame('{"choices":')], ["start", "+0 text", "0 Hi", "failed malformed"]],
    ["no object", [frame("5")], ["failed malformed"]],
    ["an error first", [frame({ error: { message: "Busy", code: 503 } })], ["failed overloaded"]],
    [
      "an error in the middle, and what follows it",
      [delta({ content: "Hi" }), frame({ error: { message: "x", type: "server_error" } }), finish("stop"), DONE],
      ["start", "+0 text", "0 Hi", "failed server-error"],
    ],
    ["an error as text", [frame({ error: "context window exceeded" })], ["failed context-length"]],
    [
      "an error event",
      [frame({ message: "slow down", code: "rate_limit_exceeded" }, "error")],
      ["failed rate-limited"],
    ],
    [
      "error null is none",
      [delta({ content: "Hi" }, {}, { error: null }), finish("stop")],
      ["start", "+0 text", "0 Hi", "-0", "finish stop", "end"],
    ],
  ];
  test.each(rows)("%s", (_, frames, expected) => {
    expect(shown(...frames)).toEqual(expected);
  });

  test("the vendor's words come along, and its hint", () => {
    const error = {
      message: "Rate limit reached. Please try again in 1.5s.",
      type: "tokens",
      code: "rate_limit_exceeded",
    };
    expect(read(frame({ error }))).toMatchObject([
      {
        type: "failed",
        failure: { kind: "rate-limited", retryAfterMs: 1500, upstream: { status: 429, ...error } },
      },
    ]);
  });

  test("settled from the finish of every choice on", () => {
    const reader = openai.payload.createStreamReader();
    const settled = [
      delta({ content: "a" }),
      delta({ content: "b" }, { index: 1 }),
      finish("stop"),
      delta({}, { index: 1, finish_reason: "stop" }),
    ].map((each) => {
      reader.push(each);
      return reader.settled;
    });
    expect(settled).toEqual([false, false, false, true]);
  });

  test("the end is told once", () => {
    const reader = openai.payload.createStreamReader();
    reader.push(delta({ content: "Hi" }));
    expect(judged(reader.end()).map(shorten)).toEqual(["failed malformed"]);
    expect([...reader.end(), ...reader.push(DONE)]).toEqual([]);
  });
});
