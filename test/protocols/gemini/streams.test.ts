// Streamed answers: what is read of the vendor's frames, and the exact bytes that are written for answers of any vendor.
import { describe, expect, test } from "bun:test";
import type { IrEvent } from "../../../src/ir/event.ts";
import { failure } from "../../../src/ir/failure.ts";
import { createAccumulator } from "../../../src/ir/fold.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { concatBytes, decodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asObject, at, type JsonObject } from "../../../src/std/json.ts";
import {
  args,
  citation,
  close,
  counted,
  END,
  finished,
  open,
  openCall,
  openReasoning,
  openText,
  say,
  start,
} from "../../harness/builders.ts";
import { answerContext, carrier, frame, payload, readEvents, writeEvents } from "./builders.ts";
import { expectGolden } from "./golden.ts";

const kinds = (events: readonly Pick<IrEvent, "type">[]): string[] => events.map(({ type }) => type);
const reads = (...frames: Frame[]) => {
  const read = createAccumulator();
  for (const event of readEvents(frames)) read.push(event);
  return read;
};
const STOP = { finishReason: "STOP" };
const signature = (issuer: string, value: string, block: number): IrEvent => ({
  type: "signature-delta",
  block,
  signature: { issuer, value },
});

describe("read", () => {
  test("text in pieces is one block, thoughts another, a call comes whole", () => {
    const read = reads(
      frame([{ text: "Hm", thought: true }]),
      frame([{ text: "m.", thought: true }]),
      frame([{ text: "Let me" }]),
      frame([{ text: " look." }]),
      frame(
        [
          { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "s" },
          { functionCall: { name: "f", args: {} } },
        ],
        STOP,
      ),
    );
    expect(read.response().choices).toMatchObject([
      {
        blocks: [
          { type: "reasoning", text: "Hmm." },
          { type: "text", text: "Let me look." },
          { type: "reasoning", text: "", signature: { issuer: "gemini", value: "s" } },
          { type: "tool-call", arguments: '{"a":1}' },
          { type: "tool-call" },
        ],
        finish: { reason: "tool-calls", raw: "STOP" },
      },
    ]);
    const ids = read.response().choices[0]?.blocks.flatMap((block) => (block.type === "tool-call" ? block.id : []));
    expect(new Set(ids).size).toBe(2);
  });

  test("a signature on text stays beside it, and on nothing by itself", () => {
    expect(
      reads(
        frame([{ text: "Hi.", thoughtSignature: "s1" }]),
        frame([{ text: "", thoughtSignature: "s2" }], STOP),
      ).response().choices[0]?.blocks,
    ).toMatchObject([
      { type: "text", text: "Hi." },
      { type: "reasoning", signature: { value: "s1" } },
      { type: "reasoning", signature: { value: "s2" } },
    ]);
  });

  test("numbers of arguments keep their digits", () => {
    const data =
      '{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"id":12345678901234567890,"x":1.0}}}]},"finishReason":"STOP"}]}';
    expect(reads({ event: null, data }).response().choices[0]?.blocks[0]).toMatchObject({
      arguments: '{"id":12345678901234567890,"x":1.0}',
    });
  });

  test("a refused prompt is an answer", () => {
    const data = JSON.stringify({
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
    });
    const read = reads({ event: null, data });
    expect(read.failed()).toBe(false);
    expect(read.response()).toMatchObject({
      choices: [{ blocks: [], finish: { reason: "content-filter", raw: "SAFETY" } }],
      usage: { freshInputTokens: 3, outputTokens: 0 },
    });
  });

  test("several candidates each end for themselves", () => {
    const two = (one: object, other: object): Frame => ({
      event: null,
      data: JSON.stringify({
        candidates: [
          { index: 0, ...one },
          { index: 1, ...other },
        ],
      }),
    });
    const reader = payload.createStreamReader();
    reader.push(
      two({ content: { parts: [{ text: "A" }] }, finishReason: "STOP" }, { content: { parts: [{ text: "B" }] } }),
    );
    expect(reader.settled).toBe(false);
    reader.push(two({}, { finishReason: "MAX_TOKENS" }));
    expect([reader.settled, kinds(reader.end())]).toEqual([
      true,
      ["block-end", "finish", "block-end", "finish", "end"],
    ]);
  });

  test("sources are told at their places, in characters", () => {
    const groundingMetadata = {
      groundingChunks: [{ web: { uri: "https://a.invalid", title: "A" } }, { web: { uri: "https://b.invalid" } }],
      groundingSupports: [{ segment: { startIndex: 3, endIndex: 9, text: "größ" }, groundingChunkIndices: [0] }],
    };
    const [block] =
      reads(frame([{ text: "So " }]), frame([{ text: "größer." }], { ...STOP, groundingMetadata })).response()
        .choices[0]?.blocks ?? [];
    expect(block).toMatchObject({
      citations: [
        { kind: "url", url: "https://a.invalid", title: "A", citedText: "größ", start: 3, end: 7 },
        { url: "https://b.invalid", start: null },
      ],
    });
  });

  const broken: readonly [string, readonly Frame[]][] = [
    ["nothing", []],
    ["no finish", [frame([{ text: "Hel" }])]],
    ["no JSON", [frame([{ text: "Hel" }]), { event: null, data: '{"cand' }]],
    ["a list", [{ event: null, data: "[]" }]],
    ["a call without a name", [frame([{ functionCall: {} }], STOP)]],
    [
      "an error",
      [frame([{ text: "Hel" }]), { event: null, data: '{"error":{"code":500,"message":"m","status":"INTERNAL"}}' }],
    ],
  ];
  test.each(broken)("%s: one failure", (_name, frames) => {
    const events = readEvents(frames);
    expect(events.filter(({ type }) => type === "failed" || type === "end")).toHaveLength(1);
    expect(events.at(-1)?.type).toBe("failed");
  });

  test("what the IR does not carry is told once", () => {
    const events = readEvents([
      frame([{ text: "a" }], { urlContextMetadata: {} }),
      frame([{ text: "b" }], { ...STOP, urlContextMetadata: {} }),
    ]);
    expect(events.filter(({ type }) => type === "loss")).toHaveLength(1);
  });
});

