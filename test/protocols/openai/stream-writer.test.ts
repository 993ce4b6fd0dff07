/** Event streams into the vendor's chunks, compared byte for byte. */
import { describe, expect, test } from "bun:test";
import type { IrEvent, StartedBlock } from "../../../src/ir/event.ts";
import { failure } from "../../../src/ir/failure.ts";
import { NO_EXTRAS, NO_SPELLING } from "../../../src/ir/request.ts";
import type { FinishReason } from "../../../src/ir/response.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import type { AnswerContext } from "../../../src/protocols/protocol.ts";
import { CONTEXT, contextOf, FOREIGN, usage } from "./builders.ts";
import { expectGolden } from "./golden.ts";

const ASKED = contextOf({ stream: true, stream_options: { include_usage: true } });
const START: IrEvent = {
  type: "start",
  sourceProtocol: FOREIGN,
  id: "msg_1",
  model: "their-model",
  createdMs: null,
  serviceTier: "standard",
  extras: NO_EXTRAS,
  spelling: NO_SPELLING,
};
const NATIVE: IrEvent = {
  ...START,
  sourceProtocol: "openai",
  id: "chatcmpl-9",
  createdMs: 1_750_000_000_000,
  serviceTier: "default",
  extras: { provider: "Someone" },
  spelling: NO_SPELLING,
};
const block = (number: number, content: StartedBlock, choice = 0): IrEvent => {
  return { type: "block-start", block: number, choice, content };
};
const say = (number: number, text: string, logprobs: unknown = null): IrEvent => {
  return { type: "text-delta", block: number, text, logprobs };
};
const args = (number: number, text: string): IrEvent => ({ type: "arguments-delta", block: number, text });
const over = (number: number): IrEvent => ({ type: "block-end", block: number });
const finish = (reason: FinishReason, choice = 0): IrEvent => {
  return { type: "finish", choice, finish: { reason, raw: "theirs", stopSequence: null } };
};
const spent: IrEvent = {
  type: "usage",
  usage: usage({ freshInputTokens: 5, cacheReadTokens: 10, outputTokens: 3, reasoningTokens: 1 }),
};
const END: IrEvent = { type: "end" };
const tool = (id: string, name: string, kind: "function" | "custom" = "function"): StartedBlock => {
  return { type: "tool-call", id, name, kind };
};

function write(events: readonly IrEvent[], context: AnswerContext = CONTEXT) {
  const writer = openai.payload.createStreamWriter(context);
  const joiner = openai.carrier.framing.createJoiner();
  const decoder = new TextDecoder();
  const text = events.flatMap((event) => writer.push(event)).map((frame) => decoder.decode(joiner.write(frame)));
  return { text: text.join(""), lost: writer.losses.map(({ how, field }) => `${how} ${field}`) };
}

describe("golden streams", () => {
  const rows: [string, readonly IrEvent[], AnswerContext, string[]][] = [
    [
      "text",
      [START, block(0, { type: "text" }), say(0, "Hel"), say(0, 'lo "you"\n'), over(0), spent, finish("stop"), END],
      CONTEXT,
      [],
    ],
    [
      "usage-asked",
      [START, block(0, { type: "text" }), say(0, "Hi"), over(0), finish("length"), { type: "keep-alive" }, spent, END],
      ASKED,
      [],
    ],
    [
      "tools",
      [
        START,
        block(0, { type: "reasoning", encrypted: null }),
        say(0, "Hm"),
        { type: "signature-delta", block: 0, signature: { issuer: FOREIGN, value: "x" } },
        over(0),
        block(1, { type: "text" }),
        say(1, "I look."),
        over(1),
        block(2, tool("c1", "look")),
        args(2, '{"a"'),
        block(3, tool("c2", "shell", "custom")),
        args(3, "ls"),
        args(2, ":1}"),
        block(4, tool("c3", "bare")),
        over(2),
        over(3),
        over(4),
        finish("stop"),
        END,
      ],
      CONTEXT,
      ["dropped choices[0].delta.reasoning_content"],
    ],
    [
      "choices",
      [
        START,
        block(0, { type: "text" }),
        block(1, { type: "refusal" }, 1),
        say(1, "No"),
        say(0, "Yes"),
        over(0),
        over(1),
        finish("stop"),
        finish("refusal", 1),
        END,
      ],
      CONTEXT,
      [],
    ],
    [
      "citations",
      [
        START,
        block(0, { type: "text" }),
        say(0, "Hello"),
        {
          type: "citation",
          block: 0,
          citation: {
            kind: "url",
            url: "https://a.invalid",
            title: "A",
            citedText: null,
            start: null,
            end: null,
            sourceProtocol: FOREIGN,
            raw: {},
          },
        },
        over(0),
        finish("pause"),
        END,
      ],
      CONTEXT,
      ["approximated choices[0].finish_reason"],
    ],
    [
      "native",
      [
        NATIVE,
        block(0, { type: "text" }),
        say(0, "Hi", { content: [] }),
        over(0),
        block(1, {
          type: "opaque",
          sourceProtocol: "openai",
          name: "audio",
          value: { id: "a", data: "AA" },
          spelling: NO_SPELLING,
        }),
        { type: "opaque-delta", block: 1, sourceProtocol: "openai", value: { data: "BB" } },
        over(1),
        finish("other"),
        END,
      ],
      CONTEXT,
      [],
    ],
    ["unfinished", [START, block(0, tool("c1", "look")), args(0, "{}"), over(0), END], CONTEXT, []],
    ["empty", [END], CONTEXT, []],
    [
      "failed",
      [
        START,
        block(0, { type: "text" }),
        say(0, "Hi"),
        { type: "failed", failure: failure("overloaded", "Try again.", 2000) },
        END,
      ],
      ASKED,
      [],
    ],
    [
      "failed-in-their-words",
      [
        {
          type: "failed",
          failure: {
            ...failure("context-length", "ours"),
            upstream: {
              status: 400,
              code: null,
              type: "theirs",
              message: "prompt is too long",
              body: null,
              headers: {},
            },
          },
        },
        END,
      ],
      CONTEXT,
      [],
    ],
  ];
  test.each(rows)("%s", (name, events, context, lost) => {
    const written = write(events, context);
    expectGolden(`writer-${name}.sse`, written.text);
    expect(written.lost).toEqual(lost);
  });
});

test("what another protocol alone has is lost once each", () => {
  const events: IrEvent[] = [
    { ...START, extras: { container: { id: "c" } }, spelling: NO_SPELLING },
    block(0, { type: "opaque", sourceProtocol: FOREIGN, name: "search", value: {}, spelling: NO_SPELLING }),
    { type: "opaque-delta", block: 0, sourceProtocol: FOREIGN, value: {} },
    over(0),
    block(1, { type: "text" }),
    say(1, "a", {}),
    say(1, "b", {}),
    over(1),
    END,
  ];
  expect(write(events).lost).toEqual(["dropped container", "dropped delta.search", "dropped logprobs"]);
});

test("nothing follows an ending", () => {
  const writer = openai.payload.createStreamWriter(CONTEXT);
  expect(writer.push(END).at(-1)).toEqual({ event: null, data: "[DONE]" });
  expect([START, END, say(0, "x")].flatMap((event) => writer.push(event))).toEqual([]);
});
