/**
 * The corpus of requests, as clients of one vendor write them: what only that vendor has (built-in tools, state, safety
 * settings, members of its own), whole between its own client and lane and a loss anywhere else.
 */
import type { JsonObject } from "../../src/std/json.ts";

export interface OwnRequest {
  /** The protocol whose clients write it. */
  readonly protocol: string;
  readonly body: JsonObject;
}

const HI = [{ role: "user", content: "Hi." }];

export const OWN_REQUESTS: Readonly<Record<string, OwnRequest>> = {
  "anthropic: web search, called and answered": {
    protocol: "anthropic",
    body: {
      model: "pool",
      max_tokens: 256,
      tools: [{ type: "web_search_20250305", name: "web_search", max_uses: 3 }],
      messages: [
        { role: "user", content: "Search." },
        {
          role: "assistant",
          content: [
            { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } },
            { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] },
            { type: "text", text: "Found." },
          ],
        },
        { role: "user", content: "More." },
      ],
    },
  },
  "anthropic: search results and a container": {
    protocol: "anthropic",
    body: {
      model: "pool",
      max_tokens: 256,
      container: "container_1",
      context_management: { edits: [] },
      messages: [
        {
          role: "user",
          content: [
            { type: "search_result", source: "s", title: "t", content: [{ type: "text", text: "x" }] },
            { type: "text", text: "So?" },
          ],
        },
      ],
    },
  },
  "responses: web search, called and answered": {
    protocol: "responses",
    body: {
      model: "pool",
      tools: [{ type: "web_search", search_context_size: "low" }],
      input: [
        { role: "user", content: "Search." },
        { type: "web_search_call", id: "ws_1", status: "completed", action: { type: "search", query: "x" } },
        {
          type: "message",
          role: "assistant",
          status: "completed",
          id: "msg_1",
          content: [{ type: "output_text", text: "Found.", annotations: [] }],
        },
        { role: "user", content: "More." },
      ],
    },
  },
  "responses: a stored conversation": {
    protocol: "responses",
    body: {
      model: "pool",
      input: "Hi.",
      previous_response_id: "resp_1",
      store: true,
      truncation: "auto",
      prompt_cache_key: "k",
    },
  },
  "openai: web search, verbosity and a stored answer": {
    protocol: "openai",
    body: { model: "pool", messages: HI, web_search_options: {}, verbosity: "low", store: true },
  },
  "openai: an answer that is spoken": {
    protocol: "openai",
    body: { model: "pool", messages: HI, modalities: ["text", "audio"], audio: { voice: "alloy", format: "mp3" } },
  },
  "gemini: search, code, safety and a cached prompt": {
    protocol: "gemini",
    body: {
      model: "pool",
      contents: [{ role: "user", parts: [{ text: "Hi." }] }],
      tools: [{ googleSearch: {} }, { codeExecution: {} }],
      safetySettings: [{ category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_ONLY_HIGH" }],
      cachedContent: "cachedContents/1",
      labels: { team: "blue" },
    },
  },
  "gemini: an answer in pictures": {
    protocol: "gemini",
    body: {
      model: "pool",
      contents: [{ role: "user", parts: [{ text: "Draw." }] }],
      generationConfig: { responseModalities: ["TEXT", "IMAGE"] },
    },
  },
  "gemini: a video": {
    protocol: "gemini",
    body: {
      model: "pool",
      contents: [
        {
          role: "user",
          parts: [{ inlineData: { mimeType: "video/mp4", data: "AAAAIGZ0eXA=" } }, { text: "What happens?" }],
        },
      ],
    },
  },
  "bedrock: a guardrail, a cache point and a prompt variable": {
    protocol: "bedrock",
    body: {
      modelId: "pool",
      messages: [{ role: "user", content: [{ text: "Hi." }, { cachePoint: { type: "default" } }] }],
      guardrailConfig: { guardrailIdentifier: "g-1", guardrailVersion: "1", trace: "enabled" },
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2048 } },
      performanceConfig: { latency: "optimized" },
    },
  },
  "bedrock: a video": {
    protocol: "bedrock",
    body: {
      modelId: "pool",
      messages: [
        {
          role: "user",
          content: [{ video: { format: "mp4", source: { bytes: "AAAAIGZ0eXA=" } } }, { text: "What happens?" }],
        },
      ],
    },
  },
  "cohere: documents and a safety mode": {
    protocol: "cohere",
    body: {
      model: "pool",
      messages: HI,
      documents: [{ id: "d1", data: { title: "t", snippet: "The sky is blue." } }],
      citation_options: { mode: "accurate" },
      safety_mode: "CONTEXTUAL",
    },
  },
};
