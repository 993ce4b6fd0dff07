/** What is seen of a relayed answer without translating it. */
import { describe, expect, test } from "bun:test";
import type { Frame, TapNote } from "../../../src/protocols/protocol.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { readGolden } from "./golden.ts";
import { frame } from "./streams.ts";

const NOTHING: TapNote = {
  meaningful: false,
  usage: null,
  failure: null,
  settled: false,
  terminal: false,
  model: null,
  finish: null,
};
const CREATED = frame("response.created", { response: { id: "resp_1", model: "m-1", status: "in_progress" } });
const delta = (text: string) => frame("response.output_text.delta", { output_index: 0, delta: text });
const usage = { input_tokens: 3, output_tokens: 2, total_tokens: 5 };

function notes(...frames: Frame[]): TapNote[] {
  const tap = responses.payload.createTap();
  return frames.map((each) => tap.frame(each));
}

describe("the first meaningful frame", () => {
  const item = (type: string, members: object = {}) => ({ output_index: 0, item: { type, ...members } });
  const rows: [Frame, boolean][] = [
    [CREATED, false],
    [frame("response.queued", {}), false],
    [frame("response.output_item.added", item("message")), false],
    [frame("response.output_item.added", item("reasoning")), false],
    [frame("response.content_part.added", { part: { type: "output_text", text: "" } }), false],
    [delta(""), false],
    [frame("response.web_search_call.searching"), false],
    [frame("response.output_item.done", item("reasoning", { summary: [] })), false],
    [frame("response.output_item.done", item("message", { content: [{ type: "output_text", text: "" }] })), false],
    [{ event: null, data: "<html>" }, false],
    [delta("x"), true],
    [frame("response.refusal.delta", { delta: "x" }), true],
    [frame("response.reasoning_text.delta", { delta: "x" }), true],
    [frame("response.reasoning_summary_text.delta", { delta: "x" }), true],
    [frame("response.output_text.done", { text: "x" }), true],
    [frame("response.output_item.added", item("function_call")), true],
    [frame("response.output_item.added", item("web_search_call")), true],
    [frame("response.output_item.done", item("reasoning", { encrypted_content: "g" })), true],
    [frame("response.output_item.done", item("message", { content: [{ type: "refusal", refusal: "x" }] })), true],
    [frame("response.completed", { response: { status: "completed" } }), true],
    [frame("response.incomplete", { response: { status: "incomplete" } }), true],
    [frame("response.failed", { response: { status: "failed" } }), false],
    [frame("error", { code: "x" }), false],
  ];
  test.each(rows)("%j: %p", (each, meaningful) => {
    expect(notes(each)[0]?.meaningful).toBe(meaningful);
  });

  test("is followed by its pieces, and an end is none", () => {
    expect(notes(CREATED, delta("a"), delta("b"), frame("response.completed")).map((each) => each.meaningful)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });
});

describe("what frames say", () => {
  test("the model, at the start", () => {
    expect(notes(CREATED)).toEqual([{ ...NOTHING, model: "m-1" }]);
  });

  test("pieces say nothing but that they are some, whatever words are in them", () => {
    const [, ...others] = notes(delta("x"), delta('"status":"failed"'), delta('{"error":1}'), delta("response.failed"));
    expect(others).toEqual(Array(3).fill({ ...NOTHING, meaningful: true }));
  });

  const completed = { status: "completed", model: "m-1", usage };
  const incomplete = { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
  const failed = { status: "failed", error: { code: "insufficient_quota", message: "No." } };
  const rows: [Frame, object][] = [
    [
      frame("response.completed", { response: completed }),
      { settled: true, terminal: true, finish: "completed", model: "m-1", usage: { outputTokens: 2 }, failure: null },
    ],
    [
      frame("response.incomplete", { response: incomplete }),
      { settled: true, terminal: true, finish: "max_output_tokens", failure: null },
    ],
    [
      frame("response.failed", { response: failed }),
      { settled: true, terminal: true, finish: null, failure: { code: "insufficient_quota", meaning: "billing" } },
    ],
    [
      frame("response.completed", { response: { ...failed, usage } }),
      { finish: null, failure: { code: "insufficient_quota" }, usage: { outputTokens: 2 } },
    ],
    [
      frame("error", { code: "server_is_overloaded", message: "Busy." }),
      { settled: true, terminal: false, finish: null, failure: { status: 503, meaning: "overloaded" } },
    ],
    [
      { event: "error", data: '{"message":"x"}' },
      { settled: true, failure: { message: "x" } },
    ],
    [
      { event: null, data: '{"error":{"message":"x"}}' },
      { settled: true, failure: { message: "x" } },
    ],
    [
      { event: null, data: "[DONE]" },
      { ...NOTHING, terminal: true },
    ],
  ];
  test.each(rows)("%j, before the commit and after it", (each, expected) => {
    expect(notes(each)[0]).toMatchObject(expected);
    expect(notes(delta("x"), each)[1]).toMatchObject(expected);
  });

  test("a stream of ours is understood, spaced as others write it too", () => {
    for (const text of [readGolden("writer-text.sse"), readGolden("writer-text.sse").replaceAll('":', '": ')]) {
      const splitter = responses.carrier.framing.createSplitter();
      const frames = [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()];
      const all = notes(...frames.map(({ data }) => ({ event: null, data })));
      expect(all.at(-1)).toMatchObject({
        settled: true,
        terminal: true,
        finish: "completed",
        usage: { outputTokens: 3 },
      });
      expect(all.slice(0, -1).every(({ settled }) => !settled)).toBe(true);
    }
  });
});

describe("whole answers", () => {
  const body = (members: object) => responses.payload.createTap().body({ ...members });
  const rows: [object, object][] = [
    [
      { status: "completed", output: [], model: "m-1", usage },
      { meaningful: true, settled: true, terminal: true, failure: null, finish: "completed", model: "m-1" },
    ],
    [
      { status: "incomplete", incomplete_details: { reason: "content_filter" }, output: [] },
      { failure: null, finish: "content_filter" },
    ],
    [{ output: [] }, { failure: null, finish: null }],
    [
      { status: "failed", output: [], error: { code: "server_error", message: "x" }, usage },
      { meaningful: false, failure: { status: 500, code: "server_error" }, usage: { outputTokens: 2 } },
    ],
    [{ status: "cancelled", output: [] }, { failure: { code: null } }],
    [{ error: { code: "rate_limit_exceeded", message: "x" } }, { failure: { status: 429 } }],
    [{}, { meaningful: false, settled: false, failure: { status: 200, message: "The answer holds no output." } }],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(body(members)).toMatchObject(expected);
  });
});
