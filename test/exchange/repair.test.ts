// One repair an attempt: what the gateway added, or may leave out, never fails a request. Each row is a lane that refuses
// one thing in its vendor's words, and takes the request without it.
import { describe, expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, poolOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText, json } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";
import type { FetchCall } from "../harness/virtual-effects.ts";

const DAY_MS = 24 * 60 * 60_000;

const ASKED = {
  anthropic: { model: "pool", max_tokens: 64, messages: [{ role: "user", content: "Hi" }] },
  openai: { model: "pool", messages: [{ role: "user", content: "Hi" }] },
  responses: { model: "pool", input: "Hi" },
} as const;
const SIGNED = {
  messages: [
    { role: "user", content: "Hi" },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "Well", signature: "A".repeat(64) },
        { type: "text", text: "Hello" },
      ],
    },
    { role: "user", content: "Go on" },
  ],
};
const MARKED = { system: [{ type: "text", text: "Be brief", cache_control: { type: "ephemeral" } }] };
interface Row {
  readonly ingress: keyof typeof ASKED;
  readonly egress: keyof typeof ASKED;
  readonly more: object;
  /** A text in the body that the vendor refuses. */
  readonly refuses: string;
  readonly status: number;
  /** The vendor's error object or body. */
  readonly body: string;
  readonly repair: string;
  /** The next request is written without it from the start. */
  readonly isRemembered: boolean;
  readonly metered?: boolean;
}

const MISTRAL = JSON.stringify({
  object: "error",
  message: {
    detail: [
      {
        type: "extra_forbidden",
        loc: ["body", "stream_options", "include_usage"],
        msg: "Extra inputs are not permitted",
      },
    ],
  },
  type: "invalid_request_error",
});
const openAiError = (message: string, param: string | null = null) =>
  JSON.stringify({ error: { message, type: "invalid_request_error", param, code: null } });
const anthropicError = (message: string) =>
  JSON.stringify({ type: "error", error: { type: "invalid_request_error", message } });

const USAGE = {
  refuses: "stream_options",
  repair: "stream_usage",
  more: { stream: true },
  isRemembered: true,
} as const;
const ROWS: readonly (readonly [string, Row])[] = [
  ["usage asked for, translated", { ...USAGE, ingress: "anthropic", egress: "openai", status: 422, body: MISTRAL }],
  [
    "usage asked for, relayed",
    { ...USAGE, ingress: "openai", egress: "openai", status: 422, body: MISTRAL, metered: true },
  ],
  [
    "usage that the client itself asked for",
    {
      ...USAGE,
      ...{ ingress: "openai", egress: "openai", more: { stream: true, stream_options: { include_usage: true } } },
      ...{ status: 422, body: MISTRAL },
    },
  ],
  [
    "usage asked for, an old server",
    {
      ...USAGE,
      ingress: "responses",
      egress: "openai",
      status: 400,
      body: openAiError("[{'type': 'extra_forbidden', 'loc': ('body', 'stream_options')}]"),
    },
  ],
  [
    "a signature, relayed",
    {
      ...{ ingress: "anthropic", egress: "anthropic", more: SIGNED, refuses: '"signature"', status: 400 },
      body: anthropicError("messages.1.content.0: Invalid `signature` in `thinking` block"),
      ...{ repair: "signatures", isRemembered: false },
    },
  ],
  [
    "sealed reasoning, relayed",
    {
      ...{ ingress: "responses", egress: "responses", refuses: "encrypted_content", status: 400 },
      more: {
        input: [
          { role: "user", content: "Hi" },
          { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "B".repeat(64) },
          { role: "user", content: "Go on" },
        ],
        store: false,
      },
      body: JSON.stringify({
        error: {
          message: "The encrypted content could not be verified.",
          type: "invalid_request_error",
          param: null,
          code: "invalid_encrypted_content",
        },
      }),
      ...{ repair: "signatures", isRemembered: false },
    },
  ],
  [
    "cache marks, relayed",
    {
      ...{ ingress: "anthropic", egress: "anthropic", more: MARKED, refuses: "cache_control", status: 400 },
      body: anthropicError("system.0.cache_control: Extra inputs are not permitted"),
      ...{ repair: "cache_marks", isRemembered: true },
    },
  ],
];

