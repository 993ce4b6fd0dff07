/** The vendor's own client reads what we write: its accumulators are stricter than any description of the format. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from "openai";
import type { Response as WireResponse } from "openai/resources/responses/responses";
import { type Failure, failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { responses } from "../../../src/protocols/responses/index.ts";
import { CONTEXT, call, foreignResponse, text, usage } from "./builders.ts";
import { readGolden } from "./golden.ts";

interface Scripted {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let next: Scripted = { status: 500, headers: {}, body: "" };
let server: ReturnType<typeof Bun.serve>;
beforeAll(() => {
  const fetch = () => new Response(next.body, { status: next.status, headers: next.headers });
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch });
});
afterAll(async () => {
  await server.stop(true);
});

function clientOf(scripted: Scripted): OpenAI {
  next = scripted;
  return new OpenAI({ apiKey: "test-key-1", baseURL: `http://127.0.0.1:${server.port}/v1`, maxRetries: 0 });
}

const ASK = { model: "m", input: "Hi" };
const STREAM = { status: 200, headers: { "content-type": "text/event-stream" } };
const JSON_TYPE = { "content-type": "application/json" };

/** The client's own helper, with every event it told of. */
async function accumulate(golden: string): Promise<{ types: string[]; answer: WireResponse }> {
  const stream = clientOf({ ...STREAM, body: readGolden(golden) }).responses.stream(ASK);
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  return { types, answer: await stream.finalResponse() };
}

describe("streams", () => {
  test("text", async () => {
    const { answer } = await accumulate("writer-text.sse");
    expect(answer).toMatchObject({
      model: "their-model",
      status: "completed",
      output_text: 'Hello "you"\n!',
      usage: { total_tokens: 18, input_tokens_details: { cached_tokens: 5 } },
    });
  });

  test("calls keep their places, ids, namespaces and arguments", async () => {
    const { answer, types } = await accumulate("writer-tools.sse");
    expect(answer.output).toMatchObject([
      { type: "message", content: [{ text: "Let me look." }] },
      { type: "function_call", call_id: "c1", name: "look", arguments: '{"a":1}', status: "completed" },
      { type: "function_call", call_id: "c2", name: "list", namespace: "mcp__files__", arguments: "{}" },
      { type: "custom_tool_call", call_id: "c3", name: "sh", input: "ls" },
    ]);
    expect(types.filter((type) => type === "response.output_item.done")).toHaveLength(4);
  });

  test("reasoning and its seals", async () => {
    const { answer } = await accumulate("writer-reasoning.sse");
    expect(answer.output).toMatchObject([
      { type: "reasoning", summary: [{ text: "Hmm." }], encrypted_content: "rm:s:anthropic:c2lnbmF0" },
      { type: "reasoning", summary: [], encrypted_content: "rm:e:anthropic:c2VhbA==" },
      { type: "message" },
    ]);
  });

  test("sources and refusals", async () => {
    const { answer } = await accumulate("writer-cited.sse");
    expect(answer.output).toMatchObject([
      {
        content: [
          { type: "output_text", text: "So. Yes.", annotations: [{ url: "https://x.invalid/", start_index: 3 }] },
          { type: "refusal", refusal: "No." },
        ],
      },
    ]);
  });

  test("an answer cut at its limit, and a failed one", async () => {
    expect((await accumulate("writer-incomplete.sse")).answer).toMatchObject({
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
      output_text: "Hel",
    });
    const { answer, types } = await accumulate("writer-failed.sse");
    expect(types.at(-1)).toBe("response.failed");
    expect(answer).toMatchObject({ status: "failed", error: { code: "rate_limit_exceeded" } });
  });
});

test("what the accumulated events say is what the last event repeats", async () => {
  for (const golden of ["writer-text.sse", "writer-tools.sse", "writer-reasoning.sse", "writer-cited.sse"]) {
    const body = readGolden(golden);
    const cut = body.slice(0, body.indexOf("event: response.completed"));
    const made = await clientOf({ ...STREAM, body: cut })
      .responses.stream(ASK)
      .finalResponse();
    const told = (await accumulate(golden)).answer;
    expect<WireResponse["output"]>(made.output).toEqual(told.output);
  }
});

test("whole answers", async () => {
  const finish = { reason: "stop", raw: null, stopSequence: null } as const;
  const blocks = [text("Hi"), call("c1", "look", "")];
  const { value } = responses.payload.writeResponse(
    foreignResponse({
      choices: [{ index: 0, blocks, finish, logprobs: null, extras: {}, spelling: NO_SPELLING }],
      usage: usage({ freshInputTokens: 1, outputTokens: 2 }),
    }),
    CONTEXT,
  );
  const client = clientOf({ status: 200, headers: JSON_TYPE, body: JSON.stringify(value) });
  expect(await client.responses.create(ASK)).toMatchObject({
    object: "response",
    status: "completed",
    output_text: "Hi",
    output: [{ type: "message" }, { type: "function_call", call_id: "c1", name: "look", arguments: "{}" }],
    usage: { total_tokens: 3 },
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
    const written = responses.payload.writeError(failed, { requestId: "r", path: "/", details: false });
    const headers = { ...JSON_TYPE, ...written.headers, ...responses.carrier.answerHeaders("req_1") };
    const client = clientOf({ status: written.status, headers, body: JSON.stringify(written.body) });
    const found = await client.responses.create(ASK).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(kind as typeof RateLimitError);
    expect(found).toMatchObject({ status: written.status, code, requestID: "req_1" });
  });
});
