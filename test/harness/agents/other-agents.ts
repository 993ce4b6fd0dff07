/** Gemini CLI, and programs of Converse and of Cohere's chat that send an answer back as it came. */
import { asArray, asObject, asText, type JsonObject, at as within } from "../../../src/std/json.ts";
import { AGENT_QUESTION, AGENT_SYSTEM, AGENT_TOOLS } from "../scripted/agent-script.ts";
import { objects, parsedArguments } from "../scripted/rules.ts";
import type { Agent, AgentCall } from "./agent.ts";
import { cohereAnswer, converseAnswer, geminiAnswer } from "./streams.ts";

const PLACEHOLDER = "skip_thought_signature_validator";
const geminiParts = (answer: JsonObject): JsonObject[] =>
  objects(within(objects(answer["candidates"])[0] ?? {}, "content", "parts"));

/** Thoughts are shown and forgotten; a first call without a signature gets the vendor's placeholder. */
function keptParts(parts: readonly JsonObject[]): JsonObject[] {
  const kept = parts.filter((part) => part["thought"] !== true);
  const first = kept.findIndex((part) => asObject(part["functionCall"]) !== undefined);
  return kept.map((part, index) =>
    index === first && part["thoughtSignature"] === undefined ? { ...part, thoughtSignature: PLACEHOLDER } : part,
  );
}

function geminiCalls(answer: JsonObject): AgentCall[] {
  return geminiParts(answer).flatMap((part) => {
    const call = asObject(part["functionCall"]);
    if (call === undefined) return [];
    return [{ id: asText(call["id"]) ?? "", name: asText(call["name"]) ?? "", input: call["args"] ?? {} }];
  });
}

export const GEMINI_CLI: Agent = {
  name: "Gemini CLI",
  protocol: "gemini",
  headers: { "x-goog-api-key": "client-key" },
  path: (model, stream) => `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  begin: () => ({
    systemInstruction: { role: "user", parts: [{ text: AGENT_SYSTEM }] },
    contents: [{ role: "user", parts: [{ text: AGENT_QUESTION }] }],
    tools: [
      {
        functionDeclarations: AGENT_TOOLS.map(({ name, description, schema }) => ({
          name,
          description,
          parametersJsonSchema: schema,
        })),
      },
    ],
    generationConfig: {
      temperature: 1,
      topP: 0.95,
      topK: 64,
      thinkingConfig: { includeThoughts: true, thinkingLevel: "HIGH" },
    },
  }),
  assemble: geminiAnswer,
  calls: geminiCalls,
  text: (answer) =>
    geminiParts(answer)
      .map((part) => (part["thought"] === true ? "" : (asText(part["text"]) ?? "")))
      .join(""),
  next: (body, answer, results) => ({
    ...body,
    contents: [
      ...objects(body["contents"]),
      { role: "model", parts: keptParts(geminiParts(answer)) },
      {
        role: "user",
        parts: results.map(({ id, name, output }) => ({
          functionResponse: { ...(id === "" ? {} : { id }), name, response: { output } },
        })),
      },
    ],
  }),
};

const converseContent = (answer: JsonObject): JsonObject[] => objects(within(answer, "output", "message", "content"));

export const CONVERSE_AGENT: Agent = {
  name: "a program of Converse",
  protocol: "bedrock",
  headers: { authorization: "Bearer client-key" },
  path: (model, stream) => `/model/${encodeURIComponent(model)}/${stream ? "converse-stream" : "converse"}`,
  begin: () => ({
    system: [{ text: AGENT_SYSTEM }],
    messages: [{ role: "user", content: [{ text: AGENT_QUESTION }] }],
    toolConfig: {
      tools: AGENT_TOOLS.map(({ name, description, schema }) => ({
        toolSpec: { name, description, inputSchema: { json: schema } },
      })),
    },
    inferenceConfig: { maxTokens: 8_000 },
    additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 4_000 } },
  }),
  assemble: converseAnswer,
  calls: (answer) =>
    converseContent(answer).flatMap((block) => {
      const call = asObject(block["toolUse"]);
      if (call === undefined) return [];
      return [{ id: asText(call["toolUseId"]) ?? "", name: asText(call["name"]) ?? "", input: call["input"] }];
    }),
  text: (answer) =>
    converseContent(answer)
      .map((block) => asText(block["text"]) ?? "")
      .join(""),
  next: (body, answer, results) => ({
    ...body,
    messages: [
      ...objects(body["messages"]),
      { role: "assistant", content: converseContent(answer) },
      {
        role: "user",
        content: results.map(({ id, output }) => ({ toolResult: { toolUseId: id, content: [{ text: output }] } })),
      },
    ],
  }),
};

const cohereMessage = (answer: JsonObject): JsonObject => asObject(answer["message"]) ?? {};

export const COHERE_AGENT: Agent = {
  name: "a program of Cohere's chat",
  protocol: "cohere",
  headers: { authorization: "Bearer client-key" },
  path: () => "/v2/chat",
  begin: (model, stream) => ({
    model,
    messages: [
      { role: "system", content: AGENT_SYSTEM },
      { role: "user", content: AGENT_QUESTION },
    ],
    tools: AGENT_TOOLS.map(({ name, description, schema }) => ({
      type: "function",
      function: { name, description, parameters: schema },
    })),
    thinking: { type: "enabled" },
    ...(stream ? { stream } : {}),
  }),
  assemble: cohereAnswer,
  calls: (answer) =>
    objects(cohereMessage(answer)["tool_calls"]).map((call) => ({
      id: asText(call["id"]) ?? "",
      name: asText(within(call, "function", "name")) ?? "",
      input: parsedArguments(within(call, "function", "arguments")),
    })),
  text: (answer) =>
    objects(cohereMessage(answer)["content"])
      .map((block) => asText(block["text"]) ?? "")
      .join(""),
  next(body, answer, results) {
    const { content, tool_calls, tool_plan } = cohereMessage(answer);
    const words = (asArray(content) ?? []).length === 0 ? {} : { content };
    return {
      ...body,
      messages: [
        ...objects(body["messages"]),
        { role: "assistant", ...words, tool_calls, ...(asText(tool_plan) ? { tool_plan } : {}) },
        ...results.map(({ id, output }) => ({ role: "tool", tool_call_id: id, content: output })),
      ],
    };
  },
};
