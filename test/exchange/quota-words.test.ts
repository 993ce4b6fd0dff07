// Words of quota beside a status that speaks of something else: another lane serves, and what only a message says, or a 400,
// marks nothing. Words the client itself sent, and sentences that merely sound alike, are about the request.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { QUOTA_PHRASES } from "../../src/exchange/answer/quota-words.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, byProvider, json } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const EGRESS = ["openai", "anthropic", "gemini", "cohere"] as const;

async function refused(input: {
  readonly egress: string;
  readonly status: number;
  readonly error: object;
  readonly stream?: boolean;
  readonly asked?: string;
}) {
  const lanes = [laneOf("first/a/one", input.egress), laneOf("second/a/two", input.egress)];
  const pool = poolOf("pool", lanes);
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [pool] }),
    answer: byProvider({
      first: json(input.status, JSON.stringify(input.error)),
      second: answering(wordsOf(input.egress)),
    }),
  });
  const asked = question("openai", { stream: input.stream ?? false });
  const body = input.asked === undefined ? asked : { ...asked, messages: [{ role: "user", content: input.asked }] };
  const got = await core.ask({ protocol: "openai", body });
  const [first] = lanes;
  if (first === undefined) throw new Error("no lane");
  const { because } = core.shared.health.condition(pool, first, core.effects.nowMs());
  return {
    status: got.status,
    outcome: core.records[0]?.attempts[0]?.outcome,
    because,
    calls: core.effects.calls.length,
  };
}

const bare = (message: string, more: object = {}) => ({
  type: "error",
  message,
  error: { type: "invalid_request_error", message, ...more },
});

describe.each(EGRESS)("%s", (egress) => {
  test.each([
    [400, "rate limit exceeded"],
    [400, "credits exhausted"],
    [400, "Error: Rate limit\nreached for model m."],
    [403, "Your team t has either used all available credits or reached its monthly spending limit."],
    [401, "You have no remaining credits to use the LLM apis."],
    [409, "Usage limit reached for 5 hour."],
  ] as const)("a %d that says %j moves on and marks nothing", async (status, message) => {
    for (const stream of [false, true]) {
      const got = await refused({ egress, status, error: bare(message), stream });
      expect(got).toEqual({ status: 200, outcome: "quota-words", because: null, calls: 2 });
    }
  });

  test.each([
    [400, "the sampling rate must be between 8000 and 48000"],
    [400, "quota must be a number"],
    [400, "temperature exceeds the limit"],
    [422, "rate limit exceeded"],
  ] as const)("a %d that says %j is about the request", async (status, message) => {
    expect(await refused({ egress, status, error: bare(message) })).toMatchObject({ outcome: "rejected", calls: 1 });
  });
});

test.each(["why rate limit exceeded?", "Why RATE limit\nexceeded?"])(
  "a message that quotes %j is about the request",
  async (asked) => {
    const error = bare("Cannot read 'rate limit exceeded' as a date.");
    expect(await refused({ egress: "openai", status: 400, error, asked })).toMatchObject({
      outcome: "rejected",
      calls: 1,
    });
  },
);

test.each([
  [400, { code: "insufficient_quota" }, "quota-words", null],
  [400, { type: "rate_limit_error" }, "quota-words", null],
  [400, { code: "free_credits_used" }, "quota-words", null],
  [403, { code: "insufficient_quota" }, "billing", "hard-out"],
  [403, { code: "Some resource has been exhausted" }, "billing", "hard-out"],
  [409, { code: "spending_limit" }, "billing", "hard-out"],
  [402, {}, "billing", "hard-out"],
  [403, {}, "credential", "hard-out"],
] as const)("a %d with %j is %s", async (status, more, outcome, because) => {
  const got = await refused({ egress: "openai", status, error: bare("No.", more) });
  expect(got).toEqual({ status: 200, outcome, because, calls: 2 });
});

test("the page on routing prints every phrase with whose it is", async () => {
  const page = await Bun.file(join(import.meta.dir, "../../docs/routing.md")).text();
  const rows = page.slice(page.indexOf("| phrase in a message |")).split("\n\n")[0]?.split("\n").slice(2) ?? [];
  expect(rows).toEqual(QUOTA_PHRASES.map(([phrase, vendor]) => `| \`${phrase}\` | ${vendor} |`));
});
