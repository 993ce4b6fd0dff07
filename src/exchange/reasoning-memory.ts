/**
 * Reasoning by the tool call it led to. Many clients bring a call's result back without the reasoning, and vendors refuse
 * the turn or think anew. What is here is a model's own text and seals: it is in memory alone, and no log, metric or
 * decision shows it. Other workers' is with the supervisor, which is asked about what is not found here.
 */
import { bytesOf, type KeptReasoning, REASONING_BOUNDS, type RememberedReasoning } from "../ir/remembered-reasoning.ts";
import type { ToolCallBlock } from "../ir/request.ts";
import { createBoundedMap, createWeighedMap } from "../std/bounded.ts";
import { sha256Hex } from "../std/digest.ts";
import { asObject, asText, parseJson } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";

export interface ReasoningMemory {
  remember(kept: readonly KeptReasoning[]): void;
  /** A promise only where another process must be asked. Never rejects. */
  recall(keys: readonly string[]): RecalledReasoning | Promise<RecalledReasoning>;
}

export interface RecalledReasoning {
  readonly found: ReadonlyMap<string, RememberedReasoning>;
  /** The other process did not answer in time, so that more may be known. */
  readonly isLate: boolean;
}

/** What the supervisor keeps for all workers. */
export interface ReasoningCopy {
  keep(kept: readonly KeptReasoning[]): void;
  /** null: no answer in time. Never rejects. */
  find(keys: readonly string[]): Promise<readonly KeptReasoning[] | null>;
}

/** Calls that are known to have no reasoning, so that each is asked about once in that time. */
const ABSENT_MAX = 10_000;
const ABSENT_MS = 10 * 60_000;

/** `copy`: null where this process is the only one that serves. */
export function createReasoningMemory(options: {
  readonly nowMs: () => number;
  readonly copy: ReasoningCopy | null;
}): ReasoningMemory {
  const { nowMs, copy } = options;
  const own = createWeighedMap<RememberedReasoning>({ ...REASONING_BOUNDS, weigh: bytesOf });
  const absent = createBoundedMap<string, true>(ABSENT_MAX, ABSENT_MS);
  const ask = async (from: ReasoningCopy, keys: readonly string[], found: Map<string, RememberedReasoning>) => {
    const answer = await from.find(keys);
    for (const { key, reasoning } of answer ?? []) {
      own.set(key, reasoning, nowMs());
      found.set(key, reasoning);
    }
    if (answer !== null) for (const key of keys) if (!found.has(key)) absent.set(key, true, nowMs());
    return { found, isLate: answer === null };
  };
  return {
    remember(kept) {
      for (const { key, reasoning } of kept) own.set(key, reasoning, nowMs());
      if (kept.length > 0) copy?.keep(kept);
    },
    recall(keys) {
      const found = new Map<string, RememberedReasoning>();
      const missing: string[] = [];
      for (const key of new Set(keys)) {
        const known = own.get(key, nowMs());
        if (known !== undefined) found.set(key, known);
        else if (absent.get(key, nowMs()) === undefined) missing.push(key);
      }
      return copy === null || missing.length === 0 ? { found, isLate: false } : ask(copy, missing, found);
    },
  };
}

/** Characters of the digest that stand for a call. */
const KEY_CHARS = 40;
/** Ids that are shorter, or numbers of a row (`functions.read:0`), come again in other conversations. */
const UNIQUE_CHARS_MIN = 16;
const NUMBERED = /[:_-]\d{1,4}$/;

/** `scope`: who is calling. Calls whose ids are not unique are told apart by their arguments. */
export function reasoningKey(scope: string, call: Pick<ToolCallBlock, "id" | "arguments">): string {
  const isUnique = call.id.length >= UNIQUE_CHARS_MIN && !NUMBERED.test(call.id);
  const parts = isUnique ? [scope, call.id] : [scope, call.id, plainArguments(call.arguments)];
  return sha256Hex(JSON.stringify(parts)).slice(0, KEY_CHARS);
}

/** However they are written: members in the order of their names, and a free text without the object it may travel in. */
function plainArguments(text: string): string {
  if (text.trim() === "") return "{}";
  try {
    const value = parseJson(text);
    const [only, ...more] = Object.entries(asObject(value) ?? {});
    if (only !== undefined && only[0] === "input" && more.length === 0) return asText(only[1]) ?? sorted(value);
    return sorted(value);
  } catch (error) {
    if (error instanceof WireError) return text;
    throw error;
  }
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) => {
    const members = asObject(each);
    return members === undefined || Array.isArray(each)
      ? each
      : Object.fromEntries(Object.entries(members).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });
}
