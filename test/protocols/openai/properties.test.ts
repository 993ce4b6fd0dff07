/** What must hold for any stream, any answer and any bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { IrEvent } from "../../../src/ir/event.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { legalCallId, legalName, legalPastName, restoreName } from "../../../src/protocols/openai/names.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asText, at } from "../../../src/std/json.ts";
import { judged } from "../../harness/judged.ts";
import {
  anyBlock,
  anyRequest,
  anyResponse,
  expectCutNeverWhole,
  expectLegalEvents,
  expectSameWhereverCut,
  factsProperty,
  jsonOf,
  openReasoning,
  readChunks,
  throwsOnlyWireError,
} from "../../harness/protocol-properties.ts";
import { CONTEXT, contextOf, OPTIONS } from "./builders.ts";
import { readGolden } from "./golden.ts";

const RUNS = { numRuns: 200 };
const { payload } = openai;

function expectStartFirst(events: readonly IrEvent[]): void {
  expect(events.findLastIndex(({ type }) => type === "start")).toBeLessThanOrEqual(0);
}

describe("streams", () => {
  const goldens = ["hidden-usage.upstream.sse", "writer-tools.sse", "writer-choices.sse", "writer-failed.sse"];
  test.each(goldens)("%s reads the same wherever it is cut", (name) => {
    expectSameWhereverCut(openai, readGolden(name), 1);
    expectStartFirst(readChunks(openai, [encodeUtf8(readGolden(name))]));
  });

  test.each(goldens)("%s cut short never looks complete", (name) => {
    const golden = readGolden(name);
    expectCutNeverWhole(openai, golden, { finished: golden.lastIndexOf('"finish_reason":"'), step: 7 });
  });

  const word = fc.constantFrom("", "a", "é😀", '"\n', "[DONE]");
  const piece = fc.record(
    {
      index: fc.oneof(fc.nat(3), fc.constant(2 ** 53), fc.constant("x")),
      id: fc.constantFrom("", "c1", "c2", "c3"),
      type: fc.constantFrom("function", "custom", 5),
      function: fc.record({ name: word, arguments: fc.oneof(word, fc.constant({ a: 1 })) }, { requiredKeys: [] }),
      custom: fc.record({ name: word, input: word }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  );
  const delta = fc.record(
    {
      role: word,
      content: fc.oneof(word, fc.constant(null), fc.constant([{ type: "text", text: "p" }]), fc.constant(5)),
      refusal: fc.oneof(word, fc.constant(null)),
      reasoning_content: word,
      reasoning: word,
      tool_calls: fc.oneof(fc.array(piece, { maxLength: 3 }), fc.constant({})),
      function_call: fc.record({ name: word, arguments: word }, { requiredKeys: [] }),
      annotations: fc.array(fc.constantFrom({}, { type: "url_citation", url_citation: { url: "u" } }, 5), {
        maxLength: 1,
      }),
      audio: fc.constant({ data: "AA" }),
      odd: word,
    },
    { requiredKeys: [] },
  );
  const choice = fc.record(
    {
      index: fc.oneof(fc.nat(2), fc.constant(-1), fc.constant("x")),
      delta,
      finish_reason: fc.constantFrom(null, null, null, "stop", "tool_calls", "odd", 5),
      logprobs: fc.constantFrom(null, {}),
    },
    { requiredKeys: [] },
  );
  const chunk = fc.record(
    {
      id: word,
      choices: fc.oneof(
        { weight: 9, arbitrary: fc.array(choice, { maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constant({}) },
      ),
      usage: fc.constantFrom(null, {}, { prompt_tokens: 1 }, { prompt_tokens: -1 }),
      created: fc.constantFrom(0, 5, "x"),
    },
    { requiredKeys: [] },
  );
  const frame: fc.Arbitrary<Frame> = fc.oneof(
    { weight: 12, arbitrary: chunk.map((json): Frame => ({ event: null, data: JSON.stringify(json) })) },
    { weight: 1, arbitrary: fc.string().map((data): Frame => ({ event: null, data })) },
    { weight: 1, arbitrary: fc.constant<Frame>({ event: null, data: "[DONE]" }) },
    { weight: 1, arbitrary: fc.constant<Frame>({ event: "error", data: '{"error":{"message":"x"}}' }) },
  );

  test("any frames make a legal stream of events, and those a legal stream of chunks", () => {
    const asked = contextOf({ stream: true, stream_options: { include_usage: true } });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.constantFrom(CONTEXT, asked), (frames, context) => {
        const reader = payload.createStreamReader();
        const events = judged([...frames.flatMap((each) => reader.push(each)), ...reader.end()]);
        expectLegalEvents(events);
        expectStartFirst(events);
        const writer = payload.createStreamWriter(context);
        const written = events.flatMap((event) => writer.push(event));
        expectLegalChunks(written);
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

/** Tool indexes contiguous from 0 per choice, the role first, `[DONE]` or an error last and once. */
function expectLegalChunks(frames: readonly Frame[]): void {
  const tools = new Map<unknown, number>();
  const roles = new Set<unknown>();
  const last = frames.at(-1)?.data ?? "";
  expect(last === "[DONE]" || last.startsWith('{"error":')).toBe(true);
  for (const { data } of frames.slice(0, -1)) {
    const chunk: unknown = JSON.parse(data);
    expect(at(chunk, "error")).toBeUndefined();
    for (const choice of asArray(at(chunk, "choices")) ?? []) {
      const index = at(choice, "index");
      if (at(choice, "delta", "role") === undefined) expect(roles.has(index)).toBe(true);
      else roles.add(index);
      for (const call of asArray(at(choice, "delta", "tool_calls")) ?? []) {
        const known = tools.get(index) ?? 0;
        if (asText(at(call, "id")) === undefined) expect(at(call, "index")).toBeLessThan(known);
        else {
          expect(at(call, "index")).toBe(known);
          tools.set(index, known + 1);
        }
      }
    }
  }
}

