/**
 * Reasoning text beside the content of an answer, as vendors of Chat Completions spell it: `reasoning_content` (DeepSeek,
 * and most after it), `reasoning` (OpenRouter, Groq, vLLM), and OpenRouter's `reasoning_details`, a list of texts,
 * summaries and sealed data that mostly repeats `reasoning` (openrouter.ai, reasoning tokens, read 2026-11-27).
 */
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import { modelled, type Shape } from "../shared/members.ts";

export const REASONING_FIELDS = ["reasoning_content", "reasoning", "reasoning_details"] as const;
type Field = (typeof REASONING_FIELDS)[number];

/** Sealed details have no place in the IR; others only repeat the text. */
export const REASONING_SHAPE: Shape = {
  ...modelled(...REASONING_FIELDS),
  reasoning_details: (value) => !areEncrypted(value),
};

interface SaidReasoning {
  /** The first of them that says something: they repeat each other. */
  readonly field: Field;
  readonly text: string;
}

/** Null: none of them is there. An empty text is one. */
export function readReasoningText(message: JsonObject): SaidReasoning | null {
  let blank: SaidReasoning | null = null;
  for (const field of REASONING_FIELDS) {
    const text = field === "reasoning_details" ? textOfDetails(message[field]) : asText(message[field]);
    if (text === undefined || text === null) continue;
    if (text !== "") return { field, text };
    blank ??= { field, text };
  }
  return blank;
}

/** True for details that hold more than text: a signature or sealed data, good only where they came from. */
export function areEncrypted(details: unknown): boolean {
  return (asArray(details) ?? []).some((each) => {
    const detail = asObject(each) ?? {};
    return [detail["signature"], detail["data"]].some((value) => (asText(value) ?? "") !== "");
  });
}

/** Null: no list, or one without any text. */
function textOfDetails(value: unknown): string | null {
  const texts = (asArray(value) ?? []).flatMap((each) => {
    const detail = asObject(each);
    return asText(detail?.["text"]) ?? asText(detail?.["summary"]) ?? [];
  });
  return texts.length === 0 ? null : texts.join("");
}
