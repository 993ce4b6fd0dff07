/** The mark that ends a stream of events, as OpenAI began it and many vendors of other protocols took it over. */
import type { Frame } from "../protocol.ts";

/** With blanks around it or in other letters too. */
export function isDoneMark({ data }: Pick<Frame, "data">): boolean {
  return data.length <= MARK_CHARS_MAX && data.trim().toUpperCase() === "[DONE]";
}

const MARK_CHARS_MAX = 16;