describe("any bytes", () => {
  const names = ["messages", "choices", "message", "content", "role", "type", "function", "tools", "error", "model"];
  const json = jsonOf(names, ["user", "assistant", "tool", "text", "m"]);

  test("give a request, or a WireError", () => {
    fc.assert(
      fc.property(
        json,
        throwsOnlyWireError("messages", (body) => payload.readRequest({ model: "m", ...body })),
      ),
      RUNS,
    );
  });
  test("give an answer, or a WireError", () => {
    fc.assert(
      fc.property(
        json,
        throwsOnlyWireError("messages", (body) => payload.readResponse(body)),
      ),
      RUNS,
    );
  });
  test("give facts, error words and a note", () => {
    fc.assert(factsProperty(payload, json), RUNS);
  });
});

describe("requests of any protocol", () => {
  const block = anyBlock({ idCharsMax: 60, kinds: ["function"], thoughts: openReasoning });
  const request = anyRequest(block);
  const response = anyResponse(block);

  test("are written so that the vendor's rules hold, and read back as the same body", () => {
    fc.assert(
      fc.property(request, (each) => {
        const { value } = payload.writeRequest(each, OPTIONS);
        expectLegalMessages(asArray(value["messages"]) ?? []);
        const again = payload.writeRequest(payload.readRequest(value).value, OPTIONS);
        expect(again).toEqual({ value, losses: [] });
      }),
      RUNS,
    );
  });

  test("answers of any protocol are read back as the same body", () => {
    fc.assert(
      fc.property(response, (each) => {
        const { value } = payload.writeResponse(each, CONTEXT);
        expect(payload.writeResponse(payload.readResponse(value).value, CONTEXT)).toEqual({ value, losses: [] });
      }),
      RUNS,
    );
  });
});

/** Every tool message stands behind the call it answers; no message is empty; ids fit. */
function expectLegalMessages(messages: readonly unknown[]): void {
  let asked = new Set<unknown>();
  for (const message of messages) {
    const role = at(message, "role");
    if (role === "tool") {
      expect(asked.has(at(message, "tool_call_id"))).toBe(true);
      continue;
    }
    const calls = asArray(at(message, "tool_calls")) ?? [];
    asked = new Set(calls.map((call) => at(call, "id")));
    for (const each of asked) expect(String(each).length).toBeLessThanOrEqual(40);
    for (const call of calls) expect(at(call, "function", "name")).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
    if (calls.length === 0) expect(at(message, "content")).not.toBeNull();
    expect(at(message, "content")).not.toBe("");
  }
}

describe("names and ids", () => {
  const name = fc.oneof(fc.string({ maxLength: 80 }), fc.stringMatching(/^(x-u_)?[a-z_.u0-9]{0,20}$/));

  test("a name written for the vendor comes back", () => {
    fc.assert(
      fc.property(name, (each) => {
        const legal = legalName(each);
        expect(legal === null || /^[a-zA-Z0-9_-]{1,64}$/.test(legal)).toBe(true);
        expect(legal === null ? each : restoreName(legal)).toBe(each);
        expect(legalPastName(each)).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      }),
      { numRuns: 1000 },
    );
  });

  test("different long ids stay different, and ids that fit stay as they are", () => {
    const long = Array.from({ length: 2000 }, (_, index) => `toolu_${"x".repeat(40)}${index}`);
    expect(new Set(long.map(legalCallId)).size).toBe(long.length);
    expect(legalCallId("toolu_01QXVkPZYABFNhTASu9uBdEM")).toBe("toolu_01QXVkPZYABFNhTASu9uBdEM");
  });
});
