// How large a lease is: enough for a busy client, a small part of what is left, and near the limit exactly the request.
import { expect, test } from "bun:test";
import { extraFor } from "../../src/governance/lease-size.ts";
import { countLimit, moneyLimit, scopeOf } from "../../src/governance/limit.ts";

const SCOPE = scopeOf("key", "vk_1");
const money = moneyLimit("monthly", SCOPE);
const tokens = countLimit("tokens", SCOPE);

test.each([
  ["a large budget: a thousand requests", money, { amount: 10, max: 1e9, left: 1e9, softMax: null }, 9_990],
  ["a small budget: a hundredth of what is left", money, { amount: 10, max: 5_000, left: 4_990, softMax: null }, 40],
  ["a soft budget: a hundredth of what is left to it", money, { amount: 10, max: null, left: 1e9, softMax: 5_000 }, 40],
  ["near the limit: the request alone", money, { amount: 10, max: 1e9, left: 500, softMax: null }, 0],
  ["a rate: a twentieth", tokens, { amount: 10, max: 1_000, left: 990, softMax: null }, 40],
  ["no limit any more: a thousand requests", tokens, { amount: 10, max: null, left: Infinity, softMax: null }, 9_990],
] as const)("%s", (_, limit, room, extra) => {
  expect(extraFor(limit, room)).toBe(extra);
});
