// Bookings on their way to the writer: whatever they hold comes out as it went in, and what they share crosses once.
import { expect, test } from "bun:test";
import fc from "fast-check";
import type { Booking } from "../../src/governance/ledger-messages.ts";
import { moneyLimit, scopeOf, WINDOWS } from "../../src/governance/limit.ts";
import { packBookings, unpackBookings } from "../../src/governance/packed-bookings.ts";

const count = fc.option(fc.nat(), { nil: null });
const word = fc.constantFrom("a", "b", "c", "d");
const usage = fc.record({
  freshInputTokens: count,
  cacheReadTokens: count,
  cacheWriteTokens: count,
  cacheWrite1hTokens: count,
  outputTokens: count,
  reasoningTokens: count,
  audioInputTokens: count,
  audioOutputTokens: count,
});
const billed = fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat() });
const billedUsage = fc.tuple(usage, billed).map(([counts, charged]) => ({ ...counts, billed: charged }));
const scope = word.map((name) => scopeOf("key", name));
const lease = fc
  .tuple(scope, fc.constantFrom(...WINDOWS), word)
  .map(([of, window, period]) => ({ limit: moneyLimit(window, of), period }));
const plain = fc.record({
  row: fc.record({
    id: fc.string(),
    wallMs: fc.nat(),
    caller: word,
    target: word,
    lane: fc.option(word, { nil: null }),
    usage: fc.option(fc.oneof(usage, billedUsage), { nil: null }),
    costNanos: count,
    state: fc.constantFrom("ok", "estimated", "truncated", "aborted", "ambiguous"),
  }),
  scopes: fc.array(scope, { maxLength: 3 }),
  leases: fc.array(lease, { maxLength: 2 }),
  revision: word,
});
const hold = fc.record({
  account: word,
  use: fc.record({ requests: fc.nat(), tokens: fc.nat(), costNanos: fc.nat() }),
});
const booking: fc.Arbitrary<Booking> = fc.oneof(
  plain,
  fc.tuple(plain, hold).map(([each, held]) => ({ ...each, hold: held })),
);

test("bookings come out as they went in, over JSON", () => {
  fc.assert(
    fc.property(fc.array(booking, { maxLength: 40 }), (bookings) => {
      expect(unpackBookings(JSON.parse(JSON.stringify(packBookings(bookings))))).toEqual(bookings);
    }),
  );
});

test("what rows of one key have in common crosses once", () => {
  const [one] = fc.sample(plain, 1);
  if (one === undefined) throw new Error("no sample");
  const rows = Array.from({ length: 50 }, (_, at): Booking => ({ ...one, row: { ...one.row, id: `r${at}` } }));
  const packed = packBookings(rows);
  expect([packed.common.length, packed.rows.length]).toEqual([1, 50]);
});

test("rows of two keys in turns share two parts", () => {
  const [one] = fc.sample(plain, 1);
  if (one === undefined) throw new Error("no sample");
  const rows = Array.from({ length: 50 }, (_, at): Booking => ({ ...one, row: { ...one.row, caller: `k${at % 2}` } }));
  expect(packBookings(rows).common.length).toBe(2);
});
