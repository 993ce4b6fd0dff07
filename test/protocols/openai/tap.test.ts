/** What the tap tells of relayed answers, without translating them. */
import { describe, expect, test } from "bun:test";
import { openai } from "../../../src/protocols/openai/index.ts";
import type { TapNote } from "../../../src/protocols/protocol.ts";
import type { JsonObject } from "../../../src/std/json.ts";

const NOTHING: TapNote = {
  meaningful: false,
  usage: null,
  failure: null,
  settled: false,
  terminal: false,
  model: null,
  finish: null,
};

/** What differs from a note that says nothing. */
function notes(...frames: readonly (JsonObject | string)[]): object[] {
  const tap = openai.payload.createTap();
  return frames.map((data) => {
    const note = tap.frame({ event: null, data: typeof data === "string" ? data : JSON.stringify(data) });
    return Object.fromEntries(Object.entries(note).filter(([name, value]) => !Object.is(value, at(name))));
  });
}
const at = (name: string): unknown => Object.entries(NOTHING).find(([each]) => each === name)?.[1];
const delta = (members: JsonObject, choice: JsonObject = {}, chunk: JsonObject = {}): JsonObject => {
  return { model: "m", choices: [{ index: 0, delta: members, finish_reason: null, ...choice }], ...chunk };
};
const finish = (word: string, chunk: JsonObject = {}) => delta({}, { finish_reason: word }, chunk);

describe("a stream", () => {
  test("is told from the first content to the end marker", () => {
    expect(
      notes(
        delta({ role: "assistant", content: "" }),
        delta({ content: "Hi" }),
        delta({ content: " you" }),
        finish("stop", { usage: null }),
        { choices: [], usage: { prompt_tokens: 2, completion_tokens: 1 } },
        "[DONE]",
      ),
    ).toEqual([
      { model: "m" },
      { model: "m", meaningful: true },
      { meaningful: true },
      { model: "m", settled: true, finish: "stop" },
      { usage: expect.objectContaining({ freshInputTokens: 2, outputTokens: 1 }) },
      { settled: true, terminal: true },
    ]);
  });

  const first: [string, JsonObject, boolean][] = [
    ["the role", { role: "assistant", content: "", refusal: null }, false],
    ["null content", { content: null }, false],
    ["text", { content: "a" }, true],
    ["parts", { content: [{ type: "text", text: "a" }] }, true],
    ["reasoning", { reasoning_content: "a" }, true],
    ["OpenRouter's reasoning", { reasoning: "a" }, true],
    ["a refusal", { refusal: "a" }, true],
    ["a call", { tool_calls: [{ index: 0, id: "c" }] }, true],
    ["no calls", { tool_calls: [] }, false],
    ["an older call", { function_call: { name: "f" } }, true],
  ];
  test.each(first)("%s: %p is meaningful: %p", (_, members, meaningful) => {
    const [note] = notes(delta(members));
    expect(note).toEqual(meaningful ? { model: "m", meaningful } : { model: "m" });
  });

  test("a finish alone is meaningful, and so is every piece", () => {
    const [alone] = notes(finish("stop"));
    expect(alone).toEqual({ model: "m", meaningful: true, settled: true, finish: "stop" });
    expect(notes(delta({ content: "a" }), delta({ content: "b" }))).toEqual([
      { model: "m", meaningful: true },
      { meaningful: true },
    ]);
  });

  test("words inside a text are no signs", () => {
    const text = '"finish_reason":"stop" "usage":{} "error":{} "usage": {}';
    expect(notes(delta({ content: "a" }), delta({ content: text }))).toEqual([
      { model: "m", meaningful: true },
      { meaningful: true },
    ]);
  });

  test("all choices must finish before it is settled", () => {
    const other = (members: JsonObject, word: string | null = null) =>
      delta(members, { index: 1, finish_reason: word });
    const found = notes(delta({ content: "a" }), other({ content: "b" }), finish("stop"), other({}, "length"));
    expect(found).toEqual([
      { model: "m", meaningful: true },
      { model: "m", meaningful: true, answers: { finished: 0, open: 2 } },
      { model: "m", finish: "stop", answers: { finished: 1, open: 1 } },
      { model: "m", finish: "length", settled: true, answers: { finished: 2, open: 0 } },
    ]);
  });

  test("reports in pieces add up", () => {
    const found = notes(
      delta({ content: "a" }, {}, { usage: { prompt_tokens: 5 } }),
      finish("stop", { usage: { completion_tokens: 3 } }),
    );
    expect(found[1]).toMatchObject({ usage: { freshInputTokens: 5, outputTokens: 3 } });
  });

  test("an error, early or late, is told", () => {
    const error = { error: { message: "Overloaded", code: 529 } };
    const failure = expect.objectContaining({ status: 529, message: "Overloaded", meaning: "overloaded" });
    expect(notes(error)).toEqual([{ failure }]);
    expect(notes(delta({ content: "a" }), error)).toEqual([{ model: "m", meaningful: true }, { failure }]);
  });

  test("what cannot be read says nothing", () => {
    expect(notes("{", "5", "")).toEqual([{}, {}, {}]);
  });
});

describe("a body", () => {
  const body = (json: JsonObject) => openai.payload.createTap().body(json);

  test("an answer", () => {
    const answer = {
      model: "m",
      choices: [{ message: { content: "a" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    expect(body(answer)).toMatchObject({
      meaningful: true,
      failure: null,
      usage: { freshInputTokens: 1, outputTokens: 2 },
      model: "m",
      finish: "stop",
    });
  });

  test("an error inside a 200, and an answer that is none", () => {
    const error = { message: "This model's maximum context length is 10 tokens.", type: "x", code: null };
    expect(body({ error })).toMatchObject({
      meaningful: false,
      failure: { status: 400, meaning: "context-length", type: "x" },
    });
    expect(body({ choices: [] })).toMatchObject({
      meaningful: false,
      failure: { meaning: null, message: "The answer holds no choices." },
    });
    expect(body({ error: null, choices: [{}] })).toMatchObject({ failure: null });
  });
});
