// A thinking budget counts into the answer's limit: the client's own, or the one that is written for it.
import { expect, test } from "bun:test";
import { createLosses } from "../../src/protocols/shared/losses.ts";
import { planBudget } from "../../src/protocols/shared/thinking-budget.ts";

const ROOM = 64_000;

test.each<[string, number, { tokens: number; isClients: boolean }, { budget: number; maxTokens: number }]>([
  [
    "inside what is written for the client",
    8192,
    { tokens: 32_000, isClients: false },
    { budget: 8192, maxTokens: 32_000 },
  ],
  ["the same, nearly all of it", 24_576, { tokens: 32_000, isClients: false }, { budget: 24_576, maxTokens: 32_000 }],
  [
    "beside it, where too little would be left",
    32_768,
    { tokens: 32_000, isClients: false },
    { budget: 32_768, maxTokens: ROOM },
  ],
  ["beside a small one", 8192, { tokens: 4096, isClients: false }, { budget: 8192, maxTokens: 12_288 }],
  ["inside the client's own", 8192, { tokens: 9000, isClients: true }, { budget: 8192, maxTokens: 9000 }],
  ["half of a client's that is too small", 8192, { tokens: 4000, isClients: true }, { budget: 2000, maxTokens: 4000 }],
])("%s", (_, asked, limit, planned) => {
  expect(planBudget(asked, { ...limit, room: ROOM }, createLosses())).toEqual(planned);
});
