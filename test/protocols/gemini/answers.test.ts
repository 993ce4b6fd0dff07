// Whole answers, both ways: usage to the token, refused prompts, sources, signatures on their way back.
import { describe, expect, test } from "bun:test";
import type { FinishReason } from "../../../src/ir/response.ts";
import { at, type JsonObject } from "../../../src/std/json.ts";
import { choice, finish, reasoning, response, text, usage } from "../../harness/builders.ts";
import { answerContext, payload, readAnswer } from "./builders.ts";

describe("usage", () => {
  const cases: readonly [string, JsonObject, Partial<ReturnType<typeof usage>>][] = [
    [
      "cached tokens are part of the prompt",
      { promptTokenCount: 100, cachedContentTokenCount: 80, candidatesTokenCount: 5, totalTokenCount: 105 },
      { freshInputTokens: 20, cacheReadTokens: 80, outputTokens: 5, reasoningTokens: null },
    ],
    [
      "thoughts stand beside the answer",
      { promptTokenCount: 10, candidatesTokenCount: 5, thoughtsTokenCount: 7, totalTokenCount: 22 },
      { outputTokens: 12, reasoningTokens: 7 },
    ],
    [
      "thoughts alone",
      { promptTokenCount: 10, thoughtsTokenCount: 7, totalTokenCount: 17 },
      { outputTokens: 7, reasoningTokens: 7 },
    ],
    [
      "what tools brought is prompt as well",
      { promptTokenCount: 10, toolUsePromptTokenCount: 30, candidatesTokenCount: 5, totalTokenCount: 45 },
      { freshInputTokens: 40, outputTokens: 5 },
    ],
    ["nothing generated is told by the total", { promptTokenCount: 10, totalTokenCount: 10 }, { outputTokens: 0 }],
    [
      "sound, by its details",
      {
        promptTokenCount: 10,
        candidatesTokenCount: 5,
        promptTokensDetails: [{ modality: "AUDIO", tokenCount: 4 }],
        candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 5 }],
      },
      { audioInputTokens: 4, audioOutputTokens: 5 },
    ],
    ["nothing is unknown", {}, { freshInputTokens: null, outputTokens: null }],
  ];
  test.each(cases)("%s", (_name, usageMetadata, wanted) => {
    expect(readAnswer([{ text: "Hi." }], {}, { usageMetadata }).usage).toMatchObject(wanted);
  });

  test("written, the vendor's sum holds", () => {
    const written = payload.writeResponse(
      response([text("Hi.")], {
        usage: usage({
          freshInputTokens: 20,
          cacheReadTokens: 80,
          cacheWriteTokens: 7,
          outputTokens: 12,
          reasoningTokens: 7,
        }),
      }),
      answerContext(),
    ).value;
    expect(written["usageMetadata"]).toEqual({
      promptTokenCount: 107,
      cachedContentTokenCount: 80,
      candidatesTokenCount: 5,
      thoughtsTokenCount: 7,
      totalTokenCount: 119,
    });
  });
});

describe("the finish", () => {
  const read: readonly [string, FinishReason][] = [
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["SAFETY", "content-filter"],
    ["RECITATION", "content-filter"],
    ["BLOCKLIST", "content-filter"],
    ["PROHIBITED_CONTENT", "content-filter"],
    ["SPII", "content-filter"],
    ["LANGUAGE", "content-filter"],
    ["IMAGE_SAFETY", "content-filter"],
    ["MALFORMED_FUNCTION_CALL", "other"],
    ["UNEXPECTED_TOOL_CALL", "other"],
    ["BRAND_NEW", "other"],
  ];
  test.each(read)("%s is %s, and its word is kept", (finishReason, reason) => {
    expect(readAnswer([{ text: "Hi." }], { finishReason }).choices[0]?.finish).toEqual({
      reason,
      raw: finishReason,
      stopSequence: null,
    });
  });

  test("calls decide where the vendor says STOP", () => {
    expect(readAnswer([{ functionCall: { name: "f", args: {} } }]).choices[0]?.finish?.reason).toBe("tool-calls");
  });

  const written: readonly [FinishReason, string][] = [
    ["stop", "STOP"],
    ["stop-sequence", "STOP"],
    ["length", "MAX_TOKENS"],
    ["content-filter", "SAFETY"],
    ["refusal", "SAFETY"],
    ["pause", "STOP"],
    ["context-length", "MAX_TOKENS"],
    ["other", "OTHER"],
  ];
  test.each(written)("%s is written as %s", (reason, word) => {
    const given = response([], { choices: [choice([text("Hi.")], { finish: finish(reason) })] });
    expect(at(payload.writeResponse(given, answerContext()).value, "candidates", 0, "finishReason")).toBe(word);
  });
});

test("a refused prompt is an answer, and is written back without a candidate", () => {
  const body = {
    promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
    modelVersion: "m",
    responseId: "r",
    usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
  };
  const { value } = payload.readResponse(body);
  expect(value.choices).toMatchObject([
    { blocks: [], finish: { reason: "content-filter", raw: "PROHIBITED_CONTENT" } },
  ]);
  const written = payload.writeResponse(value, answerContext()).value;
  expect([written["candidates"], written["promptFeedback"]]).toEqual([undefined, body.promptFeedback]);
});

test("no candidates and no reason is no answer", () => {
  expect(() => payload.readResponse({ candidates: [] })).toThrow("no candidates");
  expect(() => payload.readResponse({ error: { code: 500 } })).toThrow("an error");
});

test("what another vendor sealed travels as bytes and comes back with its issuer", () => {
  const given = response([
    reasoning("Hmm.", { signature: { issuer: "anthropic", value: "c2ln" } }),
    reasoning("", { encrypted: { issuer: "responses", value: "ZW5j" } }),
    text("So."),
  ]);
  const { value } = payload.writeResponse(given, answerContext());
  const parts = at(value, "candidates", 0, "content", "parts");
  // Clients discard thought parts, so that what must come back stands on others.
  expect(parts).toMatchObject([{ thought: true }, { text: "" }, { text: "So." }]);
  const seals = [at(parts, 1, "thoughtSignature"), at(parts, 2, "thoughtSignature")].map(String);
  for (const seal of seals) expect(Buffer.from(seal, "base64").toString("base64")).toBe(seal);
  // Sent back by the client as it came.
  const { turns } = payload.readRequest({ contents: [at(value, "candidates", 0, "content")] }).value;
  expect(turns[0]?.blocks).toMatchObject([
    { text: "Hmm.", signature: { issuer: "anthropic", value: "c2ln" } },
    { text: "", encrypted: { issuer: "responses", value: "ZW5j" } },
    { text: "So." },
  ]);
});
