/** What must hold for any stream, any answer and any bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type IrEvent, isMeaningful } from "../../../src/ir/event.ts";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { type IrBlock, NO_SPELLING } from "../../../src/ir/request.ts";
import type { IrResponse } from "../../../src/ir/response.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import {
  flatName,
  legalCallId,
  legalName,
  legalPastName,
  restoreName,
} from "../../../src/protocols/responses/names.ts";
import { readSignatures, writeSignatures } from "../../../src/protocols/responses/reasoning-signatures.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asObject, asText, at, type JsonObject } from "../../../src/std/json.ts";
import { reasoning } from "../../harness/builders.ts";
import { judged } from "../../harness/judged.ts";
import {
  anyBlock,
  anyRequest,
  anyResponse,
  expectCutNeverWhole,
  expectLegalEvents,
  expectSameWhereverCut,
  factsProperty,
  isEnding,
  jsonOf,
  throwsOnlyWireError,
} from "../../harness/protocol-properties.ts";
import { CONTEXT, contextOf, OPTIONS } from "./builders.ts";
import { readGolden } from "./golden.ts";
import { counting, write } from "./streams.ts";

const RUNS = { numRuns: 200 };
const { payload, carrier } = responses;
const GOLDENS = ["text", "tools", "reasoning", "cited", "incomplete", "failed"].map((name) => `writer-${name}.sse`);

/** Numbered from 0, begun as the vendor begins, items at their places and closed once, one last event that repeats them. */
function expectLegalFrames(frames: readonly Frame[]): void {
  const events = frames.map(({ data }) => JSON.parse(data) as unknown);
  expect(events.map((each) => at(each, "sequence_number"))).toEqual(events.map((_, index) => index));
  expect(events.map((each) => at(each, "type"))).toEqual(frames.map(({ event }) => event));
  const types = events.map((each) => String(at(each, "type")));
  expect(types.slice(0, 2)).toEqual(["response.created", "response.in_progress"]);
  const endings = types.filter((type) => /^response\.(completed|incomplete|failed)$/.test(type));
  expect(endings).toEqual(types.slice(-1));
  const items: unknown[] = [];
  for (const each of events) {
    const index = Number(at(each, "output_index"));
    if (at(each, "type") === "response.output_item.added") {
      expect(index).toBe(items.length);
      items.push(null);
    } else if (at(each, "type") === "response.output_item.done") {
      expect(items[index]).toBeNull();
      items[index] = at(each, "item");
    } else if (at(each, "output_index") !== undefined) expect(items[index]).toBeNull();
  }
  const last = asArray(at(events.at(-1), "response", "output")) ?? [];
  expect(last).toHaveLength(items.length);
  for (const [index, item] of items.entries()) expect(item === null ? last[index] : item).toEqual(last[index]);
  expect(types.at(-1) === "response.failed" || !items.includes(null)).toBe(true);
}

