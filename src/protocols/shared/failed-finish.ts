/** Finish words by which compatible servers, of whatever protocol, say that their model broke off: no answer, but a failure. */
import type { ErrorMeaning } from "../../ir/error-words.ts";

/** Undefined: the word tells the end of an answer. Null: no more is known of the failure. */
export function failedFinish(raw: string): ErrorMeaning | null | undefined {
  return FAILED.get(raw.toLowerCase().replaceAll("-", "_"));
}

/** OpenRouter and Mistral, GLM, DeepSeek, vLLM and SGLang (their documents and reports, read 2026-11). */
const FAILED: ReadonlyMap<string, ErrorMeaning | null> = new Map<string, ErrorMeaning | null>([
  ["error", null],
  ["error_finish", null],
  ["network_error", null],
  ["insufficient_system_resource", "overloaded"],
  ["abort", null],
]);
