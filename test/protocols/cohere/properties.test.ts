/** What must hold for any stream, any answer and any bytes. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createAccumulator } from "../../../src/ir/fold.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { toolNames } from "../../../src/protocols/cohere/names.ts";
import { createToolNames } from "../../../src/protocols/shared/names/tools.ts";
import { decodeVector, encodeVector } from "../../../src/protocols/shared/vectors.ts";
import { encodeUtf8 } from "../../../src/std/bytes.ts";
import { WireError } from "../../../src/std/wire-error.ts";
import { readChunks } from "../../harness/protocol-properties.ts";
import { readGolden } from "./golden.ts";
import { args, close, END, finished, openCall, openText, START, say, write } from "./streams.ts";

const { payload } = cohere;
const RUNS = { numRuns: 200, seed: 7 };
const GOLDENS = ["text", "tools", "reasoning", "failed", "empty"].map((name) => readGolden(`writer-${name}.sse`));

test("however the bytes are cut, the events are the same", () => {
  fc.assert(
    fc.property(fc.constantFrom(...GOLDENS), fc.array(fc.nat({ max: 4000 }), { maxLength: 12 }), (text, cuts) => {
      const bytes = encodeUtf8(text);
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((to, index) => bytes.subarray(places[index] ?? 0, to));
      expect(readChunks(cohere, chunks)).toEqual(readChunks(cohere, [bytes]));
    }),
    RUNS,
  );
});

/** A few calls whose arguments arrive in any order, as other vendors interleave them. */
const interleaved = fc.array(fc.tuple(fc.nat({ max: 3 }), fc.string({ minLength: 1, maxLength: 4 })), {
  maxLength: 20,
});

test("interleaved calls are written one after another, and nothing of them is lost", () => {
  fc.assert(
    fc.property(interleaved, (pieces) => {
      const events = [
        START,
        openText(0),
        say(0, "Hi"),
        ...[1, 2, 3, 4].map((block) => openCall(block, `c${block}`, "f")),
        ...pieces.map(([call, text]) => args(call + 1, text)),
        close(0),
        ...[4, 2, 1, 3].map(close),
        finished("tool-calls"),
        END,
      ];
      const { frames } = write(events);
      const open: string[] = [];
      for (const { event } of frames) {
        if (event?.endsWith("-start") && event !== "message-start") open.push(event);
        expect(open.length).toBeLessThanOrEqual(1);
        if (event?.endsWith("-end")) open.pop();
      }
      const accumulator = createAccumulator();
      const reader = payload.createStreamReader();
      for (const frame of frames) for (const event of reader.push(frame)) accumulator.push(event);
      const blocks = accumulator.response().choices[0]?.blocks ?? [];
      const said = blocks.flatMap((block) => (block.type === "tool-call" ? [block.arguments] : []));
      const wanted = [0, 1, 2, 3].map((call) =>
        pieces.flatMap(([each, text]) => (each === call ? [text] : [])).join(""),
      );
      expect(said).toEqual(wanted.map((text) => (text === "" ? "{}" : text)));
    }),
    RUNS,
  );
});

describe("names", () => {
  test("a tool's name is legal, and comes back", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 60 }), (name) => {
        const legal = toolNames.legal(name) ?? "";
        expect(legal).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
        expect(toolNames.restore(legal)).toBe(name);
      }),
      RUNS,
    );
  });

  test("names that are too long are refused, and shortened where they need not come back", () => {
    const short = createToolNames({ alphabet: "a-z0-9_", notFirst: "", charsMax: 40, prefix: "x_" });
    expect(short.legal("a".repeat(41))).toBeNull();
    expect(short.legal("")).toBeNull();
    expect(short.legalPast("a".repeat(41))).toHaveLength(40);
    expect(short.legalPast("")).toMatch(/^_[0-9a-v]{22}$/);
    expect(short.legalPast("a".repeat(41))).not.toBe(short.legalPast("a".repeat(42)));
  });
});

test("vectors keep their floats through base64", () => {
  fc.assert(
    fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1 }), (values) => {
      expect(decodeVector(encodeVector(values))).toEqual(values);
    }),
    RUNS,
  );
  for (const broken of ["", "AAA", "AAAAAAA="]) expect(() => decodeVector(broken)).toThrow(WireError);
});

test("any body is read as vectors or ranks, or refused with a WireError", () => {
  const words = [
    "model",
    "texts",
    "images",
    "inputs",
    "input_type",
    "embeddings",
    "documents",
    "query",
    "results",
    "meta",
  ];
  const { embed, rerank } = cohere.operations;
  const run = (what: () => unknown) => {
    try {
      return what();
    } catch (error) {
      if (error instanceof WireError) return null;
      throw error;
    }
  };
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...words), fc.jsonValue({ maxDepth: 4 })), (given) => {
      const body = { ...given };
      run(() => embed?.readResponse(body, "m"));
      run(() => rerank?.readResponse(body));
      run(() => embed?.writeRequest(embed.readRequest(body).value, "m"));
      run(() => rerank?.writeRequest(rerank.readRequest(body).value, "m"));
    }),
    { numRuns: 500, seed: 7 },
  );
});
