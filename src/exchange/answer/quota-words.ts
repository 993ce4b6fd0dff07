/**
 * Words of quota where the status speaks of the request (400) or of a permission (401, 403, 409 …). What only the message
 * says moves a request on and marks nothing: it may be the client's own text quoted back. docs/routing.md prints the list.
 */
import type { ErrorWords } from "../../ir/error-words.ts";
import type { FailureKind } from "../../ir/failure.ts";

/** Lower case, with whose error it is; as seen in vendors' pages and public reports up to 2026-11. */
export const QUOTA_PHRASES: readonly (readonly [phrase: string, vendor: string])[] = [
  ["rate limit exceeded", "OpenRouter, Mistral"],
  ["rate limit reached", "OpenAI, Groq"],
  ["rate limit has been exceeded", "Together"],
  ["exceeded token rate limit", "Azure OpenAI"],
  ["exceeded call rate limit", "Azure OpenAI"],
  ["too many requests", "several"],
  ["too many tokens per day", "Amazon Bedrock"],
  ["exceeded your current quota", "OpenAI, Google"],
  ["quota exceeded", "Google, GitHub Models"],
  ["resource has been exhausted", "Google, xAI"],
  ["credit balance is too low", "Anthropic"],
  ["reached your specified api usage limits", "Anthropic"],
  ["usage limit reached", "Z.ai"],
  ["insufficient balance", "DeepSeek, Moonshot"],
  ["insufficient credits", "OpenRouter"],
  ["insufficient funds", "several"],
  ["requires more credits", "OpenRouter"],
  ["credits exhausted", "several"],
  ["used all available credits", "xAI"],
  ["reached its monthly spending limit", "xAI"],
  ["no remaining credits", "Abacus"],
  ["exceeded your monthly included credits", "Hugging Face"],
  ["using a trial key, which is limited to", "Cohere"],
];

const QUOTA_KINDS: ReadonlySet<FailureKind> = new Set<FailureKind>(["billing", "rate-limited"]);
/** Statuses that are words of quota themselves, and those that are about the request whatever they say beside. */
const SPEAKS_FOR_ITSELF: ReadonlySet<number> = new Set([402, 404, 408, 413, 422, 425, 429]);
/** Codes and types that name a quota, a bill or a rate. */
const MONEY_WORD =
  /quota|billing|payment_?required|spend(?:ing)?_limit|(?:insufficient|no)_(?:balance|credits?|funds)|credits?_|exhausted/i;
const RATE_WORD = /rate_?limit|too_?many_?requests|throttl/i;

/**
 * The kind in the light of words of quota; the one given where there are none. `asks`: does the request itself hold
 * this phrase.
 */
export function inQuotaWords(kind: FailureKind, words: ErrorWords, asks: (phrase: string) => boolean): FailureKind {
  const { status } = words;
  if (status < 400 || status >= 500 || SPEAKS_FOR_ITSELF.has(status)) return kind;
  const isQuota = QUOTA_KINDS.has(kind);
  if (!isQuota && kind !== "rejected" && kind !== "credential") return kind;
  const byWord = kindOfWord(words);
  if (byWord !== null) return status === 400 ? "quota-words" : isQuota ? kind : byWord;
  const phrase = phraseIn(words.message ?? "");
  if (phrase === null) return isQuota && status === 400 ? "quota-words" : kind;
  if (!asks(phrase)) return "quota-words";
  return isQuota ? "rejected" : kind;
}

function kindOfWord({ code, type }: ErrorWords): FailureKind | null {
  const said = `${code ?? ""} ${type ?? ""}`;
  if (RATE_WORD.test(said)) return "rate-limited";
  return MONEY_WORD.test(said) ? "billing" : null;
}

function phraseIn(message: string): string | null {
  const said = plain(message);
  return QUOTA_PHRASES.find(([phrase]) => said.includes(phrase))?.[0] ?? null;
}

/** Case and the kind of white space say nothing; in JSON a line's end is written as two characters. */
function plain(text: string): string {
  return text.toLowerCase().replace(/(?:\s|\\[nrt])+/g, " ");
}

/** Looked for only when a vendor's message holds a phrase. */
export function asksIn(body: Uint8Array): (phrase: string) => boolean {
  return (phrase) => plain(new TextDecoder().decode(body)).includes(phrase);
}
