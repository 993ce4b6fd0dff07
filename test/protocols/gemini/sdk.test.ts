/** The vendor's own client reads what we write, and what it sends is what our reader takes. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ApiError, type GenerateContentResponse, GoogleGenAI } from "@google/genai";
import { failure } from "../../../src/ir/failure.ts";
import type { JsonObject } from "../../../src/std/json.ts";
import { call, choice, citation, finish, reasoning, response, text, usage } from "../../harness/builders.ts";
import { answerContext, operations, payload } from "./builders.ts";
import { readGolden } from "./golden.ts";

interface Scripted {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

let next: Scripted = { status: 500, type: "application/json", body: "" };
const asked: { path: string; body: JsonObject }[] = [];
let server: ReturnType<typeof Bun.serve>;
beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(given) {
      const { pathname, search } = new URL(given.url);
      const sent = await given.text();
      asked.push({ path: pathname + search, body: sent === "" ? {} : JSON.parse(sent) });
      return new Response(next.body, { status: next.status, headers: { "content-type": next.type } });
    },
  });
});
afterAll(async () => {
  await server.stop(true);
});

function clientOf(scripted: Scripted, vertex = false): GoogleGenAI {
  next = scripted;
  const baseUrl = `http://127.0.0.1:${server.port}`;
  return new GoogleGenAI({
    apiKey: "test-key-1",
    enterprise: vertex,
    httpOptions: { baseUrl, retryOptions: { attempts: 1 } },
  });
}

const json = (body: JsonObject, status = 200): Scripted => ({
  status,
  type: "application/json",
  body: JSON.stringify(body),
});
const stream = (golden: string): Scripted => ({ status: 200, type: "text/event-stream", body: readGolden(golden) });
const ASK = { model: "m", contents: "Hi." };

async function collect(golden: string): Promise<GenerateContentResponse[]> {
  const chunks: GenerateContentResponse[] = [];
  for await (const chunk of await clientOf(stream(golden)).models.generateContentStream(ASK)) chunks.push(chunk);
  return chunks;
}

test("skips a comment ahead of the answer and inside it", async () => {
  const chunk = (said: string): string =>
    `data: ${JSON.stringify({ candidates: [{ content: { role: "model", parts: [{ text: said }] }, index: 0 }] })}\n\n`;
  const comment = ": keep-alive\n\n";
  const body = comment + comment + chunk("Hel") + comment + chunk("lo");
  let said = "";
  for await (const each of await clientOf({
    status: 200,
    type: "text/event-stream",
    body,
  }).models.generateContentStream(ASK)) {
    said += each.text ?? "";
  }
  expect(said).toBe("Hello");
});

describe("whole answers", () => {
  test("text, thoughts, a call, usage", async () => {
    const given = response(
      [
        reasoning("Hmm.", { signature: { issuer: "anthropic", value: "c2ln" } }),
        text("Hello.", { citations: [citation()] }),
        call("call_1", "f", '{"a":1}'),
      ],
      {
        usage: usage({ cacheReadTokens: 5, reasoningTokens: 2 }),
      },
    );
    const answer = await clientOf(json(payload.writeResponse(given, answerContext()).value)).models.generateContent(
      ASK,
    );
    expect(answer.text).toBe("Hello.");
    expect(answer.functionCalls).toEqual([{ id: "call_1", name: "f", args: { a: 1 } }]);
    expect(answer.usageMetadata?.totalTokenCount).toBeGreaterThan(0);
    expect(String(answer.candidates?.[0]?.finishReason)).toBe("STOP");
    expect(answer.candidates?.[0]?.groundingMetadata?.groundingChunks).toHaveLength(1);
  });

  test("a refusal", async () => {
    const given = response([], { choices: [choice([], { finish: finish("content-filter") })] });
    const answer = await clientOf(json(payload.writeResponse(given, answerContext()).value)).models.generateContent(
      ASK,
    );
    expect([answer.text, String(answer.candidates?.[0]?.finishReason)]).toEqual(["", "SAFETY"]);
  });

  test("an error is the client's own class, with its status", async () => {
    const written = payload.writeError(failure("rate-limited", "Slow down.", 2000), {
      requestId: "r",
      path: "/v1beta/models/m:x",
      details: false,
    });
    const failed = await clientOf(json(written.body, written.status))
      .models.generateContent(ASK)
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({ status: 429 });
  });
});

describe("streams", () => {
  test("text and usage", async () => {
    const chunks = await collect("text.sse");
    expect(chunks.map((chunk) => chunk.text).join("")).toBe("Hello.");
    expect(chunks.at(-1)?.usageMetadata?.candidatesTokenCount).toBeGreaterThan(0);
    expect(String(chunks.at(-1)?.candidates?.[0]?.finishReason)).toBe("STOP");
  });

  test("calls", async () => {
    const calls = (await collect("tools.sse")).flatMap((chunk) => chunk.functionCalls ?? []);
    expect(calls).toEqual([
      { id: "call_1", name: "f", args: { a: 1 } },
      { id: "call_2", name: "g", args: {} },
    ]);
  });

  test("a failure in the middle is thrown", async () => {
    const failed = await collect("failed.sse").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({ status: 503 });
  });

  test("its chat keeps every part for the next turn, signatures included", async () => {
    const chat = clientOf(stream("reasoning-of-its-own.sse")).chats.create({ model: "m" });
    for await (const _chunk of await chat.sendMessageStream({ message: "Hi." }));
    const { turns } = payload.readRequest({ contents: chat.getHistory(true) }).value;
    const blocks = turns.flatMap((turn) => turn.blocks);
    expect(blocks).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: "reasoning", signature: { issuer: "gemini", value: "c2ln" } }),
        expect.objectContaining({ type: "tool-call", name: "f" }),
      ]),
    );
  });
});

describe("what it sends", () => {
  const last = () => asked.at(-1) ?? { path: "", body: {} };

  test("a request with everything is read without a member left over", async () => {
    await clientOf(json(payload.writeResponse(response([text("Hi.")]), answerContext()).value)).models.generateContent({
      model: "m",
      contents: [{ role: "user", parts: [{ text: "Hi." }, { inlineData: { mimeType: "image/png", data: "AA==" } }] }],
      config: {
        systemInstruction: "Be brief.",
        temperature: 0.5,
        maxOutputTokens: 5,
        stopSequences: ["a"],
        responseMimeType: "application/json",
        responseJsonSchema: { type: "object" },
        tools: [{ functionDeclarations: [{ name: "f", parametersJsonSchema: { type: "object" } }] }],
        thinkingConfig: { thinkingBudget: 100, includeThoughts: true },
      },
    });
    expect(last().path).toBe("/v1beta/models/m:generateContent");
    const { value } = payload.readRequest(last().body);
    expect(value).toMatchObject({
      extras: {},
      maxOutputTokens: 5,
      stop: ["a"],
      reasoning: { budgetTokens: 100 },
      outputFormat: { kind: "json-schema" },
    });
    expect(value.instructions[0]?.blocks).toMatchObject([{ text: "Be brief." }]);
  });

  test("paths of streams, counts, embeddings, lists and enterprise mode", async () => {
    await clientOf(stream("text.sse")).models.generateContentStream(ASK);
    expect(last().path).toBe("/v1beta/models/m:streamGenerateContent?alt=sse");
    const counted = await clientOf(json(operations.count?.writeCount(7) ?? {})).models.countTokens(ASK);
    expect([counted.totalTokens, last().path]).toEqual([7, "/v1beta/models/m:countTokens"]);
    const embedded = await clientOf(json({ embeddings: [{ values: [0.5] }] })).models.embedContent({
      model: "m",
      contents: ["a"],
    });
    expect([embedded.embeddings?.[0]?.values, last().path]).toEqual([[0.5], "/v1beta/models/m:batchEmbedContents"]);
    const listed =
      operations.models?.writeList(
        [{ id: "a", createdMs: 0, ownedBy: "o", contextWindow: 9, maxOutputTokens: 5 }],
        "",
      ) ?? {};
    const pager = await clientOf(json(listed)).models.list();
    expect([pager.page[0]?.name, pager.page[0]?.inputTokenLimit]).toEqual(["models/a", 9]);
    await clientOf(
      json(payload.writeResponse(response([text("Hi.")]), answerContext()).value),
      true,
    ).models.generateContent(ASK);
    expect(last().path).toBe("/v1beta1/publishers/google/models/m:generateContent");
  });
});