describe("streams", () => {
  test.each(GOLDENS)("%s reads the same wherever it is cut", (name) => {
    expectSameWhereverCut(responses, readGolden(name), 23);
  });

  test.each(GOLDENS)("%s cut short never looks complete", (name) => {
    const golden = readGolden(name);
    expectCutNeverWhole(responses, golden, { finished: golden.lastIndexOf("event: response."), step: 211 });
  });

  test.each(GOLDENS)("%s: the tap commits with the reader", (name) => {
    const splitter = carrier.framing.createSplitter();
    const frames = [...splitter.push(encodeUtf8(readGolden(name))), ...splitter.end()];
    const tap = payload.createTap();
    const reader = payload.createStreamReader();
    const notes = frames.map((frame) => ({ note: tap.frame(frame), events: reader.push(frame) }));
    expect(notes.findIndex(({ note }) => note.meaningful)).toBe(
      notes.findIndex(({ events }) => events.some(isMeaningful)),
    );
    expect(notes.findIndex(({ note }) => note.settled)).toBe(notes.findIndex(({ events }) => events.some(isEnding)));
  });

  const word = fc.constantFrom("", "a", "é😀", '"\n', "[DONE]");
  const index = fc.oneof(fc.nat(3), fc.constant(2 ** 53), fc.constant("x"), fc.constant(-1));
  const part = fc.record(
    {
      type: fc.constantFrom("output_text", "refusal", "summary_text", "odd"),
      text: word,
      refusal: word,
      annotations: fc.constantFrom([], [{ type: "url_citation", url: "u" }], 5),
    },
    { requiredKeys: [] },
  );
  const item = fc.record(
    {
      type: fc.constantFrom("message", "function_call", "custom_tool_call", "reasoning", "web_search_call", 5),
      id: fc.constantFrom("i1", "i2", "", 5),
      call_id: word,
      name: fc.constantFrom("", "look", "x-u_a", 5),
      namespace: fc.constantFrom("n", "", 5),
      arguments: fc.oneof(word, fc.constant({ a: 1 })),
      input: word,
      content: fc.oneof(fc.array(part, { maxLength: 3 }), fc.constant("text")),
      summary: fc.array(part, { maxLength: 2 }),
      encrypted_content: fc.constantFrom("", "g", "rm:s:anthropic:x", null),
    },
    { requiredKeys: [] },
  );
  const types = [
    "response.created",
    "response.output_item.added",
    "response.output_item.added",
    "response.output_item.done",
    "response.content_part.added",
    "response.content_part.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.output_text.annotation.added",
    "response.refusal.delta",
    "response.reasoning_text.delta",
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_text.done",
    "response.function_call_arguments.delta",
    "response.function_call_arguments.done",
    "response.custom_tool_call_input.delta",
    "response.web_search_call.searching",
    "response.completed",
    "response.incomplete",
    "brand.new",
  ];
  const event = fc.record(
    {
      type: fc.constantFrom(...types),
      output_index: index,
      content_index: index,
      summary_index: index,
      item_id: fc.constantFrom("i1", "i2", 5),
      item,
      part,
      delta: fc.oneof(word, fc.constant(5)),
      text: word,
      arguments: word,
      annotation: fc.constantFrom({ type: "url_citation", url: "u" }, 5),
      logprobs: fc.constantFrom([], [{ token: "a" }], 5),
      response: fc.record(
        {
          id: word,
          status: fc.constantFrom("completed", "incomplete", "failed", "odd"),
          output: fc.array(item, { maxLength: 3 }),
          usage: fc.constantFrom(null, {}, { output_tokens: 1 }, { output_tokens: -1 }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["type"] },
  );
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    { weight: 20, arbitrary: event.map((json): Frame => ({ event: null, data: JSON.stringify(json) })) },
    { weight: 1, arbitrary: fc.string().map((data): Frame => ({ event: null, data })) },
    { weight: 1, arbitrary: fc.constant<Frame>({ event: "error", data: '{"type":"error","code":"x"}' }) },
  );
  const tools = [{ type: "namespace", name: "n", tools: [{ type: "function", name: "look" }] }];

  test("any frames make a legal stream of events, and those a legal stream of frames", () => {
    const asked = contextOf({ input: "Hi", tools });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 14 }), fc.constantFrom(CONTEXT, asked), (frames, context) => {
        const reader = payload.createStreamReader();
        const events = judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]);
        expectLegalEvents(events);
        expectLegalFrames(write(events, counting(context)).frames);
      }),
      { numRuns: 400 },
    );
  });

  test("what is written is read again as it was", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 14 }), (frames) => {
        const reader = payload.createStreamReader();
        const once = write(
          judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]),
          counting(),
        ).frames;
        const again = payload.createStreamReader();
        const twice = write(judged([...once.flatMap((each) => again.push(each)), ...again.end()]), counting()).frames;
        const answerOf = (written: readonly Frame[]) => {
          const response = at(JSON.parse(written.at(-1)?.data ?? ""), "response");
          return [at(response, "status") === "failed" ? null : at(response, "output"), at(response, "usage")].map(
            plain,
          );
        };
        expect(answerOf(twice)).toEqual(answerOf(once));
      }),
      RUNS,
    );
  });

  test("any frames are tapped without a throw", () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (frames) => {
        const tap = payload.createTap();
        expect(frames.map((each) => tap.frame(each))).toHaveLength(frames.length);
      }),
      RUNS,
    );
  });
});

/** Ids of items are new in each writing. */
function plain(value: unknown): unknown {
  const list = asArray(value);
  if (list !== undefined) return list.map(plain);
  const object = asObject(value);
  if (object === undefined) return value;
  return Object.fromEntries(
    Object.entries(object).flatMap(([name, each]) => (name === "id" ? [] : [[name, plain(each)]])),
  );
}

describe("any bytes", () => {
  const names = ["input", "output", "content", "role", "type", "call_id", "name", "tools", "error", "text", "summary"];
  const words = [
    "user",
    "assistant",
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "input_text",
    "namespace",
  ];
  const json = jsonOf(names, [...words, "additional_tools"]);

  test("give a request that can be written again, or a WireError", () => {
    fc.assert(
      fc.property(
        json,
        throwsOnlyWireError("input", (body) =>
          payload.writeRequest(payload.readRequest({ model: "m", ...body }).value, OPTIONS),
        ),
      ),
      { numRuns: 400 },
    );
  });
  test("give an answer, or a WireError", () => {
    fc.assert(
      fc.property(
        json,
        throwsOnlyWireError("input", (body) => payload.writeResponse(payload.readResponse(body).value, CONTEXT)),
      ),
      RUNS,
    );
  });
  test("give facts, error words and a note", () => {
    fc.assert(factsProperty(payload, json), RUNS);
  });
});

