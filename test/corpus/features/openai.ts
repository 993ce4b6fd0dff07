/** What Chat Completions has a place for, feature by feature, with the vendor's pages that show what it has none for. */
import { carried, type FeatureTable, lacking, partly } from "./feature.ts";

const CREATE = "https://platform.openai.com/docs/api-reference/chat/create 2026-11-21";
const OBJECT = "https://platform.openai.com/docs/api-reference/chat/object 2026-11-21";
const CACHING = "https://platform.openai.com/docs/guides/prompt-caching 2026-11-21";
const STRUCTURED = "https://platform.openai.com/docs/guides/structured-outputs 2026-11-21";
const REASONING = "https://platform.openai.com/docs/guides/reasoning 2026-11-21";
const STOPS = "https://help.openai.com/en/articles/5072263 2026-11-21";

export const OPENAI_FEATURES: FeatureTable = {
  system: carried("messages"),
  "system-between": carried("messages"),
  text: carried(),
  images: carried("*.image_url"),
  "image-detail": carried("*.detail"),
  "images-in-results": partly("they follow as a message of the user", CREATE),
  documents: carried("*.file"),
  "documents-by-address": partly(
    "no part for a URL; a file id is good only in the vendor's own store",
    CREATE,
    "*.file_id",
  ),
  "documents-as-text": partly("written as text, without title and context", CREATE, "*.title", "*.context"),
  audio: carried("*.input_audio", "*.audio"),
  video: lacking("no such part", CREATE),
  tools: carried("tools[].function", "*.tool_calls"),
  "tool-schema": carried("tools[].function.parameters"),
  "tool-strict": carried("tools[].function.strict"),
  "free-text-tools": carried("tools[].custom"),
  "server-tools": partly("its own, to itself", CREATE, "*.annotations", "choices[].message.content", "delta"),
  "tool-choice": carried("tool_choice"),
  "tool-choice-subset": carried("tool_choice"),
  "parallel-calls": carried("parallel_tool_calls"),
  "tool-ids": partly(
    "ids of more than 40 characters are shortened, both halves alike",
    CREATE,
    "*.tool_call_id",
    "*.id",
  ),
  "tool-errors": partly("a result has no flag for it; only its text says so", CREATE),
  "tool-results-json": partly("text; media follow as a message", CREATE),
  "reasoning-effort": partly(
    "in the words the model knows; that it shall not think is told only to models known to stop",
    REASONING,
    "reasoning_effort",
  ),
  "reasoning-budget": partly("as the nearest effort", REASONING),
  "reasoning-text": partly(
    "shown to clients; never sent back, where the API takes none",
    CREATE,
    "*.reasoning_content",
  ),
  "reasoning-signatures": lacking(
    "no member holds one",
    OBJECT,
    "*.reasoning_content",
    "reasoning_content",
    "*.tool_calls",
  ),
  citations: partly(
    "in answers, and only of URLs; a history has no place for them",
    OBJECT,
    "*.annotations",
    "delta.annotations",
  ),
  refusals: partly(
    "in answers; in a history as text, since compatible vendors take nothing but a string",
    CREATE,
    "*.refusal",
  ),
  "json-schema": partly("strict only where the schema is of the vendor's subset", STRUCTURED, "response_format"),
  "json-mode": carried("response_format"),
  "output-limit": carried("max_tokens", "max_completion_tokens"),
  temperature: carried("temperature"),
  "top-p": carried("top_p"),
  "top-k": lacking("no such parameter", CREATE, "top_k"),
  seed: carried("seed"),
  penalties: carried("presence_penalty", "frequency_penalty"),
  logprobs: partly("asked of any vendor; in answers only the vendor's own", OBJECT, "logprobs", "*.logprobs"),
  choices: carried("n", "choices[]"),
  stop: partly("at most four", STOPS, "stop"),
  "stop-met": lacking("`stop` whichever it was", OBJECT),
  "cache-marks": lacking("the vendor caches by itself", CACHING),
  user: partly("as its hash where it is too long", CREATE, "user", "safety_identifier"),
  metadata: partly("only with answers that the vendor stores", CREATE, "metadata"),
  names: carried("*.name"),
  "service-tier": partly("the vendor's own tiers", CREATE, "service_tier"),
  state: partly("its own, to itself", CREATE, "store"),
  "safety-settings": lacking("no such parameter", CREATE),
  "output-modalities": partly("its own, to itself", CREATE, "modalities", "audio", "*.audio", "*.content"),
  usage: partly(
    "a vendor that reports none leaves an estimate",
    OBJECT,
    "usage.prompt_tokens",
    "usage.completion_tokens",
  ),
  finish: partly("no word for paused or out of context", OBJECT, "finish_reason", "*.finish_reason"),
  "own-members": partly("to itself", CREATE),
};
