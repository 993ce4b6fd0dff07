/** The vendor's own client reads what we write: its accumulators are stricter than any description of the format. */

import { describe, expect, test } from "bun:test";
import OpenAI, { APIError, AuthenticationError, NotFoundError, RateLimitError } from "openai";
import { type Failure, failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { openai } from "../../../src/protocols/openai/index.ts";
import { CONTEXT, call, foreignResponse, text } from "./builders.ts";
import { readGolden } from "./golden.ts";

function clientOf(body: string, init: ResponseInit): OpenAI {
  return new OpenAI({
    apiKey: "test-key-1",
    baseURL: "https://api.invalid/v1",
    maxRetries: 0,
    fetch: async () => new Response(body, init),
  });
}

const ASK = { model: "m", messages: [{ role: "user" as const, content: "Hi" }] };
const STREAM = { status: 200, headers: { "content-type": "text/event-stream" } };
const JSON_TYPE = { "content-type": "application/json" };

async function accumulate(golden: string) {
  const client = clientOf(readGolden(golden), STREAM);
  return await client.chat.completions.stream({ ...ASK, stream: true }).finalChatCompletion();
}

describe("streams", () => {
  test("text", async () => {
    const { choices, model } = await accumulate("writer-text.sse");
    expect(model).toBe("their-model");
    expect(choices[0]).toMatchObject({ finish_reason: "stop", message: { content: 'Hello "you"\n' } });
  });

  test("usage that was asked for comes last", async () => {
    const client = clientOf(readGolden("writer-usage-asked.sse"), STREAM);
    const totals: (number | undefined)[] = [];
    for await (const chunk of await client.chat.completions.create({ ...ASK, stream: true })) {
      totals.push(chunk.usage?.total_tokens);
    }
    expect(totals).toEqual([undefined, undefined, undefined, 18]);
  });

  test("calls keep their places, ids and arguments", async () => {
    const chunks = await clientOf(readGolden("writer-tools.sse"), STREAM).chat.completions.create({
      ...ASK,
      stream: true,
    });
    const joined = new Map<number, string>();
    for await (const chunk of chunks) {
      for (const piece of chunk.choices[0]?.delta.tool_calls ?? []) {
        const known = joined.get(piece.index) ?? "";
        joined.set(
          piece.index,
          `${known}${piece.id ?? ""}${piece.function?.name ?? ""}${piece.function?.arguments ?? ""}`,
        );
      }
    }
    expect([...joined]).toEqual([
      [0, 'c1look{"a":1}'],
      [1, "c2"], // the SDK types no custom input in a stream
      [2, "c3bare{}"],
    ]);
  });

  test("an unfinished call is still a call", async () => {
    const { choices } = await accumulate("writer-unfinished.sse");
    expect(choices[0]).toMatchObject({
      finish_reason: "tool_calls",
      message: { tool_calls: [{ id: "c1", function: { name: "look", arguments: "{}" } }] },
    });
  });

  test("an error in the middle is thrown with its words", async () => {
    const found = accumulate("writer-failed.sse");
    await expect(found).rejects.toBeInstanceOf(APIError);
    await expect(found).rejects.toMatchObject({
      type: "server_error",
      code: "server_error",
      error: { message: "Overloaded: Try again." },
    });
  });
});

test("whole answers", async () => {
  const finish = { reason: "stop", raw: null, stopSequence: null } as const;
  const blocks = [text("Hi"), call("c1", "look", "")];
  const { value } = openai.payload.writeResponse(
    foreignResponse({ choices: [{ index: 0, blocks, finish, logprobs: null, extras: {}, spelling: NO_SPELLING }] }),
    CONTEXT,
  );
  const client = clientOf(JSON.stringify(value), { status: 200, headers: JSON_TYPE });
  const { choices } = await client.chat.completions.create(ASK);
  expect(choices[0]).toMatchObject({
    finish_reason: "tool_calls",
    message: {
      content: "Hi",
      tool_calls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
    },
  });
});

describe("errors", () => {
  const rows: [Failure, unknown, string | null][] = [
    [failure("unauthenticated", "x"), AuthenticationError, "invalid_api_key"],
    [failure("unknown-model", "x"), NotFoundError, "model_not_found"],
    [failure("budget-exceeded", "x"), RateLimitError, "insufficient_quota"],
    [failure("no-eligible-lane", "x", 5000), OpenAI.InternalServerError, "no_eligible_lane"],
  ];
  test.each(rows)("%j", async (failed, kind, code) => {
    const written = openai.payload.writeError(failed, { requestId: "r", path: "/", details: false });
    const headers = { ...JSON_TYPE, ...written.headers, ...openai.carrier.answerHeaders("req_1") };
    const client = clientOf(JSON.stringify(written.body), { status: written.status, headers });
    const found = await client.chat.completions.create(ASK).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(kind as typeof APIError);
    expect(found).toMatchObject({ status: written.status, code, requestID: "req_1" });
  });
});
