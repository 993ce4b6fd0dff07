/** The vendor's own client reads what we write. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Cohere, CohereClient, CohereClientV2 } from "cohere-ai";
import { failure } from "../../../src/ir/failure.ts";
import { NO_SPELLING } from "../../../src/ir/request.ts";
import { cohere } from "../../../src/protocols/cohere/index.ts";
import { CONTEXT, call, foreignResponse, text, usage } from "./builders.ts";
import { readGolden } from "./golden.ts";

interface Scripted {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

let next: Scripted = { status: 500, headers: {}, body: "" };
let asked: { path: string; headers: Headers; body: unknown } | null = null;
let server: ReturnType<typeof Bun.serve>;
beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const body: unknown = request.method === "POST" ? await request.json() : null;
      asked = { path: new URL(request.url).pathname, headers: request.headers, body };
      return new Response(next.body, { status: next.status, headers: next.headers });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
});

const options = () => ({ token: "test-key-1", environment: `http://127.0.0.1:${server.port}`, maxRetries: 0 });
function clientOf(scripted: Scripted): CohereClientV2 {
  next = scripted;
  return new CohereClientV2(options());
}

const STREAM = { status: 200, headers: { "content-type": "text/event-stream" } };
const JSON_TYPE = { "content-type": "application/json" };
const json = (body: object, status = 200): Scripted => ({ status, headers: JSON_TYPE, body: JSON.stringify(body) });
const ASK = { model: "m", messages: [{ role: "user", content: "Hi" }] } satisfies Cohere.V2ChatRequest;

async function eventsOf(golden: string): Promise<Cohere.V2ChatStreamResponse[]> {
  const stream = await clientOf({ ...STREAM, body: readGolden(golden) }).chatStream(ASK);
  const events: Cohere.V2ChatStreamResponse[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

describe("streams", () => {
  test("text", async () => {
    const events = await eventsOf("writer-text.sse");
    const said = events.map((event) => (event.type === "content-delta" ? event.delta?.message?.content?.text : ""));
    expect(said.join("")).toBe('Hello "you"\n!');
    expect(events.at(-1)).toMatchObject({
      type: "message-end",
      delta: {
        finishReason: "COMPLETE",
        usage: { tokens: { inputTokens: 15, outputTokens: 3 }, cachedTokens: 5 },
      },
    });
  });

  test("calls, one after another, as clients that follow one at a time read them", async () => {
    const calls: { id: string; name: string; arguments: string }[] = [];
    for (const event of await eventsOf("writer-tools.sse")) {
      const called = event.type === "tool-call-start" ? event.delta?.message?.toolCalls : undefined;
      if (called !== undefined) {
        calls.push({ id: called.id, name: called.function?.name ?? "", arguments: called.function?.arguments ?? "" });
      }
      const last = calls.at(-1);
      if (event.type === "tool-call-delta" && last !== undefined) {
        last.arguments += event.delta?.message?.toolCalls?.function?.arguments ?? "";
      }
    }
    expect(calls).toEqual([
      { id: "c1", name: "look", arguments: '{"a":1}' },
      { id: "c2", name: "list-files", arguments: '{"b":2}' },
      { id: "c3", name: "now", arguments: "{}" },
      { id: "c4", name: "sh", arguments: '{"input":"ls \\"x\\""}' },
    ]);
  });

  test("thoughts and citations", async () => {
    const events = await eventsOf("writer-reasoning.sse");
    const thoughts = events.map((event) =>
      event.type === "content-delta" ? event.delta?.message?.content?.thinking : "",
    );
    expect(thoughts.join("")).toBe("Hmm.");
    const cited = events.flatMap((event) => (event.type === "citation-start" ? [event.delta?.message?.citations] : []));
    expect(cited).toMatchObject([
      { start: 0, end: 3, text: "So.", contentIndex: 1, type: "TEXT_CONTENT" },
      { start: 4, end: 7, text: "Yes", sources: [{ type: "document", document: { url: "https://x.invalid/" } }] },
    ]);
  });

  test("a broken answer", async () => {
    expect((await eventsOf("writer-failed.sse")).at(-1)).toMatchObject({
      type: "message-end",
      delta: { finishReason: "ERROR", error: "The model is overloaded." },
    });
  });
});

test("whole answers", async () => {
  const finish = { reason: "tool-calls", raw: null, stopSequence: null } as const;
  const choices = [
    {
      index: 0,
      blocks: [text("Hi"), call("c1", "look", "")],
      finish,
      logprobs: null,
      extras: {},
      spelling: NO_SPELLING,
    },
  ];
  const { value } = cohere.payload.writeResponse(
    foreignResponse({ choices, usage: usage({ freshInputTokens: 1, outputTokens: 2 }) }),
    CONTEXT,
  );
  expect(await clientOf(json(value)).chat(ASK)).toMatchObject({
    finishReason: "TOOL_CALL",
    message: {
      role: "assistant",
      content: [{ type: "text", text: "Hi" }],
      toolCalls: [{ id: "c1", type: "function", function: { name: "look", arguments: "{}" } }],
    },
    usage: { tokens: { inputTokens: 1, outputTokens: 2 } },
  });
});

test("what the client sends is read whole", async () => {
  const { value } = cohere.payload.writeResponse(foreignResponse(), CONTEXT);
  await clientOf(json(value)).chat({
    ...ASK,
    tools: [{ type: "function", function: { name: "f", description: "d", parameters: { type: "object" } } }],
    toolChoice: "REQUIRED",
    responseFormat: { type: "json_object", jsonSchema: { type: "object" } },
    thinking: { type: "enabled", tokenBudget: 100 },
    documents: ["words"],
    stopSequences: ["END"],
    maxTokens: 5,
    p: 0.5,
    k: 3,
  });
  expect(asked?.path).toBe("/v2/chat");
  const { value: request } = cohere.payload.readRequest(Object(asked?.body));
  expect(request).toMatchObject({
    model: "m",
    tools: [{ name: "f" }],
    toolChoice: { kind: "required" },
    outputFormat: { kind: "json-schema", schema: { type: "object" } },
    reasoning: { mode: "enabled", budgetTokens: 100 },
    turns: [{ blocks: [{ type: "document" }, { type: "text" }] }],
    stop: ["END"],
    maxOutputTokens: 5,
    sampling: { topP: 0.5, topK: 3 },
  });
  expect(Object.keys(request.extras)).toEqual([]);
  const headers = Object.fromEntries(asked?.headers ?? []);
  const parts = { method: "GET", path: "/v1/models", query: "", headers, params: {} };
  expect(cohere.operations.models?.recognises(parts)).toBe(true);
});

test("model lists", async () => {
  const list = [{ id: "smart", createdMs: 0, ownedBy: "x", contextWindow: 9, maxOutputTokens: null }];
  next = json(cohere.operations.models?.writeList(list, "") ?? {});
  expect(await new CohereClient(options()).models.list()).toMatchObject({
    models: [{ name: "smart", isDeprecated: false, contextLength: 9 }],
  });
});

describe("errors", () => {
  test.each([
    [failure("unauthenticated", "x"), Cohere.UnauthorizedError],
    [failure("unknown-model", "x"), Cohere.NotFoundError],
    [failure("budget-exceeded", "x"), Cohere.TooManyRequestsError],
    [failure("no-eligible-lane", "x", 5000), Cohere.ServiceUnavailableError],
    [failure("context-length", "x"), Cohere.BadRequestError],
    [failure("deadline-exceeded", "x"), Cohere.GatewayTimeoutError],
  ])("%j", async (failed, kind) => {
    const written = cohere.payload.writeError(failed, { requestId: "r", path: "/", details: false });
    const client = clientOf({ ...json(written.body, written.status), headers: { ...JSON_TYPE, ...written.headers } });
    const found = await client.chat(ASK).catch((error: unknown) => error);
    expect(found).toBeInstanceOf(kind);
    expect(found).toMatchObject({ statusCode: written.status, body: { id: "r", message: written.body["message"] } });
  });
});

test("vectors and ranks", async () => {
  const { embed, rerank } = cohere.operations;
  const request = embed?.readRequest({
    model: "m",
    texts: ["a"],
    input_type: "search_query",
    embedding_types: ["float", "base64"],
  });
  if (request === undefined) throw new Error("no embed operation");
  const extras = {};
  const vectors = [{ kind: "float", values: [0.5, -1] }] as const;
  const written = embed?.writeResponse(
    {
      sourceProtocol: "elsewhere",
      id: null,
      model: null,
      vectors,
      usage: usage({ freshInputTokens: 3 }),
      extras,
      spelling: NO_SPELLING,
    },
    { request: request.value, upstreamModel: "m", newId: CONTEXT.newId },
  );
  expect(
    await clientOf(json(written?.value ?? {})).embed({ model: "m", inputType: "search_query", texts: ["a"] }),
  ).toMatchObject({
    embeddings: { float: [[0.5, -1]], base64: ["AAAAPwAAgL8="] },
    texts: ["a"],
    meta: { billedUnits: { inputTokens: 3 } },
  });
  const results = [{ index: 1, score: 0.9 }];
  const ranked = {
    sourceProtocol: "elsewhere",
    id: null,
    results,
    usage: null,
    searchUnits: 1,
    extras,
    spelling: NO_SPELLING,
  };
  next = json(rerank?.writeResponse(ranked, { newId: CONTEXT.newId }) ?? {});
  expect(await new CohereClientV2(options()).rerank({ model: "m", query: "q", documents: ["a", "b"] })).toMatchObject({
    results: [{ index: 1, relevanceScore: 0.9 }],
    meta: { billedUnits: { searchUnits: 1 } },
  });
});
