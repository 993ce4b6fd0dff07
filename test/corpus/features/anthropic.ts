/** What the Messages API has a place for, feature by feature, with the vendor's pages that show what it has none for. */
import { carried, type FeatureTable, lacking, partly } from "./feature.ts";

const MESSAGES = "https://platform.claude.com/docs/en/api/messages 2026-11-21";
const COMPATIBILITY = "https://platform.claude.com/docs/en/api/openai-sdk 2026-11-21";
const TOOLS = "https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use 2026-11-21";
const THINKING = "https://platform.claude.com/docs/en/build-with-claude/extended-thinking 2026-11-21";
const STRUCTURED = "https://platform.claude.com/docs/en/build-with-claude/structured-outputs 2026-11-21";
const CITATIONS = "https://platform.claude.com/docs/en/build-with-claude/citations 2026-11-21";
const TIERS = "https://platform.claude.com/docs/en/api/service-tiers 2026-11-21";
const STOPS = "https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons 2026-11-21";

export const ANTHROPIC_FEATURES: FeatureTable = {
  system: carried("system"),
  "system-between": partly("moved to the system prompt, which is one", COMPATIBILITY, "messages"),
  text: carried(),
  images: carried("*.source"),
  "image-detail": lacking("an image has a source and nothing else", MESSAGES),
  "images-in-results": carried("*.content"),
  documents: carried("*.source"),
  "documents-by-address": partly("by URL; a file id is good only in the vendor's own store", MESSAGES, "*.source"),
  "documents-as-text": carried("*.title", "*.context"),
  audio: lacking("no block for it", COMPATIBILITY),
  video: lacking("no block for it", MESSAGES),
  tools: partly(
    "the input of a call is an object, and a conversation that holds calls must define tools",
    TOOLS,
    "content[].input",
    "content_block.input",
    "tools[].input_schema",
    "tools[].name",
  ),
  "tool-schema": partly("the top of a schema is one object, without alternatives", TOOLS, "tools[].input_schema"),
  "tool-strict": partly("where the model has structured outputs", STRUCTURED, "tools[].strict"),
  "free-text-tools": partly("written as a function with one string", TOOLS),
  "server-tools": partly("its own, to itself", TOOLS, "content[]", "delta"),
  "tool-choice": partly("a model that must think takes no forced tool", THINKING),
  "tool-choice-subset": partly("only those tools are sent", TOOLS),
  "parallel-calls": carried("tool_choice.disable_parallel_tool_use"),
  "tool-ids": partly(
    "ids of other characters are renamed, both halves alike",
    MESSAGES,
    "content[].id",
    "*.tool_use_id",
  ),
  "tool-errors": carried("*.is_error"),
  "tool-results-json": partly("text or blocks; a result without its call is written as text", MESSAGES),
  "reasoning-effort": partly("where the model takes no effort, as a thinking budget", THINKING, "output_config.effort"),
  "reasoning-budget": partly("at least 1024 tokens, below the output limit", THINKING, "thinking"),
  "reasoning-text": partly(
    "only with the vendor's own signature goes back to it",
    THINKING,
    "content[].thinking",
    "thinking",
  ),
  "reasoning-signatures": partly(
    "the vendor's own only",
    THINKING,
    "content[].signature",
    "content[].data",
    "signature",
  ),
  citations: partly(
    "those of the vendor's own answers; they point into a source that the request held",
    CITATIONS,
    "content[].citations",
    "citations",
  ),
  refusals: partly("a reason to stop, not a block of its own; the words are text", STOPS),
  "json-schema": partly(
    "every object is closed, no numeric limits; a model without structured outputs is made to call a tool with it",
    STRUCTURED,
    "*.schema",
  ),
  "json-mode": partly("asked for in the system prompt", COMPATIBILITY),
  "output-limit": partly("demanded: the lane's default is written where none was given", MESSAGES, "max_tokens"),
  temperature: partly("from 0 to 1", MESSAGES, "temperature"),
  "top-p": partly("some models take temperature or top p, not both", MESSAGES, "top_p"),
  "top-k": carried("top_k"),
  seed: lacking("no such option", COMPATIBILITY),
  penalties: lacking("no such option", COMPATIBILITY),
  logprobs: lacking("no such option", COMPATIBILITY, "*.logprobs"),
  choices: lacking("one answer", COMPATIBILITY, "choices[]"),
  stop: partly("all but blank ones", COMPATIBILITY, "stop_sequences"),
  "stop-met": carried("stop_sequence"),
  "cache-marks": carried("*.cache_control"),
  user: carried("metadata.user_id"),
  metadata: lacking("`metadata` holds the end user's id and nothing else", MESSAGES),
  names: lacking("messages have no names", COMPATIBILITY),
  "service-tier": partly("`auto` and `standard_only`", TIERS, "service_tier"),
  state: partly("its own containers, to itself", MESSAGES, "container"),
  "safety-settings": lacking("no such option", MESSAGES),
  "output-modalities": lacking("answers are text and calls", MESSAGES, "content[]"),
  usage: partly(
    "both counts must be numbers: a vendor that reports none leaves an estimate and a zero",
    MESSAGES,
    "usage.input_tokens",
    "usage.output_tokens",
  ),
  finish: partly("a filtered answer is a refusal", STOPS, "stop_reason"),
  "own-members": partly("to itself", MESSAGES),
};
