// What the vendor counts and what it charges are two things: bills go by the second, and nobody is shown it as tokens.
import { expect, test } from "bun:test";
import fc from "fast-check";
import { readUsage, writeUsage } from "../../../src/protocols/cohere/usage.ts";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { overTheWire } from "../../corpus/meaning.ts";
import { contextFor } from "../../corpus/translate.ts";
import { response } from "../../harness/builders.ts";

test.each([
  // As recorded: the vendor's own preamble is counted, and not charged.
  [
    {
      billed_units: { input_tokens: 5, output_tokens: 2 },
      cached_tokens: 464,
      tokens: { input_tokens: 500, output_tokens: 4 },
    },
    {
      freshInputTokens: 36,
      cacheReadTokens: 464,
      outputTokens: 4,
      billed: { inputTokens: 5, outputTokens: 2 },
    },
  ],
  [
    {
      billed_units: { input_tokens: 522, output_tokens: 65 },
      tokens: { input_tokens: 501, output_tokens: 65, image_tokens: 518 },
    },
    { freshInputTokens: 1019, outputTokens: 65, billed: { inputTokens: 522, outputTokens: 65 } },
  ],
  // An answer of embeddings: what is charged is all that is told, and it is the count.
  [{ billed_units: { input_tokens: 7 } }, { freshInputTokens: 7, outputTokens: null }],
  [{ tokens: { input_tokens: 9, output_tokens: 1 } }, { freshInputTokens: 9, outputTokens: 1 }],
  [
    { tokens: { input_tokens: 9, output_tokens: 1 }, billed_units: { input_tokens: -4, output_tokens: "x" } },
    { freshInputTokens: 9, outputTokens: 1 },
  ],
])("%j", (wire, usage) => {
  expect(readUsage(wire)).toMatchObject(usage);
  expect(readUsage(wire)?.billed !== undefined).toBe("billed" in usage);
});

test("the vendor's own clients read both", () => {
  const wire = { billed_units: { input_tokens: 5, output_tokens: 2 }, tokens: { input_tokens: 500, output_tokens: 4 } };
  expect(writeUsage(readUsage(wire))).toEqual(wire);
});

test("an answer in another protocol is the same whatever is charged", () => {
  const others = Object.values<Protocol>(PROTOCOLS).filter(({ payload }) => payload.id !== "cohere");
  const count = fc.nat(1_000_000);
  fc.assert(
    fc.property(count, count, count, count, (input, output, billedInput, billedOutput) => {
      const tokens = { input_tokens: input, output_tokens: output };
      const billed_units = { input_tokens: billedInput, output_tokens: billedOutput };
      const [plain, charged] = [readUsage({ tokens }), readUsage({ tokens, billed_units })];
      expect(charged).toMatchObject({ billed: { inputTokens: billedInput, outputTokens: billedOutput } });
      for (const { payload } of others) {
        const write = (usage: typeof plain) =>
          overTheWire(payload.writeResponse(response([], { usage }), contextFor(null)).value);
        expect(write(charged)).toEqual(write(plain));
      }
    }),
    { numRuns: 50 },
  );
});