function coreOf(row: Row) {
  const calls: string[] = [];
  const lane = laneOf("p/a/m", row.egress, { dialect: MAKER });
  const answer = (call: FetchCall) => {
    const text = bodyText(call);
    calls.push(text);
    return text.includes(row.refuses) ? json(row.status, row.body)(call) : answering(wordsOf(row.egress))(call);
  };
  const deployment = deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] });
  return { calls, core: createCore({ deployment, answer, metered: row.metered ?? false }) };
}

describe("what the gateway added never fails a request", () => {
  test.each(ROWS)("%s", async (_, row) => {
    const { calls, core } = coreOf(row);
    const ask = { protocol: row.ingress, body: { ...ASKED[row.ingress], ...row.more } };
    expect((await core.ask(ask)).status).toBe(200);
    expect(calls.map((text) => text.includes(row.refuses))).toEqual([true, false]);
    expect(core.records[0]?.attempts.map(({ outcome, repair }) => [outcome, repair])).toEqual([
      ["answered", row.repair],
    ]);

    expect((await core.ask(ask)).status).toBe(200);
    expect(calls.slice(2).map((text) => text.includes(row.refuses))).toEqual(
      row.isRemembered ? [false] : [true, false],
    );
    core.effects.advance(DAY_MS);
    await core.ask(ask);
    expect(calls.at(row.isRemembered ? 3 : 4)?.includes(row.refuses)).toBe(true);
  });
});

test("what one door refused is not held against another of the lane", async () => {
  const lane = laneOf("p/a/m", "openai", { doors: [doorOf("responses"), doorOf("openai")] });
  const sent: string[] = [];
  const core = createCore({
    deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
    answer: (call) => {
      sent.push(bodyText(call));
      const isRefused = sent.length === 1;
      if (isRefused) return json(400, openAiError("Unknown parameter: 'stream_options'."))(call);
      return answering(wordsOf(call.url.endsWith("/responses") ? "responses" : "openai"))(call);
    },
  });
  await core.ask({ protocol: "anthropic", body: { ...ASKED.anthropic, stream: true } });
  expect(core.records[0]?.attempts).toMatchObject([{ egress: "responses", repair: "stream_usage" }]);
  const more = { stream: true, stream_options: { include_usage: true } };
  await core.ask({ protocol: "openai", body: { ...ASKED.openai, ...more } });
  expect(core.records[1]?.attempts).toMatchObject([{ egress: "openai" }]);
  expect(JSON.parse(sent[2] ?? "")).toMatchObject(more);
});

describe("what the gateway may not change is asked once", () => {
  test.each<[string, Partial<Row>]>([
    ["an error of another kind", { status: 400, body: openAiError("messages: too few") }],
    ["the words of another status", { status: 503, body: openAiError("stream_options is overloaded") }],
    [
      "a request without a stream",
      { refuses: "messages", more: {}, body: openAiError("stream_options is not supported") },
    ],
  ])("%s", async (_, over) => {
    const row: Row = { ...USAGE, ingress: "anthropic", egress: "openai", status: 422, body: MISTRAL, ...over };
    const { calls, core } = coreOf(row);
    const got = await core.ask({ protocol: row.ingress, body: { ...ASKED[row.ingress], ...row.more } });
    expect(got.status).toBeGreaterThanOrEqual(400);
    expect(calls).toHaveLength(1);
    expect(core.records[0]?.attempts[0]?.repair).toBeUndefined();
  });

  test("a second refusal is the answer, and nothing is remembered", async () => {
    const row: Row = {
      ...USAGE,
      ingress: "anthropic",
      egress: "openai",
      status: 422,
      body: MISTRAL,
      refuses: "messages",
    };
    const { calls, core } = coreOf(row);
    const ask = { protocol: row.ingress, body: { ...ASKED[row.ingress], ...row.more } };
    expect((await core.ask(ask)).status).toBe(422);
    expect(calls.map((text) => text.includes("stream_options"))).toEqual([true, false]);
    await core.ask(ask);
    expect(calls.map((text) => text.includes("stream_options"))).toEqual([true, false, true, false]);
    expect(core.records[0]?.attempts).toHaveLength(1);
  });
});
