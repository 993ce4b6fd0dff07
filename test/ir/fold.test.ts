/** A complete answer and its stream are two spellings of one thing. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { isMeaningful } from "../../src/ir/event.ts";
import { createAccumulator, eventsOf } from "../../src/ir/fold.ts";
import { NO_EXTRAS, NO_SPELLING } from "../../src/ir/request.ts";
import { FINISH_REASONS, type IrResponse } from "../../src/ir/response.ts";
import {
  inputTokens,
  mergeUsage,
  sumUsage,
  tokenCount,
  totalTokens,
  UNKNOWN_USAGE,
  type Usage,
} from "../../src/ir/usage.ts";

const count = fc.option(fc.nat(1_000_000), { nil: null });
const usage: fc.Arbitrary<Usage> = fc.record({
  freshInputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  reasoningTokens: count,
  audioInputTokens: count,
  audioOutputTokens: count,
});
const sealed = fc.option(fc.record({ issuer: fc.constantFrom("a", null), value: fc.string({ minLength: 1 }) }), {
  nil: null,
});
const block = fc.oneof(
  fc.record({
    type: fc.constant("text" as const),
    text: fc.string(),
    citations: fc.constant([]),
    cache: fc.constant(null),
    extras: fc.constant(NO_EXTRAS),
    spelling: fc.constant(NO_SPELLING),
  }),
  fc.record({
    type: fc.constant("refusal" as const),
    text: fc.string(),
    extras: fc.constant(NO_EXTRAS),
    spelling: fc.constant(NO_SPELLING),
  }),
  fc.record({
    type: fc.constant("reasoning" as const),
    text: fc.string(),
    signature: sealed,
    encrypted: sealed,
    extras: fc.constant(NO_EXTRAS),
    spelling: fc.constant(NO_SPELLING),
  }),
  fc.record({
    type: fc.constant("tool-call" as const),
    id: fc.string(),
    name: fc.string(),
    kind: fc.constantFrom("function" as const, "custom" as const),
    arguments: fc.string(),
    signature: fc.constant(null),
    cache: fc.constant(null),
    extras: fc.constant(NO_EXTRAS),
    spelling: fc.constant(NO_SPELLING),
  }),
);
const response: fc.Arbitrary<IrResponse> = fc.record({
  sourceProtocol: fc.constant("a"),
  id: fc.option(fc.string(), { nil: null }),
  model: fc.option(fc.string(), { nil: null }),
  createdMs: fc.option(fc.nat(), { nil: null }),
  choices: fc
    .array(fc.record({ blocks: fc.array(block, { maxLength: 5 }), reason: fc.constantFrom(...FINISH_REASONS) }), {
      minLength: 1,
      maxLength: 3,
    })
    .map((choices) =>
      choices.map(({ blocks, reason }, index) => ({
        index,
        blocks,
        finish: { reason, raw: null, stopSequence: null },
        logprobs: null,
        extras: NO_EXTRAS,
        spelling: NO_SPELLING,
      })),
    ),
  usage: fc.option(usage, { nil: null }),
  serviceTier: fc.option(fc.string(), { nil: null }),
  extras: fc.constant(NO_EXTRAS),
  spelling: fc.constant(NO_SPELLING),
});

test("collecting the events of an answer gives the answer", () => {
  fc.assert(
    fc.property(response, (whole) => {
      const accumulator = createAccumulator();
      for (const event of eventsOf(whole)) accumulator.push(event);
      expect(accumulator.response()).toEqual(whole);
      expect(accumulator.failed()).toBe(false);
    }),
    { numRuns: 300 },
  );
});

test("every answer's events end once, and the end is meaningful", () => {
  fc.assert(
    fc.property(response, (whole) => {
      const events = eventsOf(whole);
      expect(events.filter((event) => event.type === "end")).toHaveLength(1);
      expect(events.at(-1)?.type).toBe("end");
      expect(events.some(isMeaningful)).toBe(true);
    }),
  );
});

test.each([
  [
    {
      type: "start",
      sourceProtocol: "a",
      id: null,
      model: null,
      createdMs: null,
      serviceTier: null,
      extras: NO_EXTRAS,
      spelling: NO_SPELLING,
    },
    false,
  ],
  [{ type: "keep-alive" }, false],
  [{ type: "usage", usage: UNKNOWN_USAGE }, false],
  [{ type: "block-start", block: 0, choice: 0, content: { type: "text" } }, false],
  [{ type: "text-delta", block: 0, text: "", logprobs: null }, false],
  [{ type: "text-delta", block: 0, text: "x", logprobs: null }, true],
  [
    { type: "block-start", block: 0, choice: 0, content: { type: "tool-call", id: "c", name: "n", kind: "function" } },
    true,
  ],
  [{ type: "finish", choice: 0, finish: { reason: "stop", raw: null, stopSequence: null } }, true],
  [{ type: "end" }, true],
] as const)("%j is worth committing to: %p", (event, meaningful) => {
  expect(isMeaningful(event)).toBe(meaningful);
});

test("what is charged is merged like the counts, and adds up with the counts of those that do not say", () => {
  const counted = { ...UNKNOWN_USAGE, freshInputTokens: 100, cacheReadTokens: 10, outputTokens: 9 };
  const billed = { ...counted, billed: { inputTokens: 5, outputTokens: 2 } };
  expect(mergeUsage(billed, counted)?.billed).toEqual(billed.billed);
  expect(mergeUsage(counted, billed)?.billed).toEqual(billed.billed);
  expect(sumUsage([billed, billed])?.billed).toEqual({ inputTokens: 10, outputTokens: 4 });
  expect(sumUsage([billed, counted])?.billed).toEqual({ inputTokens: 115, outputTokens: 11 });
  // Nobody knows what the second one is charged.
  expect(sumUsage([billed, UNKNOWN_USAGE])?.billed).toBeUndefined();
  for (const plain of [sumUsage([counted, counted]), mergeUsage(counted, counted)])
    expect(plain).not.toHaveProperty("billed");
});

test("usage merges cumulatively: what the newer report leaves out stays", () => {
  fc.assert(
    fc.property(usage, usage, (older, newer) => {
      const merged = mergeUsage(older, newer);
      for (const name of Object.keys(UNKNOWN_USAGE) as (keyof Usage)[])
        expect(merged?.[name] ?? null).toBe(newer[name] ?? older[name] ?? null);
      expect(mergeUsage(older, null)).toEqual(older);
      expect(mergeUsage(merged, newer)).toEqual(merged);
    }),
  );
});

test.each([
  [{ freshInputTokens: 5, cacheReadTokens: 3, outputTokens: 2 }, 8, 10],
  [{ outputTokens: 2 }, null, null],
  [{ freshInputTokens: 5 }, 5, null],
  [{ freshInputTokens: 0, cacheWrite1hTokens: 7, outputTokens: 0 }, 7, 7],
] as const)("%j: %p in, %p in all", (counts, input, total) => {
  const whole = { ...UNKNOWN_USAGE, ...counts };
  expect(inputTokens(whole)).toBe(input);
  expect(totalTokens(whole)).toBe(total);
});

test.each([
  [0, 0],
  [7, 7],
  [-1, null],
  [1.5, null],
  ["7", null],
  [null, null],
  [2 ** 53, null],
  [Number.NaN, null],
])("a token count of %p reads as %p", (value, read) => {
  expect(tokenCount(value)).toBe(read);
});
