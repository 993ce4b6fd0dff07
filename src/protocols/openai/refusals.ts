/** Requests that some servers of this protocol refuse, as facts of a model say. */
import type { Dialect } from "../../ir/dialect.ts";
import type { PayloadFacts } from "../../ir/facts.ts";
import { unreachable } from "../../std/unreachable.ts";

export function refuses({ needs, reasoningAsked }: PayloadFacts, { chatTools }: Dialect): boolean {
  if (!needs.tools) return false;
  switch (chatTools) {
    case "free":
      return false;
    case "without_effort":
      return reasoningAsked === true;
    case "effort_none":
      return reasoningAsked !== false;
    default:
      return unreachable(chatTools);
  }
}