describe("requests of any protocol", () => {
  const sealed = fc
    .constantFrom("responses", "anthropic", null)
    .map((issuer): IrBlock => reasoning("Hmm", { encrypted: { issuer, value: "c2VhbA==" } }));
  const block = anyBlock({ idCharsMax: 80, kinds: ["function", "custom"], thoughts: sealed });
  const request = anyRequest(block);
  const response = anyResponse(block);

  test("are written so that the vendor's rules hold, and read back as the same body", () => {
    fc.assert(
      fc.property(request, (each) => {
        const { value } = payload.writeRequest(each, OPTIONS);
        expectLegalInput(asArray(value["input"]) ?? []);
        expect(payload.writeRequest(payload.readRequest(value).value, OPTIONS)).toEqual({ value, losses: [] });
      }),
      RUNS,
    );
  });

  test("answers of any protocol are read back as the same body", () => {
    fc.assert(
      fc.property(response, (each) => {
        const { value } = payload.writeResponse(each, counting());
        expect(payload.writeResponse(payload.readResponse(value).value, CONTEXT)).toEqual({ value, losses: [] });
      }),
      RUNS,
    );
  });

  test("a whole answer and the stream of it say the same, but for calls without a name", () => {
    fc.assert(
      fc.property(response, (each) => {
        fc.pre(each.choices.every(({ blocks }) => blocks.every((one) => one.type !== "tool-call" || one.name !== "")));
        const whole = payload.readResponse(payload.writeResponse(each, counting()).value).value;
        const accumulator = createAccumulator();
        const reader = payload.createStreamReader();
        const frames = write(streamOf(payload.writeResponse(each, counting()).value), counting()).frames;
        for (const event of [...frames.flatMap((one) => reader.push(one)), ...reader.end()]) accumulator.push(event);
        const told = (response: IrResponse) =>
          response.choices[0]?.blocks.map((one) => ({ ...one, extras: {}, spelling: NO_SPELLING }));
        expect(told(accumulator.response())?.length).toBe(told(whole)?.length ?? -1);
        expect(accumulator.response().usage).toEqual(whole.usage);
      }),
      RUNS,
    );
  });
});

/** The events of a body, as if the vendor had told all of it with its last one. */
function streamOf(body: JsonObject): IrEvent[] {
  const reader = payload.createStreamReader();
  return judged(reader.push({ event: null, data: JSON.stringify({ type: "response.completed", response: body }) }));
}

/** Every result stands behind its call; no message is empty; ids and names fit; no item names an id. */
function expectLegalInput(items: readonly unknown[]): void {
  const asked = new Set<unknown>();
  for (const item of items) {
    expect(at(item, "id")).toBeUndefined();
    const callId = asText(at(item, "call_id"));
    if (callId !== undefined) expect(callId.length).toBeLessThanOrEqual(64);
    switch (at(item, "type")) {
      case "message":
        expect(at(item, "content")).not.toBe("");
        expect(at(item, "content")).not.toEqual([]);
        break;
      case "function_call":
      case "custom_tool_call":
        asked.add(callId);
        expect(at(item, "name")).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
        break;
      case "reasoning":
        expect(at(item, "encrypted_content")).toBe("c2VhbA==");
        break;
      default:
        expect(asked.has(callId)).toBe(true);
    }
  }
}

describe("names, ids and seals", () => {
  const name = fc.oneof(fc.string({ maxLength: 150 }), fc.stringMatching(/^(x-u_)?[a-z_.u0-9]{0,20}$/));

  test("a name written for the vendor comes back", () => {
    fc.assert(
      fc.property(name, (each) => {
        const legal = legalName(each);
        expect(legal === null || /^[a-zA-Z0-9_-]{1,128}$/.test(legal)).toBe(true);
        expect(legal === null ? each : restoreName(legal)).toBe(each);
        expect(legalPastName(each)).toMatch(/^[a-zA-Z0-9_-]{1,128}$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("a flat name is one that every protocol takes", () => {
    fc.assert(
      fc.property(name, name, (namespace, each) => {
        expect(flatName(namespace, each)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("different long ids stay different, and ids that fit stay as they are", () => {
    const long = Array.from({ length: 2000 }, (_, number) => `toolu_${"x".repeat(60)}${number}`);
    expect(new Set(long.map(legalCallId)).size).toBe(long.length);
    expect(legalCallId("toolu_01QXVkPZYABFNhTASu9uBdEM")).toBe("toolu_01QXVkPZYABFNhTASu9uBdEM");
  });

  test("a seal comes back with its issuer and kind", () => {
    const sealed = fc.record({
      issuer: fc.constantFrom("responses", "anthropic", "gemini", null),
      value: fc.stringMatching(/^[A-Za-z0-9+/=]{1,20}$/),
    });
    fc.assert(
      fc.property(sealed, fc.boolean(), (each, isSignature) => {
        const seals = isSignature ? { signature: each, encrypted: null } : { signature: null, encrypted: each };
        const isOwn = each.issuer === "responses";
        // The vendor itself knows only one kind.
        expect(readSignatures(writeSignatures(seals) ?? "")).toEqual(
          isOwn ? { signature: null, encrypted: each } : seals,
        );
      }),
      RUNS,
    );
  });
});
