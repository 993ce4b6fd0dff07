// What must hold for any input: a client's own request comes back as it was, chunking changes nothing, streams end exactly
// once, and no bytes do worse than a failed event or a WireError.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { writeSseFrame } from "../../../src/protocols/framing/sse.ts";
import type { Frame } from "../../../src/protocols/protocol.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { answerContext, carrier, frame, OPTIONS, optionsFor, payload, readEvents } from "./builders.ts";

const words = fc.string({ unit: "grapheme", maxLength: 12 });
const some = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const args = fc.dictionary(words, fc.jsonValue({ maxDepth: 2 }));
const seal = fc.option(
  fc.base64String({ minLength: 4, maxLength: 12 }).filter((value) => value !== ""),
  { nil: undefined },
);
const without = (value: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));

const part = fc.oneof(
  fc.record({ text: some }),
  fc.record({ text: some, thought: fc.constant(true), thoughtSignature: seal }),
  fc.record({ functionCall: fc.record({ name: fc.constantFrom("f", "g"), args }), thoughtSignature: seal }),
  fc.record({
    functionResponse: fc.record({ name: fc.constantFrom("f", "g"), response: fc.record({ output: words }) }),
  }),
  fc.record({
    inlineData: fc.constantFrom(
      { mimeType: "image/png", data: "AA==" },
      { mimeType: "audio/wav", data: "AA==" },
      { mimeType: "application/pdf", data: "AA==" },
      { mimeType: "video/mp4", data: "AA==" },
    ),
  }),
  fc.record({ executableCode: fc.record({ language: fc.constant("PYTHON"), code: words }) }),
);
const content = fc.record({
  role: fc.constantFrom("user", "model"),
  parts: fc.array(part.map(without), { minLength: 1, maxLength: 4 }),
});

test("a client's own request is written as it came", () => {
  fc.assert(
    fc.property(
      fc.array(content, { maxLength: 5 }),
      fc.record({ temperature: fc.double({ min: 0, max: 2, noNaN: true }), maxOutputTokens: fc.nat() }),
      (contents, generationConfig) => {
        const body = { model: "upstream-model", contents, generationConfig };
        const { value, losses } = payload.readRequest(body);
        const written = payload.writeRequest(value, OPTIONS);
        expect([losses, written.losses]).toEqual([[], []]);
        expect(JSON.parse(JSON.stringify(written.value))).toEqual(JSON.parse(JSON.stringify(body)));
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

const frames = fc
  .array(fc.array(part.map(without), { maxLength: 3 }), { maxLength: 6 })
  .map((all): Frame[] => [...all.map((parts) => frame(parts)), frame([], { finishReason: "STOP" })]);

test("any chunking of a stream reads the same, and the tap sees the same end", () => {
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 50 }), (given, size) => {
      const bytes = encodeUtf8(given.map(writeSseFrame).join(""));
      const splitter = carrier.framing.createSplitter();
      const cut: Frame[] = [];
      for (let start = 0; start < bytes.length; start += size)
        cut.push(...splitter.push(bytes.slice(start, start + size)));
      cut.push(...splitter.end());
      const events = readEvents(cut);
      expect(events).toEqual(readEvents(given));
      expect(events.filter(({ type }) => type === "end" || type === "failed")).toHaveLength(1);
      const tap = payload.createTap();
      expect(given.map((each) => tap.frame(each)).at(-1)?.settled).toBe(true);
    }),
    { seed: 7, numRuns: 300 },
  );
});

test("what was streamed and what was answered whole are the same", () => {
  const parts = fc.array(
    fc.oneof(
      fc.record({ text: some }),
      fc
        .record({ functionCall: fc.record({ name: fc.constantFrom("f", "g"), args }), thoughtSignature: seal })
        .map(without),
    ),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(parts, (given) => {
      const streamed = createAccumulator();
      for (const event of readEvents([...given.map((each) => frame([each])), frame([], { finishReason: "STOP" })]))
        streamed.push(event);
      const [last] = [frame(given, { finishReason: "STOP" })];
      const whole = payload.readResponse(JSON.parse(last?.data ?? "")).value;
      // Neighbouring texts are one in a stream.
      const told = (blocks: readonly { type: string; text?: string }[]) =>
        JSON.stringify(blocks.map((block) => (block.type === "text" ? block.text : block))).replaceAll('","', "");
      expect(told(streamed.response().choices[0]?.blocks ?? [])).toBe(told(whole.choices[0]?.blocks ?? []));
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("any JSON is a request, an answer, an event or a WireError", () => {
  const names = fc.constantFrom(
    "contents",
    "parts",
    "role",
    "text",
    "candidates",
    "content",
    "functionCall",
    "functionResponse",
    "function_call",
    "name",
    "args",
    "tools",
    "functionDeclarations",
    "generationConfig",
    "thinkingConfig",
    "systemInstruction",
    "usageMetadata",
    "promptFeedback",
    "blockReason",
    "groundingMetadata",
    "groundingChunks",
    "groundingSupports",
    "finishReason",
    "error",
    "x",
  );
  const { json } = fc.letrec((tie) => ({
    json: fc.oneof(
      { maxDepth: 6 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.array(tie("json"), { maxLength: 3 }),
      fc.dictionary(names, tie("json"), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(names, json, { maxKeys: 6 }), (given) => {
      const object: JsonObject = JSON.parse(JSON.stringify(given));
      const data = JSON.stringify(object);
      payload.readFacts(object);
      payload.createTap().body(object);
      payload.createTap().frame({ event: null, data });
      payload.readError({ status: 400, headers: {}, json: object, text: "" });
      readEvents([{ event: null, data }]);
      guarded(() => payload.writeResponse(payload.readResponse(object).value, answerContext()));
      guarded(() => payload.writeRequest(payload.readRequest(object).value, OPTIONS));
      guarded(() =>
        payload.writeRequest(
          { ...payload.readRequest(object).value, sourceProtocol: "other" },
          optionsFor("gemini-2.0-flash"),
        ),
      );
    }),
    { seed: 7, numRuns: 1500 },
  );
});

function guarded(run: () => unknown): void {
  try {
    JSON.stringify(run());
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}
