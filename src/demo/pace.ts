/** When things are said: how long a simulated vendor reads before it answers, and the pause before every piece of it. */
import type { IrEvent } from "../ir/event.ts";
import type { IrRequest } from "../ir/request.ts";
import { promptTokens } from "./tokens.ts";

const READING_MS = 180;
const READING_JITTER_MS = 220;
/** About a million prompt tokens in ten seconds. */
const READING_MS_PER_TOKEN = 0.01;
const READING_MS_MAX = 3_000;

export function readingMs(request: IrRequest, random: () => number): number {
  const sizeMs = Math.min(READING_MS_MAX, promptTokens(request) * READING_MS_PER_TOKEN);
  return Math.round(READING_MS + random() * READING_JITTER_MS + sizeMs);
}

const WORD_MS = 14;
const WORD_JITTER_MS = 30;
/** Characters of arguments or reasoning in one piece. */
const CHUNK_CHARS = 12;

interface Paced {
  readonly afterMs: number;
  readonly event: IrEvent;
}

/** Text word by word, arguments in small pieces; what only frames the answer comes without a pause. */
export function pace(events: readonly IrEvent[], random: () => number): Paced[] {
  return events.flatMap((event): Paced[] => {
    if (event.type !== "text-delta" && event.type !== "arguments-delta") return [{ afterMs: 0, event }];
    const pieces = event.type === "text-delta" ? wordsOf(event.text) : chunksOf(event.text);
    return pieces.map((text) => ({
      afterMs: Math.round(WORD_MS + random() * WORD_JITTER_MS),
      event: { ...event, text },
    }));
  });
}

/** Every word with the space behind it; joined they are the text. */
function wordsOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

function chunksOf(text: string): string[] {
  const letters = [...text];
  const chunks: string[] = [];
  for (let from = 0; from < letters.length; from += CHUNK_CHARS) {
    chunks.push(letters.slice(from, from + CHUNK_CHARS).join(""));
  }
  return chunks;
}
