/** Whether a client wants to be told inside its answer what happened beside it: one request header, on or off. */
import { type Failure, failure } from "../../ir/failure.ts";

type Headers = Readonly<Record<string, string>>;

const HEADER = "x-ringmain-notices";
const WORDS = new Set(["on", "off"]);

export function wantsNotices(headers: Headers): boolean {
  return wordOf(headers) === "on";
}

/** null: the header says nothing, or what it may say. */
export function wrongNotices(headers: Headers): Failure | null {
  const word = wordOf(headers);
  if (word === null || WORDS.has(word)) return null;
  return failure("invalid-request", `${HEADER} must be on or off.`);
}

function wordOf(headers: Headers): string | null {
  return headers[HEADER]?.trim().toLowerCase() ?? null;
}
