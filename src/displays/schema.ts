/**
 * The kinds of displays that can be configured, one row each: which keys a kind has, what is wrong with them, and what
 * they come to. The configuration reads this table and nothing else of the room.
 */
import type { z } from "zod";
import type { DisplayConfigs } from "../ir/display.ts";
import { awtrix } from "./awtrix/schema.ts";
import { homeAssistant } from "./home-assistant/schema.ts";
import type { DisplaySchema } from "./kind-schema.ts";

/** By `type`. The compiler asks for a row of every display there is. */
export const DISPLAY_SCHEMAS = {
  awtrix,
  home_assistant: homeAssistant,
} as const satisfies { [Type in keyof DisplayConfigs]: DisplaySchema<DisplayConfigs[Type]> };

/** Keys of every kind together: all kinds share one list in the file. */
export const displayKeys = (zod: typeof z) => ({ ...awtrix.keys(zod), ...homeAssistant.keys(zod) });
