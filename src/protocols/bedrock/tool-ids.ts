/**
 * Ids and names the service accepts: `[a-zA-Z0-9_-]+`, at most 64 characters each (docs.aws.amazon.com, ToolUseBlock and
 * ToolSpecification, read 2026-11); other vendors issue ids with dots, colons and any length.
 */
import { legalId, legalName } from "../legal-names.ts";

const CHARS_MAX = 64;

export function legalToolId(id: string): string {
  return legalId(id, { charsMax: CHARS_MAX, prefix: "tooluse_rm_" });
}

export function legalToolName(name: string): string {
  return legalName(name, CHARS_MAX);
}
