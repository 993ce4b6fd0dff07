/**
 * Ids and names the service accepts: `[a-zA-Z0-9_-]+`, at most 64 characters each (docs.aws.amazon.com, ToolUseBlock and
 * ToolSpecification, read 2026-11); other vendors issue ids with dots, colons and any length.
 */
import { legalId } from "../shared/names/legal.ts";
import { createToolNames } from "../shared/names/tools.ts";

const CHARS_MAX = 64;

export function legalCallId(id: string): string {
  return legalId(id, { charsMax: CHARS_MAX, prefix: "tooluse_rm_" });
}

/** Names come back from a call as the client wrote them. */
export const toolNames = createToolNames({
  alphabet: "a-zA-Z0-9_-",
  notFirst: "",
  charsMax: CHARS_MAX,
  prefix: "rm_",
});

/** For what cannot come back: a name too long for its escapes. */
export function legalToolName(name: string): string {
  return toolNames.legalPast(name);
}
