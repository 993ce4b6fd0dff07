// Streams of the vendor, its oddities included, and the exact bytes of ours.

import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { IrEvent } from "../../../src/ir/event.ts";
import { failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { asObject, parseJson } from "../../../src/std/json.ts";
import { STREAMS } from "../../corpus/corpus.ts";
import { joinFrames, payload, readEvents, splitBytes, writeEvents } from "./builders.ts";

const frame = (event: string, data: object): Frame => ({ event, data: JSON.stringify(data) });
const START = frame("messageStart", { role: "assistant", p: "abc" });
const STOP = frame("messageStop", { stopReason: "end_turn", p: "a" });
const METADATA = frame("metadata", {
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  metrics: { latencyMs: 9 },
});
const delta = (index: number, content: object): Frame =>
  frame("contentBlockDelta", { contentBlockIndex: index, delta: content });
const stop = (index: number): Frame => frame("contentBlockStop", { contentBlockIndex: index });

const told = (events: readonly IrEvent[]): string[] =>
  events.flatMap((event) => {
    switch (event.type) {
      case "block-start":
        return [`open ${event.block} ${event.content.type}`];
      case "text-delta":
      case "arguments-delta":
        return [`${event.block} ${event.text}`];
      case "signature-delta":
        return [`${event.block} signed ${event.signature.value}`];
      case "block-end":
        return [`close ${event.block}`];
      case "finish":
        return [event.finish.reason];
      case "failed":
        return [`failed ${event.failure.kind}: ${event.failure.message}`];
      case "loss":
        return [event.loss.detail];
      case "end":
        return ["end"];
      default:
        return [];
    }
  });

describe("read", () => {
  test.each<[string, readonly Frame[], string[]]>([
    [
      "a text has no start",
      [START, delta(0, { text: "Hi" }), delta(0, { text: "." }), stop(0), STOP, METADATA],
      ["open 0 text", "0 Hi", "0 .", "close 0", "stop", "end"],
    ],
    [
      "an empty start says nothing",
      [
        START,
        frame("contentBlockStart", { contentBlockIndex: 0, start: {} }),
        delta(0, { text: "Hi" }),
        stop(0),
        STOP,
        METADATA,
      ],
      ["open 0 text", "0 Hi", "close 0", "stop", "end"],
    ],
    [
      "reasoning and its signature",
      [
        START,
        delta(0, { reasoningContent: { text: "Hm." } }),
        delta(0, { reasoningContent: { signature: "c2ln" } }),
        stop(0),
        delta(1, { text: "So." }),
        stop(1),
        STOP,
        METADATA,
      ],
      ["open 0 reasoning", "0 Hm.", "0 signed c2ln", "close 0", "open 1 text", "1 So.", "close 1", "stop", "end"],
    ],
    [
      "redacted reasoning in pieces",
      [
        START,
        delta(0, { reasoningContent: { redactedContent: "YWI=" } }),
        delta(0, { reasoningContent: { redactedContent: "Y2Q=" } }),
        stop(0),
        STOP,
        METADATA,
      ],
      ["open 0 reasoning", "close 0", "stop", "end"],
    ],
    [
      "a block that is never closed",
      [START, delta(0, { text: "Hi" }), STOP, METADATA],
      ["open 0 text", "0 Hi", "close 0", "stop", "end"],
    ],
    [
      "another kind at the same index",
      [START, delta(0, { reasoningContent: { text: "Hm." } }), delta(0, { text: "So." }), stop(0), STOP, METADATA],
      ["open 0 reasoning", "0 Hm.", "close 0", "open 1 text", "1 So.", "close 1", "stop", "end"],
    ],
    [
      "no metadata",
      [START, delta(0, { text: "Hi" }), stop(0), STOP],
      ["open 0 text", "0 Hi", "close 0", "stop", "end"],
    ],
    [
      "no start of the message",
      [delta(0, { text: "Hi" }), stop(0), STOP, METADATA],
      ["open 0 text", "0 Hi", "close 0", "stop", "end"],
    ],
    [
      "an answer cut short",
      [START, delta(0, { text: "Hi" })],
      ["open 0 text", "0 Hi", "failed malformed: Network error: the model's answer broke off before its end."],
    ],
    [
      "metadata and no reason",
      [START, delta(0, { text: "Hi" }), METADATA],
      ["open 0 text", "0 Hi", "failed malformed: Network error: the model's answer broke off before its end."],
    ],
    [
      "an exception",
      [START, frame("exception:throttlingException", { message: "Too fast." })],
      ["failed rate-limited: Too fast."],
    ],
    [
      "an exception with the name of its class",
      [frame("exception:ModelStreamErrorException", { message: "Broke." })],
      ["failed overloaded: The model is overloaded. Try again in a moment."],
    ],
    [
      "an exception without words",
      [frame("exception:internalServerException", {})],
      ["failed server-error: The model's provider had an internal error."],
    ],
    [
      "an exception nobody knows",
      [frame("exception:x", { message: "?" })],
      ["failed server-error: The model's provider had an internal error."],
    ],
    [
      "too long a prompt",
      [frame("exception:validationException", { message: "Input is too long for requested model." })],
      ["failed context-length: Input is too long for requested model."],
    ],
    [
      "an event nobody knows",
      [START, frame("initial-response", {}), frame("futureEvent", {}), STOP],
      ["the IR does not carry event futureEvent", "stop", "end"],
    ],
    [
      "a delta nobody knows",
      [START, delta(0, { futureDelta: 1 }), STOP],
      ["the IR does not carry delta futureDelta", "stop", "end"],
    ],
    [
      "input of no call",
      [START, delta(3, { toolUse: { input: "{}" } }), STOP],
      ["the IR does not carry input of no call", "stop", "end"],
    ],
    [
      "data that is none",
      [START, { event: "messageStop", data: "{" }],
      ["failed malformed: Server error, bad gateway: the model's provider sent an answer that cannot be used."],
    ],
  ])("%s", (_name, frames, wanted) => expect(told(readEvents(frames))).toEqual(wanted));

  test("a tool of the vendor's own is one block, whatever is in it", () => {
    const events = readEvents([
      START,
      frame("contentBlockStart", {
        contentBlockIndex: 0,
        start: { toolUse: { toolUseId: "t", name: "nova_grounding", type: "server_tool_use" } },
      }),
      delta(0, { toolUse: { input: "{}" } }),
      stop(0),
      frame("contentBlockStart", { contentBlockIndex: 1, start: { toolResult: { toolUseId: "t", type: "x" } } }),
      delta(1, { toolResult: [{ text: "Found." }] }),
      stop(1),
      STOP,
      METADATA,
    ]);
    expect(told(events)).toEqual(["open 0 opaque", "close 0", "open 1 opaque", "close 1", "stop", "end"]);
    expect(told(readEvents(writeEvents(events)))).toEqual(told(events));
  });

  test("pieces of redacted reasoning are joined as bytes", () => {
    const events = readEvents([
      START,
      delta(0, { reasoningContent: { redactedContent: "YWI=" } }),
      delta(0, { reasoningContent: { redactedContent: "Y2Q=" } }),
      stop(0),
      STOP,
    ]);
    expect(events.find((event) => event.type === "block-start")).toMatchObject({
      content: { encrypted: { issuer: "bedrock-redacted", value: "YWJjZA==" } },
    });
  });

  test("a flood of blocks ends in one failure", () => {
    const frames = Array.from({ length: 20_000 }, (_, index) => delta(index, { text: "x" }));
    const events = readEvents([START, ...frames]);
    expect(events.filter((event) => event.type === "failed")).toHaveLength(1);
  });
});

describe("written", () => {
  const golden = (name: string) => Bun.file(join(import.meta.dir, "golden", `${name}.es.hex`));
  const cases: Readonly<Record<string, readonly IrEvent[]>> = {
    text: STREAMS["text"] ?? [],
    tools: STREAMS["calls interleaved"] ?? [],
    reasoning: STREAMS["reasoning and then text"] ?? [],
    citation: STREAMS["a citation"] ?? [],
    failed: [...(STREAMS["text"] ?? []).slice(0, 3), { type: "failed", failure: failure("rate-limited", "Too fast.") }],
    empty: STREAMS["nothing at all"] ?? [],
  };

  test.each(Object.keys(cases))("the bytes of: %s", async (name) => {
    const bytes = joinFrames(writeEvents(cases[name] ?? []));
    const hex = (
      Buffer.from(bytes)
        .toString("hex")
        .match(/.{1,96}/g) ?? []
    ).join("\n");
    if (process.env["UPDATE_GOLDEN"] === "1") await Bun.write(golden(name), `${hex}\n`);
    expect(`${hex}\n`).toBe(await golden(name).text());
  });

  test("reasoning of another vendor comes back to its issuer alone", () => {
    for (const sealed of [
      { type: "signature-delta", block: 0, signature: { issuer: "gemini", value: "Z2Vt" } } as const,
      null,
    ]) {
      const encrypted = sealed === null ? { issuer: "openai", value: "ZW5j" } : null;
      const events: IrEvent[] = [
        {
          type: "start",
          sourceProtocol: "x",
          id: null,
          model: null,
          createdMs: null,
          serviceTier: null,
          extras: {},
          spelling: NO_SPELLING,
        },
        { type: "block-start", block: 0, choice: 0, content: { type: "reasoning", encrypted } },
        ...(sealed === null ? [] : [sealed]),
        { type: "block-end", block: 0 },
        { type: "end" },
      ];
      const back = readEvents(splitBytes(joinFrames(writeEvents(events))));
      const found = back.find((event) => event.type === "signature-delta" || event.type === "block-start");
      expect(JSON.stringify(back)).toContain(
        sealed === null ? '"issuer":"openai","value":"ZW5j"' : '"issuer":"gemini","value":"Z2Vt"',
      );
      expect(found).toBeDefined();
    }
  });

  test("reasoning that says nothing leaves no stop without a start", () => {
    const frames = writeEvents([
      {
        type: "start",
        sourceProtocol: "x",
        id: null,
        model: null,
        createdMs: null,
        serviceTier: null,
        extras: {},
        spelling: NO_SPELLING,
      },
      { type: "block-start", block: 0, choice: 0, content: { type: "reasoning", encrypted: null } },
      { type: "block-end", block: 0 },
      { type: "end" },
    ]);
    expect(frames.map(({ event }) => event)).toEqual(["messageStart", "messageStop", "metadata"]);
  });
});

describe("the tap", () => {
  test("sees words, the end, the count and exceptions, and nothing in padding", () => {
    const tap = payload.createTap();
    const notes = [START, delta(0, { text: "" }), delta(0, { text: "Hi" }), stop(0), STOP, METADATA].map((each) =>
      tap.frame(each),
    );
    expect(notes.map((note) => note.meaningful)).toEqual([false, false, true, false, true, false]);
    expect(notes.map((note) => note.settled)).toEqual([false, false, false, false, true, true]);
    expect(notes.at(-1)).toMatchObject({ terminal: true, usage: { freshInputTokens: 3, outputTokens: 2 } });
    expect(payload.createTap().frame(frame("exception:validationException", { message: "No." }))).toMatchObject({
      failure: { type: "ValidationException", status: 400, message: "No." },
      terminal: true,
    });
  });

  test.each<[unknown, boolean]>([
    [{ output: { message: { content: [] } } }, true],
    [{ message: "It broke." }, false],
    [{ __type: "ThrottlingException" }, false],
    [{}, false],
  ])("a body %p is an answer: %p", (body, isAnswer) => {
    const note = payload.createTap().body(asObject(parseJson(JSON.stringify(body))) ?? {});
    expect(note.failure === null).toBe(isAnswer);
  });
});
