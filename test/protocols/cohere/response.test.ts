/** Whole answers both ways. */
import { describe, expect, test } from "bun:test";
import { type IrBlock, type IrCitation, NO_SPELLING } from "../../../src/ir/request.ts";
import type { IrFinish } from "../../../src/ir/response.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { CONTEXT, call, foreignResponse, image, text, usage } from "./builders.ts";
import { expectGolden } from "./golden.ts";

const { readResponse, writeResponse, createTap } = cohere.payload;
const finishOf = (reason: IrFinish["reason"], stopSequence: string | null = null) => ({
  reason,
  raw: null,
  stopSequence,
});
const answer = (members: object) => ({
  id: "i",
  message: { role: "assistant" },
  finish_reason: "COMPLETE",
  ...members,
});
const write = (blocks: readonly IrBlock[], finish: IrFinish | null = finishOf("stop"), over: object = {}) => {
  const choices = [{ index: 0, blocks, finish, logprobs: null, extras: {}, spelling: NO_SPELLING }];
  const { value, losses } = writeResponse(foreignResponse({ choices, model: null, ...over }), CONTEXT);
  return { body: value, lost: losses.map(({ how, field }) => `${how} ${field}`) };
};
const cites = (over: Partial<IrCitation>): IrCitation => ({
  kind: "url",
  url: "https://x.invalid/",
  title: "T",
  citedText: "quoted",
  start: null,
  end: null,
  sourceProtocol: "elsewhere",
  raw: {},
  ...over,
});
const cited = (said: string, ...citations: readonly IrCitation[]): IrBlock => ({
  type: "text",
  text: said,
  citations,
  cache: null,
  extras: {},
  spelling: NO_SPELLING,
});

describe("read", () => {
  const message = (members: object) => ({ message: { role: "assistant", ...members } });
  const rows: [object, object][] = [
    [message({ content: [{ type: "text", text: "Hi" }] }), { choices: [{ blocks: [{ type: "text", text: "Hi" }] }] }],
    [message({ content: "Hi" }), { choices: [{ blocks: [{ type: "text", text: "Hi" }] }] }],
    [message({}), { id: "i", model: null, choices: [{ blocks: [], finish: { reason: "stop", raw: "COMPLETE" } }] }],
    [{ ...message({}), model: "m" }, { model: "m" }],
    [
      message({ content: [{ type: "thinking", thinking: "Hm." }] }),
      { choices: [{ blocks: [{ type: "reasoning", text: "Hm." }] }] },
    ],
    [
      message({ content: [{ type: "chart", x: 1 }] }),
      { choices: [{ blocks: [{ type: "opaque", name: "chart", sourceProtocol: "cohere" }] }] },
    ],
    [
      message({ tool_calls: [{ id: "a", function: { name: "x_u_read_u002dfile", arguments: "" } }] }),
      { choices: [{ blocks: [{ name: "read-file", arguments: "" }], finish: { reason: "tool-calls" } }] },
    ],
    [
      message({ content: [{ type: "text", text: "So" }], citations: [{ start: 0, end: 2, sources: [] }] }),
      { choices: [{ blocks: [{ citations: [{ kind: "other", start: 0, end: 2, url: null }] }] }] },
    ],
  ];
  test.each(rows)("%j", (members, expected) => {
    expect(readResponse(answer(members)).value).toMatchObject(expected);
  });

  test("a citation's source", () => {
    const document = { id: "d1", title: "T", url: "https://x.invalid/", snippet: "words" };
    const source = { type: "document", id: "d1", document };
    const citations = [{ start: 0, end: 1, text: "H", sources: [source], content_index: 0, type: "TEXT_CONTENT" }];
    const content = [{ type: "text", text: "Hi" }];
    const { value } = readResponse(answer({ message: { content, citations } }));
    expect(value.choices[0]?.blocks[0]).toMatchObject({
      citations: [{ kind: "url", url: "https://x.invalid/", title: "T", citedText: "words", raw: citations[0] }],
    });
  });

  const usages: [object, object | null][] = [
    [{}, null],
    [
      { tokens: { input_tokens: 500, output_tokens: 4 }, billed_units: { input_tokens: 5 }, cached_tokens: 464 },
      { freshInputTokens: 36, cacheReadTokens: 464, outputTokens: 4, reasoningTokens: null },
    ],
    [
      { tokens: { input_tokens: 501, image_tokens: 518, output_tokens: 1 }, cached_tokens: 480 },
      { freshInputTokens: 539, cacheReadTokens: 480 },
    ],
    [
      { billed_units: { input_tokens: 5, output_tokens: 2 } },
      { freshInputTokens: 5, outputTokens: 2, cacheReadTokens: null },
    ],
    [{ tokens: { input_tokens: -1, output_tokens: 1.5 } }, null],
  ];
  test.each(usages)("usage %j", (given, expected) => {
    const read = readResponse(answer({ usage: given })).value.usage;
    if (expected === null) expect(read).toBeNull();
    else expect(read).toMatchObject(expected);
  });

  test.each([
    ["COMPLETE", "stop"],
    ["STOP_SEQUENCE", "stop-sequence"],
    ["MAX_TOKENS", "length"],
    ["TOOL_CALL", "tool-calls"],
    ["tool_call", "tool-calls"],
    ["ERROR_TOXIC", "content-filter"],
    ["ERROR_LIMIT", "context-length"],
    ["USER_CANCEL", "other"],
    ["BRAND_NEW", "other"],
  ])("%s is %s", (finish_reason, reason) => {
    expect(readResponse(answer({ finish_reason })).value.choices[0]?.finish).toMatchObject({
      reason,
      raw: finish_reason,
    });
  });

  test.each([
    [{ message: "a sentence" }],
    [{}],
    [answer({ finish_reason: "ERROR" })],
    [answer({ finish_reason: "TIMEOUT" })],
  ])("%j is no answer, for reader and tap alike", (body) => {
    expect(() => readResponse({ ...body })).toThrow(WireError);
    expect(createTap().body({ ...body })).toMatchObject({ meaningful: false, finish: null });
    expect(createTap().body({ ...body }).failure).not.toBeNull();
  });
});

