/** Files of OpenAI's store: one id means the same in both of its protocols. */
import type { WriteContext } from "../write-context.ts";

export const OPENAI_FILES = ["openai", "responses"] as const;

/** An id of the client's protocol means the same in the writer's. */
export function sharesFiles({ from }: Pick<WriteContext, "from">): boolean {
  return OPENAI_FILES.some((protocol) => protocol === from);
}
