/**
 * What may cross between protocols, feature by feature. Every protocol says of each one whether it has a place for it;
 * `docs/translation.md` is written from these tables, and a loss that no table explains fails the matrix test.
 */

export const FEATURES = {
  system: "instructions ahead of the conversation",
  "system-between": "instructions between turns",
  text: "text",
  images: "images, as bytes or by address",
  "image-detail": "image resolution",
  "images-in-results": "images and documents inside tool results",
  documents: "documents as bytes (PDF)",
  "documents-by-address": "documents by address or file id",
  "documents-as-text": "documents as text or blocks, with title and context",
  audio: "audio",
  video: "video",
  tools: "tool definitions with JSON Schema",
  "tool-schema": "schema words outside the vendor's subset ($ref, unions, formats)",
  "tool-strict": "tools held strictly to their schema",
  "free-text-tools": "free-text tools and grammars",
  "server-tools": "built-in tools that the vendor runs itself, and their calls and results",
  "tool-choice": "tool choice: auto, none, required, named",
  "tool-choice-subset": "tool choice: some of the tools",
  "parallel-calls": "parallel calls, or one call at a time",
  "tool-ids": "ids that tie results to calls",
  "tool-errors": "a result that is an error",
  "tool-results-json": "results as JSON, text or blocks",
  "reasoning-effort": "reasoning by effort",
  "reasoning-budget": "reasoning by budget",
  "reasoning-text": "reasoning text in answers and history",
  "reasoning-signatures": "signed, encrypted or redacted reasoning, back to its issuer only",
  citations: "citations in answers and history",
  refusals: "refusals as a part of their own",
  "json-schema": "answers held to a JSON Schema",
  "json-mode": "answers in JSON without a schema",
  "output-limit": "output limit",
  temperature: "temperature",
  "top-p": "top p",
  "top-k": "top k",
  seed: "seed",
  penalties: "presence and frequency penalties",
  logprobs: "log probabilities",
  choices: "several answers at once",
  stop: "stop sequences",
  "stop-met": "which stop sequence was met",
  "cache-marks": "cache marks and their lifetime",
  user: "end user",
  metadata: "metadata",
  names: "names of participants",
  "service-tier": "service tier",
  state: "stored conversations and other state at the vendor",
  "safety-settings": "safety settings and their verdicts",
  "output-modalities": "images or audio in answers",
  usage: "usage: prompt, cached, answer, reasoning, audio",
  finish: "why an answer ended",
  "own-members": "members that exist in one protocol only",
} as const satisfies Record<string, string>;

export type FeatureId = keyof typeof FEATURES;

export interface FeatureCell {
  /** yes: all of it crosses; partly: as `note` says; no: the protocol has no place for it. */
  readonly carried: "yes" | "partly" | "no";
  /** A clause for the table of docs/translation.md; "" where `yes` says all. */
  readonly note: string;
  /** The vendor's page that shows it, with the date it was read (`https://... 2026-11-27`); "" only where all is carried. */
  readonly source: string;
  /**
   * Members of this protocol's own wire that belong to the feature, as its losses name them, list places left out:
   * `messages[].content[].cache_control`. A leading `*.` stands for any path in front.
   */
  readonly members: readonly string[];
}

/** One per protocol, total over the features. */
export type FeatureTable = Readonly<Record<FeatureId, FeatureCell>>;

/** All of it crosses. */
export function carried(...members: string[]): FeatureCell {
  return { carried: "yes", note: "", source: "", members };
}

/** Some of it crosses, as the note says. */
export function partly(note: string, source: string, ...members: string[]): FeatureCell {
  return { carried: "partly", note, source, members };
}

/** The protocol has no place for it. `members` where answers of the protocol still name it in their losses. */
export function lacking(note: string, source: string, ...members: string[]): FeatureCell {
  return { carried: "no", note, source, members };
}
