/**
 * Displays: where the state of the gateway is shown to people as it changes. Here is the table of them.
 * A display never decides anything, never reaches into an exchange, and may be slow, broken or absent unnoticed.
 */
import { createAwtrixDisplay } from "./awtrix/index.ts";
import { createHomeAssistantDisplay } from "./home-assistant/index.ts";
import { createTerminalDisplay } from "./terminal/index.ts";

/** One entry per id; each takes what it needs of the outside world as an argument. */
export const DISPLAYS = {
  terminal: createTerminalDisplay,
  awtrix: createAwtrixDisplay,
  home_assistant: createHomeAssistantDisplay,
} as const;
