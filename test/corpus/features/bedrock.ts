/** What of each feature this protocol has a place for, with the vendor's page that shows it and the members that say it. */
import { carried, type FeatureTable, lacking, partly } from "./feature.ts";

const CONVERSE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html 2026-11-27";
const BLOCK = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html 2026-11-27";
const IMAGE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ImageBlock.html 2026-11-27";
const DOCUMENT = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html 2026-11-27";
const TOOLS = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html 2026-11-27";
const CHOICE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html 2026-11-27";
const RESULT = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolResultBlock.html 2026-11-27";
const THINKING =
  "https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html 2026-11-27";
const STRUCTURED = "https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html 2026-11-27";
const INFERENCE =
  "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html 2026-11-27";
const CACHING = "https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html 2026-11-27";
const TIERS = "https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html 2026-11-27";
const USAGE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html 2026-11-27";

const CONTENT = "messages[].content[]";

export const BEDROCK_FEATURES: FeatureTable = {
  system: carried("system[]"),
  "system-between": partly("moved to the system prompt", CONVERSE, "messages[]"),
  text: partly("a conversation begins with the user, and documents need words beside them", CONVERSE, "messages"),
  images: partly("as bytes, from the user only", IMAGE, CONTENT),
  "image-detail": lacking("no such setting", IMAGE, `${CONTENT}.detail`),
  "images-in-results": partly("as bytes", RESULT, CONTENT, `${CONTENT}.content`, `${CONTENT}.content[].title`),
  documents: partly("names of letters, digits and few signs; words beside them", DOCUMENT, CONTENT, "messages"),
  "documents-by-address": lacking("fetches none but its own store's", DOCUMENT, CONTENT),
  "documents-as-text": partly("words beside them; title as a plain name", DOCUMENT, CONTENT, "messages"),
  audio: partly("models that take audio", BLOCK, CONTENT),
  video: partly("its own, to itself", BLOCK, CONTENT),
  tools: partly(
    "the input of a call is an object, and a conversation that holds calls must define tools",
    TOOLS,
    "tools[].name",
    "content[].input",
    `${CONTENT}.content`,
  ),
  "tool-schema": partly("the top of a schema is one object, without alternatives", TOOLS, "tools[].parameters"),
  "tool-strict": partly("where the model has structured outputs", TOOLS, "tools[].strict"),
  "free-text-tools": partly("written as a function with one string", TOOLS),
  "server-tools": partly("its own, to itself", TOOLS, "tools[]", CONTENT, "content[]"),
  "tool-choice": partly("none by offering no tools; forced where the model can be", CHOICE, "tool_choice"),
  "tool-choice-subset": partly("only those tools are sent", CHOICE, "tool_choice"),
  "parallel-calls": partly("one at a time is an option of newer Claudes", CHOICE, "parallel_tool_calls"),
  "tool-ids": partly("ids of other characters are renamed, both halves alike", TOOLS, `${CONTENT}.id`),
  "tool-errors": partly("models that are told", RESULT, `${CONTENT}.is_error`),
  "tool-results-json": partly("an empty one by a word that says so; one without its call as text", RESULT, CONTENT),
  "reasoning-effort": partly("where the model takes no effort, as a thinking budget", THINKING, "reasoning"),
  "reasoning-budget": partly("at least 1024 tokens, below the output limit", THINKING, "reasoning"),
  "reasoning-text": partly("goes back with its signature, or to its own kind", THINKING, CONTENT, "reasoning.summary"),
  "reasoning-signatures": partly(
    "those its own models can verify",
    THINKING,
    CONTENT,
    `${CONTENT}.signature`,
    "content[].signature",
    "signature",
  ),
  citations: partly(
    "in answers those with an address, and its own; earlier answers go back without others' citations",
    BLOCK,
    `${CONTENT}.citations`,
    "content[].citations",
    "citations",
  ),
  refusals: partly("a reason to stop, not a block of its own; the words are text", CONVERSE, CONTENT),
  "json-schema": partly(
    "every object is closed, no numeric limits; a model without structured outputs is made to call a tool with it, or asked in the system prompt",
    STRUCTURED,
    "response_format",
    "response_format.schema",
  ),
  "json-mode": partly("asked for in the system prompt", STRUCTURED, "response_format"),
  "output-limit": carried("max_tokens"),
  temperature: partly("from 0 to 1", INFERENCE, "temperature"),
  "top-p": partly("some models take temperature or top p, not both", INFERENCE, "top_p"),
  "top-k": partly("as a field of the model's own, where it has one", THINKING, "top_k"),
  seed: lacking("no such option", INFERENCE, "seed"),
  penalties: lacking("no such option", INFERENCE, "presence_penalty", "frequency_penalty"),
  logprobs: lacking("no such option", CONVERSE, "logprobs"),
  choices: lacking("one answer", CONVERSE, "n", "choices[]"),
  stop: partly("all but blank ones", INFERENCE, "stop"),
  "stop-met": partly("where the model names it", CONVERSE, "additionalModelResponseFields.stop_sequence"),
  "cache-marks": partly("Claude and Nova; four in a request", CACHING, "*.cache_control", "*.cache_control.ttl"),
  user: lacking("no such member", CONVERSE, "user"),
  metadata: partly("16 entries of plain characters", CONVERSE, "metadata"),
  names: lacking("messages have no names", CONVERSE, "messages[].name"),
  "service-tier": partly("default, flex, priority and reserved", TIERS, "service_tier", "serviceTier"),
  state: partly("prompts the vendor keeps, to itself", CONVERSE, "promptVariables"),
  "safety-settings": partly("guardrails, to itself", CONVERSE, "guardrailConfig"),
  "output-modalities": lacking("answers are text and calls", CONVERSE, "content[]"),
  usage: partly(
    "both counts must be numbers; reasoning is not counted apart",
    USAGE,
    "usage.inputTokens",
    "usage.outputTokens",
    "usage.reasoningTokens",
  ),
  finish: partly("a refusal is a filtered answer, a pause an end", CONVERSE, "stopReason"),
  "own-members": partly("to itself", CONVERSE),
};
