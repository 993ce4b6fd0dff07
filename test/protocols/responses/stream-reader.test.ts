/** The vendor's events, in order and out of it, whole and in part. */

import { describe, expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { frame, read } from "./streams.ts";

const CREATED = frame("response.created", {
  response: { id: "resp_1", model: "m-1", created_at: 1_700_000_000, service_tier: "default", status: "in_progress" },
});
const added = (output_index: number, item: JsonObject) => frame("response.output_item.added", { output_index, item });
const done = (output_index: number, item: JsonObject) => frame("response.output_item.done", { output_index, item });
const delta = (output_index: number, text: string, members: JsonObject = {}) =>
  frame("response.output_text.delta", { output_index, content_index: 0, delta: text, ...members });
const completed = (response: JsonObject = {}) =>
  frame("response.completed", { response: { status: "completed", ...response } });
const message = (...content: JsonObject[]) => ({ id: "msg_1", type: "message", role: "assistant", content });
const said = (text: string, members: JsonObject = {}) => ({ type: "output_text", text, annotations: [], ...members });
const call = (args: string, members: JsonObject = {}) => {
  return { id: "fc_1", type: "function_call", call_id: "c1", name: "look", arguments: args, ...members };
};

/** Short words for events: what came out, in order. */
function told(events: readonly IrEvent[]): string[] {
  return events.map((event) => {
    switch (event.type) {
      case "block-start":
        return `+${event.block} ${"name" in event.content ? `${event.content.type} ${event.content.name}` : event.content.type}`;
      case "text-delta":
      case "arguments-delta":
        return `${event.block} ${event.text}`;
      case "block-end":
        return `-${event.block}`;
      case "finish":
        return `finish ${event.finish.reason} ${event.finish.raw}`;
      case "failed":
        return `failed ${event.failure.kind}`;
      case "loss":
        return `loss ${event.loss.field}`;
      case "citation":
        return `${event.block} cites ${event.citation.url}`;
      case "signature-delta":
        return `${event.block} seal ${event.signature.issuer} ${event.signature.value}`;
      default:
        return event.type;
    }
  });
}

describe("answers", () => {
  const annotation = { type: "url_citation", url: "https://x.invalid/", title: "X", start_index: 0, end_index: 1 };
  const rows: [string, Frame[], string[]][] = [
    [
      "text",
      [
        added(0, message()),
        frame("response.content_part.added", { output_index: 0, content_index: 0, part: said("") }),
        delta(0, "Hel"),
        delta(0, "lo"),
        frame("response.output_text.done", { output_index: 0, content_index: 0, text: "Hello" }),
        frame("response.content_part.done", { output_index: 0, content_index: 0, part: said("Hello") }),
        done(0, message(said("Hello"))),
        completed({ output: [message(said("Hello"))] }),
      ],
      ["+0 text", "0 Hel", "0 lo", "-0", "finish stop completed", "end"],
    ],
    ["only deltas", [delta(0, "Hello"), completed()], ["+0 text", "0 Hello", "-0", "finish stop completed", "end"]],
    [
      "text that only its end tells, and an end that tells more than the deltas",
      [
        frame("response.output_text.done", { output_index: 0, content_index: 0, text: "Hello" }),
        delta(1, "Wor"),
        done(1, message(said("World"))),
        completed(),
      ],
      ["+0 text", "0 Hello", "+1 text", "1 Wor", "1 ld", "-1", "-0", "finish stop completed", "end"],
    ],
    [
      "nothing but the last event",
      [completed({ output: [message(said("Hello")), call('{"a":1}')] })],
      ["+0 text", "0 Hello", "-0", "+1 tool-call look", '1 {"a":1}', "-1", "finish tool-calls completed", "end"],
    ],
    [
      "an item the last event adds",
      [done(0, message(said("Hello"))), completed({ output: [message(said("Hello")), call("{}")] })],
      ["+0 text", "0 Hello", "-0", "+1 tool-call look", "1 {}", "-1", "finish tool-calls completed", "end"],
    ],
    [
      "a list of parts that is numbered otherwise in the whole item",
      [
        added(1, message()),
        frame("response.content_part.added", { output_index: 1, content_index: 1, part: said("") }),
        delta(1, "Hi", { content_index: 1 }),
        done(1, message(said("Hi"))),
        completed({ output: [{ id: "rs_1", type: "reasoning", summary: [] }, message(said("Hi"))] }),
      ],
      ["+0 text", "0 Hi", "-0", "finish stop completed", "end"],
    ],
    [
      "empty texts open nothing",
      [added(0, message()), delta(0, ""), done(0, message(said(""))), completed()],
      ["finish stop completed", "end"],
    ],
    [
      "a call, with its arguments in pieces",
      [
        added(0, call("")),
        frame("response.function_call_arguments.delta", { output_index: 0, delta: '{"a":' }),
        frame("response.function_call_arguments.delta", { output_index: 0, delta: "1}" }),
        frame("response.function_call_arguments.done", { output_index: 0, arguments: '{"a":1}' }),
        done(0, call('{"a":1}')),
        completed(),
      ],
      ["+0 tool-call look", '0 {"a":', "0 1}", "-0", "finish tool-calls completed", "end"],
    ],
    [
      "a call, with its arguments only at the end",
      [added(0, call("")), done(0, call('{"a":1}')), completed()],
      ["+0 tool-call look", '0 {"a":1}', "-0", "finish tool-calls completed", "end"],
    ],
    [
      "a call, with its arguments from the start",
      [added(0, call('{"a":1}')), done(0, call('{"a":1}')), completed()],
      ["+0 tool-call look", '0 {"a":1}', "-0", "finish tool-calls completed", "end"],
    ],
    [
      "a call that is never done",
      [
        added(0, call("")),
        frame("response.function_call_arguments.delta", { output_index: 0, delta: "{}" }),
        completed(),
      ],
      ["+0 tool-call look", "0 {}", "-0", "finish tool-calls completed", "end"],
    ],
    [
      "a call that gets its name at the end",
      [added(0, { ...call(""), name: "" }), done(0, call("{}")), completed()],
      ["+0 tool-call look", "0 {}", "-0", "finish tool-calls completed", "end"],
    ],
    [
      "calls side by side",
      [
        added(0, call("")),
        added(1, call("", { id: "fc_2", call_id: "c2", name: "list", namespace: "n" })),
        frame("response.function_call_arguments.delta", { output_index: 1, delta: "{" }),
        frame("response.function_call_arguments.delta", { output_index: 0, delta: "{}" }),
        frame("response.function_call_arguments.delta", { output_index: 1, delta: "}" }),
        done(1, call("{}", { id: "fc_2", call_id: "c2", name: "list", namespace: "n" })),
        done(0, call("{}")),
        completed(),
      ],
      [
        "+0 tool-call look",
        "+1 tool-call n__list",
        "1 {",
        "0 {}",
        "1 }",
        "-1",
        "-0",
        "finish tool-calls completed",
        "end",
      ],
    ],
    [
      "calls that are all numbered 0",
      [
        added(0, call("")),
        done(0, call("{}")),
        added(0, call("", { id: "fc_2", call_id: "c2" })),
        done(0, call('{"b":2}', { id: "fc_2", call_id: "c2" })),
        completed(),
      ],
      ["+0 tool-call look", "0 {}", "-0", "+1 tool-call look", '1 {"b":2}', "-1", "finish tool-calls completed", "end"],
    ],
    [
      "items told apart by their ids alone",
      [
        frame("response.output_item.added", { item: message() }),
        frame("response.output_text.delta", { item_id: "msg_1", delta: "Hi" }),
        frame("response.output_item.done", { item: message(said("Hi")) }),
        completed({ output: [message(said("Hi"))] }),
      ],
      ["+0 text", "0 Hi", "-0", "finish stop completed", "end"],
    ],
    [
      "a custom tool",
      [
        added(0, { type: "custom_tool_call", id: "ctc_1", call_id: "c1", name: "sh", input: "" }),
        frame("response.custom_tool_call_input.delta", { output_index: 0, delta: "l" }),
        frame("response.custom_tool_call_input.done", { output_index: 0, input: "ls" }),
        completed(),
      ],
      ["+0 tool-call sh", "0 l", "0 s", "-0", "finish tool-calls completed", "end"],
    ],
    [
      "a refusal",
      [
        frame("response.refusal.delta", { output_index: 0, content_index: 0, delta: "No" }),
        frame("response.refusal.done", { output_index: 0, content_index: 0, refusal: "No." }),
        completed(),
      ],
      ["+0 refusal", "0 No", "0 .", "-0", "finish refusal completed", "end"],
    ],
    [
      "citations, told once",
      [
        delta(0, "So"),
        frame("response.output_text.annotation.added", { output_index: 0, content_index: 0, annotation }),
        done(0, message(said("So", { annotations: [annotation, { ...annotation, url: "https://y.invalid/" }] }))),
        completed(),
      ],
      [
        "+0 text",
        "0 So",
        "0 cites https://x.invalid/",
        "0 cites https://y.invalid/",
        "-0",
        "finish stop completed",
        "end",
      ],
    ],
    [
      "a summary of several parts, and its seal behind it",
      [
        added(0, { id: "rs_1", type: "reasoning", summary: [], encrypted_content: "early" }),
        frame("response.reasoning_summary_part.added", { output_index: 0, summary_index: 0 }),
        frame("response.reasoning_summary_text.delta", { output_index: 0, summary_index: 0, delta: "A" }),
        frame("response.reasoning_summary_text.done", { output_index: 0, summary_index: 0, text: "AA" }),
        frame("response.reasoning_summary_text.delta", { output_index: 0, summary_index: 1, delta: "B" }),
        frame("response.reasoning_summary_text.done", { output_index: 0, summary_index: 0, text: "AA" }),
        done(0, {
          id: "rs_1",
          type: "reasoning",
          summary: [
            { type: "summary_text", text: "AA" },
            { type: "summary_text", text: "B" },
          ],
          encrypted_content: "late",
        }),
        delta(1, "So"),
        completed(),
      ],
      [
        "+0 reasoning",
        "0 A",
        "0 A",
        "0 \n\n",
        "0 B",
        "0 seal responses late",
        "-0",
        "+1 text",
        "1 So",
        "-1",
        "finish stop completed",
        "end",
      ],
    ],
    [
      "open thoughts, told once though a summary repeats them",
      [
        frame("response.reasoning_text.delta", { output_index: 0, content_index: 0, delta: "Hmm" }),
        frame("response.reasoning_summary_text.delta", { output_index: 0, summary_index: 0, delta: "short" }),
        done(0, { type: "reasoning", summary: [], content: [{ type: "reasoning_text", text: "Hmm" }] }),
        completed(),
      ],
      ["+0 reasoning", "0 Hmm", "-0", "finish stop completed", "end"],
    ],
    [
      "thoughts only their end tells, and none at all",
      [
        done(0, { type: "reasoning", summary: [{ type: "summary_text", text: "A" }] }),
        done(1, { type: "reasoning", summary: [] }),
        completed(),
      ],
      ["+0 reasoning", "0 A", "-0", "finish stop completed", "end"],
    ],
    [
      "the vendor's own tools: signs of life, and the item when it is done",
      [
        added(0, { type: "web_search_call", id: "ws_1", status: "in_progress" }),
        frame("response.web_search_call.searching", { output_index: 0 }),
        frame("response.brand_new_call.thinking", { output_index: 0 }),
        done(0, { type: "web_search_call", id: "ws_1", status: "completed" }),
        completed({ output: [{ type: "web_search_call", id: "ws_1", status: "completed" }] }),
      ],
      ["keep-alive", "keep-alive", "+0 opaque web_search_call", "-0", "finish stop completed", "end"],
    ],
    [
      "what nobody knows is told once",
      [frame("brand.new"), frame("brand.new"), frame("keepalive"), delta(0, "x"), completed()],
      ["loss event", "keep-alive", "+0 text", "0 x", "-0", "finish stop completed", "end"],
    ],
  ];
  test.each(rows)("%s", (_name, frames, expected) => {
    expect(told(read([CREATED, ...frames]))).toEqual(["start", ...expected]);
  });

  test("the start tells who speaks, and is told once", () => {
    const again = frame("response.in_progress", { response: { id: "resp_2" } });
    const [start, ...others] = read([frame("response.queued", { response: { id: "resp_1" } }), CREATED, again]);
    expect(start).toEqual({
      type: "start",
      sourceProtocol: "responses",
      id: "resp_1",
      model: null,
      createdMs: null,
      serviceTier: null,
      extras: {},
      spelling: NO_SPELLING,
    });
    expect(others.map(({ type }) => type)).toEqual(["failed"]);
    expect(read([CREATED])[0]).toMatchObject({ model: "m-1", createdMs: 1_700_000_000_000, serviceTier: "default" });
  });

  test("log probabilities ride with their text", () => {
    const logprobs = [{ token: "x", logprob: -1, top_logprobs: [] }];
    expect(read([delta(0, "x", { logprobs }), delta(0, "y", { logprobs: [] })])).toMatchObject([
      {},
      {},
      { text: "x", logprobs },
      { text: "y", logprobs: null },
      {},
    ]);
  });

  test("sealed thoughts without words are a block of their own", () => {
    const item = { type: "reasoning", summary: [], encrypted_content: "gAAAAA" };
    expect(read([done(0, item), completed()])[1]).toEqual({
      type: "block-start",
      block: 0,
      choice: 0,
      content: { type: "reasoning", encrypted: { issuer: "responses", value: "gAAAAA" } },
    });
    const tagged = { ...item, encrypted_content: "rm:s:anthropic:c2ln" };
    expect(told(read([done(0, tagged), completed()]))).toContain("0 seal anthropic c2ln");
  });
});

describe("endings", () => {
  const usage = { input_tokens: 10, input_tokens_details: { cached_tokens: 4 }, output_tokens: 3, total_tokens: 13 };
  const incomplete = (reason: string | null) =>
    frame("response.incomplete", {
      response: { status: "incomplete", incomplete_details: reason && { reason }, usage },
    });
  const rows: [string, Frame, string[]][] = [
    ["at the limit", incomplete("max_output_tokens"), ["usage", "finish length max_output_tokens", "end"]],
    ["filtered", incomplete("content_filter"), ["usage", "finish content-filter content_filter", "end"]],
    ["for a reason nobody knows", incomplete("tired"), ["usage", "finish other tired", "end"]],
    ["for no reason", incomplete(null), ["usage", "finish other incomplete", "end"]],
    ["with usage", completed({ usage }), ["usage", "finish stop completed", "end"]],
    [
      "failed",
      frame("response.failed", {
        response: { status: "failed", error: { code: "rate_limit_exceeded", message: "Slow." } },
      }),
      ["failed rate-limited"],
    ],
    [
      "failed though it says completed",
      completed({ status: "failed", error: { code: "server_error" } }),
      ["failed server-error"],
    ],
    ["cancelled", frame("response.cancelled", { response: { status: "cancelled" } }), ["failed server-error"]],
    ["an error, flat", frame("error", { code: "server_is_overloaded", message: "Busy." }), ["failed overloaded"]],
    [
      "an error around an object",
      frame("error", { error: { code: "context_length_exceeded", type: "x" } }),
      ["failed context-length"],
    ],
    [
      "an error without a type",
      { event: null, data: '{"error":{"message":"You exceeded your current quota"}}' },
      ["failed billing"],
    ],
    ["an error by the event line alone", { event: "error", data: '{"message":"Overloaded"}' }, ["failed overloaded"]],
    ["not JSON", { event: null, data: "<html>" }, ["failed malformed"]],
    ["a mark that belongs elsewhere", { event: null, data: "[DONE]" }, ["failed malformed"]],
  ];
  test.each(rows)("%s", (_name, ending, expected) => {
    const events = read([CREATED, delta(0, "Hel"), ending, delta(0, "too late"), CREATED]);
    const kept = told(events).filter((word) => word !== "-0");
    expect(kept).toEqual(["start", "+0 text", "0 Hel", ...expected]);
  });

  test("cut short", () => {
    expect(told(read([CREATED, delta(0, "Hel")])).at(-1)).toBe("failed malformed");
    expect(told(read([]))).toEqual(["failed malformed"]);
  });

  test("a mark of another protocol behind the end is nothing", () => {
    expect(told(read([CREATED, completed(), { event: null, data: "[DONE]" }]))).toEqual([
      "start",
      "finish stop completed",
      "end",
    ]);
  });

  test("what the vendor counted, of a failed answer too", () => {
    const failed = frame("response.failed", { response: { error: { code: "server_error" }, usage } });
    for (const ending of [completed({ usage }), failed]) {
      const accumulator = createAccumulator();
      for (const event of read([CREATED, delta(0, "x"), ending])) accumulator.push(event);
      expect(accumulator.response().usage).toMatchObject({ freshInputTokens: 6, cacheReadTokens: 4, outputTokens: 3 });
    }
  });

  test("settled with the last event, not before", () => {
    const reader = responses.payload.createStreamReader();
    reader.push(CREATED);
    reader.push(delta(0, "x"));
    expect(reader.settled).toBe(false);
    reader.push(completed());
    expect(reader.settled).toBe(true);
    expect(reader.end()).toEqual([]);
  });

  test("an answer of too many parts is refused", () => {
    const frames = Array.from({ length: 5000 }, (_, index) => done(index, message(said("x"))));
    const events = read([CREATED, ...frames]);
    expect(events.at(-1)).toMatchObject({ type: "failed", failure: { kind: "malformed" } });
    expect(events.length).toBeLessThan(15_000);
  });
});