const WRITTEN: Readonly<Record<string, readonly IrEvent[]>> = {
  text: [start(), openText(0), say(0, "Hel"), say(0, "lo."), close(0), finished("stop"), counted(), END],
  tools: [
    start(),
    openText(0),
    say(0, "Looking."),
    close(0),
    openCall(1, "call_1", "f"),
    openCall(2, "call_2", "g"),
    args(1, '{"a":'),
    args(2, ""),
    args(1, "1}"),
    close(1),
    close(2),
    finished("tool-calls"),
    counted(),
    END,
  ],
  "reasoning of its own": [
    start(),
    openReasoning(0),
    say(0, "Hmm."),
    close(0),
    openReasoning(1),
    signature("gemini", "c2ln", 1),
    close(1),
    openCall(2, "rmg_0123456789abcdef01234567", "f"),
    args(2, "{}"),
    close(2),
    finished("tool-calls"),
    END,
  ],
  "reasoning of another": [
    start(),
    openReasoning(0),
    say(0, "Hmm."),
    signature("anthropic", "c2ln", 0),
    close(0),
    open(1, { type: "reasoning", encrypted: { issuer: "responses", value: "ZW5j" } }),
    close(1),
    openText(2),
    say(2, "So."),
    close(2),
    finished("stop"),
    END,
  ],
  cited: [
    start(),
    openText(0),
    say(0, "So."),
    { type: "citation", block: 0, citation: citation() },
    close(0),
    finished("stop"),
    END,
  ],
  failed: [
    start(),
    openText(0),
    say(0, "Hel"),
    { type: "failed", failure: failure("overloaded", "The model is overloaded.", 3000) },
  ],
  "failed at once": [{ type: "failed", failure: failure("rate-limited", "Too many requests.", 3000) }],
  empty: [start(), END],
};

