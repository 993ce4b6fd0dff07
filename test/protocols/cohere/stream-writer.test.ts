/** Events of any vendor as this one's sequence: the exact bytes are in golden/, rules that hold for all stand here. */

import { describe, expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { expectGolden } from "./golden.ts";
import {
  args,
  bytesOf,
  close,
  counted,
  counting,
  END,
  finished,
  open,
  openCall,
  openText,
  START,
  say,
  write,
} from "./streams.ts";

const cite = (block: number, span: { readonly start: number; readonly end: number } | null): IrEvent => {
  const nothing = { title: "T", citedText: "words", sourceProtocol: "elsewhere", raw: {} };
  const { start = null, end = null } = span ?? {};
  return { type: "citation", block, citation: { kind: "url", url: "https://x.invalid/", start, end, ...nothing } };
};
const reasoning = (block: number, issuer: string | null = null): IrEvent => {
  return open(block, { type: "reasoning", encrypted: issuer === null ? null : { issuer, value: "c2VhbA==" } });
};
const dataOf = (events: readonly IrEvent[]) => write(events).frames.map(({ data }) => data);
const typesOf = (events: readonly IrEvent[]) =>
  dataOf(events).map((data) => (data === "[DONE]" ? data : String(JSON.parse(data).type)));

describe("goldens", () => {
  const rows: [string, readonly IrEvent[], string[]][] = [
    [
      "writer-text.sse",
      [START, openText(0), say(0, 'Hello "you"'), say(0, "\n!"), close(0), finished("stop"), counted, END],
      [],
    ],
    [
      "writer-tools.sse",
      [
        START,
        openText(0),
        say(0, "Let me look."),
        close(0),
        openCall(1, "c1", "look"),
        openCall(2, "c2", "list-files"),
        args(2, '{"b":'),
        args(1, '{"a":1}'),
        args(2, "2}"),
        close(2),
        close(1),
        openCall(3, "c3", "now"),
        close(3),
        openCall(4, "c4", "sh", "custom"),
        args(4, "ls "),
        args(4, '"x"'),
        close(4),
        finished("tool-calls"),
        counted,
        END,
      ],
      [],
    ],
    [
      "writer-reasoning.sse",
      [
        START,
        reasoning(0),
        say(0, "Hm"),
        say(0, "m."),
        { type: "signature-delta", block: 0, signature: { issuer: "x", value: "s" } },
        close(0),
        reasoning(1, "x"),
        close(1),
        openText(2),
        say(2, "So."),
        cite(2, null),
        say(2, " Yes."),
        cite(2, { start: 4, end: 7 }),
        close(2),
        finished("length"),
        END,
      ],
      ["dropped message.content.thinking"],
    ],
    [
      "writer-failed.sse",
      [
        START,
        openText(0),
        say(0, "Hel"),
        { type: "failed", failure: failure("overloaded", "The model is overloaded.") },
      ],
      [],
    ],
    ["writer-empty.sse", [START, finished("stop"), END], []],
  ];
  test.each(rows)("%s", (name, events, losses) => {
    const { frames, lost } = write(events, counting());
    expectGolden(name, bytesOf(frames));
    expect(lost).toEqual(losses);
  });
});

test("one part is open at a time, and calls that another vendor interleaves wait", () => {
  expect(
    typesOf([
      START,
      openCall(0, "a", "f"),
      openCall(1, "b", "g"),
      args(1, "{2}"),
      args(0, "{1}"),
      close(0),
      close(1),
      END,
    ]).join(" "),
  ).toBe(
    "message-start tool-call-start tool-call-delta tool-call-end tool-call-start tool-call-delta tool-call-end message-end [DONE]",
  );
});

test("a failure before anything is an ending of its own", () => {
  expect(typesOf([{ type: "failed", failure: failure("network", "It broke.") }])).toEqual([
    "message-start",
    "message-end",
    "[DONE]",
  ]);
});

test("a text without a word opens nothing", () => {
  expect(typesOf([START, openText(0), say(0, ""), close(0), END])).toEqual(["message-start", "message-end", "[DONE]"]);
});

test("other answers than the first, and parts of another protocol, are losses", () => {
  const { lost, frames } = write([
    START,
    { type: "block-start", block: 0, choice: 1, content: { type: "text" } },
    say(0, "Two."),
    close(0),
    open(1, { type: "opaque", sourceProtocol: "elsewhere", name: "web_search", value: {}, spelling: NO_SPELLING }),
    { type: "opaque-delta", block: 1, sourceProtocol: "elsewhere", value: {} },
    close(1),
    open(2, { type: "refusal" }),
    say(2, "No."),
    close(2),
    finished("refusal"),
    END,
  ]);
  expect(bytesOf(frames)).not.toContain("Two.");
  expect(bytesOf(frames)).toContain('"text":"No."');
  expect(lost).toEqual([
    "dropped choices",
    "dropped message.content",
    "approximated message.content",
    "approximated finish_reason",
  ]);
});

test("calls held beyond any answer's size end the stream instead of losing a part", () => {
  const big = "x".repeat(1024 * 1024);
  const events = [
    START,
    openCall(0, "a", "f"),
    openCall(1, "b", "g"),
    ...Array.from({ length: 20 }, () => args(1, big)),
  ];
  const types = typesOf([...events, END]);
  expect(types.slice(-2)).toEqual(["message-end", "[DONE]"]);
  expect(dataOf(events).at(-2)).toContain('"finish_reason":"ERROR"');
});
