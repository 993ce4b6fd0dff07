/** What this protocol has a place for, feature by feature, with the vendor's page that shows it. */
import type { FeatureCell, FeatureTable } from "../features.ts";

const READ = "2026-11-27";
const API = `https://ai.google.dev/api/generate-content ${READ}`;
const GUIDE = "https://ai.google.dev/gemini-api/docs";
const CALLING = `${GUIDE}/function-calling ${READ}`;
const THINKING = `${GUIDE}/thinking ${READ}`;

function yes(...members: readonly string[]): FeatureCell {
  return { carried: "yes", note: "", source: "", members };
}

function partly(note: string, source: string, ...members: readonly string[]): FeatureCell {
  return { carried: "partly", note, source, members };
}

function no(note: string, source: string, ...members: readonly string[]): FeatureCell {
  return { carried: "no", note, source, members };
}

export const FEATURES_OF_GEMINI: FeatureTable = {
  system: yes("systemInstruction"),
  "system-between": no("moved to `systemInstruction`", API),
  text: yes("contents[].parts[].text"),
  images: partly(
    "bytes, and addresses the vendor can reach; files only of its own store",
    `${GUIDE}/file-input-methods ${READ}`,
    "contents[].parts[].inlineData",
    "contents[].parts[].fileData",
  ),
  "image-detail": partly(
    "per part from Gemini 3 on",
    `${GUIDE}/media-resolution ${READ}`,
    "contents[].parts[].mediaResolution",
    "generationConfig.mediaResolution",
  ),
  "images-in-results": partly(
    "from Gemini 3 on; before, they stand beside the result",
    CALLING,
    "contents[].parts[].functionResponse.parts",
  ),
  documents: partly("without a title", `${GUIDE}/document-processing ${READ}`, "contents[].parts[].inlineData"),
  "documents-by-address": partly(
    "addresses; files only of the vendor's own store",
    `${GUIDE}/file-input-methods ${READ}`,
    "contents[].parts[].fileData",
  ),
  "documents-as-text": partly("as text, without title and context", API),
  audio: yes("contents[].parts[].inlineData"),
  video: partly(
    "between clients and lanes of this protocol",
    `${GUIDE}/video-understanding ${READ}`,
    "contents[].parts[]",
    "contents[].parts[].videoMetadata",
    "contents[].parts[].mediaProcessing",
  ),
  tools: yes("tools[].functionDeclarations"),
  "tool-schema": partly(
    "the vendor's words of JSON Schema; the OpenAPI subset before Gemini 2.5",
    `${GUIDE}/structured-output ${READ}`,
    "tools[].functionDeclarations[].parametersJsonSchema",
    "tools[].functionDeclarations[].parameters",
    "generationConfig.responseSchema",
  ),
  "tool-strict": no("only all calls at once (`VALIDATED`)", CALLING),
  "free-text-tools": partly("as a function with one string", CALLING),
  "server-tools": partly(
    "between clients and lanes of this protocol",
    `${GUIDE}/tools ${READ}`,
    "tools[]",
    "contents[].parts[]",
    "toolConfig.retrievalConfig",
    "toolConfig.includeServerSideToolInvocations",
  ),
  "tool-choice": yes("toolConfig.functionCallingConfig.mode"),
  "tool-choice-subset": yes("toolConfig.functionCallingConfig.allowedFunctionNames"),
  "parallel-calls": partly("always allowed; one at a time cannot be asked for", CALLING),
  "tool-ids": partly("where the model gives none they are made up, and left out again", CALLING),
  "tool-errors": yes("contents[].parts[].functionResponse.response"),
  "tool-results-json": yes("contents[].parts[].functionResponse.response"),
  "reasoning-effort": partly(
    "as `thinkingLevel` from Gemini 3 on, as a budget before",
    THINKING,
    "generationConfig.thinkingConfig.thinkingLevel",
  ),
  "reasoning-budget": partly(
    "within the model's bounds; as the nearest level from Gemini 3 on",
    THINKING,
    "generationConfig.thinkingConfig.thinkingBudget",
  ),
  "reasoning-text": yes("contents[].parts[].thought", "generationConfig.thinkingConfig.includeThoughts"),
  "reasoning-signatures": yes("contents[].parts[].thoughtSignature"),
  citations: partly(
    "sources with an address, in answers only",
    `${GUIDE}/google-search ${READ}`,
    "candidates[].groundingMetadata",
    "candidates[].citationMetadata",
    "candidates[].urlContextMetadata",
  ),
  refusals: partly("as text, and by the reason for the end", API, "promptFeedback", "candidates[].finishMessage"),
  "json-schema": partly(
    "beside tools only from Gemini 3 on; before, in words",
    `${GUIDE}/structured-output ${READ}`,
    "generationConfig.responseJsonSchema",
    "generationConfig.responseSchema",
    "generationConfig.responseMimeType",
  ),
  "json-mode": partly(
    "beside tools only from Gemini 3 on; before, in words",
    `${GUIDE}/structured-output ${READ}`,
    "generationConfig.responseMimeType",
  ),
  "output-limit": partly("32-bit numbers", API, "generationConfig.maxOutputTokens"),
  temperature: yes("generationConfig.temperature"),
  "top-p": yes("generationConfig.topP"),
  "top-k": yes("generationConfig.topK"),
  seed: yes("generationConfig.seed"),
  penalties: yes("generationConfig.presencePenalty", "generationConfig.frequencyPenalty"),
  logprobs: partly(
    "asked for; told in the vendor's own shape",
    API,
    "generationConfig.responseLogprobs",
    "generationConfig.logprobs",
    "candidates[].logprobsResult",
  ),
  choices: partly("up to 8", API, "generationConfig.candidateCount"),
  stop: partly("at most 5", API, "generationConfig.stopSequences"),
  "stop-met": no("never said", API),
  "cache-marks": no(
    "the vendor caches by itself, or by a name given ahead",
    `${GUIDE}/caching ${READ}`,
    "cachedContent",
  ),
  user: no("no such member", API),
  metadata: no("no such member; `labels` of the cloud are its own", API, "labels"),
  names: no("participants have no names", API),
  "service-tier": partly("flex, standard and priority", `${GUIDE}/optimization ${READ}`, "serviceTier"),
  state: no("no stored conversations here", API, "store", "continuationToken"),
  "safety-settings": partly(
    "between clients and lanes of this protocol",
    `${GUIDE}/safety-settings ${READ}`,
    "safetySettings",
    "modelArmorConfig",
    "candidates[].safetyRatings",
    "promptFeedback",
  ),
  "output-modalities": partly(
    "images and audio in whole answers; in streams between clients and lanes of this protocol",
    `${GUIDE}/image-generation ${READ}`,
    "generationConfig.responseModalities",
    "generationConfig.imageConfig",
    "generationConfig.speechConfig",
  ),
  usage: partly("cache writes are part of the prompt", API, "usageMetadata"),
  finish: partly("paused and out of context have no word", API, "finishReason", "candidates[].finishReason"),
  "own-members": no("", API, "*."),
};