describe("written", () => {
  for (const [name, events] of Object.entries(WRITTEN)) {
    for (const [form, framing] of [
      ["sse", carrier.framing],
      ["json", carrier.framingFor({ method: "POST", path: "", query: "", headers: {}, params: {} })],
    ] as const) {
      test(`${name} (${form}): the exact bytes`, async () => {
        const writer = payload.createStreamWriter(answerContext());
        const joiner = framing.createJoiner();
        const text = decodeUtf8(
          concatBytes([
            ...events.flatMap((event) => writer.push(event)).map((each) => joiner.write(each)),
            joiner.end(),
          ]),
        );
        if (form === "json") JSON.parse(text);
        await expectGolden(`${name.replaceAll(" ", "-")}.${form}`, text);
      });
    }
  }

  test("cut at every event it is one legal array and one ending", () => {
    for (const events of Object.values(WRITTEN)) {
      for (let kept = 0; kept <= events.length; kept++) {
        const head = events.slice(0, kept).filter(({ type }) => type !== "end" && type !== "failed");
        const written = writeEvents([...head, { type: "failed", failure: failure("network", "Gone.") }]);
        expect(written.filter((each) => each["error"] !== undefined)).toHaveLength(1);
        expect(written.at(-1)?.["error"]).toBeDefined();
      }
    }
  });

  test("nothing is sent to stay alive", () => {
    expect(writeEvents([start(), { type: "keep-alive" }])).toEqual([]);
  });

  test("arguments beyond all measure end in a failure", () => {
    const writer = payload.createStreamWriter(answerContext());
    writer.push(openCall(0, "c", "f"));
    const piece = "x".repeat(1024 * 1024);
    const frames = Array.from({ length: 20 }, () => writer.push(args(0, piece))).flat();
    expect(frames.map(({ data }) => JSON.parse(data).error?.status)).toEqual(["INTERNAL"]);
  });
});

describe("another vendor's seal", () => {
  const SEALED: IrEvent[] = [
    start(),
    open(0, { type: "reasoning", encrypted: null }),
    say(0, "Hm"),
    say(0, "m."),
    { type: "signature-delta", block: 0, signature: { issuer: "a-1", value: "c2ln" } },
    close(0),
    openText(1),
    say(1, "I look."),
    close(1),
  ];
  const calls = ["x", "y"].flatMap((id, index): IrEvent[] => [
    open(2 + index, { type: "tool-call", id, name: "f", kind: "function" }),
    args(2 + index, "{}"),
    close(2 + index),
  ]);
  const partsOf = (events: readonly IrEvent[]): JsonObject[] => {
    const writer = payload.createStreamWriter(answerContext());
    return events
      .flatMap((event) => writer.push(event))
      .flatMap(({ data }) => asArray(at(JSON.parse(data), "candidates", 0, "content", "parts")) ?? [])
      .map((part) => asObject(part) ?? {});
  };
  const replayed = (parts: readonly JsonObject[]) =>
    payload
      .readRequest({ contents: parts.map((part) => ({ role: "model", parts: [part] })) })
      .value.turns.flatMap(({ blocks }) => blocks);

  test("stands on the first call alone, where clients keep it", () => {
    const parts = partsOf([...SEALED, ...calls, END]);
    expect(parts.map((part) => [part["thought"] === true, part["thoughtSignature"] !== undefined])).toEqual([
      [true, false],
      [true, false],
      [false, false],
      [false, true],
      [false, false],
      [false, false],
    ]);
    const [first, ...rest] = replayed(parts);
    expect(first).toMatchObject({ type: "reasoning", text: "Hmm.", signature: { issuer: "a-1", value: "c2ln" } });
    expect(rest.slice(0, 3).map(({ type }) => type)).toEqual(["text", "tool-call", "tool-call"]);
  });

  test("comes back to its place from a client that discards thought parts", () => {
    const parts = partsOf([...SEALED, ...calls, END]).filter((part) => part["thought"] !== true);
    expect(replayed(parts)[0]).toMatchObject({
      type: "reasoning",
      text: "",
      signature: { issuer: "a-1", value: "c2ln" },
    });
  });

  test("stands on the last text of an answer without calls", () => {
    const parts = partsOf([...SEALED, END]);
    expect(Object.keys(parts.at(-1) ?? {})).toEqual(["text", "thoughtSignature"]);
    expect(
      replayed(parts)
        .map(({ type }) => type)
        .slice(0, 2),
    ).toEqual(["reasoning", "text"]);
  });

  test("in a thought part, as it was sent before, is read as well", () => {
    const tag = Buffer.from("rm:s:a-1:c2ln").toString("base64");
    const parts = [
      { text: "Hmm.", thought: true },
      { text: "", thought: true, thoughtSignature: tag },
      { text: "So." },
    ];
    expect(replayed(parts)).toMatchObject([{ text: "Hmm.", signature: { issuer: "a-1" } }, { text: "So." }]);
  });
});