describe("write", () => {
  test("golden: everything an answer can hold", () => {
    const blocks: readonly IrBlock[] = [
      { type: "reasoning", text: "Hm.", signature: null, encrypted: null, extras: {}, spelling: NO_SPELLING },
      cited("It is so. ", cites({})),
      cited("And so.", cites({ start: 4, end: 6, url: null, title: null })),
      call("c1", "read-file", ""),
      call("c2", "f", '{"a":1}'),
    ];
    const counts = usage({ freshInputTokens: 10, cacheReadTokens: 5, outputTokens: 3, reasoningTokens: 1 });
    const { body, lost } = write(blocks, finishOf("tool-calls"), { model: "their-model", usage: counts });
    expectGolden("writer-answer.json", `${JSON.stringify(body, null, 2)}\n`);
    expect(lost).toEqual([]);
  });

  const finishes: [IrFinish | null, string, string[]][] = [
    [null, "COMPLETE", []],
    [finishOf("stop"), "COMPLETE", []],
    [finishOf("length"), "MAX_TOKENS", []],
    [finishOf("stop-sequence"), "STOP_SEQUENCE", []],
    [finishOf("stop-sequence", "END"), "STOP_SEQUENCE", ["dropped stop_sequence"]],
    [finishOf("content-filter"), "ERROR_TOXIC", []],
    [finishOf("refusal"), "COMPLETE", ["approximated finish_reason"]],
    [finishOf("pause"), "COMPLETE", ["approximated finish_reason"]],
    [finishOf("context-length"), "MAX_TOKENS", ["approximated finish_reason"]],
    [finishOf("other"), "COMPLETE", ["approximated finish_reason"]],
  ];
  test.each(finishes)("%j is %s", (finish, word, losses) => {
    const { body, lost } = write([text("Hi")], finish);
    expect(body["finish_reason"]).toBe(word);
    expect(lost).toEqual(losses);
  });

  test("an empty answer has the part that clients read without looking", () => {
    expect(write([]).body["message"]).toEqual({ role: "assistant", content: [{ type: "text", text: "" }] });
    expect(write([call("a", "f")]).body).toMatchObject({ finish_reason: "TOOL_CALL", message: { tool_calls: [{}] } });
    expect(write([call("a", "f")]).body["message"]).not.toHaveProperty("content");
  });

  test("what has no place is a loss", () => {
    const sealed = {
      type: "reasoning",
      text: "",
      signature: null,
      encrypted: { issuer: "x", value: "e" },
      extras: {},
      spelling: NO_SPELLING,
    } as const;
    const refusal = { type: "refusal", text: "No.", extras: {}, spelling: NO_SPELLING } as const;
    const { body, lost } = write([sealed, image(), refusal], finishOf("stop"), { extras: { theirs: 1 } });
    expect(body["message"]).toEqual({ role: "assistant", content: [{ type: "text", text: "No." }] });
    expect(lost).toEqual([
      "dropped message.content.thinking",
      "dropped message.content",
      "approximated message.content",
      "dropped theirs",
    ]);
  });

  test("an answer of its own goes back as it was, what is billed included", () => {
    const body = {
      id: "i",
      message: {
        role: "assistant",
        tool_plan: "I will look.",
        tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
        citations: [{ start: 0, end: 1, text: "I", sources: [], type: "PLAN" }],
        vendor_x: 1,
      },
      finish_reason: "TOOL_CALL",
      usage: { billed_units: { input_tokens: 5 }, tokens: { input_tokens: 500 }, cached_tokens: 464 },
      logprobs: [{ text: "H", token_ids: [1], logprobs: [-0.5] }],
      vendor_y: 2,
    };
    const { value, losses } = writeResponse(readResponse(body).value, CONTEXT);
    expect(value).toEqual(body);
    expect(losses).toEqual([]);
  });
});
