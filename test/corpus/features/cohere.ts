/** What of each feature this protocol has a place for, with the vendor's page that shows it and the members that say it. */
import { carried, type FeatureTable, lacking, partly } from "./feature.ts";

const CHAT = "https://docs.cohere.com/reference/chat 2026-11-27";
const STREAM = "https://docs.cohere.com/reference/chat-stream 2026-11-27";
const ERRORS = "https://docs.cohere.com/errors-reference 2026-11-27";
const REASONING = "https://docs.cohere.com/docs/reasoning 2026-11-27";
const STRUCTURED = "https://docs.cohere.com/docs/structured-outputs 2026-11-27";
const STRICT_TOOLS = "https://docs.cohere.com/v2/docs/parameter-types-in-tool-use 2026-11-27";

const CONTENT = "messages[].content[]";

export const COHERE_FEATURES: FeatureTable = {
  system: carried("system[].content[]"),
  "system-between": partly("as the user's words: a system message must stand first", ERRORS, "messages[].role"),
  text: carried(),
  images: partly("from the user only", CHAT, CONTENT),
  "image-detail": partly("auto, low and high", CHAT, `${CONTENT}.detail`),
  "images-in-results": partly("images follow as the user's, text documents stay", CHAT, CONTENT),
  documents: lacking("no files", CHAT, CONTENT),
  "documents-by-address": lacking("no files", CHAT, CONTENT),
  "documents-as-text": partly(
    "beside the conversation where they are cited, else as text",
    CHAT,
    CONTENT,
    `${CONTENT}.source.content`,
    `${CONTENT}.citations`,
    "documents",
    "citation_options",
  ),
  audio: lacking("no audio", CHAT, CONTENT),
  video: lacking("no video", CHAT, CONTENT),
  tools: carried("tools[]"),
  "tool-schema": partly(
    "sent as they are; the vendor names words it does not hold to",
    STRUCTURED,
    "tools[].parameters",
  ),
  "tool-strict": partly("one switch for all tools", STRICT_TOOLS, "tools[].strict", "strict_tools"),
  "free-text-tools": partly("as a function with one string", CHAT, "tools[]", CONTENT),
  "server-tools": lacking("the vendor runs none in this API", CHAT, "tools[]", CONTENT, "message.content"),
  "tool-choice": partly("a named one by sending no other; older models take none", CHAT, "tool_choice"),
  "tool-choice-subset": partly("only the chosen tools are sent", CHAT, "tool_choice"),
  "parallel-calls": partly("several at once; no switch against it", CHAT, "parallel_tool_calls"),
  "tool-ids": partly("a result whose call is not in the history is text", ERRORS, CONTENT),
  "tool-errors": partly("only the text says it failed", CHAT, `${CONTENT}.is_error`),
  "tool-results-json": carried(CONTENT),
  "reasoning-effort": partly("as a budget in tokens", REASONING, "reasoning_effort", "reasoning", "reasoning.display"),
  "reasoning-budget": partly("models that reason", REASONING, "thinking", "reasoning", "reasoning_effort"),
  "reasoning-text": partly("models that reason take it back", REASONING, CONTENT),
  "reasoning-signatures": lacking(
    "reasoning is plain text",
    REASONING,
    CONTENT,
    `${CONTENT}.signature`,
    "message.content.thinking",
    "message.tool_calls.signature",
  ),
  citations: partly(
    "in answers; earlier answers go back without theirs",
    CHAT,
    `${CONTENT}.citations`,
    "message.citations",
    "citation_options",
  ),
  refusals: partly("as text", CHAT, CONTENT, "message.content", "finish_reason"),
  "json-schema": partly(
    "without a description; not beside documents",
    STRUCTURED,
    "response_format",
    "response_format.json_schema.description",
  ),
  "json-mode": carried("response_format"),
  "output-limit": carried("max_tokens"),
  temperature: partly("0 to 1", ERRORS, "temperature"),
  "top-p": partly("0.01 to 0.99", CHAT, "top_p", "p"),
  "top-k": partly("0 to 500", CHAT, "top_k", "k"),
  seed: partly("not below 0", CHAT, "seed"),
  penalties: partly("0 to 1, one at a time", ERRORS, "presence_penalty", "frequency_penalty"),
  logprobs: partly("of the chosen tokens, in the vendor's own form", CHAT, "logprobs", "top_logprobs"),
  choices: lacking("one answer", CHAT, "n", "choices"),
  stop: partly("at most 5", CHAT, "stop", "stop_sequences"),
  "stop-met": lacking("not which one", CHAT, "stop_sequence"),
  "cache-marks": lacking("the vendor caches by itself", CHAT, "*.cache_control"),
  user: lacking("no such member", CHAT, "user"),
  metadata: lacking("no such member", CHAT, "metadata"),
  names: lacking("no such member", CHAT, "messages[].name"),
  "service-tier": lacking("no tiers; a priority of its own", CHAT, "service_tier"),
  state: lacking("nothing is stored", CHAT),
  "safety-settings": partly("its own switch only", CHAT, "safety_mode"),
  "output-modalities": lacking("text", CHAT, "message.content"),
  usage: partly("no cache writes and no audio", CHAT, "usage"),
  finish: partly("complete, stop sequence, limit, tool call, toxic", STREAM, "finish_reason"),
  "own-members": partly("its own", CHAT, "safety_mode", "priority", "raw_prompting"),
};
