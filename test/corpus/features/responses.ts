/** What OpenAI's Responses API has a place for, feature by feature, with the vendor's pages that show what it has none for. */
import { carried, type FeatureTable, lacking, partly } from "./feature.ts";

const CREATE = "https://platform.openai.com/docs/api-reference/responses/create 2026-11-21";
const OBJECT = "https://platform.openai.com/docs/api-reference/responses/object 2026-11-21";
const MIGRATE = "https://developers.openai.com/api/docs/guides/migrate-to-responses 2026-11-27";
const CACHING = "https://developers.openai.com/api/docs/guides/prompt-caching 2026-11-21";
const REASONING = "https://platform.openai.com/docs/guides/reasoning 2026-11-21";
const STRUCTURED = "https://platform.openai.com/docs/guides/structured-outputs 2026-11-21";

export const RESPONSES_FEATURES: FeatureTable = {
  system: carried("instructions", "input"),
  "system-between": carried("input"),
  text: carried(),
  images: carried("*.image_url"),
  "image-detail": carried("*.detail"),
  "images-in-results": carried("*.output"),
  documents: carried("*.file_data"),
  "documents-by-address": partly(
    "by URL; a file id is good only in the vendor's own store",
    CREATE,
    "*.file_url",
    "*.file_id",
  ),
  "documents-as-text": partly("written as text, without title and context", CREATE),
  audio: lacking("no such part", MIGRATE),
  video: lacking("no such part", CREATE),
  tools: carried("tools[].parameters"),
  "tool-schema": carried("tools[].parameters"),
  "tool-strict": carried("tools[].strict"),
  "free-text-tools": carried("tools[].format"),
  "server-tools": partly("its own, to itself", CREATE, "output", "output.delta"),
  "tool-choice": carried("tool_choice"),
  "tool-choice-subset": carried("tool_choice"),
  "parallel-calls": carried("parallel_tool_calls"),
  "tool-ids": partly("ids of more than 64 characters are shortened, both halves alike", CREATE, "*.call_id"),
  "tool-errors": partly("the output of a call has no flag for it; only its text says so", CREATE),
  "tool-results-json": partly("a result without its call is written as text", CREATE),
  "reasoning-effort": partly(
    "in the words the model knows; that it shall not think is told only to models known to stop",
    REASONING,
    "reasoning.effort",
    "reasoning",
  ),
  "reasoning-budget": partly("as the nearest effort", REASONING),
  "reasoning-text": partly("as a summary; back only with the vendor's own seal", REASONING, "reasoning.summary"),
  "reasoning-signatures": partly("the vendor's own only", REASONING, "output.signature"),
  citations: partly("in answers, and only of URLs", OBJECT, "*.annotations", "output.annotations"),
  refusals: carried("*.refusal"),
  "json-schema": partly("strict only where the schema is of the vendor's subset", STRUCTURED, "text.format"),
  "json-mode": carried("text.format"),
  "output-limit": partly("at least 16", CREATE, "max_output_tokens"),
  temperature: carried("temperature"),
  "top-p": carried("top_p"),
  "top-k": lacking("no such parameter", CREATE),
  seed: lacking("no such parameter", MIGRATE),
  penalties: lacking("no such parameter", CREATE),
  logprobs: partly(
    "asked of any vendor; in answers only the vendor's own",
    OBJECT,
    "top_logprobs",
    "logprobs",
    "*.logprobs",
  ),
  choices: lacking("one answer", MIGRATE, "choices[]"),
  stop: lacking("no such parameter", CREATE),
  "stop-met": lacking("never said", OBJECT, "status"),
  "cache-marks": lacking(
    "the vendor caches by itself; the marks that GPT-5.6 and later take are not written, since nothing tells which model a lane serves",
    CACHING,
  ),
  user: partly("as its hash where it is too long", CREATE, "user", "safety_identifier"),
  metadata: carried("metadata"),
  names: lacking("messages have no names", CREATE),
  "service-tier": partly("the vendor's own tiers", CREATE, "service_tier"),
  state: partly("its own, to itself", CREATE, "store", "previous_response_id", "conversation"),
  "safety-settings": lacking("no such parameter", CREATE),
  "output-modalities": partly("pictures made by its own tool, to itself", CREATE, "output"),
  usage: partly("a vendor that reports none leaves an estimate", OBJECT, "usage.input_tokens", "usage.output_tokens"),
  finish: partly("completed, or incomplete at the limit or by the filter", OBJECT, "status"),
  "own-members": partly("to itself", CREATE),
};
