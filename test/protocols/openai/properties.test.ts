/** What must hold for any stream, any answer and any bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { IrEvent } from "../../../src/ir/event.ts";
import { type IrBlock, type IrRequest, type IrTurn, NO_EXTRAS, NO_SPELLING } from "../../../src/ir/request.ts";
import type { IrResponse } from "../../../src/ir/response.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { legalCallId, legalName, legalPastName, restoreName } from "../../../src/protocols/openai/names.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { asArray, asText, at, type JsonObject } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { judged } from "../../harness/judged.ts";
import {
  CONTEXT,
  contextOf,
  foreignRequest,
  foreignResponse,
  image,
  OPTIONS,
  result,
  text,
  usage,
} from "./builders.ts";
import { readGolden } from "./golden.ts";

const RUNS = { numRuns: 200 };
const { payload, carrier } = openai;

function readBytes(chunks: readonly Uint8Array[]): IrEvent[] {
  const splitter = carrier.framing.createSplitter();
  const reader = payload.createStreamReader();
  const frames = [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()];
  return judged([...frames.flatMap((frame) => reader.push(frame)), ...reader.end()]);
}

const isEnding = ({ type }: Pick<IrEvent, "type">) => type === "end" || type === "failed";

/** Numbers, order and nesting of blocks are as ir/event.ts says; one ending, last. */
function expectLegal(events: readonly IrEvent[]): void {
  const open = new Set<number>();
  let next = 0;
  for (const [index, event] of events.entries()) {
    if (event.type === "start") expect(index).toBe(0);
    if (event.type === "block-start") {
      expect(event.block).toBe(next);
      next += 1;
      open.add(event.block);
    }
    if (event.type === "text-delta" || event.type === "arguments-delta") expect(open.has(event.block)).toBe(true);
    if (event.type === "block-end") expect(open.delete(event.block)).toBe(true);
  }
  const endings = events.filter(isEnding);
  expect(endings).toHaveLength(1);
  expect(events.at(-1)).toBe(endings[0] as IrEvent);
  expect(endings[0]?.type === "end" ? open.size : 0).toBe(0);
}

describe("streams", () => {
  const goldens = ["hidden-usage.upstream.sse", "writer-tools.sse", "writer-choices.sse", "writer-failed.sse"];
  test.each(goldens)("%s reads the same wherever it is cut", (name) => {
    const bytes = encodeUtf8(readGolden(name));
    const whole = readBytes([bytes]);
    const told = JSON.stringify(whole);
    expectLegal(whole);
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const parted = readBytes([bytes.subarray(0, cut), bytes.subarray(cut)]);
      expect(JSON.stringify(parted)).toBe(told);
    }
  });

  test.each(goldens)("%s cut short never looks complete", (name) => {
    const bytes = encodeUtf8(readGolden(name));
    const finished = readGolden(name).lastIndexOf('"finish_reason":"');
    for (let end = 0; end < finished; end += 7) {
      const events = readBytes([bytes.subarray(0, end)]);
      expectLegal(events);
      expect(events.at(-1)?.type).toBe("failed");
    }
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
        expectLegal(events);
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
  const throwsOnlyWireError = (read: (body: JsonObject) => unknown) => (json: unknown) => {
    const body =
      typeof json === "object" && json !== null && !Array.isArray(json) ? (json as JsonObject) : { messages: json };
    try {
      read(body);
    } catch (error) {
      expect(error).toBeInstanceOf(WireError);
    }
  };
  const names = fc.constantFrom(
    "messages",
    "choices",
    "message",
    "content",
    "role",
    "type",
    "function",
    "tools",
    "error",
    "model",
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "medium", maxDepth: 6 },
      fc.constantFrom<unknown>("user", "assistant", "tool", "text", "m", null, 1, true),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(names, tie("value"), { maxKeys: 5 }),
    ),
  })).value;

  test("give a request, or a WireError", () => {
    fc.assert(
      fc.property(
        json,
        throwsOnlyWireError((body) => payload.readRequest({ model: "m", ...body })),
      ),
      RUNS,
    );
  });
  test("give an answer, or a WireError", () => {
    fc.assert(
      fc.property(
        json,
        throwsOnlyWireError((body) => payload.readResponse(body)),
      ),
      RUNS,
    );
  });
  test("give facts, error words and a note", () => {
    fc.assert(
      fc.property(json, fc.integer({ min: 100, max: 599 }), (body, status) => {
        const object = { body, ...(body as object) };
        expect(payload.readFacts(object).needs.input).toBeArray();
        expect(payload.createTap().body(object).terminal).toBe(true);
        expect(payload.readError({ status, headers: {}, json: body, text: JSON.stringify(body) }).status).toBe(status);
      }),
      RUNS,
    );
  });
});

describe("requests of any protocol", () => {
  const said = fc.string({ maxLength: 8 });
  const id = fc.string({ minLength: 1, maxLength: 60 });
  const block: fc.Arbitrary<IrBlock> = fc.oneof(
    said.map(text),
    said.map((refused): IrBlock => ({ type: "refusal", text: refused, extras: NO_EXTRAS, spelling: NO_SPELLING })),
    fc.constant(image()),
    fc.record({ id, name: said, args: said }).map(({ id: callId, name, args }): IrBlock => {
      const kind = "function";
      return {
        type: "tool-call",
        id: callId,
        name,
        kind,
        arguments: args,
        signature: null,
        cache: null,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      };
    }),
    fc.tuple(id, said).map(([callId, answer]) => result(callId, text(answer), image())),
    said.map((thought): IrBlock => {
      return {
        type: "reasoning",
        text: thought,
        signature: null,
        encrypted: null,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      };
    }),
  );
  const turn: fc.Arbitrary<IrTurn> = fc.record({
    role: fc.constantFrom<IrTurn["role"]>("user", "assistant", "tool", "system", "developer"),
    blocks: fc.array(block, { maxLength: 4 }),
    wasString: fc.boolean(),
    name: fc.constant(null),
    extras: fc.constant(NO_EXTRAS),
    spelling: fc.constant(NO_SPELLING),
  });
  const request: fc.Arbitrary<IrRequest> = fc.array(turn, { maxLength: 5 }).map((turns) => foreignRequest({ turns }));

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

  const response: fc.Arbitrary<IrResponse> = fc
    .record({ blocks: fc.array(block, { maxLength: 4 }), spent: fc.option(fc.nat(1000), { nil: null }) })
    .map(({ blocks, spent }) => {
      const finish = { reason: "stop", raw: null, stopSequence: null } as const;
      return foreignResponse({
        choices: [{ index: 0, blocks, finish, logprobs: null, extras: NO_EXTRAS, spelling: NO_SPELLING }],
        usage: spent === null ? null : usage({ freshInputTokens: spent, outputTokens: 1 }),
      });
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
