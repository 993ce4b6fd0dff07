/**
 * Names the vendor takes: its errors page (docs.cohere.com, errors, read 2026-11-27) quotes a refusal of tool names with
 * other characters than letters, digits and underscores, or with a digit in front. It names no bound on the length.
 */
import { createToolNames } from "../shared/names/tools.ts";

/** As other vendors bound them: what a client may use anywhere else, escaped at worst. */
const TOOL_NAME_CHARS_MAX = 512;

export const toolNames = createToolNames({
  alphabet: "a-zA-Z0-9_",
  notFirst: "0-9",
  charsMax: TOOL_NAME_CHARS_MAX,
  prefix: "x_u_",
});
